"""Meshy: models from one to four pictures, and models with fewer triangles.

Wire contract: https://docs.meshy.ai/en/api/image-to-3d, /multi-image-to-3d, /remesh, /webhooks, /task-lifecycle, and
the vendor's client ``@meshy-ai/meshy-mcp-server`` 0.5.2 (November 2026). Which side a picture shows is not asked for.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

from maquette.domain.hosting import (
    Abilities,
    Amount,
    Billed,
    Calling,
    Cancelled,
    Cancelling,
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
from maquette.engines.hosted.documents import code, data_uri, number, percent, picture_uri, rows, table, text
from maquette.engines.hosted.exchange import body_of, read_object
from maquette.engines.hosted.outline import Imprint, Outline
from maquette.ports.engines import Capability, EngineInfo
from maquette.ports.hosting import Order, Parcel
from maquette.ports.outbound import Answer

OWN_BASE = "https://api.meshy.ai"
LICENCE = "Meshy's terms of use; what a paid plan makes is the customer's"
TEST_KEY = "msy_dummy_api_key_for_test_mode_12345678"
"""Published by Meshy: answers are made up and free."""
STATES: Mapping[str, State] = {
    "PENDING": State.QUEUED,
    "IN_PROGRESS": State.RUNNING,
    "SUCCEEDED": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "CANCELED": State.CANCELED,
    "EXPIRED": State.EXPIRED,
}
NEARLY_DONE = 95.0
"""From here on Meshy packs what it made, for up to two minutes; its client says not to cancel then."""
PACKING_POLL_S = 15.0
GLB = "model/gltf-binary"
PAGE = 50
SKEW_S = 5.0
"""How far the provider's clock may be behind ours when a task is looked for by its time."""
TRIANGLES: Mapping[str, int] = {"fast": 30_000, "medium": 100_000}
"""Of the qualities that ask for a mesh of a certain size; ``full`` takes what the model made."""
CHEAP_MODELS = ("meshy-5", "meshy-t1", "meshy-t2")
SMART_TOPOLOGY = "meshy-t"
"""How models begin that lay their triangles themselves: they take one picture and no number of triangles."""
CLOCKS = Clocks(queue_s=3600.0, run_s=3600.0, stall_s=1200.0, total_s=7200.0)


class _Tasks(Outline):
    """What both engines have: tasks under a path, asked for until they end."""

    paths: ClassVar[tuple[str, ...]]
    """Where its tasks may be."""

    @property
    def info(self) -> EngineInfo:
        info = super().info
        return replace(info, is_test=info.is_test or self.options.key == TEST_KEY)

    @property
    def abilities(self) -> Abilities:
        return Abilities(
            takes=self.takes,
            gives=(GLB, "image/png"),
            grain=Grain.STEPS,
            cancelling=Cancelling.ANY,
            calling=Calling.UNSIGNED,
            reconciles=True,
            finds_by_time=True,
            result_ttl_s=3 * 86_400.0,
            max_parallel=10,
            cost_unit="credit",
            clocks=CLOCKS,
        )

    @property
    def takes(self) -> Takes:
        return Takes(pictures=0)

    def reading(self, answer: Answer, trouble: Trouble) -> Trouble:
        return _read(answer, trouble)

    def path(self, order: Order) -> str:
        """Where tasks of this kind are."""
        raise NotImplementedError

    def wishes(self, order: Order) -> dict[str, Any]:
        """What is asked for, without the files."""
        raise NotImplementedError

    async def files(self, order: Order) -> dict[str, Any]:
        """The files, as the request holds them."""
        raise NotImplementedError

    async def submit(self, order: Order, into: Path) -> Handle:  # noqa: ARG002 - nothing comes with the answer
        path = self.path(order)
        document = {**self.wishes(order), **await self.files(order)}
        answer = await self.exchange.ask("POST", path, document, submits=True)
        task = code(answer.get("result"))
        if not task:
            raise Trouble(Fault.PROVIDER, "Meshy's answer names no task.", billed=Billed.UNKNOWN)
        return Handle(task, more={"path": path})

    async def poll(self, handle: Handle) -> Snapshot:
        answer, task, _ = await self._task(handle)
        words = text(task.get("status"))
        progress, state = percent(task.get("progress")), _state(task)
        ahead = number(task.get("preceding_tasks"))
        return Snapshot(
            state,
            words=code(words),
            progress=progress,
            queue_position=int(ahead) if ahead is not None and state is State.QUEUED else None,
            spent=_spent(task),
            error=_failure(task) if state is State.FAILED else None,
            retry_after=PACKING_POLL_S if state is State.FINALIZING else answer.retry_after,
        )

    async def result(self, handle: Handle, into: Path) -> tuple[Parcel, ...]:  # noqa: ARG002 - all lies at addresses
        _, task, _ = await self._task(handle)
        model = text(table(task.get("model_urls")).get("glb"))
        if not model:
            raise Trouble(Fault.BAD_OUTPUT, "Meshy made no GLB.", billed=Billed.YES)
        thumbnail = text(task.get("thumbnail_url"))
        parcels = (Parcel("model", GLB, model), Parcel("thumbnail", "image/png", thumbnail))
        return parcels if thumbnail else parcels[:1]

    async def cancel(self, handle: Handle) -> Cancelled:
        # the same request deletes a task that is done, and with it what was paid for
        _, task, place = await self._task(handle)
        if _state(task) not in (State.QUEUED, State.RUNNING):
            return Cancelled.TOO_LATE
        await self.exchange.send("DELETE", place)
        return Cancelled.ACCEPTED

    async def find(self, order: Order, since: float) -> Handle | None:
        """By its time alone, as a task does not say what it was made from: of several a person must choose."""
        path = self.path(order)
        query = urlencode({"sort_by": "-created_at", "page_num": 1, "page_size": PAGE})
        answer = await self.exchange.send("GET", f"{path}?{query}")
        found = [task for task in _listed(answer) if (number(task.get("created_at")) or 0) / 1000 >= since - SKEW_S]
        if len(found) > 1:
            message = f"{len(found)} tasks were made at Meshy since then, and nothing tells which is this one."
            raise Trouble(Fault.LOST, message, billed=Billed.UNKNOWN)
        return Handle(code(found[0].get("id")), more={"path": path}) if found else None

    def called_by(self, headers: Mapping[str, str], body: bytes, now: float) -> str:  # noqa: ARG002 - nothing is signed
        try:
            task = code(table(json.loads(body)).get("id"))
        except (ValueError, RecursionError):
            task = ""
        if not task:
            raise Trouble(Fault.AUTH, "This call is not one of Meshy's.")
        return task

    async def balance(self) -> Amount | None:
        left = number((await self.exchange.ask("GET", "/openapi/v1/balance")).get("balance"))
        return None if left is None else Amount(left, "credit")

    async def _task(self, handle: Handle) -> tuple[Answer, Mapping[str, Any], str]:
        """What was answered, the task in it, and its place. Of a task that a person named only the number is known."""
        *others, last = [handle.more["path"]] if "path" in handle.more else self.paths
        for path in others:
            try:
                return await self._at(f"{path}/{handle.external_id}")
            except Trouble as trouble:
                if trouble.fault is not Fault.EXPIRED:
                    raise
        return await self._at(f"{last}/{handle.external_id}")

    async def _at(self, place: str) -> tuple[Answer, Mapping[str, Any], str]:
        answer = await self.exchange.send("GET", place)
        return answer, read_object(answer), place


class Meshy(_Tasks):
    """Models from pictures. ``more`` goes into each request as it is (``texture_resolution``, ``ultra_mode``…)."""

    imprint = Imprint("Meshy, model from pictures", (Capability.MESHER,), "1", LICENCE, True, OWN_BASE)
    paths = ("/openapi/v1/image-to-3d", "/openapi/v1/multi-image-to-3d")

    @property
    def takes(self) -> Takes:
        return Takes(max_bytes=14_000_000, max_total_bytes=40_000_000, pictures=1 if self._is_smart else 4)

    @property
    def _is_smart(self) -> bool:
        return self.options.model.startswith(SMART_TOPOLOGY)

    def path(self, order: Order) -> str:
        return self.paths[0] if len(order.pictures) == 1 else self.paths[1]

    def wishes(self, order: Order) -> dict[str, Any]:
        wants = order.wants
        asked = {
            "ai_model": self.options.model or "latest",
            "should_texture": bool(wants.get("texture", True)),
            "enable_pbr": bool(wants.get("pbr", False)),
            "target_formats": ["glb"],
            **({"model_type": "smart-topology"} if self._is_smart else _sized(wants)),
            **({"texture_prompt": order.prompt[:600]} if order.prompt else {}),
            **self.options.more,
        }
        if len(order.pictures) > 1:
            asked.pop("ultra_mode", None)
        return asked

    async def files(self, order: Order) -> dict[str, Any]:
        pictures = [await picture_uri(picture) for picture in order.pictures]
        return {"image_url": pictures[0]} if len(pictures) == 1 else {"image_urls": pictures}

    def spread(self, order: Order) -> Spread | None:
        """By the list of November 2026: 5 or 20 for the shape, 10 or 15 for its texture, 5 for ``ultra_mode``."""
        asked = self.wishes(order)
        model = str(asked["ai_model"])
        extra = 5.0 if asked.get("ultra_mode") else 0.0
        if asked["should_texture"]:
            extra += 15.0 if asked.get("texture_resolution") == "8k" else 10.0
        shape = 5.0 if model in CHEAP_MODELS else 20.0
        # models that this list does not know yet may be of either price
        low = shape if model in ("latest", "meshy-6", "meshy-7") else 5.0
        return Spread(low + extra, shape + extra, "credit")


class MeshyRemesh(_Tasks):
    """Models with fewer triangles; the texture stays."""

    imprint = Imprint("Meshy, fewer triangles", (Capability.REMESHER,), "1", LICENCE, True, OWN_BASE)
    paths = ("/openapi/v1/remesh",)

    def path(self, order: Order) -> str:  # noqa: ARG002 - there is one only
        return self.paths[0]

    def wishes(self, order: Order) -> dict[str, Any]:
        triangles = min(max(int(order.wants.get("triangles") or 30_000), 100), 300_000)
        asked = {"target_formats": ["glb"], "topology": "triangle", "target_polycount": triangles}
        return {**asked, **self.options.more}

    async def files(self, order: Order) -> dict[str, Any]:
        if order.model is None:
            raise Trouble(Fault.INVALID_INPUT, "There is no model to work on.")
        return {"model_url": await data_uri(order.model, "application/octet-stream")}

    def spread(self, order: Order) -> Spread | None:  # noqa: ARG002 - one price for all
        return Spread(5.0, 5.0, "credit")


def _state(task: Mapping[str, Any]) -> State:
    state = STATES.get(text(task.get("status")), State.RUNNING)
    progress = percent(task.get("progress"))
    return State.FINALIZING if state is State.RUNNING and progress and progress >= NEARLY_DONE else state


def _sized(wants: Mapping[str, Any]) -> dict[str, Any]:
    """How many triangles are wanted; nothing of it where the mesh is to stay as the model made it."""
    triangles = wants.get("triangles") or TRIANGLES.get(str(wants.get("quality", "medium")))
    if not triangles:
        return {}
    bounded = min(max(int(triangles), 100), 300_000)
    return {"should_remesh": True, "topology": "triangle", "target_polycount": bounded}


def _read(answer: Answer, trouble: Trouble) -> Trouble:
    """429 has two meanings here, told apart by the words alone."""
    document = body_of(answer)
    words = text(document.get("message")).lower()
    if answer.status == 429 and any(word in words for word in ("pending", "queue", "concurren")):
        trouble.fault, trouble.message = Fault.CAPACITY, "Meshy's queue for this account is full."
    trouble.raw = code(document.get("code")) or code(document.get("error_code")) or str(answer.status)
    trouble.request_id = code(answer.headers.get("x-request-id", ""))
    return trouble


REFUSALS = ("moderation", "nsfw", "sensitive", "prohibited", "content policy", "inappropriate", "violat")
INPUTS = ("invalid image", "no object", "image too", "unsupported", "could not be read", "download")


def _failure(task: Mapping[str, Any]) -> Trouble:
    """Why a task failed. Meshy gives its credits back; its words are for reading only, so they are searched."""
    error = table(task.get("task_error"))
    words = text(error.get("message")).lower()
    raw = code(error.get("code"))
    if any(word in words for word in REFUSALS):
        return Trouble(Fault.REFUSED, "Meshy's rules forbid this content.", raw=raw)
    if any(word in words for word in INPUTS):
        return Trouble(Fault.INVALID_INPUT, "Meshy cannot work with these pictures.", raw=raw)
    return Trouble(Fault.PROVIDER, "Meshy's work failed.", raw=raw)


def _spent(task: Mapping[str, Any]) -> Amount | None:
    units = number(task.get("consumed_credits"))
    return None if units is None else Amount(units, "credit")


def _listed(answer: Answer) -> list[Mapping[str, Any]]:
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise Trouble(Fault.PROVIDER, "Meshy's list cannot be read.") from error
    return rows(table(value).get("result")) if isinstance(value, dict) else rows(value)
