"""A twin of Meshy (https://docs.meshy.ai/en/api/image-to-3d), as its clients and its documentation had it in 2026.

Kept are its oddities: times in milliseconds, ``task_error`` with an empty message on success, ``texture_urls`` now an
array and now an object, 429 for two different things, and files that lie at signed addresses.
"""

import json
from collections.abc import Mapping
from typing import Any

from maquette.testing.loopbacks.goods import box, picture
from maquette.testing.loopbacks.server import Call, Reply, route
from maquette.testing.loopbacks.tasks import TaskLoopback, Work, keyed, post

KINDS = ("image-to-3d", "multi-image-to-3d", "remesh")
_STATUS = {"queued": "PENDING", "running": "IN_PROGRESS", "done": "SUCCEEDED", "failed": "FAILED",
           "refused": "FAILED", "canceled": "CANCELED"}  # fmt: skip
_WORDS = {
    "failed": "The server is busy. Please try again later.",
    "refused": "The input image was flagged by content moderation.",
}
DAYS_3_MS = 3 * 86_400_000


class MeshyLoopback(TaskLoopback):
    """``callback`` is where the dashboard says that changes are to be posted; empty for nowhere."""

    key = "msy_loopback_key_never_shown"
    callback = ""
    balance = 1000

    def trouble(self, kind: str) -> Reply:
        status, words = {
            "busy": (429, "Rate limit exceeded. Please slow down."),
            "crowded": (429, "NoMorePendingTasks: too many pending tasks in the queue."),
            "broke": (402, "Insufficient funds."),
            "denied": (401, "Invalid API key."),
            "missing": (404, "Task not found."),
            "invalid": (400, "Invalid input."),
        }.get(kind, (500, "Internal server error."))
        return Reply({"message": words}, status, {"Retry-After": "1"} if kind == "busy" else {})

    @route("POST", "/openapi/v1/{kind}", "submit")
    @keyed
    def make(self, call: Call) -> Reply:
        asked = call.json()
        kind = call.found["kind"]
        if kind not in KINDS:
            return self.trouble("missing")
        if not _fits(kind, asked):
            return self.trouble("invalid")
        return Reply({"result": self.open(kind, asked, _price(kind, asked)).id}, 202)

    @route("GET", "/openapi/v1/balance", "balance")
    @keyed
    def left(self, call: Call) -> Reply:
        return Reply({"balance": self.balance - int(sum(charge.units for charge in self.bill))})

    @route("GET", "/openapi/v2/{kind}", "list")
    @route("GET", "/openapi/v1/{kind}", "list")
    @keyed
    def listed(self, call: Call) -> Reply:
        works = [work for work in self.works.values() if work.kind == call.found["kind"]]
        works.sort(key=lambda work: work.created_at, reverse=call.query.get("sort_by", "-created_at").startswith("-"))
        size = min(50, int(call.query.get("page_size", "10")))
        first = (int(call.query.get("page_num", "1")) - 1) * size
        return Reply([self.document(work) for work in works[first : first + size]])

    @route("GET", "/openapi/v1/{kind}/{id}", "poll")
    @keyed
    def tell(self, call: Call) -> Reply:
        work = self.look(call.found["id"])
        if work is None or work.kind != call.found["kind"] or work.stage == "canceled":
            return self.trouble("missing")
        return Reply(self.document(work), 200, {} if work.ended else {"Retry-After": "5"})

    @route("DELETE", "/openapi/v1/{kind}/{id}", "cancel")
    @keyed
    def drop(self, call: Call) -> Reply:
        work = self.works.get(call.found["id"])
        if work is None:
            return self.trouble("missing")
        if not self.stop(work.id):
            # what is done is deleted by the very same request
            del self.works[work.id]
        return Reply(b"", 200)

    def document(self, work: Work) -> dict[str, Any]:
        """The task as it is told."""
        made = work.stage == "done"
        maps = {"base_color": self.file(picture(), "image/png", "base_color.png")} if made else {}
        return {
            "id": work.id,
            "type": work.kind,
            "status": _STATUS[work.stage],
            "progress": work.progress,
            "created_at": int(work.created_at * 1000),
            "started_at": int(work.started_at * 1000),
            "finished_at": int(work.ended_at * 1000),
            "expires_at": int(work.ended_at * 1000) + DAYS_3_MS if made else 0,
            "preceding_tasks": 2 if work.stage == "queued" else 0,
            "task_error": {"message": _WORDS.get(work.stage, "")},
            "model_urls": {"glb": self.file(box())} if made else {},
            "thumbnail_url": self.file(picture(), "image/png", "preview.png") if made else "",
            "texture_urls": [] if not made else [maps] if work.polls % 2 else maps,
            "consumed_credits": work.units,
        }

    def changed(self, work: Work) -> None:
        if self.callback:
            post(self, self.callback, lambda _at, forged: self.letter(work.id if not forged else "forged"))

    def letter(self, task: str, at: float = 0.0, forged: bool = False) -> tuple[Mapping[str, str], bytes]:
        """A call back about a task: unsigned, so only its address can tell who sent it."""
        work = self.works.get(task)
        document = self.document(work) if work else {"id": task, "status": "SUCCEEDED"}
        return {"content-type": "application/json"}, json.dumps(document).encode()


def _fits(kind: str, asked: Any) -> bool:
    if not isinstance(asked, dict):
        return False
    if kind == "remesh":
        return bool(asked.get("input_task_id")) != bool(asked.get("model_url"))
    if kind == "image-to-3d":
        return _picture(asked.get("image_url")) or bool(asked.get("input_task_id"))
    pictures = asked.get("image_urls")
    return isinstance(pictures, list) and 1 <= len(pictures) <= 4 and all(map(_picture, pictures))


def _picture(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "data:image/"))


def _price(kind: str, asked: Mapping[str, Any]) -> int:
    """In credits, by the list of November 2026."""
    if kind == "remesh":
        return 5
    price = 5 if asked.get("ai_model") in ("meshy-5", "meshy-t2") else 20
    if asked.get("should_texture", True):
        price += 15 if asked.get("texture_resolution") == "8k" else 10
    return price + (5 if asked.get("ultra_mode") else 0)
