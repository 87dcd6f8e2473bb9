"""fal's queue on 127.0.0.1: one model that answers as background removal, editing or a mesh do.

What the model makes is told by its path: one with ``mesh`` or ``3d`` in it makes a GLB, one with ``edit`` a picture,
every other a cut-out.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from maquette.testing.loopbacks.base import Call, Loopback, Reply, route
from maquette.testing.loopbacks.wares import cut_out, edited, model, of_data_uri


@dataclass(slots=True)
class _Request:
    id: str
    app: str
    path: str
    input: dict[str, Any]
    callback: str
    asked: int = 0
    failure: tuple[str, str] = ("", "")
    made: list[bytes] = field(default_factory=list[bytes])


class FalLoopback(Loopback):
    """Faults of a task: ``refused`` (shown by the result), ``fails`` (shown by the status), ``stuck``, ``expired``."""

    def __init__(self, polls: int = 2, tls: Any = None) -> None:
        super().__init__(polls, tls)
        self._requests: dict[str, _Request] = {}

    def trouble(self, kind: str) -> Reply:
        if kind == "broke":
            return Reply({"detail": "User is locked. Reason: Exhausted balance. Top up your balance."}, 403)
        told = {"detail": kind, "error_type": "internal_error"} if kind == "error" else {"detail": kind}
        return Reply(told, super().trouble(kind).status, {"Retry-After": "1"} if kind == "busy" else {})

    @route("POST", "/{owner}/{app}", "submit")
    @route("POST", "/{owner}/{app}/{rest}", "submit")
    def submit(self, call: Call) -> Reply:
        if not self._allowed(call):
            return self.trouble("denied")
        app = f"{call.found['owner']}/{call.found['app']}"
        with self.lock:
            number = hashlib.sha256(f"{len(self._requests)}".encode()).hexdigest()[:24]
            request = _Request(number, app, call.path, call.json(), call.query.get("fal_webhook", ""))
            self._requests[number] = request
        self.charge(number, 1, "unit")
        # the path of the model is left out of these, as fal does
        base = f"{self.url}/{app}/requests/{number}"
        urls = {"response_url": base, "status_url": f"{base}/status", "cancel_url": f"{base}/cancel"}
        return Reply(
            {"status": "IN_QUEUE", "request_id": number, "gateway_request_id": number, "queue_position": 1, **urls}
        )

    def callback_of(self, request_id: str) -> str:
        """The address that fal was told to call."""
        return self._requests[request_id].callback

    @route("GET", "/{owner}/{app}/requests/{id}/status", "poll")
    def status(self, call: Call) -> Reply:
        request = self._requests.get(call.found["id"])
        if request is None or not self._allowed(call):
            return self.trouble("missing" if request is None else "denied")
        request.asked += 1
        if request.failure[0]:
            return Reply(
                {"status": "COMPLETED", "logs": [], "metrics": {}, "error": "x", "error_type": request.failure[0]}
            )
        if self.faults.takes("task", "fails"):
            request.failure = ("runner_server_error", "it broke")
            return self.status(call)
        if self.faults.takes("task", "stuck"):
            return Reply({"status": "IN_PROGRESS", "logs": [_line(99)]}, 202)
        if request.asked == 1:
            return Reply({"status": "IN_QUEUE", "queue_position": 1, "logs": None}, 202)
        if request.asked <= self.polls:
            percent = 5 if self.faults.takes("task", "backwards") else 100 * request.asked // (self.polls + 1)
            return Reply({"status": "IN_PROGRESS", "logs": [_line(percent)]}, 202)
        return Reply({"status": "COMPLETED", "logs": [_line(100)], "metrics": {"inference_time": 1.5}})

    @route("GET", "/{owner}/{app}/requests/{id}", "result")
    def result(self, call: Call) -> Reply:
        request = self._requests.get(call.found["id"])
        if request is None or request.asked <= self.polls:
            return Reply({"detail": "Request is still in progress"}, 404 if request is None else 400)
        if self.faults.takes("task", "refused"):
            entry = {
                "loc": ["body", "prompt"],
                "msg": "flagged",
                "type": "content_policy_violation",
                "url": "",
                "input": {},
            }
            return Reply({"detail": [entry]}, 422, {"X-Fal-Retryable": "false"})
        if self.faults.takes("task", "expired"):
            return self.trouble("missing")
        url = f"{self.url}/files/{request.id}"
        if "mesh" in request.path or "3d" in request.path:
            made = {"model_mesh": {"url": url, "content_type": "model/gltf-binary", "file_name": "model.glb"}}
        elif "edit" in request.path:
            made = {"images": [{"url": url, "content_type": "image/png"}], "seed": request.input.get("seed", 1)}
        else:
            made = {"image": {"url": url, "content_type": "image/png", "width": 1, "height": 1}}
        return Reply(made, 200, {"X-Fal-Billable-Units": "1.0", "X-Fal-Request-Id": request.id})

    @route("GET", "/files/{id}", "file")
    def file(self, call: Call) -> Reply:
        request = self._requests[call.found["id"]]
        photo = next((data for value in request.input.values() if (data := _file(value))), b"")
        if "mesh" in request.path or "3d" in request.path:
            content = model()
        else:
            content = edited(photo) if "edit" in request.path else cut_out(photo)
        content = content[: len(content) // 2] if self.faults.takes("task", "truncated") else content
        return Reply(content, 200, {"Content-Type": "application/octet-stream"})

    @route("PUT", "/{owner}/{app}/requests/{id}/cancel", "cancel")
    def cancel(self, call: Call) -> Reply:
        request = self._requests.get(call.found["id"])
        if request is None:
            return Reply({"status": "NOT_FOUND"}, 404)
        if request.asked > self.polls:
            return Reply({"status": "ALREADY_COMPLETED"}, 400)
        request.failure = ("request_cancelled", "")
        return Reply({"status": "CANCELLATION_REQUESTED"}, 202)

    def _allowed(self, call: Call) -> bool:
        return call.headers.get("authorization") == f"Key {self.key}"


def _line(percent: int) -> dict[str, str]:
    message = f"{percent:3d}%|#####     | {percent}/100 [00:01<00:01, 9.1it/s]"
    return {"timestamp": "2026-11-01T00:00:00Z", "message": message, "level": "INFO", "source": "USER"}


def _file(value: object) -> bytes:
    first = value[0] if isinstance(value, list) and value else value
    return of_data_uri(first) if isinstance(first, str) else b""
