"""Replicate on 127.0.0.1: predictions of models, versions and deployments.

What a model makes is told by its name: ``mesh`` or ``3d`` a GLB, ``edit`` a list of one picture, else a cut-out. A bare
version makes cut-outs.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from maquette.testing.loopbacks.server import Call, Reply, route
from maquette.testing.loopbacks.tasks import TaskLoopback, Work, keyed, post
from maquette.testing.loopbacks.wares import made_by

PAGE = 2
"""How many predictions a page of the list shows here; Replicate shows 100."""
SECONDS = 1.5
SECRET = b"secret-of-a-callback"
STATES = {"queued": "starting", "running": "processing", "done": "succeeded", "refused": "failed"}


class ReplicateLoopback(TaskLoopback):
    """``abort`` ends a prediction as its deadline does, ``remove`` deletes its files as the hour does."""

    options: Mapping[str, Any] = {"model": "someone/cut-out", "capability": "cutter"}

    def __init__(self, polls: int = 2, tls: Any = None) -> None:
        super().__init__(polls, tls)
        self._removed: set[str] = set()

    def trouble(self, kind: str) -> Reply:
        reply = super().trouble(kind)
        detail = "Request was throttled. Your rate limit resets in ~30s." if reply.status == 429 else kind
        told = {"title": kind, "detail": detail, "status": reply.status}
        return Reply(told, reply.status, {**reply.headers, "Content-Type": "application/problem+json"})

    def abort(self, prediction: str) -> None:
        self.works[prediction].stage = "aborted"

    def remove(self, prediction: str) -> None:
        self._removed.add(prediction)

    @route("POST", "/v1/predictions", "submit")
    @route("POST", "/v1/models/{owner}/{name}/predictions", "submit")
    @route("POST", "/v1/deployments/{owner}/{name}/predictions", "submit")
    @keyed
    def submit(self, call: Call) -> Reply:
        name = f"{call.found['owner']}/{call.found['name']}" if call.found else ""
        return Reply(self._told(self.open(name, {"version": "a" * 64, **call.json()}, SECONDS, "second")), 201)

    @route("GET", "/v1/predictions", "list")
    @keyed
    def listed(self, call: Call) -> Reply:
        start = int(call.query.get("cursor", "0"))
        newest = list(reversed(self.works.values()))
        shown = [self._told(work, listed=True) for work in newest[start : start + PAGE]]
        more = f"{self.url}/v1/predictions?cursor={start + PAGE}" if start + PAGE < len(newest) else None
        return Reply({"previous": None, "next": more, "results": shown})

    @route("GET", "/v1/predictions/{id}", "poll")
    @keyed
    def status(self, call: Call) -> Reply:
        work = self.look(call.found["id"])
        return Reply(self._told(work)) if work else self.trouble("missing")

    @route("POST", "/v1/predictions/{id}/cancel", "cancel")
    @keyed
    def cancel(self, call: Call) -> Reply:
        self.stop(call.found["id"])
        work = self.works.get(call.found["id"])
        return Reply(self._told(work)) if work else self.trouble("missing")

    def _told(self, work: Work, *, listed: bool = False) -> dict[str, Any]:
        place = f"{self.url}/v1/predictions/{work.id}"
        ended = {"refused": "NSFW content detected. Try another prompt.", "failed": "CUDA out of memory"}
        removed = work.id in self._removed
        told = {
            "id": work.id,
            "model": work.kind or "owner/hidden",
            "version": work.asked["version"],
            "status": STATES.get(work.stage, work.stage),
            "created_at": _stamp(work.created_at),
            "started_at": _stamp(work.started_at),
            "completed_at": _stamp(work.ended_at),
            "error": ended.get(work.stage),
            "metrics": {"predict_time": SECONDS} if work.stage == "done" else {},
            "source": "api",
            "data_removed": removed,
            "urls": {"get": place, "cancel": f"{place}/cancel"},
        }
        if listed:
            return told
        bar = f"{work.progress:3d}%|#####     | {work.progress}/100 [00:01<00:01, 9.1it/s]"
        output = self._output(work) if work.stage == "done" and not removed else None
        asked = {} if removed else work.asked["input"]
        return {**told, "input": asked, "output": output, "logs": f"Using seed: 1\n{bar}\n" if work.polls else ""}

    def _output(self, work: Work) -> str | list[str]:
        content, kind = made_by(work.kind, work.asked["input"])
        url = self.file(content, kind, "out.glb" if kind.startswith("model") else "out.png")
        return [url] if "edit" in work.kind else url

    def changed(self, work: Work) -> None:
        if work.ended and work.asked.get("webhook"):
            post(self, work.asked["webhook"], lambda at, forged: self.letter(work.id, at, forged))

    def letter(self, task: str, at: float, forged: bool = False) -> tuple[Mapping[str, str], bytes]:
        """A call back about a prediction, signed with ``whsec_`` and the base64 of ``SECRET``."""
        body = json.dumps({"id": task, "status": "succeeded"}).encode()
        signed = f"msg_{task}.{int(at)}.".encode() + body
        digest = hmac.new(b"another" if forged else SECRET, signed, hashlib.sha256).digest()
        signature = f"v1,{base64.b64encode(digest).decode()}"
        headers = {"webhook-id": f"msg_{task}", "webhook-timestamp": str(int(at)), "webhook-signature": signature}
        return headers, body


def _stamp(at: float) -> str | None:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z") if at else None
