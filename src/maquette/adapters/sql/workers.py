"""The processes that work, and their leases."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from maquette.adapters.sql.rows import load, values
from maquette.adapters.sql.tables import WORKERS
from maquette.domain.fleet import Worker, WorkerState

_W = WORKERS.c
_LIVING = _W.state != WorkerState.GONE


class SqlWorkers:
    """Implements ``WorkerRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def join(self, worker: Worker) -> None:
        """The counter of a worker that comes back rises: whoever watched it must not take it for a dead one."""
        again = values(worker) | {"beat": _W.beat + 1}
        statement = update(WORKERS).where(_W.id == worker.id).values(again)
        if self._connection.execute(statement).rowcount == 0:
            self._connection.execute(insert(WORKERS).values(values(worker)))

    def beat(self, worker_id: str, at: datetime) -> bool:
        statement = update(WORKERS).where(_W.id == worker_id, _LIVING).values(beat=_W.beat + 1, seen_at=at)
        return self._connection.execute(statement).rowcount == 1

    def holds(self, worker_id: str) -> bool:
        """Locks the row against ``bury``; on SQLite a transaction that writes is alone anyway."""
        query = select(_W.id).where(_W.id == worker_id, _LIVING).with_for_update(read=True)
        return self._connection.execute(query).one_or_none() is not None

    def drain(self, worker_id: str) -> None:
        statement = update(WORKERS).where(_W.id == worker_id, _LIVING).values(state=WorkerState.DRAINING)
        self._connection.execute(statement)

    def bury(self, worker_id: str, beat: int | None = None) -> bool:
        statement = update(WORKERS).where(_W.id == worker_id, _LIVING).values(state=WorkerState.GONE)
        if beat is not None:
            statement = statement.where(_W.beat == beat)
        return self._connection.execute(statement).rowcount == 1

    def all(self) -> tuple[Worker, ...]:
        rows = self._connection.execute(select(WORKERS).order_by(_W.id))
        return tuple(load(Worker, row) for row in rows)

    def living(self) -> tuple[Worker, ...]:
        rows = self._connection.execute(select(WORKERS).where(_LIVING).order_by(_W.id))
        return tuple(load(Worker, row) for row in rows)

    def forget(self, before: datetime) -> None:
        self._connection.execute(delete(WORKERS).where(_W.state == WorkerState.GONE, _W.seen_at < before))
