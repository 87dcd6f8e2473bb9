"""fal's queue on 127.0.0.1: one model that answers as background removal, editing or a mesh do.

What the model makes is told by its path: one with ``mesh`` or ``3d`` in it makes a GLB, one with ``edit`` a picture,
every other a cut-out.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from maquette.testing.loopbacks.server import Call, Reply, route
from maquette.testing.loopbacks.tasks import TaskLoopback, Work, keyed, post
from maquette.testing.loopbacks.wares import made_by

SEED = b"a made-up key of a made-up fal.."
"""Of the Ed25519 key that call backs are signed with."""
ERRORS = {"failed": "runner_server_error", "canceled": "request_cancelled"}


class FalLoopback(TaskLoopback):
    """A failure of the machine shows in the status, a refusal only where the result is fetched, as at fal."""

    options: Mapping[str, Any] = {
        "model": "fal-ai/birefnet/v2",
        "capability": "cutter",
        "more": {"inputs": {"image": "image_url"}, "outputs": "image"},
    }

    def trouble(self, kind: str) -> Reply:
        if kind == "broke":
            return Reply({"detail": "User is locked. Reason: Exhausted balance. Top up your balance."}, 403)
        told = {"detail": kind, "error_type": "internal_error"} if kind == "error" else {"detail": kind}
        return Reply(told, super().trouble(kind).status, {"Retry-After": "1"} if kind == "busy" else {})

    def allows(self, call: Call) -> bool:
        return call.headers.get("authorization") == f"Key {self.key}"

    @route("POST", "/{owner}/{app}", "submit")
    @route("POST", "/{owner}/{app}/{rest}", "submit")
    @keyed
    def submit(self, call: Call) -> Reply:
        asked = {"input": call.json(), "callback": call.query.get("fal_webhook", "")}
        work = self.open(call.path, asked, 1, "unit")
        # the path of the model is left out of these, as fal does
        base = f"{self.url}/{call.found['owner']}/{call.found['app']}/requests/{work.id}"
        urls = {"response_url": base, "status_url": f"{base}/status", "cancel_url": f"{base}/cancel"}
        named = {"request_id": work.id, "gateway_request_id": work.id}
        return Reply({"status": "IN_QUEUE", "queue_position": 1, **named, **urls})

    @route("GET", "/{owner}/{app}/requests/{id}/status", "poll")
    @keyed
    def status(self, call: Call) -> Reply:
        work = self.look(call.found["id"])
        if work is None:
            return self.trouble("missing")
        if work.stage == "queued":
            return Reply({"status": "IN_QUEUE", "queue_position": 1, "logs": None}, 202)
        told = {"logs": [_line(work.progress)], "metrics": {"inference_time": 1.5}}
        if work.stage == "running":
            return Reply({"status": "IN_PROGRESS", **told}, 202)
        error = ERRORS.get(work.stage)
        return Reply({"status": "COMPLETED", **told, **({"error": "x", "error_type": error} if error else {})})

    @route("GET", "/{owner}/{app}/requests/{id}", "result")
    @keyed
    def result(self, call: Call) -> Reply:
        work = self.works.get(call.found["id"])
        if work is None:
            return self.trouble("missing")
        if work.stage == "refused":
            entry = {"loc": ["body", "prompt"], "msg": "flagged", "type": "content_policy_violation", "input": {}}
            return Reply({"detail": [entry]}, 422, {"X-Fal-Retryable": "false"})
        if work.stage != "done":
            return Reply({"detail": "Request is still in progress"}, 400)
        return Reply(self._payload(work), 200, {"X-Fal-Billable-Units": "1.0", "X-Fal-Request-Id": work.id})

    def _payload(self, work: Work) -> dict[str, Any]:
        content, kind = made_by(work.kind, work.asked["input"])
        url = self.file(content, kind, "out.glb" if kind.startswith("model") else "out.png")
        file = {"url": url, "content_type": kind, "file_name": url.rpartition("/")[2].partition("?")[0]}
        if kind.startswith("model"):
            return {"model_mesh": file}
        return {"images": [file], "seed": 1} if "edit" in work.kind else {"image": file}

    @route("PUT", "/{owner}/{app}/requests/{id}/cancel", "cancel")
    @keyed
    def cancel(self, call: Call) -> Reply:
        if call.found["id"] not in self.works:
            return Reply({"status": "NOT_FOUND"}, 404)
        if not self.stop(call.found["id"]):
            return Reply({"status": "ALREADY_COMPLETED"}, 400)
        return Reply({"status": "CANCELLATION_REQUESTED"}, 202)

    def changed(self, work: Work) -> None:
        if work.ended and work.asked["callback"]:
            post(self, work.asked["callback"], lambda at, forged: self.letter(work.id, at, forged))

    def letter(self, task: str, at: float, forged: bool = False) -> tuple[Mapping[str, str], bytes]:
        """A call back about a task, signed by the key whose public half is ``public_key``."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        body = json.dumps({"request_id": task, "gateway_request_id": task, "status": "OK", "payload": {}}).encode()
        signed = "\n".join([task, "user", str(int(at)), hashlib.sha256(body).hexdigest()]).encode()
        seed = hashlib.sha256(SEED).digest() if forged else SEED
        headers = {
            "x-fal-webhook-request-id": task,
            "x-fal-webhook-user-id": "user",
            "x-fal-webhook-timestamp": str(int(at)),
            "x-fal-webhook-signature": Ed25519PrivateKey.from_private_bytes(seed).sign(signed).hex(),
        }
        return headers, body


def public_key() -> str:
    """The ``x`` of the key that call backs are signed with, as fal's list of keys (JWKS) has it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
    return base64.urlsafe_b64encode(public).decode().rstrip("=")


def _line(percent: int) -> dict[str, str]:
    message = f"{percent:3d}%|#####     | {percent}/100 [00:01<00:01, 9.1it/s]"
    return {"timestamp": "2026-11-01T00:00:00Z", "message": message, "level": "INFO", "source": "USER"}
