"""What stages took lately, and how much work there is."""

from collections import defaultdict
from datetime import datetime
from statistics import median

from sqlalchemy import func, select

from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.tables import JOBS, TASKS
from maquette.domain.fleet import Queue, WorkerState
from maquette.domain.jobs import TaskStatus
from maquette.domain.states import Status
from maquette.ports.paces import RECENT, Load, Pace

_J, _T = JOBS.c, TASKS.c
_PLACE = func.row_number().over(partition_by=(_T.stage, _T.engine), order_by=(_T.ended_at.desc(), _T.id))
_RUNS = (
    select(_T.stage, _T.engine, _T.duration_ms, _T.ended_at, _PLACE.label("place"))
    .where(_T.status == TaskStatus.FINISHED, _T.reused.is_(False), _T.ended_at.is_not(None))
    .subquery()
)
_NEWEST = select(_RUNS.c.stage, _RUNS.c.engine, _RUNS.c.duration_ms, _RUNS.c.ended_at).where(_RUNS.c.place <= RECENT)
_AT_HAND = (
    select(_J.pipeline, _J.status, func.count())
    .where(_J.status.in_((Status.PENDING, Status.PROCESSING)), _J.deleted_at.is_(None))
    .group_by(_J.pipeline, _J.status)
)


class SqlPaces:
    """Implements ``PaceReader``."""

    def __init__(self, database: SqlDatabase) -> None:
        self._db = database

    def paces(self) -> tuple[Pace, ...]:
        """The median is taken here: SQLite has none."""
        runs: dict[tuple[str, str | None], list[tuple[int, datetime]]] = defaultdict(list)
        with self._db.read() as tx:
            for stage, engine, duration_ms, ended_at in tx.connection.execute(_NEWEST):
                runs[str(stage), engine].append((duration_ms, ended_at))
        return tuple(
            Pace(stage, engine, median(took for took, _ in found) / 1000, len(found), max(at for _, at in found))
            for (stage, engine), found in runs.items()
        )

    def load(self) -> Load:
        jobs: dict[str, int] = defaultdict(int)
        working = 0
        with self._db.read() as tx:
            for pipeline, status, count in tx.connection.execute(_AT_HAND):
                jobs[pipeline] += count
                working += count if status == Status.PROCESSING else 0
            workers, queues = tx.workers.living(), tx.queues.all()
        able = [one for one in workers if one.state == WorkerState.RUNNING and Queue.CPU in one.queues]
        paused = any(state.paused and state.name is Queue.CPU for state in queues)
        return Load(dict(jobs), working, 0 if paused else sum(one.concurrency for one in able))
