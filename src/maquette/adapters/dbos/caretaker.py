"""Finds jobs that nobody works on any more although they have not ended, and sees to them."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from dbos import DBOSClient, WorkflowStatus
from sqlalchemy.exc import DBAPIError

from maquette.adapters.dbos.names import QUEUE, workflow_id
from maquette.domain.errors import MaquetteError
from maquette.domain.jobs import Job
from maquette.pipelines.runner import Runner
from maquette.ports.stores import Database, Transaction

LOOK_EVERY_S = 5.0

_ENDED = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})
_log = logging.getLogger(__name__)


class Caretaker:
    """Compares our jobs with the library's workflows, at launch and every few seconds.

    An unfinished job without a workflow is handed over again: its folder may have been restored from a copy. One
    whose workflow has ended, for example because it was taken up too often, fails as ``worker_lost``. A workflow that
    this process should be running but is not, because a full disk kept it from being written down, is resumed.
    """

    def __init__(
        self,
        client: DBOSClient,
        database: Database,
        runner: Runner,
        executor_id: str,
        running: set[str],
        enqueue: Callable[[Transaction, Job], None],
    ) -> None:
        self._client = client
        self._db = database
        self._runner = runner
        self._executor_id = executor_id
        self._running = running
        self._enqueue = enqueue
        self._idle: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="caretaker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def look(self) -> None:
        """One comparison. Raises what the database raises."""
        jobs = self._unfinished()
        statuses = self._statuses([*jobs])
        # A walk that has just ended has first written what became of its job, so only jobs which are still in the
        # same place after their workflow's end was seen have been left.
        left = {name: job for name, job in self._unfinished().items() if name in jobs}
        for name in left.keys() - statuses.keys():
            self._hand_over(name)
        for name, job in left.items():
            if name in statuses and statuses[name].status in _ENDED:
                _log.warning("Job %s was left by its walk, which is %s.", job.id, statuses[name].status)
                asyncio.run(self._runner.abandon(job.id, job.attempt, "worker_lost"))
        self._resume(statuses)

    def _resume(self, statuses: Mapping[str, WorkflowStatus]) -> None:
        idle = {name for name, status in statuses.items() if self._should_run(status) and name not in self._running}
        for name in idle & self._idle:  # seen twice: the first time it may have been about to begin
            _log.warning("Walk %s was not running; it goes on.", name)
            self._client.resume_workflow(name, queue_name=QUEUE)
        self._idle = idle - self._idle

    def _should_run(self, status: WorkflowStatus) -> bool:
        return status.status == "PENDING" and status.executor_id == self._executor_id

    def _hand_over(self, name: str) -> None:
        with self._db.write() as tx:
            for job in tx.jobs.unfinished():
                if workflow_id(job) == name:
                    self._enqueue(tx, job)

    def _unfinished(self) -> dict[str, Job]:
        with self._db.read() as tx:
            return {workflow_id(job): job for job in tx.jobs.unfinished()}

    def _statuses(self, names: list[str]) -> dict[str, WorkflowStatus]:
        if not names:
            return {}
        found: list[Any] = self._client.list_workflows(workflow_ids=names, load_input=False, load_output=False)
        return {status.workflow_id: status for status in found}

    def _watch(self) -> None:
        while True:
            try:
                self.look()
            except (MaquetteError, DBAPIError):
                _log.warning("The jobs could not be looked after; trying again.", exc_info=True)
            if self._stopping.wait(LOOK_EVERY_S):
                return
