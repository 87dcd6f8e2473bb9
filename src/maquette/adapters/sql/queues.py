"""What operators decided about queues."""

from sqlalchemy import Connection, insert, select, update

from maquette.adapters.sql.rows import values
from maquette.adapters.sql.tables import WORK_QUEUES
from maquette.domain.fleet import Queue, QueueState

_KNOWN = frozenset(queue.value for queue in Queue)


class SqlQueues:
    """Implements ``QueueRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[QueueState, ...]:
        """Without those that a newer version may have added."""
        rows = self._connection.execute(select(WORK_QUEUES).where(WORK_QUEUES.c.name.in_(_KNOWN)))
        return tuple(QueueState(Queue(row.name), row.changed_at, row.paused) for row in rows)

    def save(self, state: QueueState) -> None:
        """Replaces what was said of that queue before."""
        named = update(WORK_QUEUES).where(WORK_QUEUES.c.name == state.name)
        if self._connection.execute(named.values(values(state))).rowcount == 0:
            self._connection.execute(insert(WORK_QUEUES).values(values(state)))
