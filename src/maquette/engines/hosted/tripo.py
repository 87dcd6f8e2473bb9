"""Tripo, version 3 of its API: models from one picture or from up to four sides.

Wire contract: the vendor's client ``tripo3d`` 1.0.0 and https://platform.tripo3d.ai/docs (November 2026). Version 2 was
shut down on 31 October 2026. Sides come as a list in the order front, left, back, right, the object's own, with null
for one that is not there; the front must be there.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from maquette.domain.assets import View
from maquette.domain.hosting import (
    Abilities,
    Amount,
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
from maquette.engines.hosted.documents import code, number, percent, rows, table, text
from maquette.engines.hosted.exchange import body_of, read_object
from maquette.engines.hosted.outline import Imprint, Outline
from maquette.ports.engines import Capability
from maquette.ports.hosting import Enclosure, Order, Parcel
from maquette.ports.outbound import Answer, Body, Bounds, File

OWN_BASE = "https://openapi.tripo3d.ai"
MODEL = "v2.5-20250123"
"""The vendor's client's own choice where none is configured."""
GLB = "model/gltf-binary"
SIDES = (View.FRONT, View.LEFT, View.BACK, View.RIGHT)
"""The order of the list ``inputs``."""
STATES: Mapping[str, State] = {
    "queued": State.QUEUED,
    "running": State.RUNNING,
    "success": State.SUCCEEDED,
    "failed": State.FAILED,
    "banned": State.FAILED,
    "cancelled": State.CANCELED,
    "expired": State.EXPIRED,
}
"""``unknown`` is none of these: the vendor's client goes on asking then, and so do we, until a clock ends it."""
FAULTS: Mapping[str, Fault] = {
    "1000": Fault.PROVIDER,
    "1001": Fault.PROVIDER,
    "1002": Fault.AUTH,
    "1003": Fault.INVALID_INPUT,
    "1004": Fault.INVALID_INPUT,
    "1005": Fault.AUTH,
    "2000": Fault.CAPACITY,
    "2008": Fault.REFUSED,
    "2010": Fault.QUOTA,
}
WORDS: Mapping[Fault, str] = {
    Fault.AUTH: "Tripo does not accept this key.",
    Fault.CAPACITY: "Too many of this account's tasks are open at Tripo.",
    Fault.REFUSED: "Tripo's rules forbid this content.",
    Fault.QUOTA: "No credit is left at Tripo's API (its web site has other credits).",
    Fault.INVALID_INPUT: "Tripo cannot work with what it was sent.",
}
CLOCKS = Clocks(queue_s=1800.0, run_s=1800.0, stall_s=900.0, total_s=3600.0)
UPLOADING = Bounds(bytes=1_000_000, seconds=180.0)
LONGEST_PAUSE_S = 15.0
"""Between two looks, however long Tripo says that it still takes: progress is to be seen."""
PAGE = 50
LOOKED_AT = 8
"""How many tasks are looked into to find one again."""
SKEW_S = 5.0
MOST_SEED = 2**31 - 1
SWAP = "swap_sides"


class Tripo(Outline):
    """Models from pictures. ``more`` goes into each request as it is (``texture_quality``, ``geometry_quality``…).

    ``swap_sides = true`` there exchanges left and right, should a model of Tripo's take them for the viewer's.
    """

    imprint = Imprint(
        "Tripo, model from pictures",
        (Capability.MESHER,),
        "1",
        "Tripo's terms of use; what paid credits make is the customer's",
        True,
        OWN_BASE,
    )

    @property
    def abilities(self) -> Abilities:
        return Abilities(
            takes=Takes(max_total_bytes=80_000_000, pictures=4, views=tuple(side.value for side in SIDES)),
            gives=(GLB, "image/png", "image/webp", "image/jpeg"),
            grain=Grain.STEPS,
            reconciles=True,
            result_ttl_s=86_400.0,
            max_parallel=10,
            cost_unit="credit",
            clocks=CLOCKS,
        )

    def spread(self, order: Order) -> Spread | None:
        """20 for a shape, 30 with its texture, and what finer work costs; other series have prices of their own."""
        asked = self._wishes(order)
        model = str(asked["model"])
        if not model.startswith(("v2.5", "v3.")):
            return None
        units = 30.0 if asked["texture"] else 20.0
        if asked["texture"]:
            units += {"detailed": 10.0, "extreme": 20.0}.get(str(asked.get("texture_quality")), 0.0)
        if asked.get("geometry_quality") == "detailed" and model.startswith("v3."):
            units += 20.0
        units += (5.0 if asked.get("quad") else 0.0) + (10.0 if asked.get("smart_low_poly") else 0.0)
        return Spread(units, units, "credit")

    async def submit(self, order: Order, into: Path) -> Handle:  # noqa: ARG002 - nothing comes with the answer
        sides = self._sides(order)
        path = _path(sides)
        # a file costs nothing: only the second request commissions anything
        tokens = [await self._upload(side) if side else None for side in sides]
        inputs = {"input": tokens[0]} if path.endswith("image-to-model") else {"inputs": tokens}
        answer = await self.exchange.send("POST", path, Body(json={**inputs, **self._wishes(order)}), submits=True)
        task = code(_data(answer, submits=True).get("task_id"))
        if not task:
            raise Trouble(Fault.PROVIDER, "Tripo's answer names no task.", billed=Billed.UNKNOWN)
        return Handle(task)

    async def poll(self, handle: Handle) -> Snapshot:
        task = await self._task(handle.external_id)
        words = text(task.get("status")).lower()
        state = STATES.get(words, State.RUNNING)
        left = number(task.get("running_left_time"))
        queued = number(task.get("queuing_num"))
        return Snapshot(
            state,
            words=code(words),
            progress=percent(task.get("progress")),
            queue_position=int(queued) if queued is not None and queued >= 0 and state is State.QUEUED else None,
            eta_s=left if left is not None and left >= 0 else None,
            spent=_spent(task),
            error=_failure(words, task) if state is State.FAILED else None,
            retry_after=min(max(left, 2.0), LONGEST_PAUSE_S) if left and left > 0 and state is State.RUNNING else None,
        )

    async def result(self, handle: Handle, into: Path) -> tuple[Parcel, ...]:  # noqa: ARG002 - all lies at addresses
        output = table((await self._task(handle.external_id)).get("output"))
        models = [text(output.get(name)) for name in ("pbr_model_url", "model_url", "pbr_model", "model")]
        model = next((url for url in models if url), "")
        if not model:
            raise Trouble(Fault.BAD_OUTPUT, "Tripo made no model.", billed=Billed.YES)
        picture = text(output.get("rendered_image_url")) or text(output.get("rendered_image"))
        parcels = (Parcel("model", GLB, model), Parcel("thumbnail", "", picture))
        return parcels if picture else parcels[:1]

    async def find(self, order: Order, since: float) -> Handle | None:
        """Looks into the tasks since then for the seed that was made of the order's key.

        Where tasks do not say what was asked for, a single one is taken for it; of several a person must choose.
        """
        answer = await self.exchange.send("GET", f"/v3/account/usage?limit={PAGE}&offset=0")
        data = _unwrapped(answer)
        listed = rows(data) or rows(table(data).get("items"))
        since_then = [code(row.get("task_id")) for row in listed if _made(row) >= since - SKEW_S]
        ours = self._wishes(order)["model_seed"]
        sure: list[str] = []
        silent: list[str] = []
        for task in since_then[:LOOKED_AT]:
            told = table((await self._task(task)).get("input"))
            if "model_seed" not in told:
                silent.append(task)
            elif told["model_seed"] == ours:
                sure.append(task)
        found = sure or silent
        if len(found) > 1 or (not sure and len(since_then) > LOOKED_AT):
            message = "Several tasks were made at Tripo since then, and nothing tells which is this one."
            raise Trouble(Fault.LOST, message, billed=Billed.UNKNOWN)
        return Handle(found[0]) if found else None

    async def balance(self) -> Amount | None:
        answer = await self.exchange.send("GET", "/v3/account/balance")
        left = number(_data(answer).get("balance"))
        return None if left is None else Amount(left, "credit")

    def reading(self, answer: Answer, trouble: Trouble) -> Trouble:
        return _read(answer, trouble)

    def _wishes(self, order: Order) -> dict[str, Any]:
        wants = order.wants
        textured = bool(wants.get("texture", True))
        asked: dict[str, Any] = {
            "model": self.options.model or MODEL,
            "texture": textured,
            "pbr": textured and bool(wants.get("pbr", True)),
            "model_seed": _seed(order),
        }
        if wants.get("triangles"):
            asked["face_limit"] = int(wants["triangles"])
        return {**asked, **{name: value for name, value in self.options.more.items() if name != SWAP}}

    def _sides(self, order: Order) -> list[Enclosure | None]:
        """The pictures in the order of ``SIDES``; a single one is what is to be seen, whatever it shows."""
        if len(order.pictures) == 1:
            return [order.pictures[0], None, None, None]
        shown = {picture.view: picture for picture in order.pictures}
        front, left, back, right = (shown.get(side) for side in SIDES)
        sides = [front, right, back, left] if self.options.more.get(SWAP) else [front, left, back, right]
        if sides[0] is None:
            raise Trouble(Fault.UNSUPPORTED, "Tripo needs a picture of the front to work from several sides.")
        return sides

    async def _upload(self, picture: Enclosure) -> str:
        content = await asyncio.to_thread(picture.path.read_bytes)
        name = f"{picture.view or 'picture'}.{'png' if picture.media_type == 'image/png' else 'jpg'}"
        form = Body(files={"file": File(name, content, picture.media_type)})
        token = text(_data(await self.exchange.send("POST", "/v3/files", form, bounds=UPLOADING)).get("file_token"))
        if not token:
            raise Trouble(Fault.PROVIDER, "Tripo did not take the picture.")
        return token

    async def _task(self, task: str) -> Mapping[str, Any]:
        return _data(await self.exchange.send("GET", f"/v3/tasks/{task}"))


def _path(sides: list[Enclosure | None]) -> str:
    kind = "multiview" if sum(side is not None for side in sides) > 1 else "image"
    return f"/v3/generation/{kind}-to-model"


def _seed(order: Order) -> int:
    """The wanted one, or one that the same order always has: a task is found again by it."""
    wanted = order.wants.get("seed")
    digest = hashlib.sha256(order.key.encode()).digest()
    return int(wanted) % MOST_SEED if wanted is not None else int.from_bytes(digest[:4], "big") % MOST_SEED


def _unwrapped(answer: Answer, *, submits: bool = False) -> object:
    """What the envelope holds. A code other than 0 is an error, whatever the status says."""
    document = read_object(answer, submits=submits)
    if document.get("code", 0) not in (0, None):
        raise _told(document, Trouble(Fault.PROVIDER, http_status=answer.status))
    return document.get("data")


def _data(answer: Answer, *, submits: bool = False) -> Mapping[str, Any]:
    return table(_unwrapped(answer, submits=submits))


def _read(answer: Answer, trouble: Trouble) -> Trouble:
    trouble.request_id = code(answer.headers.get("x-tripo-trace-id", ""))
    return _told(body_of(answer), trouble)


def _told(document: Mapping[str, Any], trouble: Trouble) -> Trouble:
    """The same trouble with what Tripo's code says, where it has one."""
    raw = code(document.get("code"))
    fault = FAULTS.get(raw)
    if fault is None:
        return trouble
    trouble.fault, trouble.raw = fault, raw
    trouble.message = WORDS.get(fault, "Tripo could not do this.")
    trouble.request_id = code(document.get("request_id")) or trouble.request_id
    return trouble


def _failure(words: str, task: Mapping[str, Any]) -> Trouble:
    """Why a task failed. Failed tasks are not charged."""
    raw = code(task.get("error_code"))
    fault = Fault.REFUSED if words == "banned" else FAULTS.get(raw, Fault.PROVIDER)
    billed = Billed.YES if number(task.get("credits_consumed")) else Billed.NO
    return Trouble(fault, WORDS.get(fault, "Tripo's work failed."), billed=billed, raw=raw or words)


def _spent(task: Mapping[str, Any]) -> Amount | None:
    units = number(task.get("credits_consumed"))
    return None if units is None else Amount(units, "credit")


def _made(row: Mapping[str, Any]) -> float:
    """When a task was made, in Unix seconds; 0 where it does not say."""
    try:
        at = datetime.fromisoformat(text(row.get("created_at")))
    except ValueError:
        return number(row.get("created_at")) or 0.0
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
