"""Batches: accept a table of products, look at it, cancel it, retry what failed."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from maquette.app.batches.drafts import Draft
from maquette.app.batches.planning import NewBatch as NewBatch
from maquette.app.batches.planning import Plan, looked_at
from maquette.app.batches.planning import fingerprint as fingerprint_of
from maquette.app.batches.planning import plan as planned
from maquette.app.jobs import Jobs
from maquette.domain.batches import (
    PROJECT,
    SESSION,
    Batch,
    BatchInvalid,
    BatchRow,
    BatchStatus,
    OnError,
    RowProblem,
    RowStatus,
    RowView,
    Standing,
    Tally,
    status_of,
)
from maquette.domain.errors import CODES, Refused
from maquette.domain.ids import new_id
from maquette.ports.clock import Clock
from maquette.ports.engines import EngineShelf
from maquette.ports.stores import Database, Page, Transaction

MAX_ROWS = 1000
MANY = 200
NO_SESSIONS: Mapping[int, str] = MappingProxyType({})
RETRIED = frozenset({Standing.FAILED, Standing.CANCELED, Standing.REFUSED})


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch and what its rows are doing."""

    batch: Batch
    tally: Tally

    @property
    def status(self) -> BatchStatus:
        return status_of(self.batch, self.tally)


class Batches:
    """The use cases around batches. All methods block; call them from a thread in an event loop."""

    def __init__(
        self, database: Database, jobs: Jobs, engines: EngineShelf, clock: Clock, max_rows: int = MAX_ROWS
    ) -> None:
        self._db = database
        self._jobs = jobs
        self._engines = engines
        self._clock = clock
        self.max_rows = max_rows

    # -- accepting

    def submit(
        self,
        owner_id: str,
        new: NewBatch,
        idempotency_key: str | None = None,
        sessions: Mapping[int, str] = NO_SESSIONS,
    ) -> BatchView:
        """Accepts a batch: when this returns it is stored, and all of it will be worked on whatever dies.

        With ``OnError.REFUSE`` any problem that can be known now raises ``BatchInvalid`` with all of them, and nothing
        is stored. Photos that have to be fetched from URLs are checked later. The same ``idempotency_key`` with the
        same request gives the same batch, with another request ``idempotency_mismatch``. ``sessions`` are hashes of
        tokens that shall open the jobs of rows, by number; the rows of a batch that was accepted before keep theirs.
        """
        return self.start(owner_id, self.plan(new), idempotency_key, sessions=sessions)

    def plan(self, new: NewBatch) -> Plan:
        """Reads all rows. Raises the catalog's errors about the pipeline and the settings of all rows."""
        return planned(new, self.max_rows)

    def look(self, owner_id: str, plan: Plan, arriving: Container[str] = frozenset()) -> Plan:
        """The plan with all that is wrong with it. ``arriving`` are photos that will be uploaded before it starts."""
        with self._db.read() as tx:
            return looked_at(tx, self._engines, owner_id, plan, arriving)

    def start(
        self,
        owner_id: str,
        plan: Plan,
        idempotency_key: str | None = None,
        arriving: Container[str] = frozenset(),
        sessions: Mapping[int, str] = NO_SESSIONS,
    ) -> BatchView:
        """Accepts what was planned; see ``submit``. ``arriving`` are photos of rows that are refused for others."""
        try:
            return self._start(owner_id, plan, idempotency_key, arriving, sessions)
        except Refused as refusal:
            if refusal.code != "conflict":
                raise
            # a twin took the key between our look and our insert: now it can be seen
            return self._start(owner_id, plan, idempotency_key, arriving, sessions)

    def _start(
        self,
        owner_id: str,
        plan: Plan,
        idempotency_key: str | None,
        arriving: Container[str],
        sessions: Mapping[int, str],
    ) -> BatchView:
        fingerprint = fingerprint_of(plan)
        with self._db.read() as tx:
            known = _replay(tx, owner_id, idempotency_key, fingerprint)
            if known is not None:
                return _seen(tx, known)
            looked = looked_at(tx, self._engines, owner_id, plan, arriving)
        looked.check()
        batch, rows = self._made(owner_id, looked, idempotency_key, sessions)
        with self._db.write() as tx:
            tx.batches.add(batch, rows, fingerprint)
            return _seen(tx, batch)

    def _made(
        self, owner_id: str, plan: Plan, idempotency_key: str | None, sessions: Mapping[int, str]
    ) -> tuple[Batch, list[BatchRow]]:
        at, batch_id, new = self._clock.now(), new_id("bat"), plan.new
        rows = [_row(batch_id, owner_id, one, _of_row(new, sessions.get(one.number))) for one in plan.drafts]
        unsure = new.on_error is OnError.REFUSE and any(row.status is RowStatus.CHECKING for row in rows)
        batch = Batch(
            id=batch_id,
            owner_id=owner_id,
            pipeline=new.pipeline,
            created_at=at,
            updated_at=at,
            size=len(rows),
            status=BatchStatus.CHECKING if unsure else BatchStatus.RUNNING,
            on_error=new.on_error,
            name=new.name,
            priority=new.priority,
            idempotency_key=idempotency_key,
        )
        return batch, rows

    # -- looking

    def get(self, owner_id: str, batch_id: str) -> BatchView:
        """Raises ``not_found``."""
        with self._db.read() as tx:
            return _seen(tx, _owned(tx.batches.get(batch_id, owner_id)))

    def known(self, owner_id: str, idempotency_key: str) -> BatchView | None:
        """The batch that was accepted under a key. Raises ``deleted``."""
        with self._db.read() as tx:
            known = tx.batches.by_key(owner_id, idempotency_key)
            batch = known and _replay(tx, owner_id, idempotency_key, known[1])
            return _seen(tx, batch) if batch else None

    def list(self, owner_id: str, cursor: str | None = None, limit: int = 50) -> Page[BatchView]:
        """The owner's batches, newest first."""
        with self._db.read() as tx:
            return _views(tx, tx.batches.list(owner_id, cursor=cursor, limit=limit))

    def rows(self, owner_id: str, batch_id: str, after: int = 0, limit: int = 100) -> tuple[RowView, ...]:
        """Rows in the order of the table, those with a greater number than ``after``. Raises ``not_found``."""
        with self._db.read() as tx:
            batch = _owned(tx.batches.get(batch_id, owner_id))
            return tx.batches.rows(batch.id, after=after, limit=limit)

    def all_rows(self, owner_id: str, batch_id: str) -> Iterable[RowView]:
        """Every row, read in portions."""
        after = 0
        while found := self.rows(owner_id, batch_id, after, MANY):
            yield from found
            after = found[-1].row.number

    def all_problems(self, owner_id: str, batch_id: str) -> tuple[RowProblem, ...]:
        """Everything that is wrong with its rows, in their order. Raises ``not_found``."""
        return tuple(one for view in self.all_rows(owner_id, batch_id) for one in view.row.problems)

    def deleted(self, owner_id: str, since: datetime, cursor: str | None, limit: int) -> Page[BatchView]:
        """What can still be restored: those deleted at ``since`` or later."""
        with self._db.read() as tx:
            return _views(tx, tx.deleted.batches(owner_id, since, cursor, limit))

    # -- steering

    def cancel(self, owner_id: str, batch_id: str) -> BatchView:
        """Starts nothing more and cancels the jobs that have not ended. A canceled batch stays as it is.

        Raises ``not_found``, and ``batch_finished`` for one that has ended otherwise.
        """
        with self._db.write() as tx:
            batch = _owned(tx.batches.hold(batch_id, owner_id))
            if _seen(tx, batch).status in (BatchStatus.DONE, BatchStatus.REFUSED):
                raise Refused("batch_finished")
            tx.batches.cancel_rows(batch.id)
            tx.batches.save(replace(batch, status=BatchStatus.CANCELED, updated_at=self._clock.now()))
            jobs = tx.batches.open_jobs(batch.id)
        for job in jobs:
            self._stop(owner_id, job.id)
        return self.get(owner_id, batch_id)

    def retry_failed(self, owner_id: str, batch_id: str) -> BatchView:
        """Starts the failed and canceled rows again, and fetches photos that could not be reached once more.

        Raises ``not_found``; ``BatchInvalid`` for a batch that was refused for what no retry mends.
        """
        with self._db.write() as tx:
            batch = _owned(tx.batches.hold(batch_id, owner_id))
            views = _all(tx, batch.id)
            again = [row for view in views if (row := _again(view)) is not None]
            lasting = [one for view in views for one in view.row.problems if not CODES[one.code].retryable]
            if batch.status is BatchStatus.REFUSED and lasting:
                raise BatchInvalid(lasting)
            for row, was in again:
                tx.batches.save_row(row, was)
            unsure = batch.on_error is OnError.REFUSE and any(row.status is RowStatus.CHECKING for row, _ in again)
            status = BatchStatus.CHECKING if unsure else BatchStatus.RUNNING
            if again:
                tx.batches.save(replace(batch, status=status, updated_at=self._clock.now()))
        return self.get(owner_id, batch_id)

    def _stop(self, owner_id: str, job_id: str) -> None:
        try:
            self._jobs.cancel(owner_id, job_id)
        except Refused as refusal:
            # it ended, or was deleted, while its fellows were canceled
            if refusal.code not in ("job_finished", "not_found"):
                raise


def _of_row(new: NewBatch, session: str | None) -> dict[str, str]:
    told = {SESSION: session, PROJECT: new.project_id}
    return {name: value for name, value in told.items() if value}


def _row(batch_id: str, owner_id: str, row: Draft, of_row: Mapping[str, str]) -> BatchRow:
    status = RowStatus.QUEUED if all(photo.asset_id for photo in row.photos) else RowStatus.CHECKING
    return BatchRow(
        batch_id=batch_id,
        number=row.number,
        owner_id=owner_id,
        sku=row.sku,
        status=RowStatus.REFUSED if row.wrong else status,
        name=row.name,
        photos=row.photos,
        settings={} if row.wrong else {**row.settings, **of_row},
        problems=row.wrong,
    )


def _again(view: RowView) -> tuple[BatchRow, RowStatus] | None:
    """The row as it starts again, and what it was; None for one that need not or cannot."""
    row = view.row
    if view.standing not in RETRIED or any(not CODES[one.code].retryable for one in row.problems):
        return None
    photos = tuple(replace(photo, problem=None) for photo in row.photos)
    is_known = row.job_id is not None or all(photo.asset_id for photo in photos)
    status = RowStatus.QUEUED if is_known else RowStatus.CHECKING
    return replace(row, photos=photos, problems=(), status=status), row.status


def _all(tx: Transaction, batch_id: str) -> list[RowView]:
    found: list[RowView] = []
    while portion := tx.batches.rows(batch_id, after=found[-1].row.number if found else 0, limit=MANY):
        found += portion
    return found


def _seen(tx: Transaction, batch: Batch) -> BatchView:
    return BatchView(batch, tx.batches.tally([batch.id])[batch.id])


def _views(tx: Transaction, page: Page[Batch]) -> Page[BatchView]:
    tallies = tx.batches.tally([batch.id for batch in page.items])
    return Page(tuple(BatchView(batch, tallies[batch.id]) for batch in page.items), page.next_cursor)


def _owned(batch: Batch | None) -> Batch:
    if batch is None:
        raise Refused("not_found")
    return batch


def _replay(tx: Transaction, owner_id: str, idempotency_key: str | None, fingerprint: str) -> Batch | None:
    known = tx.batches.by_key(owner_id, idempotency_key) if idempotency_key else None
    if known is None:
        return None
    batch, first = known
    if first != fingerprint:
        raise Refused("idempotency_mismatch")
    if batch.deleted_at is not None:
        hint = f"Restore the batch {batch.id}, or use a new key."
        raise Refused("deleted", "The batch of this Idempotency-Key was deleted.", hint)
    return batch
