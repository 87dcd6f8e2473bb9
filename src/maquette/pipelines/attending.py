"""What goes on beside the work of a stage: progress is written down, and a job that is over stops its work."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from maquette.domain import jobs as moves
from maquette.domain.errors import Refused, Unavailable
from maquette.domain.jobs import Job, Task
from maquette.pipelines.catalog import CATALOG
from maquette.pipelines.outcome import Stopped
from maquette.pipelines.stage import StageSpec
from maquette.ports.clock import Clock
from maquette.ports.processes import Done
from maquette.ports.stores import Database, Transaction

PROGRESS_EVERY_S = 0.25
LOOK_EVERY_S = 1.0
"""How often a running stage looks whether somebody else ended its job."""
LOOK_OFTEN_S = 0.5
"""The same where work is paid for."""
Report = Callable[[float], None]


class Attendant:
    """Attends to running stages. ``live`` gives the job within a transaction, or raises ``Stopped``."""

    def __init__(self, database: Database, clock: Clock, live: Callable[[str, int, Transaction], Job]) -> None:
        self._db = database
        self._clock = clock
        self._live = live

    async def attend(
        self,
        task: Task,
        spec: StageSpec,
        begin: Callable[[Report], Coroutine[Any, Any, Done]],
        look_s: float = LOOK_EVERY_S,
    ) -> Done:
        """What the work gives that ``begin`` starts. Raises ``Stopped`` once the job is no longer to be worked on."""
        latest = [0.0]

        def report(fraction: float) -> None:
            latest[0] = max(latest[0], fraction)

        work = asyncio.ensure_future(begin(report))
        watch = asyncio.ensure_future(self._watch(task, spec, latest, look_s))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            watch.result()
            raise Stopped
        finally:
            for future in (work, watch):
                future.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)

    async def _watch(self, task: Task, spec: StageSpec, latest: list[float], look_s: float) -> None:
        """Writes progress at most four times a second and returns when the job is no longer ours to work on."""
        written, looked = 0.0, self._clock.monotonic()
        while True:
            await asyncio.sleep(PROGRESS_EVERY_S)
            now = self._clock.monotonic()
            if latest[0] <= written and now - looked < look_s:
                continue
            written, looked = latest[0], now
            try:
                await asyncio.to_thread(self._advance, task, spec, written)
            except Stopped:
                return
            except Unavailable:
                # what cannot be written now is written a moment later, and the stage goes on
                continue

    def _advance(self, task: Task, spec: StageSpec, fraction: float) -> None:
        with self._db.read() as tx:
            # in this order: the task of a job that has moved on since cannot be running
            job = self._live(task.job_id, task.attempt, tx)
            if not tx.tasks.is_running(task.id):
                raise Stopped
        if job.stage is not spec.stage:
            return
        move = moves.advance(job, CATALOG[job.pipeline].pipeline, fraction, self._clock.now())
        if move is None:
            return
        try:
            with self._db.write(durable=False) as tx:
                tx.jobs.apply(move)
        except Refused:
            # somebody else moved the job: the next look tells what became of it
            return
