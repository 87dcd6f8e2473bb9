"""The loopbacks of providers of models, driven by the vendors' own clients, and our adapters beside them.

Whatever a client has commissioned an adapter can go on with: both read the same wire contract. The clients come with
``pip install -e .[conformance]`` and with ``npm ci`` in this folder; without one its tests are skipped.
"""

import asyncio
import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.clocks import SystemClock
from maquette.adapters.outbound.fetcher import HttpxFetcher
from maquette.domain.assets import View
from maquette.domain.hosting import CallState, Handle
from maquette.engines.hosted.meshy import Meshy
from maquette.engines.hosted.tencent import Tencent
from maquette.engines.hosted.tripo import Tripo
from maquette.ports.hosting import Options, Order
from maquette.testing.hosting import photographed
from maquette.testing.loopbacks.goods import box
from maquette.testing.loopbacks.meshy import MeshyLoopback
from maquette.testing.loopbacks.server import Loopback
from maquette.testing.loopbacks.tencent import TencentLoopback
from maquette.testing.loopbacks.tripo import TripoLoopback

HOW = "it comes with pip install -e .[conformance]"
MESHY = Path(__file__).parent / "node_modules/@meshy-ai/meshy-mcp-server/dist/index.js"


@pytest.fixture
def order(tmp_path: Path) -> Order:
    return photographed(View.FRONT, View.LEFT, View.BACK)(tmp_path)


def engine_for(adapter: Any, loopback: Loopback, **more: Any) -> Any:
    return adapter.configured(
        Options("one", loopback.url, loopback.key, more=more), HttpxFetcher(SystemClock(), "test")
    )


def ended(engine: Any, handle: Handle) -> CallState:
    """What our adapter says of it, once it has ended."""
    for _ in range(6):
        snapshot = asyncio.run(engine.poll(handle))
        if snapshot.state in (CallState.SUCCEEDED, CallState.FAILED):
            return snapshot.state
    return snapshot.state


class TestTripo:
    @pytest.fixture
    def tripo3d(self) -> Any:
        return pytest.importorskip("tripo3d", reason=HOW)

    def test_its_client_gets_a_model_from_several_sides(self, tripo3d: Any, order: Order, tmp_path: Path):
        front, left, back = (str(picture.path) for picture in order.pictures)

        async def make() -> Any:
            async with tripo3d.TripoClient(api_key=tripo.key, v3_base_url=tripo.url) as client:
                before = await client.get_balance()
                number = await client.multiview_to_model([front, left, back, None])
                task = await client.wait_for_task(number, polling_interval=0.1, timeout=20)
                files = await client.download_task_models(task, str(tmp_path))
                usage = await client.get_usage()
                return task, files, usage, before.balance - (await client.get_balance()).balance

        with TripoLoopback() as tripo:
            task, files, usage, spent = asyncio.run(make())
            (call,) = tripo.seen("submit")
            engine = engine_for(Tripo, tripo)
            assert ended(engine, Handle(task.task_id)) is CallState.SUCCEEDED
            (charge,) = tripo.bill
        assert task.status == tripo3d.TaskStatus.SUCCESS
        assert Path(files["model"]).read_bytes() == box()
        assert (task.credits_consumed, usage[0].credits_consumed, spent) == (charge.units,) * 3
        assert [token is None for token in call.json()["inputs"]] == [False, False, False, True]

    def test_our_order_looks_like_its_own(self, tripo3d: Any, order: Order, tmp_path: Path):
        """The same sides at the same places, by a field for a field."""

        async def make() -> None:
            async with tripo3d.TripoClient(api_key=tripo.key, v3_base_url=tripo.url) as client:
                await client.multiview_to_model([str(picture.path) for picture in order.pictures] + [None])

        with TripoLoopback() as tripo:
            asyncio.run(make())
            asyncio.run(engine_for(Tripo, tripo).submit(order, tmp_path))
            theirs, ours = (call.json() for call in tripo.seen("submit"))
            files = dict(tripo.uploads)
        contents = [picture.path.read_bytes() for picture in order.pictures]
        for asked in (theirs, ours):
            for token, content in zip(asked["inputs"], contents, strict=False):
                assert content in files[token]
        assert set(theirs) <= set(ours) and theirs["model"] == ours["model"]

    @pytest.mark.parametrize(("fault", "number"), [("broke", 2010), ("crowded", 2000), ("denied", 1002)])
    def test_its_client_reads_the_same_errors(self, tripo3d: Any, order: Order, fault: str, number: int):
        async def make() -> None:
            async with tripo3d.TripoClient(api_key=tripo.key, v3_base_url=tripo.url) as client:
                await client.image_to_model(str(order.pictures[0].path))

        with TripoLoopback() as tripo:
            tripo.faults.add(fault)
            with pytest.raises(tripo3d.TripoAPIError) as caught:
                asyncio.run(make())
        assert caught.value.code == number and caught.value.request_id

    def test_its_client_sees_a_refusal(self, tripo3d: Any, order: Order):
        async def make() -> Any:
            async with tripo3d.TripoClient(api_key=tripo.key, v3_base_url=tripo.url) as client:
                number = await client.image_to_model(str(order.pictures[0].path))
                return await client.wait_for_task(number, polling_interval=0.1, timeout=20)

        with TripoLoopback() as tripo:
            tripo.faults.add("refused", "task")
            assert asyncio.run(make()).status == tripo3d.TaskStatus.BANNED


class TestTencent:
    @pytest.fixture
    def ai3d(self) -> Any:
        return pytest.importorskip("tencentcloud.ai3d.v20250513", reason=HOW)

    def client(self, loopback: TencentLoopback, secret: str = "") -> Any:
        from tencentcloud.ai3d.v20250513.ai3d_client import Ai3dClient
        from tencentcloud.common.credential import Credential
        from tencentcloud.common.profile.client_profile import ClientProfile
        from tencentcloud.common.profile.http_profile import HttpProfile

        profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=f"127.0.0.1:{loopback.port}"))
        return Ai3dClient(Credential(loopback.secret_id, secret or loopback.key), "ap-guangzhou", profile)

    def request(self, order: Order) -> Any:
        from tencentcloud.ai3d.v20250513.models import SubmitHunyuanTo3DProJobRequest

        front, left, back = (base64.b64encode(picture.path.read_bytes()).decode() for picture in order.pictures)
        asked = SubmitHunyuanTo3DProJobRequest()
        sides = [{"ViewType": "left", "ViewImageBase64": left}, {"ViewType": "back", "ViewImageBase64": back}]
        asked.from_json_string(json.dumps({"ImageBase64": front, "MultiViewImages": sides}))
        return asked

    def test_its_client_gets_a_model_from_several_sides(self, ai3d: Any, order: Order, tmp_path: Path):
        from tencentcloud.ai3d.v20250513.models import QueryHunyuanTo3DProJobRequest

        with TencentLoopback() as tencent:
            client = self.client(tencent)
            question = QueryHunyuanTo3DProJobRequest()
            question.JobId = client.SubmitHunyuanTo3DProJob(self.request(order)).JobId
            told = [client.QueryHunyuanTo3DProJob(question) for _ in range(3)]
            engine = engine_for(Tencent, tencent, secret_id=tencent.secret_id)
            assert ended(engine, Handle(question.JobId)) is CallState.SUCCEEDED
            (charge,) = tencent.bill
        assert [one.Status for one in told] == ["RUN", "DONE", "DONE"]
        assert {file.Type for file in told[-1].ResultFile3Ds} == {"OBJ", "GLB"}
        assert told[-1].ResultCreditConsumed == charge.units

    def test_our_order_looks_like_its_own(self, ai3d: Any, order: Order, tmp_path: Path):
        with TencentLoopback() as tencent:
            self.client(tencent).SubmitHunyuanTo3DProJob(self.request(order))
            asyncio.run(engine_for(Tencent, tencent, secret_id=tencent.secret_id).submit(order, tmp_path))
            theirs, ours = tencent.seen("submit")
        assert theirs.json()["MultiViewImages"] == ours.json()["MultiViewImages"]
        assert theirs.json()["ImageBase64"] == ours.json()["ImageBase64"]
        for name in ("x-tc-action", "x-tc-version", "x-tc-region", "content-type"):
            assert theirs.headers[name] == ours.headers[name]

    def test_both_sign_alike(self, ai3d: Any):
        """The header of the vendor's client, byte for byte."""
        from maquette.engines.hosted.tencent import authorization

        with TencentLoopback() as tencent:
            from tencentcloud.ai3d.v20250513.models import QueryHunyuanTo3DProJobRequest

            question = QueryHunyuanTo3DProJobRequest()
            question.JobId = "none"
            with pytest.raises(Exception, match="JobIdNotExist"):
                self.client(tencent).QueryHunyuanTo3DProJob(question)
            (call,) = tencent.seen("poll")
            host, stamp = f"127.0.0.1:{tencent.port}", int(call.headers["x-tc-timestamp"])
            pair = (tencent.secret_id, tencent.key)
            assert call.headers["authorization"] == authorization(pair, "ai3d", host, call.body, stamp)

    def test_its_client_is_refused_with_a_wrong_key(self, ai3d: Any, order: Order):
        from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

        with TencentLoopback() as tencent:
            with pytest.raises(TencentCloudSDKException) as caught:
                self.client(tencent, "wrong").SubmitHunyuanTo3DProJob(self.request(order))
            assert tencent.bill == []
        assert caught.value.get_code() == "AuthFailure.SignatureFailure"


class Mcp:
    """Speaks JSON-RPC 2.0 with a server of the Model Context Protocol over its pipes."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._number = 0

    def ask(self, method: str, **values: Any) -> Any:
        """The result of a request; what comes besides is skipped."""
        self._number += 1
        self.tell(method, id=self._number, params=values)
        assert self._process.stdout
        for line in self._process.stdout:
            told = json.loads(line) if line.startswith("{") else {}
            if told.get("id") == self._number:
                assert "error" not in told, told
                return told["result"]
        raise AssertionError("the client has ended")

    def tell(self, method: str, **values: Any) -> None:
        """Sends a request or a note."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", "method": method, **values}) + "\n")
        self._process.stdin.flush()

    def use(self, tool: str, **arguments: Any) -> Any:
        """What a tool answers, structured."""
        told = self.ask("tools/call", name=tool, arguments=arguments)
        return told.get("structuredContent") or told


@contextmanager
def meshys_client(loopback: MeshyLoopback, folder: Path, key: str = "") -> Iterator[Mcp]:
    """``@meshy-ai/meshy-mcp-server``, speaking with the loopback."""
    node = shutil.which("node")
    if not node or not MESHY.exists():
        pytest.skip("Meshy's own client is not here: it comes with npm ci in tests/conformance")
    environment = {"PATH": str(Path(node).parent), "HOME": str(folder), "MESHY_API_HOST": loopback.url,
                   "MESHY_API_KEY": key or loopback.key, "TRANSPORT": "stdio"}  # fmt: skip
    process = subprocess.Popen(
        [node, str(MESHY)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=environment, cwd=folder,
    )  # fmt: skip
    try:
        client = Mcp(process)
        version = {"name": "maquette-test", "version": "1"}
        client.ask("initialize", protocolVersion="2025-03-26", capabilities={}, clientInfo=version)
        client.tell("notifications/initialized")
        yield client
    finally:
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()
        process.terminate()
        process.wait(10)


class TestMeshy:
    def test_its_client_gets_a_model(self, order: Order, tmp_path: Path):
        with MeshyLoopback() as meshy, meshys_client(meshy, tmp_path) as client:
            made = client.use("meshy_image_to_3d", file_path=str(order.pictures[0].path), ai_model="latest")
            asked = {"task_id": made["task_id"], "task_type": "image-to-3d", "wait": False}
            told = [client.use("meshy_get_task_status", **asked) for _ in range(3)]
            listed = client.use("meshy_list_tasks", task_type="image-to-3d")
            engine = engine_for(Meshy, meshy)
            handle = Handle(made["task_id"], more={"path": "/openapi/v1/image-to-3d"})
            assert ended(engine, handle) is CallState.SUCCEEDED
            (charge,) = meshy.bill
            balance = json.dumps(client.use("meshy_check_balance"))
        assert [one["status"] for one in told] == ["IN_PROGRESS", "SUCCEEDED", "SUCCEEDED"]
        assert told[-1]["consumed_credits"] == charge.units == 30
        assert told[-1]["model_urls"]["glb"].startswith(meshy.url)
        assert made["task_id"] in json.dumps(listed)
        assert str(meshy.balance - 30) in balance

    def test_its_client_sends_several_pictures_as_we_do(self, order: Order, tmp_path: Path):
        with MeshyLoopback() as meshy, meshys_client(meshy, tmp_path) as client:
            files = [str(picture.path) for picture in order.pictures]
            client.use("meshy_multi_image_to_3d", file_paths=files, ai_model="latest")
            asyncio.run(engine_for(Meshy, meshy).submit(order, tmp_path))
            theirs, ours = meshy.seen("submit")
        assert theirs.path == ours.path
        assert theirs.json()["image_urls"] == ours.json()["image_urls"]

    def test_its_client_cancels_by_what_we_cancel_by(self, order: Order, tmp_path: Path):
        with MeshyLoopback(polls=9) as meshy, meshys_client(meshy, tmp_path) as client:
            made = client.use("meshy_image_to_3d", file_path=str(order.pictures[0].path), ai_model="latest")
            client.use("meshy_cancel_task", task_id=made["task_id"], task_type="image-to-3d")
            engine = engine_for(Meshy, meshy)
            asyncio.run(engine.cancel(asyncio.run(engine.submit(order, tmp_path))))
            theirs, ours = meshy.seen("cancel")
        assert theirs.method == ours.method == "DELETE"

    def test_its_client_does_not_start_with_a_wrong_key(self, tmp_path: Path):
        with MeshyLoopback() as meshy:
            with pytest.raises(AssertionError, match="ended"), meshys_client(meshy, tmp_path, "msy_wrong"):
                pass
            assert len(meshy.seen("list")) == 1
