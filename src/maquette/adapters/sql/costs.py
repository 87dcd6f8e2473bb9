"""Sums over the ledger of commissions, and how engines did lately."""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, and_, case, cast, func, or_, select, tuple_
from sqlalchemy.sql import bindparam

from maquette.adapters.sql.columns import UtcTime
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.paging import MAX_LIMIT, decode, encode, page
from maquette.adapters.sql.tables import ASSETS, JOBS, PROVIDER_CALLS, TASKS
from maquette.domain.calls import Outlay, ProviderCall
from maquette.domain.hosting import CALL_ENDED, Billed, CallState
from maquette.domain.jobs import TaskStatus
from maquette.ports.costs import By, CostSum, EngineUse, Record, Use, Which
from maquette.ports.pages import Page

LATELY = 500
"""Of each engine's tries the latest so many are looked at."""
_C, _T, _J = PROVIDER_CALLS.c, TASKS.c, JOBS.c
_OPEN = _C.state.not_in(CALL_ENDED)
_UNSURE = and_(_C.cost_usd.is_(None), _C.billed == Billed.UNKNOWN)
_FREE = and_(_C.state.in_((CallState.FAILED, CallState.CANCELED)), _C.billed == Billed.NO)
_UNTOLD = and_(~_OPEN, _C.cost_usd.is_(None), ~_FREE)
_OUTLAY = (
    func.coalesce(func.sum(_C.cost_usd), 0.0),
    func.coalesce(func.sum(case((or_(_OPEN, _UNSURE), func.coalesce(_C.reserved_usd, 0.0)), else_=0.0)), 0.0),
    func.coalesce(func.sum(case((_UNTOLD, 1), else_=0)), 0),
)
_SUCCEEDED = func.coalesce(func.sum(case((_C.state == CallState.SUCCEEDED, 1), else_=0)), 0)
_ENDED_WELL_OR_NOT = (CallState.SUCCEEDED, CallState.FAILED, CallState.EXPIRED, CallState.LOST)


class SqlCosts:
    """Implements ``CostReader``."""

    def __init__(self, database: SqlDatabase) -> None:
        self._db = database

    def calls(self, which: Which, cursor: str | None = None, limit: int = 50) -> Page[ProviderCall]:
        query = select(PROVIDER_CALLS).where(*_of(which))
        with self._db.read() as tx:
            return page(tx.connection, query, PROVIDER_CALLS, ProviderCall, cursor, limit)

    def sums(self, which: Which, by: By, cursor: str | None = None, limit: int = 50) -> Page[CostSum]:
        limit = max(1, min(limit, MAX_LIMIT))
        with self._db.read() as tx:
            key, since = _key(tx.connection, by), func.min(_C.created_at)
            query = select(key, func.count(), _SUCCEEDED, *_OUTLAY, since.label("since")).where(*_of(which))
            query = query.group_by(key).order_by(since.desc(), key.desc()).limit(limit + 1)
            if cursor is not None:
                at, last = decode(cursor)
                query = query.having(tuple_(since, key) < tuple_(bindparam("at", at, UtcTime), bindparam("last", last)))
            rows = tx.connection.execute(query).all()
        items = tuple(_sum(row) for row in rows[:limit])
        return Page(items, encode(items[-1].since, items[-1].key) if len(rows) > limit else None)

    def outlay(self, which: Which) -> Outlay:
        with self._db.read() as tx:
            return _outlay(tx.connection.execute(select(*_OUTLAY).where(*_of(which))).one())

    def use(self, which: Which) -> Use:
        with self._db.read() as tx:
            connection = tx.connection
            mine = (ASSETS.c.owner_id == which.owner_id, ASSETS.c.deleted_at.is_(None))
            count, size = connection.execute(select(func.count(), func.sum(ASSETS.c.bytes)).where(*mine)).one()
            jobs = select(_J.status, func.count()).where(*_within(_J, which)).group_by(_J.status)
            return Use(
                jobs={status.value: number for status, number in connection.execute(jobs)},
                engines=(*_local(connection, which), *_hosted(connection, which)),
                outlay=_outlay(connection.execute(select(*_OUTLAY).where(*_of(which))).one()),
                assets=count,
                bytes=int(size or 0),
            )

    def records(self, since: datetime) -> Mapping[str, Record]:
        with self._db.read() as tx:
            here = (_T.started_at >= since, _T.reused.is_(False), _T.engine.is_not(None))
            over = _T.status.in_((TaskStatus.FINISHED, TaskStatus.FAILED))
            query = select(_T.engine, _T.status == TaskStatus.FINISHED, _T.duration_ms / 1000.0).where(*here, over)
            tasks = tx.connection.execute(query.order_by(_T.started_at.desc()).limit(LATELY * 20)).all()
            calls = select(_C.engine, _C.state == CallState.SUCCEEDED, _C.created_at, _C.ended_at)
            calls = calls.where(_C.created_at >= since, _C.state.in_(_ENDED_WELL_OR_NOT))
            rows = tx.connection.execute(calls.order_by(_C.created_at.desc()).limit(LATELY * 20)).all()
        found = _grouped([(engine, bool(good), seconds) for engine, good, seconds in tasks])
        # what a provider did is told by the commissions: a stage may have been several, or none at all
        found |= _grouped([(engine, bool(good), _took(at, ended)) for engine, good, at, ended in rows])
        return {engine: _record(tries[:LATELY]) for engine, tries in found.items()}


def _of(which: Which) -> list[ColumnElement[bool]]:
    asked = [(_C.engine, which.engine), (_C.job_id, which.job_id)]
    return [*_within(_C, which), *(column == value for column, value in asked if value is not None)]


def _within(columns: Any, which: Which, at: str = "created_at") -> list[ColumnElement[bool]]:
    bounds: list[ColumnElement[bool]] = []
    if which.owner_id is not None:
        bounds.append(columns.owner_id == which.owner_id)
    if which.since is not None:
        bounds.append(columns[at] >= which.since)
    if which.until is not None:
        bounds.append(columns[at] < which.until)
    return bounds


def _key(connection: Connection, by: By) -> ColumnElement[str]:
    match by:
        case By.ENGINE:
            return _C.engine
        case By.JOB:
            return _C.job_id
        case By.DAY if connection.dialect.name == "postgresql":
            return func.to_char(func.timezone("UTC", _C.created_at), "YYYY-MM-DD")
        case By.DAY:
            # SQLite keeps times as text in UTC
            return func.substr(cast(_C.created_at, Text), 1, 10)


def _sum(row: Any) -> CostSum:
    key, calls, succeeded, *outlay, since = row
    return CostSum(key, calls, int(succeeded), _outlay(outlay), since)


def _outlay(row: Sequence[Any]) -> Outlay:
    cost, reserved, unknown = row
    return Outlay(round(float(cost), 6), round(float(reserved), 6), int(unknown))


def _local(connection: Connection, which: Which) -> list[EngineUse]:
    hosted = select(_C.task_id).where(_C.task_id.is_not(None))
    good = func.sum(case((_T.status == TaskStatus.FINISHED, 1), else_=0))
    query = (
        select(_T.engine, func.count(), good, func.sum(_T.duration_ms))
        .where(*_within(_T, which, "started_at"), _T.engine.is_not(None), _T.reused.is_(False), _T.id.not_in(hosted))
        .group_by(_T.engine)
        .order_by(_T.engine)
    )
    return [
        EngineUse(engine, False, tries, int(done), int(spent) / 1000)
        for engine, tries, done, spent in connection.execute(query)
    ]


def _hosted(connection: Connection, which: Which) -> list[EngineUse]:
    query = select(_C.engine, _C.state, _C.created_at, _C.ended_at, _C.units, _C.unit, _C.cost_usd).where(*_of(which))
    rows: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(query):
        rows[row.engine].append(row)
    return [_used(engine, rows[engine]) for engine in sorted(rows)]


def _used(engine: str, rows: Sequence[Any]) -> EngineUse:
    units: dict[str, float] = defaultdict(float)
    for row in rows:
        if row.units is not None:
            units[row.unit] += row.units
    succeeded = sum(row.state is CallState.SUCCEEDED for row in rows)
    seconds = sum(_took(row.created_at, row.ended_at) for row in rows)
    cost = round(sum(row.cost_usd or 0.0 for row in rows), 6)
    return EngineUse(engine, True, len(rows), succeeded, round(seconds, 3), dict(units), cost)


def _took(at: datetime, ended: datetime | None) -> float:
    return max(0.0, (ended - at).total_seconds()) if ended else 0.0


def _grouped(rows: Sequence[tuple[str, bool, float]]) -> dict[str, list[tuple[bool, float]]]:
    found: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for engine, good, seconds in rows:
        found[engine].append((good, float(seconds)))
    return found


def _record(tries: Sequence[tuple[bool, float]]) -> Record:
    times = [seconds for good, seconds in tries if good]
    median = round(statistics.median(times), 3) if times else None
    return Record(len(tries), round(len(times) / len(tries), 4), median)
