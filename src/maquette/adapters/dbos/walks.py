"""The one workflow of Maquette, and the client that hands jobs to it. Imports DBOS: slow, so imported late."""

import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions, StepOptions
from dbos import error as dbos_error
from sqlalchemy.exc import DBAPIError

from maquette.adapters.dbos.caretaker import Caretaker
from maquette.adapters.dbos.connections import engine, is_full
from maquette.adapters.dbos.names import APPLICATION, QUEUE, RECOVERIES, WALK, WALK_VERSION, place, workflow_id
from maquette.adapters.dbos.quiet import quieten
from maquette.domain.errors import MaquetteError, Unavailable
from maquette.domain.jobs import Job
from maquette.pipelines.runner import Runner, walk
from maquette.ports.stores import Database, Transaction

POLL_S = 0.25
"""Seconds between two looks into the queue: a tenth of a core idle would buy 0.1."""

_log = logging.getLogger(__name__)


class Walks:
    """Hands jobs over and, once launched, walks them."""

    def __init__(self, url: str, concurrency: int) -> None:
        quieten(dbos_error.DBOSWorkflowCancelledError, dbos_error.DBOSAwaitedWorkflowCancelledError)
        DBOS.migrate(url)
        self._engine = engine(url)
        self._serializer = DBOSPortableJSONSerializer()
        self._client = DBOSClient(
            system_database_engine=self._engine, serializer=self._serializer, application_name=APPLICATION
        )
        self._concurrency = concurrency
        self._running: set[str] = set()
        self._launched = False
        self._caretaker: Caretaker | None = None

    def enqueue(self, tx: Transaction, job: Job) -> None:
        """Part of the caller's transaction."""
        options: EnqueueOptions = {
            "workflow_name": WALK,
            "queue_name": QUEUE,
            "workflow_id": workflow_id(job),
            "app_version": WALK_VERSION,
            "priority": place(job),
        }
        self._client.enqueue_in_transaction(tx.connection, options, job.id, job.attempt, job.leg)

    def cancel(self, job: Job) -> None:
        """A running step notices within a second; one that has not begun never begins."""
        try:
            self._client.cancel_workflow(workflow_id(job))
        except (DBAPIError, dbos_error.DBOSException):
            _log.warning("The walk of %s could not be canceled; it will find its job ended.", job.id, exc_info=True)

    def launch(self, runner: Runner, database: Database, executor_id: str) -> None:
        """Registers the workflow and starts the library's threads, and the caretaker."""
        self._client.register_queue(QUEUE, worker_concurrency=self._concurrency, polling_interval_sec=POLL_S)
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_engine": self._engine,
            "serializer": self._serializer,
            "application_version": WALK_VERSION,
            "executor_id": executor_id,
            "log_level": "WARNING",
            "enable_otlp": False,
            "use_listen_notify": False,
            "scheduler_polling_interval_sec": 3600.0,
        }
        self._launched = True
        DBOS(config=config)
        DBOS.workflow(name=WALK, max_recovery_attempts=RECOVERIES)(_workflow(runner, self._running))
        # from a thread without an event loop, lest the library runs our steps on the caller's
        with ThreadPoolExecutor(1) as aside:
            aside.submit(DBOS.launch).result()
        self._caretaker = Caretaker(self._client, database, runner, executor_id, self._running, self.enqueue)
        self._caretaker.start()

    def close(self, drain_s: int) -> None:
        """Steps that still run are cancelled, which kills their processes; the next launch takes them up."""
        if self._caretaker is not None:
            self._caretaker.stop()
        if self._launched:
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=drain_s)
        self._client.destroy()
        self._engine.dispose()


def _workflow(runner: Runner, running: set[str]) -> Callable[[str, int, int], Awaitable[None]]:
    async def walk_job(job_id: str, attempt: int, leg: int) -> None:
        name = DBOS.workflow_id or ""
        running.add(name)
        try:
            await walk(runner, job_id, attempt, leg, _step, DBOS.sleep_async)
        except Exception as error:  # noqa: BLE001 - whatever escapes the runner must still end the job
            _log.exception("The walk of %s broke.", job_id)
            await _step(runner.abandon, job_id, attempt, _code(error))
        finally:
            running.discard(name)

    return walk_job


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
    return await DBOS.run_step_async(options, method, *arguments)


def _is_trouble(error: BaseException) -> bool:
    """A full disk, a busy database: what the stages did stands, it just could not be written down yet."""
    return isinstance(error, Unavailable | DBAPIError | OSError)


def _code(error: Exception) -> str:
    tried = error.errors[-1:] if isinstance(error, dbos_error.DBOSMaxStepRetriesExceeded) else []
    cause = tried[0] if tried else error
    if isinstance(cause, MaquetteError):
        return cause.code
    return "storage_full" if isinstance(cause, DBAPIError) and is_full(cause.orig) else "internal"
