"""Finds jobs that nobody works on any more although they have not ended, and sees to them."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

from dbos import DBOSClient, WorkflowStatus

from maquette.adapters.dbos.names import QUEUE, RECOVERIES, workflow_id
from maquette.domain.jobs import Job, TaskStatus
from maquette.pipelines.runner import Runner
from maquette.ports.stores import Database, Transaction

LOOK_EVERY_S = 5.0

_TOO_OFTEN = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
_ENDED = frozenset({"SUCCESS", "ERROR", "CANCELLED", _TOO_OFTEN})
_SEQ = "forgiven_at_seq"
"""The attribute of a workflow that keeps the job's ``seq`` of the last time it was resumed."""

_log = logging.getLogger(__name__)


class Caretaker:
    """Compares our jobs with the library's workflows, at launch and every few seconds.

    An unfinished job without a workflow is handed over again: its folder may have been restored from a copy. One
    whose workflow has ended fails as ``worker_lost``; when it ended because it was taken up too often, that is so only
    if the job itself is to blame. Of several processes the first does it for all.
    """

    def __init__(
        self,
        client: DBOSClient,
        database: Database,
        runner: Runner,
        enqueue: Callable[[Transaction, Job], None],
    ) -> None:
        self._client = client
        self._db = database
        self._runner = runner
        self._enqueue = enqueue

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
                self._end(job, statuses[name])

    def _end(self, job: Job, status: WorkflowStatus) -> None:
        if status.status == _TOO_OFTEN and not self._is_to_blame(job, status):
            self._client.update_workflow_attributes(status.workflow_id, {_SEQ: job.seq})
            self._client.resume_workflow(status.workflow_id, queue_name=QUEUE)
            return
        _log.warning("Job %s was left by its walk, which is %s.", job.id, status.status)
        asyncio.run(self._runner.abandon(job.id, job.attempt, "worker_lost"))

    def _is_to_blame(self, job: Job, status: WorkflowStatus) -> bool:
        """Whether it is this job that crashes us, rather than the machine that goes down all the time.

        It is if one stage was lost too often, or if nothing at all has happened since it was last forgiven.
        """
        if (status.attributes or {}).get(_SEQ) == job.seq:
            return True
        with self._db.read() as tx:
            tasks = [task for task in tx.tasks.of_job(job.id) if task.attempt == job.attempt]
        # the newest one still counts as running: nobody has been there to mark it
        lost = Counter(task.stage for task in tasks if task.status in (TaskStatus.LOST, TaskStatus.RUNNING))
        return max(lost.values(), default=0) > RECOVERIES

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
