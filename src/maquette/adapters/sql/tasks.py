"""Attempts at stages, and which of their outputs can be used again."""

from sqlalchemy import Connection, func, insert, select, update

from maquette.adapters.sql.jobs import rank
from maquette.adapters.sql.rows import load, values
from maquette.adapters.sql.tables import ASSETS, TASKS
from maquette.domain.errors import Refused
from maquette.domain.jobs import Task, TaskStatus

_T = TASKS.c


class SqlTasks:
    """Implements ``TaskRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, task: Task) -> None:
        self._connection.execute(insert(TASKS).values(values(task)))

    def save(self, task: Task) -> None:
        """Raises ``Refused("not_found")`` for a task that was never added."""
        statement = update(TASKS).where(_T.id == task.id, _T.owner_id == task.owner_id).values(values(task))
        if self._connection.execute(statement).rowcount == 0:
            raise Refused("not_found", "There is no such task.")

    def end(self, task: Task) -> bool:
        """One statement, so that of two who end a task one does."""
        running = (_T.id == task.id, _T.owner_id == task.owner_id, _T.status == TaskStatus.RUNNING)
        return self._connection.execute(update(TASKS).where(*running).values(values(task))).rowcount == 1

    def is_running(self, task_id: str) -> bool:
        query = select(_T.id).where(_T.id == task_id, _T.status == TaskStatus.RUNNING)
        return self._connection.execute(query).one_or_none() is not None

    def of_job(self, job_id: str) -> tuple[Task, ...]:
        """Ordered by counters and stages, not by time: clocks jump."""
        query = select(TASKS).where(_T.job_id == job_id).order_by(_T.attempt, rank(_T.stage), _T.number)
        return tuple(load(Task, row) for row in self._connection.execute(query))

    def cached(self, owner_id: str, cache_key: str) -> Task | None:
        """A run comes before tasks that only reused one: it knows what the work cost."""
        if not cache_key:
            return None
        query = (
            select(TASKS)
            .where(_T.owner_id == owner_id, _T.cache_key == cache_key, _T.status == TaskStatus.FINISHED)
            .order_by(_T.reused, _T.started_at.desc(), _T.attempt.desc(), _T.number.desc(), _T.id)
        )
        tasks = (load(Task, row) for row in self._connection.execute(query).all())
        return next((task for task in tasks if self._all_exist(task)), None)

    def _all_exist(self, task: Task) -> bool:
        wanted = set(task.output_assets)
        query = select(func.count()).where(
            ASSETS.c.id.in_(wanted), ASSETS.c.owner_id == task.owner_id, ASSETS.c.deleted_at.is_(None)
        )
        return self._connection.execute(query).scalar_one() == len(wanted)
