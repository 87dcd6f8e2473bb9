"""What a database's own errors mean to us."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from maquette.domain.errors import MaquetteError, Refused, Unavailable

_SQLITE_FULL = frozenset(
    # the shared-memory file of the write-ahead log cannot grow on a full disk, which SQLite reports as its own kind
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}
)
_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
# PostgreSQL manual, appendix A
_POSTGRES_FULL = "53100"
_POSTGRES_AGAIN = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: the transaction is undone and may be made again as it is."""
_POSTGRES_AWAY = ("08", "53", "57P", "25006")
"""Connection exceptions, insufficient resources, operator intervention (a shutdown, a start), a server that became a
replica. The first digits say the class."""


@contextmanager
def translated() -> Generator[None, None, None]:
    """Turns errors of the driver into ours, where one of ours says what happened; others pass unchanged."""
    try:
        yield
    except PoolTimeout as error:
        raise _busy() from error
    except DBAPIError as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error


def unreachable() -> Unavailable:
    """The database's server is down, restarting or out of reach."""
    return Unavailable("not_ready", "The database does not answer.", "Try again in a moment.")


def missing_driver() -> Unavailable:
    """Postgres is asked for, and psycopg is not installed."""
    return Unavailable("not_ready", "Postgres needs an extra.", "pip install 'maquette[postgres]'")


def _busy() -> Unavailable:
    return Unavailable("not_ready", "The database is busy.", "Try again in a moment.")


def _meaning(error: DBAPIError) -> MaquetteError | None:
    text = str(error.orig)
    state: str | None = getattr(error.orig, "sqlstate", None)
    if isinstance(error, IntegrityError):
        return Refused("illegal_move") if "illegal_move" in text else None
    if _is_full(error.orig, text, state):
        return Unavailable("storage_full")
    if state in _POSTGRES_AGAIN:
        return Refused("conflict")
    if getattr(error.orig, "sqlite_errorcode", None) in _SQLITE_BUSY:
        return _busy()
    return unreachable() if _is_away(error, state) else None


def _is_full(origin: BaseException | None, text: str, state: str | None) -> bool:
    return (
        getattr(origin, "sqlite_errorcode", None) in _SQLITE_FULL
        or state == _POSTGRES_FULL
        or "database or disk is full" in text
        or "No space left on device" in text
    )


def _is_away(error: DBAPIError, state: str | None) -> bool:
    if error.connection_invalidated or (state or "").startswith(_POSTGRES_AWAY):
        return True
    # a connection that broke, or was never made, has no state
    return isinstance(error, OperationalError) and state is None and not isinstance(error.orig, sqlite3.Error)
