"""The only code that moves a job along its pipeline.

``walk.walk`` goes through the stages; each call into the ``Runner`` is one durable step. Steps may be run again after a
crash, so each looks first at what the database says: a finished stage is not run twice, a job that has ended or
waits is left alone, and a task that was running when its worker died is marked as lost.
"""

import asyncio
import logging
from collections.abc import Coroutine, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from maquette.domain import jobs as moves
from maquette.domain.errors import MaquetteError, Permanent, Problem, Temporary
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job, Task, TaskStatus
from maquette.domain.states import ENDED, Stage, Status, WaitingFor
from maquette.pipelines.attending import LOOK_OFTEN_S, Attendant, Report
from maquette.pipelines.catalog import CATALOG, spec_of
from maquette.pipelines.commissioning import Hosting, hired
from maquette.pipelines.costing import charged, costing
from maquette.pipelines.outcome import (
    AGAIN,
    DONE,
    PASSED_OVER,
    STOP,
    WAITING,
    Errand,
    LeaseLost,
    Outcome,
    Stopped,
    detail_of,
)
from maquette.pipelines.patience import patiently, until_written
from maquette.pipelines.planning import Planner
from maquette.pipelines.stage import StageSpec
from maquette.pipelines.tries import delay_before, has_ended, is_done, is_of, is_over, stage_shown
from maquette.pipelines.troubles import CallFailed, OnHold
from maquette.pipelines.workbench import Plan, Workbench
from maquette.ports.blobs import BlobStore
from maquette.ports.clock import Clock
from maquette.ports.engines import EngineShelf
from maquette.ports.processes import Done, Processes
from maquette.ports.stores import Database, LogLine, Transaction
from maquette.ports.tracing import Silent, Tracer

_logger = logging.getLogger(__name__)


class Runner:
    """Runs stages and writes down what came of them.

    ``engines`` are those of this machine, ``fleet`` those of all machines (by default the same). ``worker_id`` names
    the lease under which this process works; without one it is alone. ``hosting`` is what hosted engines take.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        processes: Processes,
        engines: EngineShelf,
        clock: Clock,
        scratch: Path,
        fleet: EngineShelf | None = None,
        worker_id: str | None = None,
        tracer: Tracer | None = None,
        hosting: Hosting | None = None,
    ) -> None:
        self._db = database
        self._processes = processes
        self._clock = clock
        self._bench = Workbench(database, blobs, engines, clock, scratch)
        self._engines = engines
        self._planner = Planner(self._bench, fleet or engines)
        self._worker_id = worker_id
        self._tracer = tracer or Silent()
        self._attendant = Attendant(database, clock, self._live)
        parts = (database, blobs, processes, self._writing, clock)
        self._commissioner = hired(hosting, *parts) if hosting else None

    async def plan(self, job_id: str, attempt: int, leg: int) -> list[str | Errand]:
        """The stages to walk: all of them, since finished ones answer at once.

        A name is a stage for whoever walks, an errand one for a worker of another kind.
        """
        job = await patiently(self._bench.job, job_id)
        if is_over(job, attempt, leg):
            return []
        stages = CATALOG[job.pipeline].pipeline.stages
        return await patiently(lambda: [self._planner.planned(job, stage) for stage in stages])

    async def run_stage(
        self, job_id: str, attempt: int, stage: str, engine: str | None = None, leg: int | None = None
    ) -> Outcome:
        """Runs one stage, or reuses what an earlier run of it made. ``engine`` is the one that was planned.

        A walk that was recovered may be of an earlier ``leg``: the job has been resumed since, and another walks.
        """
        try:
            job = await patiently(self._bench.job, job_id)
            spec = spec_of(job.pipeline, Stage(stage))
            if is_over(job, attempt, leg):
                return STOP
            if await patiently(self._bench.is_finished, job, spec):
                return DONE
            with self._traced(job, spec):
                return await self._try(job, spec, engine)
        except Stopped:
            return STOP

    async def complete(self, job_id: str, attempt: int, leg: int | None = None) -> None:
        """Writes the result and ends the job, unless another ``leg`` of it is on its way."""

        def write() -> None:
            with self._writing() as tx:
                job = self._bench.job(job_id, tx)
                if is_over(job, attempt, leg):
                    return
                result = self._bench.result(tx, job, new_id("res"))
                tx.results.add(result)
                tx.jobs.apply(moves.complete(job, result.id, self._clock.now()))

        await until_written(write)

    async def abandon(self, job_id: str, attempt: int, code: str) -> None:
        """Fails an attempt that nobody can go on with."""
        problem = Problem.of(Permanent(code))

        def write() -> None:
            with self._writing() as tx:
                job = self._bench.job(job_id, tx)
                if job.attempt == attempt and job.status not in ENDED:
                    tx.jobs.apply(moves.fail(job, problem, self._clock.now()))

        await until_written(write)

    # -- one try of one stage

    def _traced(self, job: Job, spec: StageSpec) -> AbstractContextManager[None]:
        facts: dict[str, str | int] = {"job_id": job.id, "pipeline": job.pipeline, "attempt": job.attempt}
        return self._tracer.span("stage", job.traceparent, stage=spec.stage, worker=self._worker_id or "", **facts)

    async def _try(self, job: Job, spec: StageSpec, engine: str | None) -> Outcome:
        try:
            plan = await patiently(self._bench.prepare, job, spec, engine)
        except (MaquetteError, OSError) as error:
            task = await self._begin(job, spec, None)
            return STOP if task is None else await self._settle_failure(task, spec, error)
        if plan.cached is not None:
            return await self._reuse(job, spec, plan, plan.cached)
        task = await self._begin(job, spec, plan)
        if task is None:
            return STOP
        self._tracer.note(engine=task.engine or "none", number=task.number)
        started = self._clock.monotonic()
        try:
            done = await self._work(task, spec, plan)
            timed = replace(
                task,
                reused=bool(plan.assets) and not plan.left,
                duration_ms=int((self._clock.monotonic() - started) * 1000),
                cpu_ms=int(done.cpu_seconds * 1000),
                peak_bytes=done.peak_bytes,
            )
            return await self._settle_success(timed, spec, plan, done)
        except Stopped:
            self._tracer.note(outcome="stopped")
            await self._close(task, TaskStatus.CANCELED, started)
            raise
        except LeaseLost:
            raise
        except OnHold as hold:
            timed = replace(task, duration_ms=int((self._clock.monotonic() - started) * 1000))
            return await self._settle_hold(timed, spec, hold)
        except Exception as error:  # noqa: BLE001 - whatever a stage raises must end up in the job's record
            timed = replace(task, duration_ms=int((self._clock.monotonic() - started) * 1000))
            return await self._settle_failure(timed, spec, error)
        finally:
            await asyncio.to_thread(self._bench.clear, plan)

    async def _begin(self, job: Job, spec: StageSpec, plan: Plan | None) -> Task | None:
        """Marks a task that a dead worker left behind, then writes the stage's start and the new task.

        None where the dead worker may have bought something that the engine would sell again: a person decides.
        """

        def write() -> Task | None:
            with self._writing() as tx:
                now = self._live(job.id, job.attempt, tx)
                entry = CATALOG[now.pipeline]
                tries = [task for task in tx.tasks.of_job(now.id) if is_of(task, now.attempt, spec.stage)]
                lost = [task for task in tries if task.status is TaskStatus.RUNNING]
                for task in lost:
                    tx.tasks.end(replace(task, status=TaskStatus.LOST, ended_at=self._clock.now()))
                if lost and now.status is Status.PROCESSING:
                    if not all(self._is_repeatable(task) for task in lost):
                        tx.jobs.apply(moves.hold(now, WaitingFor.UNCERTAIN, self._clock.now()))
                        return None
                    now = tx.jobs.apply(moves.requeue(now, "worker_lost", self._clock.now()))
                task = self._bench.task(now, spec, plan, len(tries) + 1)
                tx.tasks.add(task)
                shown = stage_shown(now, spec.stage)
                tx.jobs.apply(
                    moves.enter(now, entry.pipeline, shown, self._clock.now(), task_id=task.id, engine=task.engine)
                )
                return task

        return await until_written(write)

    async def _work(self, task: Task, spec: StageSpec, plan: Plan) -> Done:
        await asyncio.to_thread(self._bench.lay_out, plan)
        limits = await patiently(self._bench.limits, task, spec)
        if plan.engine is not None and plan.engine.hosted:
            return await self._commissioned(task, spec, plan)

        def begin(report: Report) -> Coroutine[Any, Any, Done]:
            payload = plan.payload()
            return self._processes.run(plan.function, payload, limits=limits, kind=spec.kind, progress=report)

        try:
            return await self._attendant.attend(task, spec, begin)
        except Permanent as error:
            if error.code == "stage_timeout" and limits.seconds < spec.limits.seconds:
                raise Permanent("deadline_exceeded") from error
            raise

    async def _commissioned(self, task: Task, spec: StageSpec, plan: Plan) -> Done:
        commissioner = self._commissioner
        if commissioner is None:
            raise Permanent("engine_unavailable", f"{task.engine} cannot be reached from this process.")
        left_s = await patiently(self._bench.left, task)

        def live(tx: Transaction) -> Job:
            return self._live(task.job_id, task.attempt, tx)

        def begin(report: Report) -> Coroutine[Any, Any, Done]:
            return commissioner.work(task, spec, plan, left_s, live, report)

        return await self._attendant.attend(task, spec, begin, LOOK_OFTEN_S)

    # -- what came of it

    async def _settle_success(self, task: Task, spec: StageSpec, plan: Plan, done: Done) -> Outcome:
        stored = await patiently(self._bench.store, task, plan, done)
        self._tracer.note(outcome="finished")
        _logger.info("Stage %s took %s ms.", spec.stage, task.duration_ms)
        finished = replace(
            task,
            status=TaskStatus.FINISHED,
            output_assets=tuple(asset.id for asset in stored.assets),
            data=stored.data,
            ended_at=self._clock.now(),
        )

        def write() -> Outcome:
            with self._writing() as tx:
                if has_ended(tx, charged(tx, finished)):
                    return AGAIN if self._is_outdated(tx, finished, spec) else DONE
                self._bench.write(tx, stored)
                return self._finish(tx, finished, spec)

        return await until_written(write)

    async def _reuse(self, job: Job, spec: StageSpec, plan: Plan, cached: Task) -> Outcome:
        self._tracer.note(outcome="reused")

        def write() -> Outcome:
            with self._writing() as tx:
                now = self._live(job.id, job.attempt, tx)
                tries = [task for task in tx.tasks.of_job(now.id) if is_of(task, now.attempt, spec.stage)]
                if any(is_done(task, plan.cache_key) for task in tries):
                    return DONE
                fresh = self._bench.task(now, spec, plan, len(tries) + 1)
                reused = replace(
                    fresh,
                    status=TaskStatus.FINISHED,
                    reused=True,
                    saved_ms=cached.duration_ms or cached.saved_ms,
                    output_assets=cached.output_assets,
                    data=cached.data,
                    ended_at=self._clock.now(),
                )
                tx.tasks.add(reused)
                pipeline = CATALOG[now.pipeline].pipeline
                shown = stage_shown(now, spec.stage)
                tx.jobs.apply(moves.enter(now, pipeline, shown, self._clock.now(), task_id=reused.id, reused=True))
                return self._finish(tx, reused, spec)

        return await until_written(write)

    def _finish(self, tx: Transaction, task: Task, spec: StageSpec) -> Outcome:
        """The end of a stage and, in the same transaction, the hold that it or its job asked for."""
        job = self._live(task.job_id, task.attempt, tx)
        if WAITING in task.data:
            tx.jobs.apply(moves.hold(job, WaitingFor(task.data[WAITING]), self._clock.now()))
            return STOP
        if job.stage is not spec.stage:
            return DONE
        pipeline = CATALOG[job.pipeline].pipeline
        at = self._clock.now()
        facts: dict[str, Any] = {"task_id": task.id, "reused": task.reused or None, "duration_ms": task.duration_ms}
        job = tx.jobs.apply(costing(tx, moves.finish_stage(job, pipeline, at, **facts)))
        if spec.stage not in job.hold_after:
            return DONE
        if self._is_outdated(tx, task, spec):
            return AGAIN
        tx.jobs.apply(moves.hold(job, WaitingFor.INPUT, at))
        return STOP

    def _is_outdated(self, tx: Transaction, task: Task, spec: StageSpec) -> bool:
        """Whether photos have come, while the stage worked, to a job that is to be held after it."""
        job = self._bench.job(task.job_id, tx)
        return spec.stage in job.hold_after and not self._bench.is_finished(job, spec, tx)

    async def _settle_hold(self, task: Task, spec: StageSpec, hold: OnHold) -> Outcome:
        """The try is over; the job waits for whoever decides."""
        problem = Problem.of(hold.error)
        self._tracer.note(outcome="held", code=problem.code)
        ended = replace(task, status=TaskStatus.FAILED, error=problem)

        def write() -> Outcome:
            with self._writing() as tx:
                job = self._live(task.job_id, task.attempt, tx)
                at = self._clock.now()
                if not has_ended(tx, replace(charged(tx, ended), ended_at=at)):
                    tx.logs.add(_line(task, spec, problem, "warning", at))
                    tx.jobs.apply(costing(tx, moves.hold(job, hold.waiting_for, at)))
                return STOP

        return await until_written(write)

    async def _settle_failure(self, task: Task, spec: StageSpec, failure: Exception) -> Outcome:
        error = failure.error if isinstance(failure, CallFailed) else failure
        problem = Problem.of(error)
        number = await patiently(self._bench.number, task)
        again = isinstance(error, Temporary) and number <= spec.retries
        delay = delay_before(error, number) if again else 0.0
        outcome = Outcome(kind="again", delay=delay) if again else STOP
        instead = None if again else await patiently(self._planner.instead, task, spec, failure)
        data: dict[str, Any] = {}
        if instead is not None:
            outcome, data = Outcome(kind="again", delay=0.0, instead=instead), {PASSED_OVER: task.engine}
        self._tracer.note(outcome=outcome["kind"] if outcome["kind"] == "again" else "failed", code=problem.code)
        _logger.warning("Stage %s failed: %s: %s", spec.stage, problem.code, problem.message)
        ended = replace(task, status=TaskStatus.FAILED, error=problem, data=data)

        def write() -> Outcome:
            with self._writing() as tx:
                job = self._live(task.job_id, task.attempt, tx)
                at = self._clock.now()
                if has_ended(tx, replace(charged(tx, ended), ended_at=at)):
                    return outcome
                tx.logs.add(_line(task, spec, problem, "error", at, detail_of(error)))
                move = moves.fail(job, problem, at)
                if outcome["kind"] == "again":
                    move = moves.requeue(job, "elsewhere" if data else "backoff", at, delay)
                tx.jobs.apply(costing(tx, move))
                return outcome

        return await until_written(write)

    async def _close(self, task: Task, status: TaskStatus, started: float) -> None:
        spent = int((self._clock.monotonic() - started) * 1000)

        def write() -> None:
            with self._writing() as tx:
                tx.tasks.end(replace(task, status=status, duration_ms=spent, ended_at=self._clock.now()))

        await patiently(write)

    @contextmanager
    def _writing(self) -> Generator[Transaction]:
        """A transaction that counts only if this process's lease holds until its end."""
        with self._db.write() as tx:
            if self._worker_id is not None and not tx.workers.holds(self._worker_id):
                raise LeaseLost
            yield tx

    def _is_repeatable(self, task: Task) -> bool:
        """Whether the work may be asked for again. An engine that is not known here is not trusted with that."""
        known = [record for record in self._engines.all() if record.info and record.name == task.engine]
        # what a hosted engine was asked for stands in the ledger, which is looked at before anything is sent again
        return task.engine is None or any(record.hosted or (record.info and record.info.repeatable) for record in known)

    def _live(self, job_id: str, attempt: int, tx: Transaction) -> Job:
        job = self._bench.job(job_id, tx)
        if is_over(job, attempt):
            raise Stopped
        return job


def _line(task: Task, spec: StageSpec, problem: Problem, level: str, at: datetime, detail: str = "") -> LogLine:
    return LogLine(task.job_id, at, level, f"{problem.code}: {problem.message}", spec.stage, detail)
