"""Counts for monitoring: one consistent look, a handful of grouped statements."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, Executable, case, func, select, type_coerce
from sqlalchemy.exc import SQLAlchemyError

from maquette.adapters.sql.database import SqlDatabase, SqlTransaction
from maquette.adapters.sql.tables import ASSETS, JOBS, PROJECTS, TASKS, WORKERS
from maquette.domain.errors import Unavailable
from maquette.domain.fleet import Queue, Waiting, WorkerState
from maquette.domain.jobs import TaskStatus
from maquette.domain.states import Status
from maquette.ports.clock import Clock
from maquette.ports.statistics import (
    DURATIONS_S,
    FailureCount,
    JobCount,
    ProjectCount,
    QueueLoad,
    ReuseCount,
    StageTimes,
    Statistics,
    StoredCount,
    TryCount,
    WaitCount,
    WorkerCount,
)

NO_ENGINE = "none"
"""Stands for the engine of a stage that needs none."""
_J, _T = JOBS.c, TASKS.c
_COUNT = func.count()
_ENGINE = func.coalesce(_T.engine, NO_ENGINE)
_WORKED = (_T.status == TaskStatus.FINISHED, _T.reused.is_(False))

_JOBS = select(_J.pipeline, _J.status, _COUNT).where(_J.deleted_at.is_(None)).group_by(_J.pipeline, _J.status)
_WAITING = (
    select(_J.waiting_for, _COUNT)
    .where(_J.status == Status.WAITING, _J.deleted_at.is_(None), _J.waiting_for.is_not(None))
    .group_by(_J.waiting_for)
)
_TRIES = select(_T.stage, _ENGINE, _T.status, _COUNT).where(_T.reused.is_(False)).group_by(_T.stage, _ENGINE, _T.status)
_TIMES = (
    select(
        _T.stage,
        _ENGINE,
        _COUNT,
        func.sum(_T.duration_ms),
        *(func.sum(case((_T.duration_ms <= round(bound * 1000), 1), else_=0)) for bound in DURATIONS_S),
    )
    .where(*_WORKED)
    .group_by(_T.stage, _ENGINE)
)
_CODE = type_coerce(_T.error, JSON())["code"].as_string()
_FAILURES = select(_T.stage, _CODE, _COUNT).where(_T.status == TaskStatus.FAILED).group_by(_T.stage, _CODE)
_REUSES = select(_T.stage, _COUNT, func.sum(_T.saved_ms)).where(_T.reused.is_(True)).group_by(_T.stage)
_STORED = (
    select(ASSETS.c.role, _COUNT, func.sum(ASSETS.c.bytes)).where(ASSETS.c.deleted_at.is_(None)).group_by(ASSETS.c.role)
)
_PROJECTS = select(PROJECTS.c.kind, _COUNT).where(PROJECTS.c.deleted_at.is_(None)).group_by(PROJECTS.c.kind)
_WORKERS = select(WORKERS.c.queues, WORKERS.c.state, WORKERS.c.seen_at)


class SqlStatistics:
    """Implements ``StatisticsReader``. ``waiting`` tells what waits in the queues (``JobEngine.waiting``)."""

    def __init__(
        self, database: SqlDatabase, waiting: Callable[[SqlTransaction], Mapping[Queue, Waiting]], clock: Clock
    ) -> None:
        self._db = database
        self._waiting = waiting
        self._clock = clock

    def read(self) -> Statistics:
        """Raises ``not_ready`` when the database does not answer."""
        try:
            return self._read()
        except SQLAlchemyError as error:
            raise Unavailable("not_ready", "The database does not answer.", "maquette doctor") from error

    def _read(self) -> Statistics:
        with self._db.read() as tx:
            rows = _Rows(tx.connection)
            return Statistics(
                jobs=tuple(JobCount(*row) for row in rows(_JOBS)),
                waiting=tuple(WaitCount(*row) for row in rows(_WAITING)),
                queues=self._queues(tx),
                workers=self._workers(rows(_WORKERS)),
                tries=tuple(TryCount(*row) for row in rows(_TRIES)),
                times=tuple(_times(*row) for row in rows(_TIMES)),
                failures=tuple(
                    FailureCount(stage, code or "internal", count) for stage, code, count in rows(_FAILURES)
                ),
                reuses=tuple(ReuseCount(stage, count, _seconds(saved)) for stage, count, saved in rows(_REUSES)),
                stored=tuple(StoredCount(role, count, int(size)) for role, count, size in rows(_STORED)),
                projects=tuple(ProjectCount(*row) for row in rows(_PROJECTS)),
            )

    def _queues(self, tx: SqlTransaction) -> tuple[QueueLoad, ...]:
        paused = {state.name for state in tx.queues.all() if state.paused}
        return tuple(
            QueueLoad(name, load.count, self._age(load.oldest) if load.oldest else 0.0, name in paused)
            for name, load in self._waiting(tx).items()
        )

    def _workers(self, rows: list[Any]) -> tuple[WorkerCount, ...]:
        silences: dict[tuple[str, str], list[float]] = defaultdict(list)
        for queues, state, seen_at in rows:
            for queue in queues:
                silences[queue, state].append(self._age(seen_at))
        return tuple(
            WorkerCount(queue, state, len(ages), 0.0 if state == WorkerState.GONE else max(ages))
            for (queue, state), ages in sorted(silences.items())
        )

    def _age(self, at: datetime) -> float:
        return max(0.0, (self._clock.now() - at).total_seconds())


class _Rows:
    """The rows of a statement on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, statement: Executable) -> list[Any]:
        return list(self._connection.execute(statement))


def _times(stage: str, engine: str, count: int, total_ms: int, *within: int) -> StageTimes:
    return StageTimes(stage, engine, tuple(int(number) for number in within), count, _seconds(total_ms))


def _seconds(milliseconds: int) -> float:
    return int(milliseconds) / 1000
