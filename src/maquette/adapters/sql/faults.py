"""What a database's own errors mean to us."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError

from maquette.domain.errors import MaquetteError, Refused, Unavailable

_SQLITE_FULL = frozenset(
    # the shared-memory file of the write-ahead log cannot grow on a full disk, which SQLite reports as its own kind
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}
)
_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_POSTGRES_FULL = "53100"  # disk_full, PostgreSQL manual, appendix A


@contextmanager
def translated() -> Generator[None, None, None]:
    """Turns errors of the driver into ours, where one of ours says what happened; others pass unchanged."""
    try:
        yield
    except DBAPIError as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: DBAPIError) -> MaquetteError | None:
    text = str(error.orig)
    if isinstance(error, IntegrityError):
        return Refused("illegal_move") if "illegal_move" in text else None
    if _is_full(error.orig, text):
        return Unavailable("storage_full")
    if getattr(error.orig, "sqlite_errorcode", None) in _SQLITE_BUSY:
        return Unavailable("not_ready", "The database is busy.", "Try again in a moment.")
    return None


def _is_full(origin: BaseException | None, text: str) -> bool:
    return (
        getattr(origin, "sqlite_errorcode", None) in _SQLITE_FULL
        or getattr(origin, "sqlstate", None) == _POSTGRES_FULL
        or "database or disk is full" in text
        or "No space left on device" in text
    )
