"""The connections that the engine uses for its own tables."""

import sqlite3
import time
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError

PATIENCE_S = 20.0
"""How long the engine waits on a full disk before its walks break off."""
_CALM_S = 60.0
_SILENCE = {"connect_timeout": 5, "tcp_user_timeout": 15_000, "keepalives_idle": 5, "keepalives_interval": 5}
"""After a network that was cut libpq gives a connection up within 20 s; left alone it waits for 15 minutes."""
_POOL = 20
_POSTGRES_FULL = "53100"
"""PostgreSQL manual, appendix A."""


def engine(url: str, patience_s: float = PATIENCE_S) -> Engine:
    """SQLite without an fsync for each checkpoint: a step whose checkpoint is lost finds its work done in our tables.

    What is accepted, on the other hand, is written by our own connection in our own transaction.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_size=_POOL, max_overflow=0, pool_pre_ping=True, connect_args=_SILENCE)
    made = create_engine(url, pool_size=_POOL, max_overflow=0)

    def connected(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA busy_timeout=30000")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    event.listen(made, "connect", connected)
    event.listen(made, "handle_error", FullDisk(patience_s), retval=True)
    return made


class FullDisk:
    """Lets the library wait for space as it waits for a lock: it pauses and tries the same write again.

    Otherwise a step whose end cannot be written down would break its walk, although the disk has room a moment later.
    The library knows a lock by these words (``dbos._utils.retriable_sqlite_exception``), and waits without an end; we
    set one, since a process that waits cannot be stopped.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._since = self._last = -_CALM_S

    def __call__(self, context: ExceptionContext) -> BaseException | None:
        if not is_full(context.original_exception) or not self._is_patient():
            return None
        return OperationalError(context.statement, None, sqlite3.OperationalError("database is locked: disk is full"))

    def _is_patient(self) -> bool:
        now = time.monotonic()
        if now - self._last > _CALM_S:
            self._since = now
        self._last = now
        return now - self._since < self._patience_s


def is_full(error: BaseException | None) -> bool:
    """Whether the driver says that the disk is full."""
    return "database or disk is full" in str(error) or getattr(error, "sqlstate", None) == _POSTGRES_FULL
