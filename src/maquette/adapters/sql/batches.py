"""Batches and their rows."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Select, and_, case, cast, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from maquette.adapters.sql.paging import page
from maquette.adapters.sql.rows import load, values
from maquette.adapters.sql.tables import BATCH_ROWS, BATCHES, JOBS, RESULTS, TASKS
from maquette.domain.batches import OPEN as OPEN_ROWS
from maquette.domain.batches import Batch, BatchRow, BatchStatus, RowStatus, RowView, Standing, Tally
from maquette.domain.errors import Refused
from maquette.domain.jobs import Job, Result
from maquette.domain.states import ENDED
from maquette.ports.stores import Page

_B, _R, _J, _T = BATCHES.c, BATCH_ROWS.c, JOBS.c, TASKS.c
_TODO = (RowStatus.CHECKING, RowStatus.QUEUED)
_FIXED = frozenset({"batch_id", "number", "owner_id"})
_CHUNK = 200
_JOB = and_(_J.id == _R.job_id, _J.deleted_at.is_(None))
_STANDING = case(
    (_R.status == RowStatus.STARTED, func.coalesce(cast(_J.status, _R.sku.type), Standing.DELETED.value)),
    else_=cast(_R.status, _R.sku.type),
)
"""What a row is doing, as text."""


class SqlBatches:
    """Implements ``BatchRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, batch: Batch, rows: Sequence[BatchRow], fingerprint: str) -> None:
        try:
            self._connection.execute(insert(BATCHES).values(values(batch) | {"request_fingerprint": fingerprint}))
        except IntegrityError as error:
            # SQLite names the columns, Postgres the constraint
            if batch.idempotency_key is not None and "idempotency_key" in str(error.orig):
                raise Refused("conflict", "The Idempotency-Key is taken.") from error
            raise
        for start in range(0, len(rows), _CHUNK):
            self._connection.execute(insert(BATCH_ROWS), [values(row) for row in rows[start : start + _CHUNK]])

    def get(self, batch_id: str, owner_id: str | None = None) -> Batch | None:
        """A person sees no deleted batch."""
        return self._one(_which(batch_id, owner_id))

    def hold(self, batch_id: str, owner_id: str | None = None) -> Batch | None:
        return self._one(_which(batch_id, owner_id).with_for_update())

    def by_key(self, owner_id: str, idempotency_key: str) -> tuple[Batch, str] | None:
        query = select(BATCHES).where(_B.owner_id == owner_id, _B.idempotency_key == idempotency_key)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else (load(Batch, row), row.request_fingerprint)

    def list(self, owner_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[Batch]:
        query = select(BATCHES).where(_B.owner_id == owner_id, _B.deleted_at.is_(None))
        return page(self._connection, query, BATCHES, Batch, cursor, limit)

    def save(self, batch: Batch) -> None:
        changed = {"status": batch.status, "updated_at": batch.updated_at}
        self._connection.execute(update(BATCHES).where(_B.id == batch.id).values(changed))

    def tally(self, batch_ids: Collection[str]) -> dict[str, Tally]:
        open_rows = [standing.value for standing in OPEN_ROWS]
        advanced = func.sum(case((_STANDING.in_(open_rows), func.coalesce(_J.progress, 0)), else_=0))
        query = (
            select(_R.batch_id, _STANDING.label("standing"), func.count().label("count"), cast(advanced, Integer))
            .select_from(BATCH_ROWS.outerjoin(JOBS, _JOB))
            .where(_R.batch_id.in_(batch_ids))
            .group_by(_R.batch_id, _STANDING)
        )
        counts: dict[str, dict[Standing, int]] = {batch_id: {} for batch_id in batch_ids}
        sums = dict.fromkeys(batch_ids, 0)
        for batch_id, standing, count, progress in self._connection.execute(query):
            counts[batch_id][Standing(standing)] = count
            sums[batch_id] += progress
        return {batch_id: Tally(found, sums[batch_id]) for batch_id, found in counts.items()}

    def rows(self, batch_id: str, *, after: int = 0, limit: int = 100) -> tuple[RowView, ...]:
        rows = self._rows(select(BATCH_ROWS).where(_R.batch_id == batch_id, _R.number > after), limit)
        ids = [row.job_id for row in rows if row.job_id]
        found = self._connection.execute(select(JOBS).where(_J.id.in_(ids), _J.deleted_at.is_(None))).all()
        jobs = {row.id: load(Job, row) for row in found}
        results, worked = self._results(jobs.values()), self._worked(list(jobs))

        def view(row: BatchRow) -> RowView:
            name = row.job_id or ""
            return RowView(row, jobs.get(name), results.get(name), worked.get(name, 0))

        return tuple(view(row) for row in rows)

    def save_row(self, row: BatchRow, was: RowStatus) -> bool:
        changed = {name: value for name, value in values(row).items() if name not in _FIXED}
        mine = (_R.batch_id == row.batch_id, _R.number == row.number, _R.status == was)
        return self._connection.execute(update(BATCH_ROWS).where(*mine).values(changed)).rowcount == 1

    def cancel_rows(self, batch_id: str) -> None:
        """A row that was only to be retried shows its job again."""
        status = case((_R.job_id.is_(None), RowStatus.CANCELED.value), else_=RowStatus.STARTED.value)
        waiting = (_R.batch_id == batch_id, _R.status.in_(_TODO))
        self._connection.execute(update(BATCH_ROWS).where(*waiting).values(status=status))

    def busy(self) -> tuple[Batch, ...]:
        """From the side of the rows, which are few: batches that ended long ago are not looked at."""
        waiting = select(_R.batch_id).where(_R.status.in_(_TODO))
        living = (_B.status.in_((BatchStatus.CHECKING, BatchStatus.RUNNING)), _B.deleted_at.is_(None))
        query = select(BATCHES).where(*living, _B.id.in_(waiting)).order_by(_B.created_at, _B.id)
        return tuple(load(Batch, row) for row in self._connection.execute(query))

    def having(self, batch_id: str, status: RowStatus, limit: int = 100) -> tuple[BatchRow, ...]:
        return self._rows(select(BATCH_ROWS).where(_R.batch_id == batch_id, _R.status == status), limit)

    def open_jobs(self, batch_id: str) -> tuple[Job, ...]:
        query = select(JOBS).where(_J.batch_id == batch_id, _J.status.not_in(ENDED), _J.deleted_at.is_(None))
        return tuple(load(Job, row) for row in self._connection.execute(query.order_by(_J.created_at, _J.id)))

    def starting_from(self, owner_id: str, asset_id: str) -> tuple[str, ...]:
        """Looks through the rows that wait: photos are JSON and have no index."""
        query = (
            select(BATCH_ROWS)
            .join(BATCHES, _B.id == _R.batch_id)
            .where(_R.owner_id == owner_id, _R.status.in_(_TODO), _B.deleted_at.is_(None))
        )
        rows = (load(BatchRow, row) for row in self._connection.execute(query))
        found = [row.batch_id for row in rows if any(photo.asset_id == asset_id for photo in row.photos)]
        return tuple(dict.fromkeys(found))

    def emptied(self, before: datetime, limit: int) -> tuple[Batch, ...]:
        waiting = select(literal(1)).where(_R.batch_id == _B.id, _R.status.in_(_TODO)).exists()
        living = select(literal(1)).where(_J.batch_id == _B.id, _J.deleted_at.is_(None)).exists()
        query = select(BATCHES).where(_B.deleted_at.is_(None), _B.created_at < before, ~waiting, ~living)
        found = self._connection.execute(query.order_by(_B.created_at, _B.id).limit(limit))
        return tuple(load(Batch, row) for row in found)

    def _one(self, query: Select[Any]) -> Batch | None:
        row = self._connection.execute(query).one_or_none()
        return None if row is None else load(Batch, row)

    def _rows(self, query: Select[Any], limit: int) -> tuple[BatchRow, ...]:
        found = self._connection.execute(query.order_by(_R.number).limit(limit))
        return tuple(load(BatchRow, row) for row in found)

    def _results(self, jobs: Iterable[Job]) -> dict[str, Result]:
        ids = [job.result_id for job in jobs if job.result_id]
        found = self._connection.execute(select(RESULTS).where(RESULTS.c.id.in_(ids)))
        return {row.job_id: load(Result, row) for row in found}

    def _worked(self, job_ids: Sequence[str]) -> dict[str, int]:
        total = func.sum(_T.duration_ms)
        query = select(_T.job_id, total).where(_T.job_id.in_(job_ids), _T.reused.is_(False)).group_by(_T.job_id)
        return {job_id: int(worked) for job_id, worked in self._connection.execute(query)}


def _which(batch_id: str, owner_id: str | None) -> Select[Any]:
    query = select(BATCHES).where(_B.id == batch_id)
    return query if owner_id is None else query.where(_B.owner_id == owner_id, _B.deleted_at.is_(None))
