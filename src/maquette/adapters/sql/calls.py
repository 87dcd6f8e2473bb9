"""Commissions to providers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from maquette.adapters.sql.dialect import hold_name
from maquette.adapters.sql.rows import changes, load, values
from maquette.adapters.sql.tables import JOBS, PROVIDER_CALLS
from maquette.domain.calls import Outlay, ProviderCall
from maquette.domain.errors import Refused
from maquette.domain.hosting import CALL_ENDED, Billed, CallState
from maquette.domain.states import ENDED

_C = PROVIDER_CALLS.c
_OPEN = _C.state.not_in(CALL_ENDED)
_UNSURE = and_(_C.cost_usd.is_(None), _C.billed == Billed.UNKNOWN)
_FREE = and_(_C.state.in_((CallState.FAILED, CallState.CANCELED)), _C.billed == Billed.NO)


class SqlCalls:
    """Implements ``CallRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, call: ProviderCall) -> None:
        try:
            self._connection.execute(insert(PROVIDER_CALLS).values(values(call)))
        except IntegrityError as error:
            # SQLite names the columns, Postgres the index
            if "order_key" in str(error.orig):
                raise Refused("conflict", "This work was commissioned already.") from error
            raise

    def save(self, before: ProviderCall, after: ProviderCall) -> bool:
        changed = changes(before, after)
        changed.pop("wakes", None)
        mine = (_C.id == before.id, _C.state == before.state, _C.void == before.void)
        if not changed:
            return self._one(select(PROVIDER_CALLS).where(*mine)) is not None
        return self._connection.execute(update(PROVIDER_CALLS).where(*mine).values(changed)).rowcount == 1

    def get(self, call_id: str, owner_id: str | None = None) -> ProviderCall | None:
        query = select(PROVIDER_CALLS).where(_C.id == call_id)
        return self._one(query if owner_id is None else query.where(_C.owner_id == owner_id))

    def standing(self, owner_id: str, order_key: str) -> ProviderCall | None:
        mine = (_C.owner_id == owner_id, _C.order_key == order_key, ~_C.void)
        return self._one(select(PROVIDER_CALLS).where(*mine))

    def of_key(self, owner_id: str, order_key: str) -> tuple[ProviderCall, ...]:
        return self._many(_C.owner_id == owner_id, _C.order_key == order_key)

    def of_job(self, job_id: str) -> tuple[ProviderCall, ...]:
        return self._many(_C.job_id == job_id)

    def open(self) -> tuple[ProviderCall, ...]:
        return self._many(_OPEN)

    def open_count(self, engine: str) -> int:
        going_on = select(JOBS.c.id).where(JOBS.c.status.not_in(ENDED))
        which = _C.engine == engine, _OPEN, _C.job_id.in_(going_on)
        query = select(func.count()).select_from(PROVIDER_CALLS).where(*which)
        return self._connection.execute(query).scalar_one()

    def wake(self, wake_hash: str) -> ProviderCall | None:
        mine = and_(_C.wake_hash == wake_hash, _OPEN)
        self._connection.execute(update(PROVIDER_CALLS).where(mine).values(wakes=_C.wakes + 1))
        return self._one(select(PROVIDER_CALLS).where(mine))

    def is_taken(self, engine: str, external_id: str, but: str) -> bool:
        those = (_C.engine == engine, _C.external_id == external_id, _C.id != but)
        return self._one(select(PROVIDER_CALLS).where(*those).limit(1)) is not None

    def is_unanswered(self, engine: str, since: datetime, but: str) -> bool:
        lost = and_(_C.state == CallState.LOST, _C.updated_at >= since)
        perhaps = or_(_C.state == CallState.SUBMITTING, lost)
        those = (_C.engine == engine, _C.external_id.is_(None), perhaps, _C.id != but)
        return self._one(select(PROVIDER_CALLS).where(*those).limit(1)) is not None

    def of_wake(self, wake_hash: str) -> ProviderCall | None:
        return self._one(select(PROVIDER_CALLS).where(_C.wake_hash == wake_hash).limit(1))

    def hold(self, *names: str) -> None:
        """In one order, so that two who hold several do not wait for each other."""
        for name in sorted(set(names)):
            hold_name(self._connection, name)

    def spent(
        self,
        *,
        owner_id: str | None = None,
        job_id: str | None = None,
        batch_id: str | None = None,
        since: datetime | None = None,
    ) -> Outlay:
        which = [
            *([_C.owner_id == owner_id] if owner_id is not None else []),
            *([_C.job_id == job_id] if job_id is not None else []),
            *([_C.batch_id == batch_id] if batch_id is not None else []),
            *([_C.created_at >= since] if since is not None else []),
        ]
        reserved = func.sum(case((or_(_OPEN, _UNSURE), func.coalesce(_C.reserved_usd, 0.0)), else_=0.0))
        untold = and_(~_OPEN, _C.cost_usd.is_(None), ~_FREE)
        query = select(func.sum(func.coalesce(_C.cost_usd, 0.0)), reserved, func.sum(case((untold, 1), else_=0)))
        cost, held, unknown = self._connection.execute(query.where(*which)).one()
        return Outlay(float(cost or 0), float(held or 0), int(unknown or 0))

    def _one(self, query: Select[Any]) -> ProviderCall | None:
        row = self._connection.execute(query).one_or_none()
        return None if row is None else load(ProviderCall, row)

    def _many(self, *which: ColumnElement[bool]) -> tuple[ProviderCall, ...]:
        query = select(PROVIDER_CALLS).where(*which).order_by(_C.created_at, _C.number, _C.id)
        rows: Sequence[Any] = self._connection.execute(query).all()
        return tuple(load(ProviderCall, row) for row in rows)
