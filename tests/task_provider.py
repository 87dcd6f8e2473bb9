"""A provider with tasks, and the adapter that speaks with it: small, and as good or bad as a test wants it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from maquette.domain.fleet import Queue
from maquette.domain.hosting import (
    Abilities,
    Amount,
    CallState,
    Cancelled,
    Clocks,
    Fault,
    Handle,
    Snapshot,
    Spread,
    Trouble,
)
from maquette.engines.hosted.exchange import Exchange
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, Readiness
from maquette.ports.hosting import HostedEngine, Options, Order, Parcel
from maquette.ports.outbound import Fetcher
from maquette.testing.loopbacks.server import Call, Loopback, Reply, route

PRICE = 5.0
"""Credits for a task."""


class Tasks(Loopback):
    """Charges for each task as it is accepted; ``goods`` are its files by role."""

    def __init__(self, goods: Mapping[str, bytes], polls: int = 2) -> None:
        super().__init__(polls)
        self.goods = dict(goods)
        self.tasks: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.served = 0

    @route("POST", "/tasks", "submit")
    def create(self, call: Call) -> Reply:
        with self.lock:
            task = f"task-{len(self.tasks) + 1}"
            asked = call.json()
            self.tasks[task] = {"id": task, "key": asked["key"], "asked": asked, "polls": 0, "state": "queued"}
            self.charge(task, PRICE, "credit")
        return Reply({"id": task})

    @route("GET", "/tasks", "list")
    def listing(self, call: Call) -> Reply:
        return Reply({"tasks": list(self.tasks.values())})

    @route("GET", "/tasks/{id}", "poll")
    def look(self, call: Call) -> Reply:
        task = self.tasks.get(call.found["id"])
        if task is None:
            return Reply({}, 404)
        fate = self.faults.takes("fate")
        task["fate"] = fate or task.get("fate", "")
        if task["state"] in ("queued", "running"):
            task["polls"] += 1
            task["state"] = "running"
            if task["fate"] == "fails":
                task["state"] = "failed"
            elif task["polls"] >= self.polls and task["fate"] not in ("stuck", "queued"):
                task["state"] = "succeeded"
            if task["fate"] == "queued":
                task["state"] = "queued"
        progress = {"queued": 0, "running": 99 if task["fate"] == "stuck" else 50}.get(task["state"], 100)
        return Reply({"state": task["state"], "progress": progress})

    @route("GET", "/tasks/{id}/result", "result")
    def addresses(self, call: Call) -> Reply:
        if call.found["id"] not in self.tasks:
            return Reply({}, 404)
        files: dict[str, str] = {}
        for role, content in self.goods.items():
            self.served += 1
            token = f"file-{self.served}"
            self.files[token] = content
            files[role] = f"{self.url}/files/{token}"
        return Reply({"files": files})

    @route("GET", "/files/{token}", "file")
    def file(self, call: Call) -> Reply:
        kind = self.faults.takes("file", "expired", "truncated")
        if kind == "expired":
            return Reply({}, 403)
        content = self.files[call.found["token"]]
        return Reply(content[: len(content) // 2] if kind == "truncated" else content)

    @route("DELETE", "/tasks/{id}", "cancel")
    def stop(self, call: Call) -> Reply:
        task = self.tasks[call.found["id"]]
        task["state"] = "canceled"
        return Reply({})


class TaskEngine:
    """The adapter. ``abilities`` are the test's choice."""

    def __init__(self, exchange: Exchange, name: str, abilities: Abilities, capability: Capability) -> None:
        self._exchange = exchange
        self.abilities = abilities
        self.info = EngineInfo(name, "1", capability, name, "test", True, is_test=True, queue=Queue.NET)

    @classmethod
    def configured(cls, options: Options, fetcher: Fetcher) -> HostedEngine:
        return cls(
            Exchange(fetcher, options.base_url, options.base_url, {"Authorization": f"Bearer {options.key}"}),
            options.name,
            options.more["abilities"],
            options.capability or Capability.MESHER,
        )

    def check(self) -> Readiness:
        return Readiness(True)

    def spread(self, order: Order) -> Spread | None:
        return Spread(PRICE, PRICE, "credit")

    async def submit(self, order: Order, into: Path) -> Handle:
        asked = {"key": order.key, "pictures": len(order.pictures), "callback": order.callback}
        answer = await self._exchange.ask("POST", "/tasks", asked, submits=True)
        return Handle(answer["id"])

    async def poll(self, handle: Handle) -> Snapshot:
        answer = await self._exchange.ask("GET", f"/tasks/{handle.external_id}")
        state = CallState(answer["state"])
        spent = Amount(PRICE, "credit") if state is CallState.SUCCEEDED else None
        error = Trouble(Fault.REFUSED, "No.") if state is CallState.FAILED else None
        return Snapshot(state, answer["state"], answer["progress"], spent=spent, error=error)

    async def result(self, handle: Handle, into: Path) -> tuple[Parcel, ...]:
        answer = await self._exchange.ask("GET", f"/tasks/{handle.external_id}/result")
        return tuple(Parcel(role, url=url) for role, url in answer["files"].items())

    async def cancel(self, handle: Handle) -> Cancelled:
        await self._exchange.send("DELETE", f"/tasks/{handle.external_id}")
        return Cancelled.ACCEPTED

    async def find(self, order: Order, since: float) -> Handle | None:
        answer = await self._exchange.ask("GET", "/tasks")
        if self.abilities.finds_by_time:
            return Handle(answer["tasks"][-1]["id"]) if answer["tasks"] else None
        return next((Handle(task["id"]) for task in answer["tasks"] if task["key"] == order.key), None)

    def called_by(self, headers: Mapping[str, str], body: bytes, now: float) -> str:
        raise Trouble(Fault.AUTH)

    async def balance(self) -> Amount | None:
        return None


ABILITIES = Abilities(cost_unit="credit", clocks=Clocks(30.0, 30.0, 30.0, 60.0), reconciles=True)


class TaskShelf:
    """These hosted engines beside some records of local ones; a list of names is tried in its order."""

    def __init__(self, engines: Mapping[str, tuple[TaskEngine, str]], local: tuple[EngineRecord, ...] = ()) -> None:
        self._engines = engines
        self._records = (*(self._record(engine, url) for engine, url in engines.values()), *local)

    @staticmethod
    def _record(engine: TaskEngine, url: str) -> EngineRecord:
        record = EngineRecord(engine.info.name, "-", Readiness(True), engine.info, hosted=True)
        return replace(record, abilities=engine.abilities, base_url=url)

    def all(self) -> tuple[EngineRecord, ...]:
        return self._records

    def choose(self, capability: Capability, wanted: str | None = None) -> EngineRecord:
        return self.order_of(capability, wanted)[0]

    def order_of(self, capability: Capability, wanted: str | None = None) -> tuple[EngineRecord, ...]:
        fitting = [record for record in self._records if record.info and record.info.capability is capability]
        if wanted is None:
            return tuple(fitting)
        return tuple(record for name in wanted.split(",") for record in fitting if record.name == name)

    def hosted(self, name: str) -> TaskEngine:
        return self._engines[name][0]


def engine_for(provider: Tasks, fetcher: Fetcher, name: str = "tasks", **changes: Any) -> TaskEngine:
    """An engine of a provider. ``changes`` are of its abilities."""
    abilities = replace(ABILITIES, **changes)
    options = Options(name, provider.url, provider.key, more={"abilities": abilities})
    return TaskEngine.configured(options, fetcher)  # type: ignore[return-value]


__all__ = ["ABILITIES", "PRICE", "TaskEngine", "TaskShelf", "Tasks", "engine_for"]
