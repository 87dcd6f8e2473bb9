"""Deleting, and thinking better of it: whatever a person deletes can be brought back for some days."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from maquette.domain import jobs as moves
from maquette.domain.assets import Asset
from maquette.domain.batches import Batch, BatchStatus
from maquette.domain.errors import Refused
from maquette.domain.jobs import Job, TaskStatus
from maquette.domain.projects import Project
from maquette.domain.states import ENDED, Status
from maquette.ports.care import Act
from maquette.ports.clock import Clock
from maquette.ports.jobs import JobEngine
from maquette.ports.pages import Page
from maquette.ports.stores import Database, Transaction

T = TypeVar("T")
OPEN = tuple(status for status in Status if status not in ENDED)
MAX_LIMIT = 500


class Care:
    """The use cases around deleting and restoring. All methods block.

    A foreign or missing thing, and one whose time for regrets is over, is ``not_found``.
    """

    def __init__(self, database: Database, engine: JobEngine, clock: Clock, undo_days: float) -> None:
        self._db = database
        self._engine = engine
        self._clock = clock
        self._undo = timedelta(days=undo_days)

    # -- deleting

    def delete_asset(self, owner_id: str, asset_id: str) -> None:
        """Raises ``in_use`` while an unfinished job starts from it, or a row of a batch is about to."""
        with self._db.write() as tx:
            for job in tx.jobs.starting_from(owner_id, asset_id):
                raise Refused("in_use", f"The job {job.id} works on it.")
            for batch_id in tx.batches.starting_from(owner_id, asset_id):
                raise Refused("in_use", f"A row of {batch_id} waits to start from it.", "Cancel the batch first.")
            if not tx.deleted.delete_asset(owner_id, asset_id, self._instant(tx, owner_id)):
                raise Refused("not_found")

    def delete_job(self, owner_id: str, job_id: str) -> None:
        """With what it made, unless something else refers to that. Raises ``in_use`` while it has not ended."""
        with self._db.write() as tx:
            job = tx.jobs.get(job_id, owner_id)
            if job is None:
                raise Refused("not_found")
            if not tx.deleted.delete_job(owner_id, job_id, self._instant(tx, owner_id)):
                raise Refused("in_use", f"The job is {job.status}.", "Cancel it first.")

    def delete_project(self, owner_id: str, project_id: str) -> None:
        """With its jobs and assets. Raises ``in_use`` while one of the jobs has not ended."""
        with self._db.write() as tx:
            if not tx.deleted.delete_project(owner_id, project_id, self._instant(tx, owner_id)):
                raise Refused("not_found")
            for job in tx.jobs.list(owner_id, statuses=OPEN, project_id=project_id, limit=1).items:
                raise Refused("in_use", f"Its job {job.id} is {job.status}.", "Cancel the project's jobs first.")

    def delete_batch(self, owner_id: str, batch_id: str) -> None:
        """With its jobs and what only they made. Raises ``in_use`` while one of its rows has not ended."""
        with self._db.write() as tx:
            batch = tx.batches.hold(batch_id, owner_id)
            if batch is None:
                raise Refused("not_found")
            if tx.batches.tally([batch_id])[batch_id].is_open:
                raise Refused("in_use", "The batch has not ended.", "Cancel it first.")
            tx.deleted.delete_batch(owner_id, batch_id, self._instant(tx, owner_id))

    def delete_owner(self, owner_id: str) -> Act:
        """All projects, jobs, assets and batches of an owner. What has not ended is canceled first."""
        while True:
            try:
                return self._delete_owner(owner_id)
            except Refused as refusal:
                # one of the jobs moved meanwhile
                if refusal.code != "conflict":
                    raise

    def _delete_owner(self, owner_id: str) -> Act:
        with self._db.write() as tx:
            for batch in _open_batches(tx, owner_id):
                tx.batches.cancel_rows(batch.id)
                tx.batches.save(replace(batch, status=BatchStatus.CANCELED, updated_at=self._clock.now()))
            canceled = [self._cancel(tx, job) for job in _open_jobs(tx, owner_id)]
            at = self._instant(tx, owner_id)
            act = tx.deleted.delete_owner(owner_id, at)
            tx.webhooks.delete_all(owner_id, at)
        for job in canceled:
            self._engine.cancel(job)
        return act

    # -- bringing back

    def restore_asset(self, owner_id: str, asset_id: str) -> Asset:
        """Raises ``conflict`` while its project is deleted."""
        with self._db.write() as tx:
            return _found(tx.deleted.restore_asset(owner_id, asset_id, self.since()))

    def restore_job(self, owner_id: str, job_id: str) -> Job:
        """With what went with it. Raises ``conflict`` while its project is deleted."""
        with self._db.write() as tx:
            return _found(tx.deleted.restore_job(owner_id, job_id, self.since()))

    def restore_project(self, owner_id: str, project_id: str) -> Project:
        """With all that went with it."""
        with self._db.write() as tx:
            return _found(tx.deleted.restore_project(owner_id, project_id, self.since()))

    def restore_batch(self, owner_id: str, batch_id: str) -> Batch:
        """With all that went with it."""
        with self._db.write() as tx:
            return _found(tx.deleted.restore_batch(owner_id, batch_id, self.since()))

    def restore_owner(self, owner_id: str, at: datetime | None = None) -> Act:
        """Brings back everything that went at one instant: the given one, or that of the newest deletion."""
        with self._db.write() as tx:
            last = tx.deleted.last(owner_id, self.since())
            wanted = last if at is None else at
            if last is None or wanted is None or wanted < self.since():
                raise Refused("not_found")
            act = tx.deleted.restore_owner(owner_id, wanted)
        if not act.projects + act.jobs + act.assets + act.batches:
            raise Refused("not_found")
        return act

    # -- looking

    def deleted_assets(self, owner_id: str, project_id: str | None, cursor: str | None, limit: int) -> Page[Asset]:
        """What can still be restored; newest first, as all lists."""
        with self._db.read() as tx:
            return tx.deleted.assets(owner_id, self.since(), project_id, cursor, limit)

    def deleted_jobs(self, owner_id: str, project_id: str | None, cursor: str | None, limit: int) -> Page[Job]:
        """What can still be restored."""
        with self._db.read() as tx:
            return tx.deleted.jobs(owner_id, self.since(), project_id, cursor, limit)

    def deleted_projects(self, owner_id: str, cursor: str | None, limit: int) -> Page[Project]:
        """What can still be restored."""
        with self._db.read() as tx:
            return tx.deleted.projects(owner_id, self.since(), cursor, limit)

    def restorable_until(self, thing: Asset | Job | Project | Batch | Act) -> datetime | None:
        """When it is gone for good; None for what is not deleted."""
        at = thing.at if isinstance(thing, Act) else thing.deleted_at
        return None if at is None else at + self._undo

    def elapsed_ms(self, job: Job) -> int:
        """The working time over all attempts of a job, be it deleted or not."""
        with self._db.read() as tx:
            return sum(task.duration_ms for task in tx.tasks.of_job(job.id) if not task.reused)

    def since(self) -> datetime:
        """What was deleted then or later can be restored."""
        return self._clock.now() - self._undo

    def _instant(self, tx: Transaction, owner_id: str) -> datetime:
        return tx.deleted.instant(owner_id, self._clock.now())

    def _cancel(self, tx: Transaction, job: Job) -> Job:
        move = moves.cancel(job, self._clock.now())
        for task in tx.tasks.of_job(job.id):
            if task.status is TaskStatus.RUNNING:
                tx.tasks.save(replace(task, status=TaskStatus.CANCELED, ended_at=self._clock.now()))
        return tx.jobs.apply(move) if move else job


def _found(thing: T | None) -> T:
    if thing is None:
        raise Refused("not_found")
    return thing


def _open_batches(tx: Transaction, owner_id: str) -> list[Batch]:
    """Those of which something may still begin."""
    return [batch for batch in tx.batches.busy() if batch.owner_id == owner_id]


def _open_jobs(tx: Transaction, owner_id: str) -> list[Job]:
    jobs: list[Job] = []
    cursor: str | None = None
    while True:
        page = tx.jobs.list(owner_id, statuses=OPEN, cursor=cursor, limit=MAX_LIMIT)
        jobs += page.items
        cursor = page.next_cursor
        if cursor is None:
            return jobs
