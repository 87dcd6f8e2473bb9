"""ComfyUI: somebody's own workflow as an engine, by the routes of its ``server.py`` and ``comfy_execution/jobs.py``.

[engines.comfyui]
base_url = "http://127.0.0.1:8188"
capability = "editor"
[engines.comfyui.more]
workflow = "/etc/maquette/inpaint.json"     # saved with "Export (API)", or the same as a table
slots = {image = "10.image", mask = "11.image", prompt = "6.text", seed = "3.seed"}
outputs = ["9"]                             # nodes whose files count; without it all that save files
"""

import copy
import hashlib
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from maquette.domain.errors import Refused
from maquette.domain.hosting import (
    Abilities,
    Billed,
    CallState,
    Cancelled,
    Cancelling,
    Clocks,
    Fault,
    Grain,
    Handle,
    Snapshot,
    Takes,
    Trouble,
)
from maquette.engines.hosted.documents import code, table
from maquette.engines.hosted.exchange import body_of
from maquette.engines.hosted.outline import Imprint, Outline
from maquette.engines.hosted.parts import ROLES, Part, array, form
from maquette.ports.engines import Capability, Readiness
from maquette.ports.hosting import Options, Order, Parcel
from maquette.ports.outbound import Answer, Body, Bounds, Fetcher

STATES: Mapping[str, CallState] = {
    "pending": CallState.QUEUED,
    "in_progress": CallState.RUNNING,
    "completed": CallState.SUCCEEDED,
    "failed": CallState.FAILED,
    "cancelled": CallState.CANCELED,
}
SEEDS = 2**48
"""Some nodes take 32 bits, most take 64; all that we know take a number below this or wrap it."""
_SPACE = uuid.UUID("6f0d3c8e-6c1c-4b8e-9d59-6a1f9f1d8f10")
_WIDE = Bounds(bytes=64_000_000, seconds=60.0)
"""The state of a job holds its whole workflow, and a queue those of all."""

AGAIN = 8
"""How often a job that failed may be begun anew under one key."""
_KINDS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".glb": "model/gltf-binary",
}


class ComfyUI(Outline):
    """One workflow on one server. Costs nothing there, and is not done twice: the number of a job is the order's."""

    imprint = Imprint(
        "ComfyUI",
        (Capability.EDITOR, Capability.CUTTER, Capability.MESHER),
        licence="as the models of the workflow say",
    )

    def __init__(self, options: Options, fetcher: Fetcher) -> None:
        super().__init__(options, fetcher)
        slots = options.more.get("slots", {})
        if not isinstance(slots, Mapping) or not all("." in str(place) for place in table(slots).values()):
            raise Refused("invalid_setting", f"more.slots of {options.name} is a table of node.input.")
        self._slots = {str(name): str(place) for name, place in table(slots).items()}

    @property
    def abilities(self) -> Abilities:
        more = self.options.more
        return Abilities(
            Takes(
                max_bytes=50_000_000,
                max_total_bytes=200_000_000,
                max_side=int(more.get("max_side", 2048)),
                pictures=max(1, sum(name.startswith("image") for name in self._slots)),
                views=tuple(
                    name for name in ("front", "left", "right", "back", "top", "bottom") if name in self._slots
                ),
            ),
            gives=("image/png", "image/jpeg", "image/webp", "model/gltf-binary"),
            grain=Grain.NONE,
            cancelling=Cancelling.ANY,
            idempotent=True,
            max_parallel=1,
            clocks=Clocks(run_s=1800.0, stall_s=1800.0, total_s=3600.0),
        )

    def check(self) -> Readiness:
        readiness = super().check()
        return (
            readiness if not readiness.ready or self.options.more.get("workflow") else self._lacks("more", "workflow")
        )

    async def submit(self, order: Order, into: Path) -> Handle:  # noqa: ARG002 - the port's
        number, known = await self._numbered(order.key)
        if known:
            return Handle(number)
        graph = self._workflow()
        for slot, value in (await self._values(order)).items():
            self._fill(graph, slot, value)
        document = {"prompt": graph, "client_id": number, "prompt_id": number}
        told = await self.exchange.ask("POST", "/prompt", document, submits=True)
        return Handle(code(told.get("prompt_id")) or number)

    async def _numbered(self, key: str) -> tuple[str, bool]:
        """The number of this order's job, and whether it is there already; one that failed gets another number."""
        number = ""
        for attempt in range(AGAIN):
            number = str(uuid.uuid5(_SPACE, f"{key} {attempt}"))
            job = await self._job(number)
            if job.get("status") not in ("failed", "cancelled"):
                return number, bool(job)
        return number, True

    def _workflow(self) -> dict[str, Any]:
        """A copy of the workflow, from the file or the table of the configuration."""
        given = self.options.more.get("workflow")
        try:
            graph = json.loads(Path(given).read_text("utf-8")) if isinstance(given, str) else copy.deepcopy(given)
        except (OSError, ValueError) as error:
            raise Trouble(Fault.UNSUPPORTED, "The workflow cannot be read.") from error
        if not table(graph) or not all("class_type" in table(node) for node in table(graph).values()):
            raise Trouble(Fault.UNSUPPORTED, "The workflow is none that was exported for the API.")
        return dict(table(graph))

    def _fill(self, graph: Mapping[str, Any], slot: str, value: Any) -> None:
        """Sets the input of a node. Names of inputs may hold dots, numbers of nodes do not."""
        place = self._slots.get(slot)
        if place is None:
            return
        node, _, name = place.partition(".")
        if node not in graph:
            raise Trouble(Fault.UNSUPPORTED, f"The workflow has no node for {slot}.")
        graph[node].setdefault("inputs", {})[name] = value

    async def _values(self, order: Order) -> dict[str, Any]:
        """What each slot gets: pictures by the names under which the server has put them."""
        if order.mask and "mask" not in self._slots:
            raise Trouble(Fault.UNSUPPORTED, "This workflow is configured without a place for a mask.")
        values: dict[str, Any] = {name: value for name, value in order.wants.items() if value is not None}
        # the same graph again would be answered from ComfyUI's own cache, at times without any output
        values.setdefault("seed", int.from_bytes(hashlib.sha256(order.key.encode()).digest()[:6], "big") % SEEDS)
        for index, picture in enumerate(order.pictures):
            slot = f"image{index + 1}" if index else "image"
            side = picture.view.value if picture.view and picture.view.value in self._slots else ""
            if slot in self._slots or side:
                name = await self._upload(order, slot, picture.path, picture.media_type)
                values |= {slot: name} | ({side: name} if side else {})
        if order.mask:
            values["mask"] = await self._upload(order, "mask", order.mask, "image/png")
        return values | ({"prompt": order.prompt} if order.prompt else {})

    async def _upload(self, order: Order, slot: str, path: Path, media_type: str) -> str:
        """Puts a file into the server's input folder; the server may choose another name."""
        stem = hashlib.sha256(f"{order.key} {slot}".encode()).hexdigest()[:24]
        filename = f"maquette-{stem}{'.png' if media_type == 'image/png' else '.jpg'}"
        parts = [
            Part("image", path.read_bytes(), media_type, filename),
            Part("type", b"input"),
            Part("overwrite", b"true"),
        ]
        body, headers = form(parts)
        answer = await self.exchange.send("POST", "/upload/image", body, headers=headers)
        told = body_of(answer)
        name, folder = told.get("name"), told.get("subfolder")
        if not isinstance(name, str):
            raise Trouble(Fault.PROVIDER, "The server did not say where it put a picture.")
        return f"{folder}/{name}" if isinstance(folder, str) and folder else name

    async def _job(self, number: str) -> Mapping[str, Any]:
        """The job as the server has it, empty where it knows none. Older servers have a history and a queue instead."""
        try:
            return await self.exchange.ask("GET", f"/api/jobs/{quote(number)}", bounds=_WIDE)
        except Trouble as trouble:
            if trouble.http_status not in (404, 405):
                raise
        entry = table((await self.exchange.ask("GET", f"/history/{quote(number)}", bounds=_WIDE)).get(number))
        return _of_history(entry) if entry else _of_queue(await self._queue(), number)

    async def _queue(self) -> Mapping[str, Any]:
        return await self.exchange.ask("GET", "/queue", bounds=_WIDE)

    async def poll(self, handle: Handle) -> Snapshot:
        job = await self._job(handle.external_id)
        words = str(job.get("status", ""))
        if not job:
            # a server that was started anew remembers nothing; nothing was paid, so it may be asked for again
            gone = Trouble(Fault.PROVIDER, "The server does not know this job any more.")
            return Snapshot(CallState.FAILED, "unknown", error=gone)
        if words not in STATES:
            raise Trouble(Fault.PROVIDER, "The server names an unknown status.", raw=code(words))
        error = _failure(table(job.get("execution_error"))) if STATES[words] is CallState.FAILED else None
        return Snapshot(STATES[words], words, error=error)

    async def result(self, handle: Handle, into: Path) -> tuple[Parcel, ...]:  # noqa: ARG002 - the port's
        outputs = table((await self._job(handle.external_id)).get("outputs"))
        wanted = [str(node) for node in array(self.options.more.get("outputs"))] or list(outputs)
        files = [file for node in wanted for file in _files(table(outputs.get(node)))]
        kept = [file for file in files if file.get("type") == "output"] or files
        parcels = [self._parcel(file) for file in kept]
        if not parcels:
            raise Trouble(Fault.BAD_OUTPUT, "The workflow saved no file.", billed=Billed.YES)
        return tuple(parcels)

    def _parcel(self, file: Mapping[str, Any]) -> Parcel:
        name = str(file["filename"])
        media_type = next((kind for ending, kind in _KINDS.items() if name.lower().endswith(ending)), "")
        query = {"filename": name, "subfolder": file.get("subfolder") or "", "type": file.get("type") or "output"}
        role = "model" if media_type.startswith("model/") else "picture" if media_type else ROLES[self.capability]
        return Parcel(role, media_type, self.exchange.url("/view?" + urlencode(query)), headers=self.exchange.headers)

    async def cancel(self, handle: Handle) -> Cancelled:
        number = handle.external_id
        try:
            told = await self.exchange.ask("POST", f"/api/jobs/{quote(number)}/cancel", {})
        except Trouble as trouble:
            if trouble.http_status not in (404, 405):
                raise
            return await self._cancel_of_old(number)
        return Cancelled.ACCEPTED if told.get("cancelled") is True else Cancelled.TOO_LATE

    async def _cancel_of_old(self, number: str) -> Cancelled:
        """Takes it out of the queue only: an older ``/interrupt`` ends whatever runs, be it somebody else's."""
        if not any(_number(item) == number for item in array((await self._queue()).get("queue_pending"))):
            return Cancelled.TOO_LATE
        await self.exchange.send("POST", "/queue", Body(json={"delete": [number]}))
        waiting = (_number(item) for item in array((await self._queue()).get("queue_running")))
        return Cancelled.TOO_LATE if number in waiting else Cancelled.ACCEPTED

    def reading(self, answer: Answer, trouble: Trouble) -> Trouble:
        error = table(body_of(answer).get("error"))
        if kind := code(error.get("type")):
            # a node or a model is not there, or an input is out of its range
            trouble.raw = kind
            trouble.fault = Fault.UNSUPPORTED if answer.status == 400 else trouble.fault
        return trouble


def _files(outputs: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every file that a node saved, whatever list it is in: ``images``, ``3d``, ``gifs``."""
    entries = [table(entry) for listed in outputs.values() for entry in array(listed)]
    return [entry for entry in entries if isinstance(entry.get("filename"), str)]


def _number(item: Any) -> str:
    """The number of an entry of the queue: ``[place, number, graph, …]``."""
    return str(array(item)[1]) if len(array(item)) > 1 else ""


def _of_history(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry of ``/history`` as ``/api/jobs`` would tell it."""
    status = table(entry.get("status"))
    messages = {str(array(message)[0]): table(array(message)[1]) for message in array(status.get("messages"))
                if len(array(message)) > 1}  # fmt: skip
    ended = "cancelled" if "execution_interrupted" in messages else "failed"
    words = ended if status.get("status_str") == "error" else "completed"
    error = messages.get("execution_error", {})
    return {"status": words, "outputs": table(entry.get("outputs")), "execution_error": error}


def _of_queue(queue: Mapping[str, Any], number: str) -> Mapping[str, Any]:
    for name, words in (("queue_running", "in_progress"), ("queue_pending", "pending")):
        if any(_number(item) == number for item in array(queue.get(name))):
            return {"status": words}
    return {}


def _failure(error: Mapping[str, Any]) -> Trouble:
    kind = code(str(error.get("exception_type", "")).rpartition(".")[2])
    return Trouble(Fault.PROVIDER, "A node of the workflow failed.", raw=kind or code(error.get("node_type")))
