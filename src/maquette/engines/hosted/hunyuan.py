"""Hunyuan3D-2 and 2.1 on a machine of one's own, through the ``api_server.py`` that comes with them.

Wire contract: the sources of https://github.com/Tencent-Hunyuan/Hunyuan3D-2 (9bcf302) and Hunyuan3D-2.1, and a trial of
the former. Both say ``processing`` of numbers that they never gave and of work that has crashed, so only a clock ends
that. One picture only: several views are known to the Python package, not to the server.
"""

import asyncio
import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maquette.domain.assets import View
from maquette.domain.hosting import (
    Abilities,
    Billed,
    Clocks,
    Fault,
    Grain,
    Handle,
    Snapshot,
    Spread,
    Takes,
    Trouble,
)
from maquette.domain.hosting import CallState as State
from maquette.engines.hosted.documents import base64_of, code, text
from maquette.engines.hosted.exchange import body_of
from maquette.engines.hosted.outline import Imprint, Outline
from maquette.ports.engines import Capability
from maquette.ports.hosting import Enclosure, Order, Parcel
from maquette.ports.outbound import Answer, Bounds

GLB = "model/gltf-binary"
LICENCE = "Tencent Hunyuan 3D Community License: neither use nor results in the EU, the UK and South Korea"
CLOCKS = Clocks(queue_s=900.0, run_s=1800.0, stall_s=900.0, total_s=2400.0)
ASKING = Bounds(bytes=256_000_000, seconds=300.0)
"""Of a question for the state: the answer to the last one holds the model."""
DETAIL: Mapping[str, int] = {"fast": 128, "medium": 256, "full": 384}
"""``octree_resolution``, the cells along each side of the grid that the surface is taken from."""
NEWER = "2.1"
OLDER = "2.0"
JOB_FAILED = "job_failed"
POLL_S = 3.0


class Hunyuan(Outline):
    """Models from one picture. ``model`` is ``2.0`` or ``2.1``, or empty to ask the server.

    ``more`` goes into each request as it is; ``texture = false`` there is for servers without ``--enable_tex``.
    """

    imprint = Imprint("Hunyuan3D on a machine of one's own", (Capability.MESHER,), "1", LICENCE)

    @property
    def abilities(self) -> Abilities:
        return Abilities(
            takes=Takes(max_side=2048, pictures=1, views=(View.FRONT.value,)),
            gives=(GLB,),
            grain=Grain.COARSE,
            # it starts whatever comes at once, and two at a time do not fit into its memory
            max_parallel=1,
            clocks=CLOCKS,
        )

    def spread(self, order: Order) -> Spread | None:  # noqa: ARG002 - nobody sends a bill
        return Spread(0.0, 0.0, "")

    async def submit(self, order: Order, into: Path) -> Handle:  # noqa: ARG002 - nothing comes with the answer
        picture = _shown(order)
        server = self.options.model or await self._server()
        document = {"image": await base64_of(picture.path), **self._wishes(order, server), **self.options.more}
        if server == NEWER:
            # without a texture this server makes the model and never says so
            document["texture"] = True
        answer = await self.exchange.ask("POST", "/send", document, submits=True)
        uid = code(answer.get("uid"))
        if not uid:
            raise Trouble(Fault.PROVIDER, "The server's answer names no work.", billed=Billed.UNKNOWN)
        unused = [str(other.view) for other in order.pictures if other is not picture]
        return Handle(uid, more={"server": server, "unused_views": unused})

    async def poll(self, handle: Handle) -> Snapshot:
        try:
            told = await self.exchange.ask("GET", f"/status/{handle.external_id}", bounds=ASKING)
        except Trouble as trouble:
            if trouble.raw == JOB_FAILED:
                return Snapshot(State.FAILED, words="error", error=trouble)
            raise
        words = text(told.get("status"))
        if words == "completed":
            # the file may be read while it is being written, so that half of it comes
            model = await asyncio.to_thread(_model, told)
            return Snapshot(State.SUCCEEDED, words) if model else Snapshot(State.RUNNING, "writing", retry_after=POLL_S)
        if words == "error":
            return Snapshot(State.FAILED, words, error=_failed(Trouble(Fault.PROVIDER)))
        return Snapshot(State.RUNNING, code(words), progress=50.0 if words == "texturing" else None)

    async def result(self, handle: Handle, into: Path) -> tuple[Parcel, ...]:
        told = await self.exchange.ask("GET", f"/status/{handle.external_id}", bounds=ASKING)
        model = await asyncio.to_thread(_model, told)
        if not model:
            raise Trouble(Fault.BAD_OUTPUT, "The server delivered no whole GLB.")
        path = into / f"{handle.external_id}.glb"
        await asyncio.to_thread(path.write_bytes, model)
        return (Parcel("model", GLB, path=path),)

    def reading(self, answer: Answer, trouble: Trouble) -> Trouble:
        return _read(answer, trouble)

    async def _server(self) -> str:
        """Which of the two it is: only the newer one tells how it feels."""
        try:
            told = await self.exchange.ask("GET", "/health")
        except Trouble as trouble:
            if trouble.http_status is None:
                raise
            return OLDER
        return NEWER if text(told.get("status")) == "healthy" else OLDER

    def _wishes(self, order: Order, server: str) -> dict[str, Any]:
        wants = order.wants
        asked: dict[str, Any] = {
            "texture": bool(wants.get("texture", True)),
            "octree_resolution": DETAIL.get(str(wants.get("quality", "medium")), 256),
            "face_count": min(max(int(wants.get("triangles") or 40_000), 1_000), 100_000),
        }
        if wants.get("seed") is not None:
            asked["seed"] = int(wants["seed"])
        return asked if server == NEWER else {**asked, "type": "glb"}


def _shown(order: Order) -> Enclosure:
    if not order.pictures:
        raise Trouble(Fault.INVALID_INPUT, "There is no picture to work from.")
    return next((picture for picture in order.pictures if picture.view is View.FRONT), order.pictures[0])


def _read(answer: Answer, trouble: Trouble) -> Trouble:
    """The servers say 404 and 500 of almost anything; only their bodies tell."""
    document = body_of(answer)
    if text(document.get("status")) == "error":
        return _failed(trouble)
    if "error_code" in document:
        trouble.fault, trouble.message = Fault.PROVIDER, "The server could not do this work."
        trouble.raw = code(document.get("error_code"))
    elif answer.status == 404:
        trouble.fault, trouble.message = Fault.UNSUPPORTED, "No Hunyuan3D server answers at this address."
    return trouble


def _failed(trouble: Trouble) -> Trouble:
    trouble.fault, trouble.message, trouble.raw = Fault.PROVIDER, "The server's work failed.", JOB_FAILED
    return trouble


def _model(told: Mapping[str, Any]) -> bytes | None:
    """The GLB of an answer if all of it came: its header says how long it is (glTF 2.0, 4.4.2)."""
    try:
        content = base64.b64decode(text(told.get("model_base64")), validate=True)
    except (binascii.Error, ValueError):
        return None
    whole = content[:4] == b"glTF" and int.from_bytes(content[8:12], "little") == len(content)
    return content if whole else None
