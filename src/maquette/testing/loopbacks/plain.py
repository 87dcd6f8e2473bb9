"""A server by our own plain contract (``docs/guides/providers/http.md``), in every form that the contract allows."""

import json
from dataclasses import dataclass, field
from typing import Any

from maquette.testing.loopbacks.base import Call, Loopback, Reply, route
from maquette.testing.loopbacks.wares import Sent, cut_out, edited, model, sent_form

KINDS = {"model": "model/gltf-binary", "text": "text/plain"}


@dataclass(slots=True)
class _Work:
    """One commission."""

    id: str
    files: dict[str, Sent]
    capability: str
    asked: int = 0
    canceled: bool = False
    outputs: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


class PlainLoopback(Loopback):
    """``at_once`` answers 200 with the file itself. Charges two credits for each commission."""

    def __init__(self, polls: int = 2, tls: Any = None, *, at_once: bool = False) -> None:
        super().__init__(polls, tls)
        self._at_once = at_once
        self._works: dict[str, _Work] = {}
        self._by_key: dict[str, str] = {}

    def trouble(self, kind: str) -> Reply:
        told = {"busy": "rate_limited", "crowded": "capacity", "broke": "quota", "denied": "auth", "missing": "expired"}
        reply = super().trouble(kind)
        return Reply({"error": {"fault": told.get(kind, "provider"), "message": kind}}, reply.status, reply.headers)

    @route("GET", "/", "about")
    @route("GET", "", "about")
    def about(self, call: Call) -> Reply:
        if not self.allows(call):
            return self.trouble("denied")
        able = ["cutter", "mesher", "editor", "remesher", "transcriber"]
        return Reply({"contract": 1, "capabilities": able, "balance": {"units": 100, "unit": "credit"}})

    @route("POST", "/", "submit")
    @route("POST", "", "submit")
    def submit(self, call: Call) -> Reply:
        if not self.allows(call):
            return self.trouble("denied")
        files = {part.name: part for part in sent_form(call)}
        order = json.loads(files["order"].content)
        if refused := self.faults.takes("task", "refused"):
            return Reply({"error": {"fault": refused, "message": "not this picture"}}, 422)
        with self.lock:
            key = call.headers.get("idempotency-key", "")
            if key not in self._by_key:
                self._by_key[key] = str(len(self._works) + 1)
                self._works[self._by_key[key]] = _Work(self._by_key[key], files, order["capability"])
                self.charge(self._by_key[key], 2, "credit")
            work = self._works[self._by_key[key]]
        if self._at_once:
            role, content = self._made(work)
            return Reply(content, 200, {"Content-Type": KINDS.get(role, "image/png"), "Maquette-Cost": "2 credit"})
        return Reply({"id": work.id}, 202)

    @route("GET", "/{id}", "poll")
    def status(self, call: Call) -> Reply:
        work = self._works.get(call.found["id"])
        if work is None or not self.allows(call):
            return self.trouble("missing" if work is None else "denied")
        work.asked += 1
        if work.canceled:
            return Reply({"state": "canceled"})
        if self.faults.takes("task", "fails"):
            return Reply({"state": "failed", "error": {"fault": "provider", "message": "it broke"}})
        if self.faults.takes("task", "stuck"):
            return Reply({"state": "running", "progress": 99})
        if work.asked <= self.polls:
            backwards = self.faults.takes("task", "backwards")
            return Reply({"state": "running", "progress": 5 if backwards else 100 * work.asked / (self.polls + 1)})
        role = self._role(work)
        output = {"role": role, "media_type": KINDS.get(role, "image/png"), "url": f"{work.id}/file"}
        return Reply({"state": "succeeded", "outputs": [output], "cost": {"units": 2, "unit": "credit"}})

    @route("GET", "/{id}/file", "file")
    def file(self, call: Call) -> Reply:
        if self.faults.takes("task", "expired"):
            return self.trouble("missing")
        role, content = self._made(self._works[call.found["id"]])
        if self.faults.takes("task", "truncated"):
            content = content[: len(content) // 2]
        return Reply(content, 200, {"Content-Type": KINDS.get(role, "image/png")})

    @route("DELETE", "/{id}", "cancel")
    def cancel(self, call: Call) -> Reply:
        work = self._works.get(call.found["id"])
        if work is None or work.asked > self.polls:
            return Reply({"error": {"fault": "expired"}}, 404 if work is None else 409)
        work.canceled = True
        return Reply({"state": "canceled"})

    def _role(self, work: _Work) -> str:
        return {"mesher": "model", "remesher": "model", "transcriber": "text"}.get(work.capability, "picture")

    def _made(self, work: _Work) -> tuple[str, bytes]:
        role = self._role(work)
        if role == "model":
            return role, model()
        if role == "text":
            return role, b"a walnut chair"
        make = cut_out if work.capability == "cutter" else edited
        return role, make(work.files["picture"].content)
