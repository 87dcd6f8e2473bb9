"""The workflows of Maquette: a job's walk, and a stage of it that another kind of worker runs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, StepOptions
from dbos import error as dbos_error
from sqlalchemy.exc import DBAPIError

from maquette.adapters.dbos.connections import is_full
from maquette.adapters.dbos.names import QUEUE, QUEUES, RECOVERIES, STAGE, WALK, WALK_VERSION, ranked
from maquette.adapters.dbos.slots import Slots
from maquette.domain.errors import MaquetteError, Unavailable
from maquette.domain.fleet import Queue
from maquette.pipelines.outcome import Errand, LeaseLost, Outcome
from maquette.pipelines.runner import Runner
from maquette.pipelines.walk import walk

CHILD_POLL_S = 0.1
"""Seconds between two looks whether a stage elsewhere has ended; the library's own second would be felt."""

_log = logging.getLogger(__name__)


class Walks:
    """Registers the workflows and is how a walk does things: durably, and in turn with the others (``Hands``)."""

    def __init__(self, runner: Runner, slots: Slots) -> None:
        self._runner = runner
        self._slots = slots
        DBOS.workflow(name=WALK, max_recovery_attempts=RECOVERIES)(self._walk_function())
        self._run_elsewhere = DBOS.workflow(name=STAGE, max_recovery_attempts=RECOVERIES)(self._stage_function())

    async def step(self, method: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """Here and now, unless it was done before."""
        return await _step(method, *arguments)

    async def run(self, job_id: str, attempt: int, stage: str, *, leg: int) -> Outcome:
        """One try of a stage, on this machine's processor."""
        async with self._slots.turn(QUEUE):
            return await _step(self._runner.run_stage, job_id, attempt, stage, None, leg)

    async def send(self, errand: Errand, job_id: str, attempt: int, number: int, *, leg: int) -> Outcome:
        """One try of a stage, by whoever serves its queue."""
        name = f"{DBOS.workflow_id}:{errand['stage']}.{number}"
        place = ranked(errand["priority"], errand["turn"])
        with SetWorkflowID(name), SetEnqueueOptions(priority=place, app_version=WALK_VERSION):
            queue, stage = QUEUES[Queue(errand["queue"])], errand["stage"]
            handle = await DBOS.enqueue_workflow_async(
                queue, self._run_elsewhere, job_id, attempt, stage, errand["engine"], leg
            )
        with self._slots.parked(QUEUE):
            return await handle.get_result(polling_interval_sec=CHILD_POLL_S)

    async def sleep(self, seconds: float) -> None:
        with self._slots.parked(QUEUE):
            await DBOS.sleep_async(seconds)

    def _walk_function(self) -> Callable[[str, int, int], Awaitable[None]]:
        async def walk_job(job_id: str, attempt: int, leg: int) -> None:
            with self._slots.presence(DBOS.workflow_id or ""):
                try:
                    await walk(self._runner, job_id, attempt, leg, self)
                except Exception as error:  # noqa: BLE001 - whatever escapes the runner must still end the job
                    _log.exception("The walk of %s broke.", job_id)
                    await _step(self._runner.abandon, job_id, attempt, _code(error))

        return walk_job

    def _stage_function(self) -> Callable[..., Coroutine[Any, Any, Outcome]]:
        # what an older version handed over names no leg
        async def run_stage(
            job_id: str, attempt: int, stage: str, engine: str | None, leg: int | None = None
        ) -> Outcome:
            with self._slots.presence(DBOS.workflow_id or ""):
                return await _step(self._runner.run_stage, job_id, attempt, stage, engine, leg)

        return run_stage


async def _step(method: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    """A durable call. Steps are cancelled with their job, and tried again while the machine is in trouble."""
    options: StepOptions = {
        "name": method.__name__,
        "preemptible": True,
        "retries_allowed": True,
        "interval_seconds": 1.0,
        "backoff_rate": 1.5,
        "max_attempts": 12,
        "should_retry": _is_trouble,
    }

    async def call() -> Any:
        try:
            return await method(*arguments)
        except LeaseLost:
            # nothing of this may be written down, in no table: it waits to be stopped with the whole shift
            await asyncio.Event().wait()

    return await DBOS.run_step_async(options, call)


def _is_trouble(error: BaseException) -> bool:
    """A full disk, a busy database: what the stages did stands, it just could not be written down yet."""
    return isinstance(error, Unavailable | DBAPIError | OSError)


def _code(error: Exception) -> str:
    if isinstance(error, dbos_error.DBOSAwaitedWorkflowMaxRecoveryAttemptsExceeded):
        return "worker_lost"
    tried = error.errors[-1:] if isinstance(error, dbos_error.DBOSMaxStepRetriesExceeded) else []
    cause = tried[0] if tried else error
    if isinstance(cause, MaquetteError):
        return cause.code
    return "storage_full" if isinstance(cause, DBAPIError) and is_full(cause.orig) else "internal"
