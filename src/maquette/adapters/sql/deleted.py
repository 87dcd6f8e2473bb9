"""Deletions that can be undone. The rows of one act bear one instant, by which they find together again."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, func, select, union_all, update

from maquette.adapters.sql.paging import page
from maquette.adapters.sql.rows import load
from maquette.adapters.sql.tables import ASSETS, BATCHES, CHORES, JOBS, PROJECTS, PROVIDER_CALLS, TASKS
from maquette.domain.assets import Asset
from maquette.domain.batches import Batch
from maquette.domain.errors import Refused
from maquette.domain.jobs import Job
from maquette.domain.projects import Project
from maquette.domain.states import ENDED
from maquette.ports.care import Act
from maquette.ports.pages import Page

T = TypeVar("T", Asset, Job, Project, Batch)

_A, _B, _J, _P, _T = ASSETS.c, BATCHES.c, JOBS.c, PROJECTS.c, TASKS.c
_C = PROVIDER_CALLS.c
_TABLES = (PROJECTS, JOBS, ASSETS, BATCHES)
_TICK = timedelta(milliseconds=1)
_CHUNK = 500
"""Ids in one statement."""


class SqlDeleted:
    """Implements ``DeletedRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def instant(self, owner_id: str, now: datetime) -> datetime:
        swept = self._connection.execute(select(func.max(CHORES.c.done_at))).scalar()
        at = max(now, swept) if swept else now
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        while any(self._bearing(table, owner_id, at) for table in _TABLES):
            at += _TICK
        return at

    # -- deleting

    def delete_asset(self, owner_id: str, asset_id: str, at: datetime) -> bool:
        return self._mark(ASSETS, at, _A.owner_id == owner_id, _A.id == asset_id) == 1

    def delete_job(self, owner_id: str, job_id: str, at: datetime) -> bool:
        if not self._mark(JOBS, at, _J.owner_id == owner_id, _J.id == job_id, _J.status.in_(ENDED)):
            return False
        self._delete_assets(owner_id, at, self._left(owner_id, _J.deleted_at == at))
        return True

    def delete_project(self, owner_id: str, project_id: str, at: datetime) -> bool:
        if not self._mark(PROJECTS, at, _P.owner_id == owner_id, _P.id == project_id):
            return False
        self._mark(JOBS, at, _J.owner_id == owner_id, _J.project_id == project_id, _J.status.in_(ENDED))
        inside = select(_A.id).where(_A.owner_id == owner_id, _A.project_id == project_id)
        belonging = set(self._connection.execute(inside).scalars())
        self._delete_assets(owner_id, at, belonging | self._left(owner_id, _J.deleted_at == at))
        return True

    def delete_batch(self, owner_id: str, batch_id: str, at: datetime) -> bool:
        if not self._mark(BATCHES, at, _B.owner_id == owner_id, _B.id == batch_id):
            return False
        self._mark(JOBS, at, _J.owner_id == owner_id, _J.batch_id == batch_id, _J.status.in_(ENDED))
        self._delete_assets(owner_id, at, self._left(owner_id, _J.deleted_at == at))
        return True

    def delete_owner(self, owner_id: str, at: datetime) -> Act:
        return Act(
            owner_id,
            at,
            self._mark(PROJECTS, at, _P.owner_id == owner_id),
            self._mark(JOBS, at, _J.owner_id == owner_id, _J.status.in_(ENDED)),
            self._mark(ASSETS, at, _A.owner_id == owner_id),
            self._mark(BATCHES, at, _B.owner_id == owner_id),
        )

    # -- bringing back

    def restore_asset(self, owner_id: str, asset_id: str, since: datetime) -> Asset | None:
        found = self._find(ASSETS, Asset, owner_id, asset_id, since)
        if found is None:
            return None
        self._check_project(found.project_id)
        self._unmark(ASSETS, _A.id == asset_id)
        return self._now(ASSETS, Asset, asset_id)

    def restore_job(self, owner_id: str, job_id: str, since: datetime) -> Job | None:
        found = self._find(JOBS, Job, owner_id, job_id, since)
        if found is None or found.deleted_at is None:
            return None
        self._check_project(found.project_id)
        self._unmark(JOBS, _J.id == job_id)
        self._restore_made(owner_id, found.deleted_at, _J.id == job_id)
        return self._now(JOBS, Job, job_id)

    def restore_project(self, owner_id: str, project_id: str, since: datetime) -> Project | None:
        found = self._find(PROJECTS, Project, owner_id, project_id, since)
        if found is None or found.deleted_at is None:
            return None
        at = found.deleted_at
        self._unmark(PROJECTS, _P.id == project_id)
        self._unmark(JOBS, _J.owner_id == owner_id, _J.project_id == project_id, _J.deleted_at == at)
        self._unmark(ASSETS, _A.owner_id == owner_id, _A.project_id == project_id, _A.deleted_at == at)
        self._restore_made(owner_id, at, _J.project_id == project_id, _J.deleted_at.is_(None))
        return self._now(PROJECTS, Project, project_id)

    def restore_batch(self, owner_id: str, batch_id: str, since: datetime) -> Batch | None:
        found = self._find(BATCHES, Batch, owner_id, batch_id, since)
        if found is None or found.deleted_at is None:
            return None
        at = found.deleted_at
        self._unmark(BATCHES, _B.id == batch_id)
        self._unmark(JOBS, _J.owner_id == owner_id, _J.batch_id == batch_id, _J.deleted_at == at)
        self._restore_made(owner_id, at, _J.batch_id == batch_id, _J.deleted_at.is_(None))
        return self._now(BATCHES, Batch, batch_id)

    def restore_owner(self, owner_id: str, at: datetime) -> Act:
        counts = [self._unmark(table, table.c.owner_id == owner_id, table.c.deleted_at == at) for table in _TABLES]
        return Act(owner_id, at, *counts)

    # -- looking

    def last(self, owner_id: str, since: datetime) -> datetime | None:
        newest = union_all(
            *(
                select(func.max(table.c.deleted_at).label("at")).where(
                    table.c.owner_id == owner_id, table.c.deleted_at >= since
                )
                for table in _TABLES
            )
        )
        return max((at for at in self._connection.execute(newest).scalars() if at is not None), default=None)

    def assets(
        self, owner_id: str, since: datetime, project_id: str | None, cursor: str | None, limit: int
    ) -> Page[Asset]:
        which = () if project_id is None else (_A.project_id == project_id,)
        return self._list(ASSETS, Asset, owner_id, since, cursor, limit, *which)

    def jobs(self, owner_id: str, since: datetime, project_id: str | None, cursor: str | None, limit: int) -> Page[Job]:
        which = () if project_id is None else (_J.project_id == project_id,)
        return self._list(JOBS, Job, owner_id, since, cursor, limit, *which)

    def projects(self, owner_id: str, since: datetime, cursor: str | None, limit: int) -> Page[Project]:
        return self._list(PROJECTS, Project, owner_id, since, cursor, limit)

    def batches(self, owner_id: str, since: datetime, cursor: str | None, limit: int) -> Page[Batch]:
        return self._list(BATCHES, Batch, owner_id, since, cursor, limit)

    # -- rows

    def _bearing(self, table: Table, owner_id: str, at: datetime) -> bool:
        query = select(table.c.id).where(table.c.owner_id == owner_id, table.c.deleted_at == at).limit(1)
        return self._connection.execute(query).first() is not None

    def _mark(self, table: Table, at: datetime, *which: ColumnElement[bool]) -> int:
        statement = update(table).where(*which, table.c.deleted_at.is_(None)).values(deleted_at=at)
        return self._connection.execute(statement).rowcount

    def _unmark(self, table: Table, *which: ColumnElement[bool]) -> int:
        statement = update(table).where(*which, table.c.deleted_at.is_not(None)).values(deleted_at=None)
        return self._connection.execute(statement).rowcount

    def _find(self, table: Table, kind: type[T], owner_id: str, row_id: str, since: datetime) -> T | None:
        columns = table.c
        query = select(table).where(columns.id == row_id, columns.owner_id == owner_id, columns.deleted_at >= since)
        row = self._connection.execute(query.with_for_update()).one_or_none()
        return None if row is None else load(kind, row)

    def _now(self, table: Table, kind: type[T], row_id: str) -> T:
        return load(kind, self._connection.execute(select(table).where(table.c.id == row_id)).one())

    def _list(
        self,
        table: Table,
        kind: type[T],
        owner_id: str,
        since: datetime,
        cursor: str | None,
        limit: int,
        *which: ColumnElement[bool],
    ) -> Page[T]:
        query = select(table).where(table.c.owner_id == owner_id, table.c.deleted_at >= since, *which)
        return page(self._connection, query, table, kind, cursor, limit)

    def _check_project(self, project_id: str | None) -> None:
        gone = select(_P.id).where(_P.id == project_id, _P.deleted_at.is_not(None))
        if project_id is not None and self._connection.execute(gone).first():
            raise Refused("conflict", "Its project is deleted.", f"Restore the project {project_id} first.")

    # -- what jobs made, and who else refers to it

    def _made(self, owner_id: str, *which: ColumnElement[bool]) -> set[str]:
        """The outputs of some jobs' tasks, those that were only reused included."""
        query = select(_T.output_assets).join(JOBS).where(_T.owner_id == owner_id, *which)
        return _flat(self._connection.execute(query).scalars())

    def _left(self, owner_id: str, *which: ColumnElement[bool]) -> set[str]:
        """All that some jobs leave behind: what their tasks made, and what providers delivered to them."""
        mine = (_C.job_id == _J.id, _C.owner_id == owner_id)
        calls = self._connection.execute(select(_C.parcels).where(*mine, *which)).scalars()
        return self._made(owner_id, *which) | {parcel["asset_id"] for parcels in calls for parcel in parcels}

    def _delete_assets(self, owner_id: str, at: datetime, candidates: set[str]) -> None:
        leaving = candidates - self._referred(owner_id, at) if candidates else candidates
        for chunk in _chunks(leaving):
            self._mark(ASSETS, at, _A.owner_id == owner_id, _A.id.in_(chunk))

    def _referred(self, owner_id: str, at: datetime) -> set[str]:
        """What living jobs start from, and what they have in common with the jobs of this act.

        Two jobs share an output only by reusing it, which takes an equal cache key; results name outputs of tasks.
        """
        living = _J.deleted_at.is_(None)
        inputs = select(_J.inputs).where(_J.owner_id == owner_id, living)
        started = {given.asset_id for entry in self._connection.execute(inputs).scalars() for given in entry}
        keys = select(_T.cache_key).join(JOBS).where(_T.owner_id == owner_id, _J.deleted_at == at, _T.cache_key != "")
        return started | self._made(owner_id, living, _T.cache_key.in_(keys))

    def _restore_made(self, owner_id: str, at: datetime, *which: ColumnElement[bool]) -> None:
        """Later instants count too: such an asset went with the last of several jobs that shared it."""
        for chunk in _chunks(self._left(owner_id, *which)):
            self._unmark(ASSETS, _A.owner_id == owner_id, _A.id.in_(chunk), _A.deleted_at >= at)


def _flat(groups: Iterable[Iterable[str]]) -> set[str]:
    return {item for group in groups for item in group}


def _chunks(ids: Iterable[str]) -> Iterator[list[Any]]:
    rest = iter(sorted(ids))
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
