"""A server by our own plain contract (``docs/guides/providers/http.md``), in every form that the contract allows."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from maquette.testing.loopbacks.goods import box
from maquette.testing.loopbacks.server import Call, Reply, route
from maquette.testing.loopbacks.tasks import TaskLoopback, Work, keyed
from maquette.testing.loopbacks.wares import cut_out, edited, sent_form

KINDS = {"model": "model/gltf-binary", "text": "text/plain", "picture": "image/png"}
STATES = {"done": "succeeded", "refused": "failed"}
UNITS = 2


class PlainLoopback(TaskLoopback):
    """``at_once`` answers 200 with the file itself. Charges two credits for each commission."""

    adapter = "http"
    options: Mapping[str, Any] = {"capability": "cutter", "more": {"unit": "credit"}}

    def __init__(self, polls: int = 2, tls: Any = None, *, at_once: bool = False) -> None:
        super().__init__(polls, tls)
        self._at_once = at_once
        self._by_key: dict[str, Work] = {}

    def trouble(self, kind: str) -> Reply:
        told = {"busy": "rate_limited", "crowded": "capacity", "broke": "quota", "denied": "auth", "missing": "expired"}
        reply = super().trouble(kind)
        return Reply({"error": {"fault": told.get(kind, "provider"), "message": kind}}, reply.status, reply.headers)

    @route("GET", "/?", "balance")
    @keyed
    def about(self, call: Call) -> Reply:
        able = ["cutter", "mesher", "editor", "remesher", "transcriber"]
        return Reply({"contract": 1, "capabilities": able, "balance": {"units": 100, "unit": "credit"}})

    @route("POST", "/?", "submit")
    @keyed
    def submit(self, call: Call) -> Reply:
        files = {part.name: part.content for part in sent_form(call)}
        order = json.loads(files["order"])
        key = call.headers.get("idempotency-key", "")
        with self.lock:
            if key not in self._by_key or self._by_key[key].stage in ("failed", "refused", "canceled"):
                self._by_key[key] = self.open(order["capability"], files, UNITS, "credit")
        work = self._by_key[key]
        if not self._at_once:
            return Reply({"id": work.id}, 202)
        if work.fate in ("refused", "fails"):
            self.refund(work)
            return Reply(_failure(work.fate), 422)
        role, content = _made(work)
        return Reply(content, 200, {"Content-Type": KINDS[role], "Maquette-Cost": f"{UNITS} credit"})

    @route("GET", "/{id}", "poll")
    @keyed
    def status(self, call: Call) -> Reply:
        work = self.look(call.found["id"])
        if work is None:
            return self.trouble("missing")
        told: dict[str, Any] = {"state": STATES.get(work.stage, work.stage), "progress": work.progress}
        if work.stage in ("failed", "refused"):
            told |= _failure(work.fate)
        if work.stage == "done":
            role, content = _made(work)
            output = {"role": role, "media_type": KINDS[role], "url": self.file(content, KINDS[role], "out")}
            told |= {"outputs": [output], "cost": {"units": UNITS, "unit": "credit"}}
        return Reply(told)

    @route("DELETE", "/{id}", "cancel")
    @keyed
    def cancel(self, call: Call) -> Reply:
        if call.found["id"] not in self.works:
            return self.trouble("missing")
        return Reply({"state": "canceled"} if self.stop(call.found["id"]) else {"error": {"fault": "expired"}},
                     200 if self.works[call.found["id"]].stage == "canceled" else 409)  # fmt: skip

    @route("GET", "/files/{token}/{name}", "file")
    @keyed
    def deliver(self, call: Call) -> Reply:
        """Here files are for those alone who have the key."""
        return super().deliver(replace(call, headers={}))


def _failure(fate: str) -> dict[str, Any]:
    return {"error": {"fault": "refused" if fate == "refused" else "provider", "message": fate}}


def _made(work: Work) -> tuple[str, bytes]:
    if work.kind in ("mesher", "remesher"):
        return "model", box()
    if work.kind == "transcriber":
        return "text", b"a walnut chair"
    make = cut_out if work.kind == "cutter" else edited
    return "picture", make(work.asked["picture"])
