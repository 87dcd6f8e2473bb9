"""What is peculiar to each provider of models; what all have in common is tried in tests/conformance."""

import asyncio
import base64
import hashlib
import time
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.clocks import SystemClock
from maquette.adapters.outbound.fetcher import HttpxFetcher
from maquette.domain.assets import View
from maquette.domain.hosting import Billed, CallState, Cancelled, Fault, Handle, Trouble
from maquette.engines.hosted.hunyuan import Hunyuan
from maquette.engines.hosted.meshy import TEST_KEY, Meshy, MeshyRemesh
from maquette.engines.hosted.tencent import Tencent, authorization
from maquette.engines.hosted.tripo import Tripo
from maquette.ports.hosting import HostedEngine, Options, Order
from maquette.testing.hosting import modelled, photographed
from maquette.testing.loopbacks.hunyuan import Hunyuan21Loopback, HunyuanLoopback
from maquette.testing.loopbacks.meshy import MeshyLoopback
from maquette.testing.loopbacks.server import Loopback
from maquette.testing.loopbacks.tencent import TencentLoopback
from maquette.testing.loopbacks.tripo import TripoLoopback

FOUR = (View.FRONT, View.LEFT, View.RIGHT, View.BACK)


def made(adapter: Any, loopback: Loopback, model: str = "", **more: Any) -> HostedEngine:
    fetcher = HttpxFetcher(SystemClock(), "test")
    return adapter.configured(Options("one", loopback.url, loopback.key, model=model, more=more), fetcher)


def offline(adapter: Any, **options: Any) -> HostedEngine:
    return adapter.configured(Options("one", **options), HttpxFetcher(SystemClock(), "test"))


def run(doing: Awaitable[Any]) -> Any:
    async def await_it() -> Any:
        return await doing

    return asyncio.run(await_it())


@pytest.fixture
def front(tmp_path: Path) -> Order:
    return photographed(View.FRONT)(tmp_path)


@pytest.fixture
def four(tmp_path: Path) -> Order:
    return photographed(*FOUR)(tmp_path)


class TestMeshy:
    def test_it_tells_its_two_429_apart(self, front: Order, tmp_path: Path):
        with MeshyLoopback() as meshy:
            engine = made(Meshy, meshy)
            faults: list[Fault] = []
            for kind in ("busy", "crowded"):
                meshy.faults.add(kind)
                with pytest.raises(Trouble) as caught:
                    run(engine.submit(front, tmp_path))
                faults.append(caught.value.fault)
        assert faults == [Fault.RATE_LIMITED, Fault.CAPACITY]

    def test_nearly_done_is_finalizing_and_not_to_be_cancelled(self, front: Order, tmp_path: Path):
        with MeshyLoopback() as meshy:
            meshy.faults.add("stuck", "task")
            engine = made(Meshy, meshy)
            handle = run(engine.submit(front, tmp_path))
            snapshot = run(engine.poll(handle))
            assert (snapshot.state, snapshot.progress, snapshot.retry_after) == (CallState.FINALIZING, 99, 15)
            assert run(engine.cancel(handle)) is Cancelled.TOO_LATE
            assert meshy.seen("cancel") == []

    @pytest.mark.parametrize("views", [(View.FRONT,), FOUR])
    def test_a_task_of_which_only_the_number_is_known_is_followed(self, views: Any, tmp_path: Path):
        with MeshyLoopback() as meshy:
            engine = made(Meshy, meshy)
            known = Handle(run(engine.submit(photographed(*views)(tmp_path), tmp_path)).external_id)
            assert [run(engine.poll(known)).state for _ in range(2)][-1] is CallState.SUCCEEDED
            assert run(engine.result(known, tmp_path))[0].role == "model"
            with pytest.raises(Trouble) as caught:
                run(engine.poll(Handle("nobody-knows-it")))
        assert caught.value.fault is Fault.EXPIRED

    def test_the_wait_that_meshy_asks_for_is_told(self, front: Order, tmp_path: Path):
        with MeshyLoopback(polls=4) as meshy:
            engine = made(Meshy, meshy)
            snapshot = run(engine.poll(run(engine.submit(front, tmp_path))))
        assert (snapshot.state, snapshot.queue_position, snapshot.retry_after) == (CallState.QUEUED, 2, 5)

    def test_what_is_done_is_not_deleted_by_cancelling(self, front: Order, tmp_path: Path):
        with MeshyLoopback(polls=1) as meshy:
            engine = made(Meshy, meshy)
            handle = run(engine.submit(front, tmp_path))
            assert run(engine.cancel(handle)) is Cancelled.TOO_LATE
            assert run(engine.result(handle, tmp_path))

    @pytest.mark.parametrize(
        ("model", "more", "wants", "units"),
        [
            ("", {}, {}, (30, 30)),
            ("meshy-5", {}, {}, (15, 15)),
            ("", {}, {"texture": False}, (20, 20)),
            ("", {"texture_resolution": "8k", "ultra_mode": True}, {}, (40, 40)),
            ("meshy-9", {}, {}, (15, 30)),
            ("meshy-t2", {}, {}, (15, 15)),
        ],
    )
    def test_the_estimate_follows_the_list(self, model: str, more: Any, wants: Any, units: Any, front: Order):
        spread = offline(Meshy, key="k", model=model, more=more).spread(replace(front, wants=wants))
        assert spread and (spread.low, spread.high) == units

    def test_models_that_lay_their_triangles_themselves_get_one_picture_and_no_number(
        self, front: Order, tmp_path: Path
    ):
        with MeshyLoopback() as meshy:
            engine = made(Meshy, meshy, "meshy-t2")
            run(engine.submit(front, tmp_path))
            (call,) = meshy.seen("submit")
        assert engine.abilities.takes.pictures == 1
        assert call.json()["model_type"] == "smart-topology" and "target_polycount" not in call.json()

    def test_ultra_is_for_one_picture_only(self, front: Order, four: Order):
        engine = offline(Meshy, key="k", more={"ultra_mode": True})
        one, several = engine.spread(front), engine.spread(four)
        assert one and several and (one.high, several.high) == (35, 30)

    def test_several_tasks_since_then_are_a_matter_for_a_person(self, front: Order, tmp_path: Path):
        with MeshyLoopback() as meshy:
            engine = made(Meshy, meshy)
            since = time.time()
            for _ in range(2):
                run(engine.submit(front, tmp_path))
            with pytest.raises(Trouble) as caught:
                run(engine.find(front, since))
        assert (caught.value.fault, caught.value.billed) == (Fault.LOST, Billed.UNKNOWN)

    def test_the_published_key_for_trials_makes_its_results_a_test(self):
        assert offline(Meshy, key=TEST_KEY).info.is_test
        assert not offline(Meshy, key="msy_real").info.is_test

    def test_a_failure_tells_nothing_of_meshys_text(self, front: Order, tmp_path: Path):
        with MeshyLoopback() as meshy:
            meshy.faults.add("fails", "task")
            engine = made(Meshy, meshy)
            handle = run(engine.submit(front, tmp_path))
            run(engine.poll(handle))
            error = run(engine.poll(handle)).error
            assert sum(charge.units for charge in meshy.bill) == 0
        assert error and "busy" not in str(error) and error.billed is Billed.NO

    def test_a_remesh_wants_a_model(self, front: Order, tmp_path: Path):
        with MeshyLoopback() as meshy:
            engine = made(MeshyRemesh, meshy)
            with pytest.raises(Trouble) as caught:
                run(engine.submit(front, tmp_path))
            assert meshy.calls == []
            run(engine.submit(modelled(triangles=900_000)(tmp_path), tmp_path))
            (call,) = meshy.seen("submit")
        assert caught.value.fault is Fault.INVALID_INPUT
        assert call.json()["target_polycount"] == 300_000


class TestHunyuan:
    def test_the_newer_server_is_always_asked_for_a_texture(self, front: Order, tmp_path: Path):
        """Without one it makes the model and never says so."""
        with Hunyuan21Loopback() as server:
            engine = made(Hunyuan, server)
            handle = run(engine.submit(replace(front, wants={"texture": False}), tmp_path))
            (call,) = server.seen("submit")
        assert (handle.more["server"], call.json()["texture"]) == ("2.1", True)

    def test_without_a_texture_that_server_really_never_ends(self, front: Order):
        import httpx

        image = base64.b64encode(front.pictures[0].path.read_bytes()).decode()
        with Hunyuan21Loopback() as server, httpx.Client(base_url=server.url, trust_env=False) as client:
            uid = client.post("/send", json={"image": image, "texture": False}).json()["uid"]
            assert {client.get(f"/status/{uid}").json()["status"] for _ in range(6)} == {"processing", "texturing"}

    def test_the_older_one_is_told_from_it_by_its_silence(self, front: Order, tmp_path: Path):
        with HunyuanLoopback() as server:
            handle = run(made(Hunyuan, server).submit(replace(front, wants={"texture": False}), tmp_path))
            (call,) = server.seen("submit")
        assert (handle.more["server"], call.json()["texture"], call.json()["type"]) == ("2.0", False, "glb")

    def test_what_crashed_looks_like_work_for_ever(self, front: Order, tmp_path: Path):
        with HunyuanLoopback() as server:
            server.textures = False
            engine = made(Hunyuan, server, "2.0")
            handle = run(engine.submit(front, tmp_path))
            assert {run(engine.poll(handle)).state for _ in range(5)} == {CallState.RUNNING}

    def test_half_a_file_is_not_done(self, front: Order, tmp_path: Path):
        with HunyuanLoopback(polls=1) as server:
            engine = made(Hunyuan, server, "2.0")
            handle = run(engine.submit(front, tmp_path))
            server.faults.add("truncated", "file", times=2)
            assert run(engine.poll(handle)).state is CallState.RUNNING
            with pytest.raises(Trouble) as caught:
                run(engine.result(handle, tmp_path))
            assert run(engine.poll(handle)).state is CallState.SUCCEEDED
        assert caught.value.fault is Fault.BAD_OUTPUT

    def test_another_server_at_this_address_is_named_so(self, front: Order, tmp_path: Path):
        with MeshyLoopback() as other, pytest.raises(Trouble) as caught:
            run(made(Hunyuan, other, "2.0").submit(front, tmp_path))
        assert caught.value.fault is Fault.UNSUPPORTED

    def test_it_is_not_chosen_unasked_and_says_where_it_may_not_be_used(self):
        info = offline(Hunyuan, base_url="http://127.0.0.1:8081").info
        assert not info.commercial_use
        assert "the EU" in info.licence and "South Korea" in info.licence
        assert not offline(Hunyuan).check().ready


class TestTripo:
    def test_a_file_that_could_not_be_sent_costs_nothing(self, front: Order, tmp_path: Path):
        with TripoLoopback() as tripo:
            tripo.faults.add("reset", "upload")
            with pytest.raises(Trouble) as caught:
                run(made(Tripo, tripo).submit(front, tmp_path))
            assert tripo.seen("submit") == []
        assert (caught.value.fault, caught.value.billed) == (Fault.TRANSPORT, Billed.NO)

    def test_it_is_found_among_others_by_its_seed(self, front: Order, tmp_path: Path):
        with TripoLoopback() as tripo:
            engine = made(Tripo, tripo)
            since = time.time()
            wanted = run(engine.submit(front, tmp_path))
            run(engine.submit(replace(front, key="another"), tmp_path))
            assert run(engine.find(front, since)) == wanted
            assert run(engine.find(replace(front, key="a third"), since)) is None

    def test_an_error_in_an_answer_of_200_is_one(self, front: Order, tmp_path: Path):
        class Polite(TripoLoopback):
            def trouble(self, kind: str):
                return replace(super().trouble(kind), status=200)

        with Polite() as tripo:
            tripo.faults.add("broke")
            with pytest.raises(Trouble) as caught:
                run(made(Tripo, tripo).submit(front, tmp_path))
        assert (caught.value.fault, caught.value.raw, caught.value.request_id != "") == (Fault.QUOTA, "2010", True)

    def test_refused_at_the_door(self, front: Order, tmp_path: Path):
        class Strict(TripoLoopback):
            def trouble(self, kind: str):
                return super().trouble("refused" if kind == "error" else kind)

        with Strict() as tripo:
            tripo.faults.add("error")
            with pytest.raises(Trouble) as caught:
                run(made(Tripo, tripo).submit(front, tmp_path))
        assert (caught.value.fault, caught.value.billed) == (Fault.REFUSED, Billed.NO)

    def test_it_tells_its_place_in_the_queue_and_how_long_it_takes(self, front: Order, tmp_path: Path):
        with TripoLoopback(polls=4) as tripo:
            engine = made(Tripo, tripo)
            handle = run(engine.submit(front, tmp_path))
            queued, running = run(engine.poll(handle)), run(engine.poll(handle))
        assert (queued.state, queued.queue_position, queued.eta_s) == (CallState.QUEUED, 3, None)
        assert (running.state, running.queue_position, running.eta_s) == (CallState.RUNNING, None, 4)
        assert (queued.retry_after, running.retry_after) == (None, 4)

    def test_nobody_says_what_another_series_costs(self, front: Order):
        assert offline(Tripo, key="k", model="P1-20260311").spread(front) is None
        spread = offline(Tripo, key="k", more={"texture_quality": "detailed"}).spread(front)
        assert spread and spread.low == 40


class TestTencent:
    def test_the_signature_is_made_step_by_step_as_published(self):
        """The vendor's own client is held against the same loopback in tests/conformance."""
        import hmac

        header = authorization(("AKID", "secret"), "ai3d", "ai3d.tencentcloudapi.com", b"{}", 1_763_769_600)
        request = (
            "POST\n/\n\ncontent-type:application/json\nhost:ai3d.tencentcloudapi.com\n\ncontent-type;host\n"
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        )
        date = datetime.fromtimestamp(1_763_769_600, UTC).strftime("%Y-%m-%d")
        text = f"TC3-HMAC-SHA256\n1763769600\n{date}/ai3d/tc3_request\n{hashlib.sha256(request.encode()).hexdigest()}"
        key = b"TC3secret"
        for part in (date, "ai3d", "tc3_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        assert header == (
            f"TC3-HMAC-SHA256 Credential=AKID/{date}/ai3d/tc3_request, SignedHeaders=content-type;host, "
            f"Signature={signature}"
        )

    def test_a_key_may_hold_both_halves(self, front: Order, tmp_path: Path):
        with TencentLoopback() as tencent:
            options = Options("one", tencent.url, f"{tencent.secret_id}:{tencent.key}")
            engine = Tencent.configured(options, HttpxFetcher(SystemClock(), "test"))
            assert engine.check().ready
            assert run(engine.submit(front, tmp_path)).external_id
        assert not offline(Tencent, key="only-one-half").check().ready

    def test_a_clock_that_is_wrong_is_said_so(self, front: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        late = time.time() + 3600
        with TencentLoopback() as tencent:
            monkeypatch.setattr("maquette.testing.loopbacks.tencent.time.time", lambda: late)
            with pytest.raises(Trouble) as caught:
                run(made(Tencent, tencent, secret_id=tencent.secret_id).submit(front, tmp_path))
        assert (caught.value.fault, caught.value.raw) == (Fault.AUTH, "AuthFailure.SignatureExpire")
        assert "clock" in caught.value.message

    def test_a_taken_place_is_asked_for_again_after_half_a_minute(self, front: Order, tmp_path: Path):
        with TencentLoopback() as tencent:
            tencent.faults.add("crowded")
            with pytest.raises(Trouble) as caught:
                run(made(Tencent, tencent, secret_id=tencent.secret_id).submit(front, tmp_path))
        told = (caught.value.fault, caught.value.retry_after, caught.value.raw)
        assert told == (Fault.CAPACITY, 30, "RequestLimitExceeded.JobNumExceed")

    def test_the_newer_model_takes_top_and_bottom(self, tmp_path: Path):
        order = photographed(View.FRONT, View.TOP)(tmp_path)
        with TencentLoopback() as tencent:
            engine = made(Tencent, tencent, "3.1", secret_id=tencent.secret_id)
            assert {"top", "bottom"} <= set(engine.abilities.takes.views)
            run(engine.submit(order, tmp_path))
            (call,) = tencent.seen("submit")
        assert [view["ViewType"] for view in call.json()["MultiViewImages"]] == ["top"]

    def test_the_bill_lies_within_the_estimate_with_every_extra(self, four: Order, tmp_path: Path):
        order = replace(four, wants={"pbr": True, "triangles": 50_000})
        with TencentLoopback() as tencent:
            engine = made(Tencent, tencent, secret_id=tencent.secret_id)
            spread = engine.spread(order)
            run(engine.submit(order, tmp_path))
            (charge,) = tencent.bill
        assert spread and spread.low < charge.units <= spread.high


def test_the_delivered_box_passes_our_own_door(tmp_path: Path):
    from maquette.media.meshes.intake import probe
    from maquette.testing.loopbacks.goods import NOTE, SIZE, box

    path = tmp_path / "box.glb"
    path.write_bytes(box())
    measures = probe(path)
    assert measures["triangles"] == 12
    assert NOTE.encode() in box()
    assert SIZE[1] == max(SIZE)
