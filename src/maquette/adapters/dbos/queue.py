"""Our own look into the library's table of workflows, inside our own transactions.

Its client can neither move a waiting workflow nor count without loading. The table and these columns are described in
the library's documentation of its system tables.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Connection, Integer, String, TableClause, column, func, select, table, update

from maquette.adapters.dbos.names import QUEUES
from maquette.domain.fleet import Queue, Waiting

_WAITING = "ENQUEUED"


def reorder(connection: Connection, workflow_id: str, priority: int) -> None:
    """Gives a waiting workflow another place. One that runs already stays as it is."""
    workflows = _workflows(connection)
    waiting = (workflows.c.workflow_uuid == workflow_id) & (workflows.c.status == _WAITING)
    connection.execute(update(workflows).where(waiting).values(priority=priority))


def waiting(connection: Connection) -> Mapping[Queue, Waiting]:
    """What waits, by queue."""
    workflows = _workflows(connection)
    query = (
        select(workflows.c.queue_name, func.count(), func.min(workflows.c.created_at))
        .where(workflows.c.status == _WAITING)
        .group_by(workflows.c.queue_name)
    )
    found = {
        name: Waiting(count, datetime.fromtimestamp(oldest / 1000, UTC))
        for name, count, oldest in connection.execute(query)
    }
    return {queue: found.get(name, Waiting()) for queue, name in QUEUES.items()}


def _workflows(connection: Connection) -> TableClause:
    """On SQLite the library's tables lie among ours, on Postgres in a schema of their own."""
    return table(
        "workflow_status",
        column("workflow_uuid", String),
        column("status", String),
        column("queue_name", String),
        column("priority", Integer),
        column("created_at", BigInteger),
        schema="dbos" if connection.dialect.name == "postgresql" else None,
    )
