"""Several machines on one Postgres: real processes with data folders of their own, only the stages are stand-ins.

Run as a program it is one worker: ``python crew.py URL FOLDER QUEUES SECONDS LEASE DIARY``. Its blobs are those of a
shared folder, as a shared file system would give them. Its mesher belongs to the queue ``net``.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop import OWNER, RunningClock, StandIns

from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.fleet import FleetShelf
from maquette.app.jobs import Jobs, NewJob
from maquette.bootstrap import Maquette
from maquette.domain.assets import Asset, Role, View, blob_key
from maquette.domain.fleet import Queue, Worker
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job, JobInput, Task
from maquette.domain.states import Stage, Status
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, Readiness
from maquette.ports.processes import Done
from maquette.settings import Settings
from maquette.testing import Shelf
from maquette.worker import stay

PROGRAM = Path(__file__)
LEASE_S = 2.0
PATIENCE_S = 90


@dataclass(frozen=True)
class Page:
    """One line of the diary: a stage that a worker has begun."""

    asset_id: str
    stage: str
    pid: int
    worker: int


class Machine:
    """A worker process, as a group of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.id = ""

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        self.id = self.process.stdout.readline().strip()
        assert self.id.startswith("worker:"), self.end()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """As the kernel would; its children notice and go."""
        self.process.kill()
        self.end()

    def end(self) -> tuple[int, str]:
        """The exit code, and what it said on stderr."""
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said


class Crew:
    """The machines, and an API process (this one) that only accepts jobs."""

    def __init__(self, url: str, folder: Path, house: Maquette, stack: ExitStack) -> None:
        self.url = url
        self.folder = folder
        self.house = house
        self.jobs: Jobs = house.jobs
        self.database: SqlDatabase = house._database
        self._stack = stack
        self._number = 0

    def start(
        self, *queues: str, seconds: float = 0.05, lease: float = LEASE_S, url: str = "", prefix: Sequence[str] = ()
    ) -> Machine:
        """Begins to start a worker; ``wait_until_ready`` waits until it works.

        ``url`` is how it reaches the database, ``prefix`` a command that replaces itself by the program.
        """
        self._number += 1
        own = machine_folder(self.folder, f"machine-{self._number}")
        words = (url or self.url, str(own), ",".join(queues) or "cpu,gpu,net", str(seconds), str(lease))
        process = subprocess.Popen(
            [*prefix, sys.executable, str(PROGRAM), *words, str(self.diary_path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        machine = Machine(process)
        self._stack.callback(_end, process)
        return machine

    def ready(self, *queues: str, **options: Any) -> Machine:
        machine = self.start(*queues, **options)
        machine.wait_until_ready()
        return machine

    @property
    def diary_path(self) -> Path:
        return self.folder / "diary"

    def diary(self) -> list[Page]:
        if not self.diary_path.exists():
            return []
        lines = [line.split() for line in self.diary_path.read_text().splitlines()]
        return [Page(said, stage, int(pid), int(worker)) for said, stage, pid, _, worker in lines]

    def wait_for(self, look: Callable[[], Any]) -> Any:
        return wait_for(look)

    def wait_for_page(self, wanted: Callable[[Page], bool]) -> Page:
        return wait_for(lambda: next((page for page in self.diary() if wanted(page)), None))

    def accept(self, pipeline: str = "photo_to_model") -> Job:
        return self.jobs.create(OWNER, NewJob(pipeline, (JobInput(self._photo(), View.FRONT),))).job

    def job(self, job_id: str) -> Job:
        return self.jobs.get(OWNER, job_id)

    def tasks(self, job_id: str, stage: Stage | None = None) -> list[Task]:
        return [task for task in self.jobs.tasks(OWNER, job_id) if stage in (None, task.stage)]

    def workers(self) -> dict[str, Worker]:
        with self.database.read() as tx:
            return {worker.id: worker for worker in tx.workers.all()}

    def wait(self, job: Job, *statuses: Status) -> Job:
        wanted = statuses or (Status.COMPLETED, Status.FAILED)
        return wait_for(lambda: found if (found := self.job(job.id)).status in wanted else None)

    def _photo(self) -> str:
        asset_id = new_id("ast")
        writer = self.house.blobs.receive()
        writer.write(asset_id.encode())
        received = writer.finish()
        self.house.blobs.keep(blob_key(OWNER, received.sha256), received.path)
        at = RunningClock().now()
        with self.database.write() as tx:
            tx.assets.add(Asset(asset_id, OWNER, Role.ORIGINAL, "image/png", received.sha256, received.bytes, at))
        return asset_id


def machine_folder(shared: Path, name: str) -> Path:
    """A data folder of its own, with everybody's blobs in it."""
    folder = shared / name
    folder.mkdir(mode=0o700)
    (shared / "blobs").mkdir(exist_ok=True)
    (folder / "blobs").symlink_to(shared / "blobs")
    return folder


def wait_for(look: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
    """What ``look`` finds, as soon as it finds something."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.05)
    return found


@contextmanager
def gathered(url: str, folder: Path) -> Iterator[Crew]:
    """The API process; machines come with ``start``. All are gone afterwards."""
    settings = Settings(data=machine_folder(folder, "api"), database_url=url, serve_works=False)
    with asyncio.Runner() as runner, ExitStack() as stack:
        house = Maquette(settings)
        stack.callback(lambda: runner.run(house.close()))
        runner.run(house.take_over(work=False))
        house.jobs = Jobs(house._database, house._engine, shelf(), house.clock, max_queued=1000)
        yield Crew(url, folder, house, stack)


def shelf() -> Shelf:
    def record(name: str, capability: Capability, queue: Queue) -> EngineRecord:
        info = EngineInfo(name, "1", capability, name, "-", True, queue=queue)
        return EngineRecord(name, "builtins:object", Readiness(True), info)

    return Shelf([record("cut", Capability.CUTTER, Queue.CPU), record("mesh", Capability.MESHER, Queue.NET)])


class Slow(StandIns):
    """Every stage is quick but the slow one."""

    SLOW = "generating"

    def __init__(self, diary: Path, seconds: float) -> None:
        super().__init__(diary.parent, 0.05)
        self._more["worker"] = os.getpid()
        self._seconds = seconds

    async def run(self, function: str, payload: Mapping[str, Any], **options: Any) -> Done:
        slow = payload.get("stage") == self.SLOW
        self._more["seconds"] = self._seconds if slow else 0.05
        return await super().run(function, payload, **options)


async def work(url: str, folder: str, queues: str, seconds: str, lease: str, diary: str) -> None:
    settings = Settings(
        data=Path(folder), database_url=url, queues=queues, concurrency=2, lease_seconds=float(lease), drain_seconds=20
    )
    house = Maquette(settings)
    house._processes = Slow(Path(diary), float(seconds))
    house._here = shelf()
    house.engines = FleetShelf(house._here, house._database)
    try:
        await house.work_beside()
        print(house.work.worker.id, flush=True)
        await stay(house.work, settings.drain_seconds, lambda text: print(text, file=sys.stderr, flush=True))
    finally:
        await house.close()


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
