"""What is past its time, and removing it for good."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, or_, select, tuple_

from maquette.adapters.sql.dialect import hold_content
from maquette.adapters.sql.rows import load
from maquette.adapters.sql.tables import ASSETS, BATCHES, JOBS, PROJECTS, SIGN_INS, TICKETS, UPLOADS
from maquette.domain.jobs import Job
from maquette.domain.projects import Project
from maquette.domain.states import ENDED
from maquette.ports.care import Stale

_A, _J, _P = ASSETS.c, JOBS.c, PROJECTS.c
_KEY_KEPT = timedelta(hours=24)
"""How long an idempotency key is remembered at least."""
_TABLES: Mapping[Stale, Table] = {
    Stale.PROJECTS: PROJECTS,
    Stale.JOBS: JOBS,
    Stale.BATCHES: BATCHES,
    Stale.ASSETS: ASSETS,
    Stale.SIGN_INS: SIGN_INS,
    Stale.TICKETS: TICKETS,
    Stale.UPLOADS: UPLOADS,
}


class SqlStale:
    """Implements ``StaleRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, kind: Stale, before: datetime, now: datetime) -> int:
        query = select(func.count()).select_from(_TABLES[kind]).where(_is_stale(kind, before, now))
        return self._connection.execute(query).scalar_one()

    def purge(self, kind: Stale, before: datetime, now: datetime, limit: int) -> int:
        """Asks again while deleting: what was brought back since the ids were read stays."""
        table = _TABLES[kind]
        (key,) = table.primary_key.columns
        stale = _is_stale(kind, before, now)
        ids = self._connection.execute(select(key).where(stale).order_by(key).limit(limit)).scalars().all()
        return self._connection.execute(delete(table).where(key.in_(ids), stale)).rowcount

    def expired_projects(self, now: datetime, untouched_since: datetime | None, limit: int) -> tuple[Project, ...]:
        inside = and_(_J.project_id == _P.id, _J.deleted_at.is_(None))
        open_jobs = select(_J.id).where(inside, _J.status.not_in(ENDED)).exists()
        past = _P.expires_at <= now
        if untouched_since is not None:
            bare = ~select(_J.id).where(inside).exists()
            past = or_(past, and_(_P.expires_at.is_(None), _P.updated_at < untouched_since, bare))
        query = select(PROJECTS).where(_P.deleted_at.is_(None), past, ~open_jobs).order_by(_P.id).limit(limit)
        return tuple(load(Project, row) for row in self._connection.execute(query))

    def ended_jobs(self, before: datetime, limit: int) -> tuple[Job, ...]:
        old = and_(_J.status.in_(ENDED), _J.deleted_at.is_(None), _J.ended_at < before)
        query = select(JOBS).where(old).order_by(_J.ended_at, _J.id).limit(limit)
        return tuple(load(Job, row) for row in self._connection.execute(query))

    def referred(self, contents: Sequence[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        if not contents:
            return frozenset()
        query = select(_A.owner_id, _A.sha256).where(tuple_(_A.owner_id, _A.sha256).in_(contents))
        return frozenset((row.owner_id, row.sha256) for row in self._connection.execute(query))

    def is_orphan(self, owner_id: str, sha256: str) -> bool:
        return hold_content(self._connection, owner_id, sha256, alone=True) and not self.referred([(owner_id, sha256)])

    def newest(self) -> datetime | None:
        columns = (_J.updated_at, _A.created_at, _P.updated_at)
        found = (self._connection.execute(select(func.max(column))).scalar() for column in columns)
        return max((at for at in found if at is not None), default=None)


def _is_stale(kind: Stale, before: datetime, now: datetime) -> ColumnElement[bool]:
    columns = _TABLES[kind].c
    if kind is Stale.JOBS:
        # an ended one only: a deleted job that came to life again by an accident is not torn from its worker
        return and_(_J.deleted_at < before, _J.created_at < now - _KEY_KEPT, _J.status.in_(ENDED))
    if kind is Stale.BATCHES:
        return and_(columns.deleted_at < before, columns.created_at < now - _KEY_KEPT)
    if kind in (Stale.PROJECTS, Stale.ASSETS):
        return columns.deleted_at < before
    return columns.expires_at < now
