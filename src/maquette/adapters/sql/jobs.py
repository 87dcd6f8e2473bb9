"""Jobs and their events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, and_, case, cast, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from maquette.adapters.sql.paging import page
from maquette.adapters.sql.rows import changes, load, values
from maquette.adapters.sql.tables import EVENTS, JOBS
from maquette.adapters.sql.webhooks import announce
from maquette.domain.assets import Asset
from maquette.domain.errors import Refused
from maquette.domain.jobs import Event, Job, Move, created
from maquette.domain.states import ENDED, MOVES, RETRYABLE, STAGE_ORDER, Stage, Status
from maquette.ports.stores import Page

_J = JOBS.c
_OPEN = (Status.PENDING, Status.PROCESSING)


class SqlJobs:
    """Implements ``JobRows``. Of pending jobs a higher ``priority`` goes first, then a smaller ``turn``, then age."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, job: Job) -> None:
        """Inserts the job and its first event."""
        try:
            self._connection.execute(insert(JOBS).values(values(job)))
        except IntegrityError as error:
            if self._is_taken(job, str(error.orig)):
                raise Refused("conflict", "The Idempotency-Key is taken.") from error
            raise
        self._tell(created(job), job)

    def get(self, job_id: str, owner_id: str | None = None) -> Job | None:
        """A person sees no deleted job; the server does, for it may have to stop it."""
        query = select(JOBS).where(_J.id == job_id)
        if owner_id is not None:
            query = query.where(_J.owner_id == owner_id, _J.deleted_at.is_(None))
        row = self._connection.execute(query).one_or_none()
        return None if row is None else load(Job, row)

    def apply(self, move: Move) -> Job:
        """Writes what the move changes, if the row still is what the move started from."""
        before, after = move.before, move.after
        statement = (
            update(JOBS)
            .where(_J.id == before.id, _J.seq == before.seq, _is_legal(after))
            .values(changes(before, after))
        )
        if self._connection.execute(statement).rowcount == 0:
            raise self._refusal(before)
        self._tell(move.event, after)
        return after

    def amend(self, before: Job, after: Job) -> None:
        """``updated_at`` is what two that amend at the same time are told apart by."""
        unmoved = and_(_J.id == before.id, _J.seq == before.seq, _J.updated_at == before.updated_at)
        statement = update(JOBS).where(unmoved, _J.status.in_((Status.DRAFT, Status.PENDING)))
        if self._connection.execute(statement.values(changes(before, after))).rowcount == 0:
            raise Refused("conflict")

    def by_key(self, owner_id: str, idempotency_key: str) -> tuple[Job, str] | None:
        """A deleted job keeps its key: the request was answered."""
        query = select(JOBS).where(_J.owner_id == owner_id, _J.idempotency_key == idempotency_key)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else (load(Job, row), row.request_fingerprint or "")

    def remember_request(self, job_id: str, fingerprint: str) -> None:
        """To be called in the transaction that adds the job: a completed one no longer changes."""
        self._connection.execute(update(JOBS).where(_J.id == job_id).values(request_fingerprint=fingerprint))

    def list(
        self,
        owner_id: str,
        *,
        statuses: Sequence[Status] = (),
        project_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Job]:
        query = select(JOBS).where(_J.owner_id == owner_id, _J.deleted_at.is_(None))
        if statuses:
            query = query.where(_J.status.in_(statuses))
        if project_id is not None:
            query = query.where(_J.project_id == project_id)
        return page(self._connection, query, JOBS, Job, cursor, limit)

    def queue_position(self, job: Job) -> int | None:
        """Counts the pending jobs of every owner, for they share the queue."""
        if job.status is not Status.PENDING:
            return None
        older = or_(_J.created_at < job.created_at, and_(_J.created_at == job.created_at, _J.id < job.id))
        sooner = or_(_J.turn < job.turn, and_(_J.turn == job.turn, older))
        first = or_(_J.priority > job.priority, and_(_J.priority == job.priority, sooner))
        query = select(func.count()).where(_J.status == Status.PENDING, _J.deleted_at.is_(None), first)
        return self._connection.execute(query).scalar_one() + 1

    def turn_for(self, owner_id: str) -> int:
        """Start-time fair queueing (Goyal, Vin, Cheng, 1996) with jobs of equal weight.

        The queue's virtual time is the turn of the job that goes next, or of the newest one at work when none waits.
        """
        waiting = _J.status == Status.PENDING
        own = func.max(case((and_(waiting, _J.owner_id == owner_id), _J.turn)))
        head = func.min(case((waiting, _J.turn)))
        reached = func.max(case((_J.status == Status.PROCESSING, _J.turn)))
        query = select(own, func.coalesce(head, reached, 0)).where(_J.status.in_(_OPEN), _J.deleted_at.is_(None))
        last, now = self._connection.execute(query).one()
        return max(now, 0 if last is None else last + 1)

    def open_count(self, owner_id: str) -> int:
        query = select(func.count()).where(_J.owner_id == owner_id, _J.status.in_(_OPEN))
        return self._connection.execute(query).scalar_one()

    def prioritise(self, job_id: str, priority: int) -> None:
        """Leaves a job alone that is pending no more."""
        statement = update(JOBS).where(_J.id == job_id, _J.status == Status.PENDING).values(priority=priority)
        self._connection.execute(statement)

    def unfinished(self) -> tuple[Job, ...]:
        """Oldest first."""
        query = select(JOBS).where(_J.status.in_(_OPEN)).order_by(_J.created_at, _J.id)
        return tuple(load(Job, row) for row in self._connection.execute(query))

    def starting_from(self, owner_id: str, asset_id: str) -> tuple[Job, ...]:
        """Looks through the owner's open jobs, which are few: inputs are JSON and have no index."""
        query = select(JOBS).where(_J.owner_id == owner_id, _J.deleted_at.is_(None), _J.status.not_in(ENDED))
        jobs = (load(Job, row) for row in self._connection.execute(query))
        return tuple(job for job in jobs if any(entry.asset_id == asset_id for entry in job.inputs))

    def newest_from(self, asset: Asset) -> Job | None:
        """Looks through the owner's jobs that have moved since the asset was made: it may have joined an older one."""
        mine = and_(_J.owner_id == asset.owner_id, _J.deleted_at.is_(None), _J.updated_at >= asset.created_at)
        named = cast(_J.inputs, Text).contains(asset.id, autoescape=True)
        query = select(JOBS).where(mine, named).order_by(_J.created_at.desc(), _J.id.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else load(Job, row)

    def delete(self, job_id: str, owner_id: str, at: datetime | None) -> bool:
        """A job that is deleted already counts as missing."""
        query = update(JOBS).where(_J.id == job_id, _J.owner_id == owner_id).values(deleted_at=at)
        if at is not None:
            query = query.where(_J.deleted_at.is_(None))
        return self._connection.execute(query).rowcount == 1

    def _tell(self, event: Event, job: Job) -> None:
        self._connection.execute(insert(EVENTS).values(values(event) | {"owner_id": job.owner_id}))
        announce(self._connection, event, job)

    def _is_taken(self, job: Job, text: str) -> bool:
        # SQLite names the columns, Postgres the constraint
        return job.idempotency_key is not None and "idempotency_key" in text

    def _refusal(self, before: Job) -> Refused:
        found = self._connection.execute(select(_J.seq).where(_J.id == before.id)).scalar_one_or_none()
        return Refused("illegal_move") if found == before.seq else Refused("conflict")


def _is_legal(after: Job) -> ColumnElement[bool]:
    """Whether the row, as it is in the database, may become ``after``; from the tables of ``states``."""
    sources = {source for source, targets in MOVES.items() if after.status in targets}
    if after.status is Status.PROCESSING:
        sources.add(Status.PROCESSING)
    forward = and_(_J.attempt == after.attempt, _J.progress <= after.progress, _order(after.stage) >= _REACHED)
    staying = and_(_J.status.not_in(RETRYABLE), forward)
    retried = and_(_J.status.in_(RETRYABLE), _J.attempt == after.attempt - 1, _J.deleted_at.is_(None))
    return and_(_J.status.in_(sources), or_(staying, retried))


def rank(stage: Any) -> ColumnElement[int]:
    """The place of a stage column's value in the one order; -1 before the first stage."""
    return case(*((stage == name, index) for name, index in STAGE_ORDER.items()), else_=-1)


def _order(stage: Stage | None) -> int:
    return -1 if stage is None else STAGE_ORDER[stage]


_REACHED = rank(_J.stage)
