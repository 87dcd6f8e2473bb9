"""The connections that the engine uses for its own tables."""

from sqlite3 import Connection
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url

_POOL = 20


def engine(url: str) -> Engine:
    """SQLite without an fsync for each checkpoint: a step whose checkpoint is lost finds its work done in our tables.

    What is accepted, on the other hand, is written by our own connection in our own transaction.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_size=_POOL, max_overflow=0, pool_pre_ping=True)
    made = create_engine(url, pool_size=_POOL, max_overflow=0)

    def connected(connection: Connection, _: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA busy_timeout=30000")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    event.listen(made, "connect", connected)
    return made
