"""A runner on a folder, whose mesher is a provider's: real database, files and HTTP; only the stages are made up."""

import asyncio
import struct
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from maquette.adapters.blobs.local import LocalBlobs
from maquette.adapters.clocks import SystemClock
from maquette.adapters.outbound.late import LateFetcher
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.schema import migrate
from maquette.app.jobs import Jobs, NewJob
from maquette.domain.assets import Asset, Role, View, blob_key
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job, JobInput
from maquette.domain.money import Price
from maquette.domain.states import Stage
from maquette.pipelines import catalog
from maquette.pipelines.clocks import Pace
from maquette.pipelines.commissioning import Hosting
from maquette.pipelines.ledger import Purse
from maquette.pipelines.orders import Draft
from maquette.pipelines.runner import Runner
from maquette.pipelines.stage import Desk, OutputFile, Produced, StageSpec
from maquette.pipelines.walk import walk
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, Readiness
from maquette.ports.hosting import Enclosure
from maquette.testing import InlineProcesses, RecordingJobs
from task_provider import Tasks, TaskShelf, engine_for

OWNER = "local"
GLB = struct.pack("<4sII", b"glTF", 2, 64) + b"\0" * 52
QUICK = Pace(first_s=0.02, most_s=0.05, look_s=0.02, settle_s=0.02)
PRICES = {"tasks": Price("credit", 0.02, date(2026, 11, 1))}


def plain(stage: Stage) -> Any:
    def run(desk: Desk) -> Produced:
        path = desk.into / f"{stage}.txt"
        path.write_text(f"{stage} of {desk.key}", encoding="utf-8")
        return Produced((OutputFile(path, Role.CUTOUT, "text/plain", stage.value),))

    return run


def mesh(desk: Desk) -> Produced:
    """Takes what came, without looking into it."""
    path = desk.engine._delivery.first("model") if hasattr(desk.engine, "_delivery") else desk.inputs[0].path
    out = desk.into / "model.glb"
    out.write_bytes(path.read_bytes())
    return Produced((OutputFile(out, Role.MODEL, "model/gltf-binary", "raw"),))


def orders(desk: Desk, takes: Any) -> tuple[Draft, ...]:
    first = desk.inputs[0]
    return (Draft((Enclosure(first.path, "image/png", 1, 1),), wants={"quality": "fast"}, notes=("scaled:0.5",)),)


def stand_ins() -> Mapping[Stage, StageSpec]:
    """Stages that write a line each, and one that hands on what the mesher delivered."""
    specs = {
        stage: StageSpec(stage, "1", plain(stage), (Role.ORIGINAL,), spec.limits, (), None)
        for stage, spec in catalog.SPECS.items()
    }
    meshing = replace(specs[Stage.GENERATING], work=mesh, capability=Capability.MESHER, orders=orders)
    return specs | {Stage.GENERATING: meshing}


class House:
    """A runner on a folder, whose mesher is a provider's."""

    def __init__(self, folder: Path, *providers: Tasks, purse: Purse | None = None, **abilities: Any) -> None:
        self.url = f"sqlite:///{folder / 'maquette.db'}"
        migrate(self.url)
        self.folder = folder
        self.database, self.blobs = SqlDatabase(self.url), LocalBlobs(folder / "blobs")
        self.clock = SystemClock()
        self.fetcher = LateFetcher(self.clock, "0")
        names = ["tasks", "others"]
        engines = {
            name: (engine_for(provider, self.fetcher, name, **abilities), provider.url)
            for name, provider in zip(names, providers, strict=False)
        }
        local = EngineInfo("carved", "1", Capability.MESHER, "carved", "-", True)
        cut = EngineInfo("cut", "1", Capability.CUTTER, "cut", "-", True)
        known = tuple(EngineRecord(info.name, "builtins:object", Readiness(True), info) for info in (local, cut))
        self.shelf = TaskShelf(engines, known)
        self.purse = purse or Purse(PRICES)
        self.runner = self.runner_with()
        self.handed = RecordingJobs()
        self.jobs = Jobs(self.database, self.handed, self.shelf, self.clock)

    def runner_with(self, **changes: Any) -> Runner:
        hosting = replace(Hosting(self.shelf, self.fetcher, self.purse, QUICK), **changes)
        parts = (self.database, self.blobs, InlineProcesses(), self.shelf, self.clock)
        return Runner(*parts, self.folder / "work", hosting=hosting)

    def accept(self, mesher: str = "tasks", **changes: Any) -> Job:
        writer = self.blobs.receive()
        writer.write(new_id("photo").encode())
        received = writer.finish()
        self.blobs.keep(blob_key(OWNER, received.sha256), received.path)
        facts = (received.sha256, received.bytes, self.clock.now())
        asset = Asset(new_id("ast"), OWNER, Role.ORIGINAL, "image/png", *facts)
        with self.database.write() as tx:
            tx.assets.add(asset)
        new = NewJob("photo_to_model", (JobInput(asset.id, View.FRONT),), {"mesher": mesher})
        return self.jobs.create(OWNER, replace(new, **changes)).job

    async def walked(self, job: Job) -> Job:
        async def step(method: Any, *arguments: Any) -> Any:
            return await method(*arguments)

        async def send(errand: Any, job_id: str, attempt: int, number: int, *, leg: int) -> Any:
            return await self.runner.run_stage(job_id, attempt, errand["stage"], errand["engine"], leg)

        async def sleep(seconds: float) -> None:
            await asyncio.sleep(min(seconds, 0.01))

        hands = SimpleNamespace(step=step, run=self.runner.run_stage, send=send, sleep=sleep)
        await walk(self.runner, job.id, job.attempt, job.leg, hands)
        return self.job(job)

    def run(self, job: Job) -> Job:
        return asyncio.run(self.walked(self.job(job)))

    def job(self, job: Job) -> Job:
        return self.jobs.get(OWNER, job.id)

    def calls(self, job: Job) -> list[Any]:
        with self.database.read() as tx:
            return list(tx.calls.of_job(job.id))
