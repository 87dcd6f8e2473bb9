"""A whole Maquette on a folder: the real database, runner, job engine and processes; only the stages are stand-ins.

Run as a program it is a service that holds the folder's lock and works:
``python workshop.py FOLDER SECONDS URL PROVIDER FORGETFUL [MAX_QUEUED]``: two perhaps empty, then 0 or 1.
"""

import asyncio
import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from maquette.adapters.blobs.local import LocalBlobs
from maquette.adapters.dbos.jobs import DbosJobs
from maquette.adapters.dbos.lock import FolderLock, executor_id
from maquette.adapters.outbound.late import LateFetcher
from maquette.adapters.processes.forked import ForkedProcesses
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_path
from maquette.adapters.sql.schema import migrate
from maquette.app.approvals import Approvals
from maquette.app.batches.batches import Batches
from maquette.app.batches.feeder import Feeder
from maquette.app.fetching import Fetching
from maquette.app.jobs import Jobs, NewJob
from maquette.app.uploads import Uploads
from maquette.domain.assets import Asset, Role, View, blob_key
from maquette.domain.fleet import Queue, Worker
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job, JobInput, Task
from maquette.domain.states import Status
from maquette.pipelines.runner import Runner
from maquette.ports.clock import Clock
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, Readiness
from maquette.ports.processes import Done, Kind, Limits
from maquette.testing import ManualClock, Shelf

OWNER = "local"


class StandIns:
    """Real processes in which every stage is ``chores.stand_in``."""

    def __init__(self, folder: Path, seconds: float, provider: str = "") -> None:
        self._processes = ForkedProcesses()
        self._more = {"seconds": seconds, "diary": str(folder / "diary"), "provider": provider}

    async def run(
        self,
        function: str,
        payload: Mapping[str, Any],
        *,
        limits: Limits,
        kind: Kind = Kind.COMPUTE,
        progress: Callable[[float], None] | None = None,
    ) -> Done:
        told = {**payload, **self._more}
        # the small server starts at once, and what it has loaded does not matter here
        return await self._processes.run("chores:stand_in", told, limits=limits, kind=Kind.DECODE, progress=progress)

    async def close(self) -> None:
        await self._processes.close()


class RunningClock(ManualClock):
    """The time of day does not matter, but what lies between two looks does."""

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass
class Workshop:
    folder: Path
    database: SqlDatabase
    engine: DbosJobs
    jobs: Jobs
    approvals: Approvals
    runner: Runner
    processes: Any
    blobs: LocalBlobs
    concurrency: int
    batches: Batches
    feeder: Feeder

    @property
    def walks(self) -> str:
        """The library's table of workflows."""
        return "workflow_status" if sqlite_path(self.database.url) else "dbos.workflow_status"

    def launch(self) -> None:
        """Works under the stable name of whoever holds the folder."""
        self.lost = threading.Event()
        at = datetime.now(UTC)
        worker = Worker(executor_id(self.folder), "here", 0, "0", ("cpu", "gpu", "net"), self.concurrency, at, at)
        slots = {Queue.CPU: self.concurrency, Queue.GPU: 1, Queue.NET: 1}
        self.engine.launch(self.runner, self.database, worker, slots, self.lost.set)

    def job(self, job_id: str) -> Job:
        return self.jobs.get(OWNER, job_id)

    def tasks(self, job_id: str) -> tuple[Task, ...]:
        return self.jobs.tasks(OWNER, job_id)

    def new_job(self) -> NewJob:
        return NewJob("photo_to_model", (JobInput(self.photo(), View.FRONT),))

    def new_product(self, photos: int = 2) -> NewJob:
        """A job whose cut-outs wait for approval."""
        views = (View.FRONT, View.LEFT, View.RIGHT, View.BACK)[:photos]
        inputs = tuple(JobInput(self.photo(), view) for view in views)
        return NewJob("product_to_model", inputs, {"approve": "manual"})

    def accept(self) -> Job:
        return self.jobs.create(OWNER, self.new_job()).job

    def photo(self, said: str = "") -> str:
        """A photo of its own for each job, so that none reuses what another made."""
        asset_id = new_id("ast")
        writer = self.blobs.receive()
        writer.write(f"{said}{asset_id}".encode())
        received = writer.finish()
        self.blobs.keep(blob_key(OWNER, received.sha256), received.path)
        at = ManualClock().now()
        asset = Asset(asset_id, OWNER, Role.ORIGINAL, "image/png", received.sha256, received.bytes, at)
        with self.database.write() as tx:
            tx.assets.add(asset)
        return asset_id

    def wait(self, job_id: str, *statuses: Status, seconds: float = 60) -> Job:
        until = time.monotonic() + seconds
        while (job := self.job(job_id)).status not in statuses:
            assert time.monotonic() < until, f"{job_id} is still {job.status} at {job.stage}"
            time.sleep(0.02)
        return job


def build(
    folder: Path,
    *,
    url: str = "",
    provider: str = "",
    forgetful: bool = False,
    seconds: float = 0.02,
    concurrency: int = 2,
    max_queued: int = 1000,
    processes: Any = None,
    clock: Clock | None = None,
) -> Workshop:
    """Opens, or makes, the workshop in ``folder``, whose database is that of ``url`` or a file in it.

    With the URL of a ``provider`` the model is ordered from there, one at a time, on the queue for that. A
    ``forgetful`` one honours no key.
    """
    folder.mkdir(exist_ok=True)
    url = url or f"sqlite:///{folder / 'maquette.db'}"
    migrate(url)
    clock = clock or RunningClock()
    database, blobs = SqlDatabase(url), LocalBlobs(folder / "blobs")
    queue = Queue.NET if provider else Queue.CPU
    shelf = Shelf([_engine("cut", Capability.CUTTER), _engine("mesh", Capability.MESHER, queue, not forgetful)])
    processes = processes or StandIns(folder, seconds, provider)
    runner = Runner(database, blobs, processes, shelf, clock, folder / "work")
    engine = DbosJobs(url)
    jobs = Jobs(database, engine, shelf, clock, max_queued=max_queued)
    uploads = Uploads(database, blobs, processes, clock, 1_000_000)
    fetching = Fetching(LateFetcher(clock, "0"), uploads, at_once=2, seconds=2)
    batches, feeder = Batches(database, jobs, shelf, clock), Feeder(database, jobs, fetching, clock, lambda: True)
    approvals = Approvals(database, engine, clock)
    return Workshop(folder, database, engine, jobs, approvals, runner, processes, blobs, concurrency, batches, feeder)


@contextlib.contextmanager
def opened(folder: Path, **options: Any) -> Iterator[Workshop]:
    """A workshop that can accept jobs, and works on them once it is launched."""
    workshop = build(folder, **options)
    workshop.engine.prepare()
    try:
        yield workshop
    finally:
        workshop.feeder.stop()
        workshop.engine.close()
        asyncio.run(workshop.processes.close())
        workshop.database.close()


def _engine(name: str, capability: Capability, queue: Queue = Queue.CPU, repeatable: bool = True) -> EngineRecord:
    info = EngineInfo(name, "1", capability, name, "-", True, queue=queue, repeatable=repeatable)
    return EngineRecord(name, "builtins:object", Readiness(True), info)


def main() -> None:
    folder, seconds, url, provider = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3], sys.argv[4]
    forgetful = sys.argv[5] == "1"
    max_queued = int(sys.argv[6]) if len(sys.argv) > 6 else 1000
    options: dict[str, Any] = {"provider": provider, "forgetful": forgetful, "max_queued": max_queued}
    FolderLock(folder).lock()
    with opened(folder, seconds=seconds, url=url, **options) as workshop:
        workshop.launch()
        workshop.feeder.start()
        print("working", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
