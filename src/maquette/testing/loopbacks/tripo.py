"""A twin of Tripo's API, version 3, as its client ``tripo3d`` 1.0.0 speaks with it."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from maquette.testing.loopbacks.goods import box, picture
from maquette.testing.loopbacks.server import Call, Reply, route
from maquette.testing.loopbacks.tasks import TaskLoopback, Work, keyed

_STATUS = {"queued": "queued", "running": "running", "done": "success", "failed": "failed", "refused": "banned",
           "canceled": "cancelled"}  # fmt: skip
_CODES: Mapping[str, tuple[int, int, str]] = {
    "busy": (429, 1007, "You have exceeded the limit of requests."),
    "crowded": (429, 2000, "You have exceeded the limit of generation."),
    "broke": (403, 2010, "You need more credits."),
    "denied": (401, 1002, "Authentication failed."),
    "invalid": (400, 1004, "One or more of your parameters is invalid."),
    "refused": (400, 2008, "The input violates our content policy."),
    "missing": (404, 2001, "The task is not found."),
    "error": (500, 1000, "Server error."),
}


class TripoLoopback(TaskLoopback):
    """Takes files first, and says what they are called."""

    key = "tsk_loopback_key_never_shown"
    balance = 1000.0

    def __init__(self, polls: int = 2, tls: Any = None) -> None:
        super().__init__(polls, tls)
        self.uploads: dict[str, bytes] = {}
        """By ``file_token``, the whole form as it came."""

    def trouble(self, kind: str) -> Reply:
        status, number, words = _CODES.get(kind, _CODES["error"])
        document = {"code": number, "message": words, "suggestion": "", "request_id": secrets.token_hex(8)}
        return Reply(document, status, {"Retry-After": "1"} if kind == "busy" else {})

    @route("POST", "/v3/files", "upload")
    @keyed
    def upload(self, call: Call) -> Reply:
        if b'name="file"' not in call.body:
            return self.trouble("invalid")
        token = f"file_{secrets.token_hex(12)}"
        self.uploads[token] = call.body
        return _good({"file_token": token})

    @route("POST", "/v3/generation/{kind}", "submit")
    @keyed
    def make(self, call: Call) -> Reply:
        asked = call.json()
        kind = call.found["kind"]
        if not self._fits(kind, asked):
            return self.trouble("invalid")
        return _good({"task_id": self.open(kind.replace("-", "_"), asked, _price(asked)).id})

    def _fits(self, kind: str, asked: Mapping[str, Any]) -> bool:
        if kind == "image-to-model":
            return asked.get("input") in self.uploads
        inputs = asked.get("inputs")
        if kind != "multiview-to-model" or not isinstance(inputs, list) or len(inputs) != 4:
            return False
        given = [token for token in inputs if token is not None]
        return inputs[0] is not None and len(given) > 1 and all(token in self.uploads for token in given)

    @route("GET", "/v3/tasks/{id}", "poll")
    @keyed
    def tell(self, call: Call) -> Reply:
        work = self.look(call.found["id"])
        return _good(self.document(work)) if work else self.trouble("missing")

    @route("GET", "/v3/account/usage", "list")
    @keyed
    def usage(self, call: Call) -> Reply:
        works = sorted(self.works.values(), key=lambda work: work.created_at, reverse=True)
        first, size = int(call.query.get("offset", "0")), int(call.query.get("limit", "50"))
        return _good({"items": [_row(work) for work in works[first : first + size]]})

    @route("GET", "/v3/account/balance", "balance")
    @keyed
    def left(self, call: Call) -> Reply:
        return _good({"balance": self.balance - sum(charge.units for charge in self.bill), "frozen": 0})

    def document(self, work: Work) -> dict[str, Any]:
        """The task as it is told."""
        made = work.stage == "done"
        output = {"model_url": self.file(box()),
                  "rendered_image_url": self.file(picture(), "image/png", "rendered.png")}  # fmt: skip
        return {
            **_row(work),
            "input": dict(work.asked),
            "output": output if made else {},
            "progress": work.progress,
            "queuing_num": 3 if work.stage == "queued" else -1,
            "running_left_time": 4 if work.stage == "running" else -1,
            "error_code": 1000 if work.stage == "failed" else 0,
            "error_msg": "internal error" if work.stage == "failed" else "",
        }


def _row(work: Work) -> dict[str, Any]:
    at = datetime.fromtimestamp(work.created_at, UTC).isoformat().replace("+00:00", "Z")
    return {"task_id": work.id, "type": work.kind, "status": _STATUS[work.stage], "created_at": at,
            "credits_consumed": work.units if work.ended else 0}  # fmt: skip


def _good(data: Any) -> Reply:
    return Reply({"code": 0, "data": data})


def _price(asked: Mapping[str, Any]) -> float:
    """In credits, as lists of November 2026 had it."""
    price = 20.0
    if asked.get("texture", True):
        price = 30.0 + {"detailed": 10.0, "extreme": 20.0}.get(str(asked.get("texture_quality")), 0.0)
    return price + (5.0 if asked.get("quad") else 0.0)
