"""A copy of the database before it is changed."""

import os
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, make_url

from maquette.domain.errors import Refused, Unavailable, is_full_disk

_PAGES = 1000
"""Pages (of 4 KiB) that are copied at a time: whoever writes waits no longer than that takes."""


def copy_sqlite(source: Path, target: Path) -> None:
    """A consistent copy, whoever writes meanwhile; verified, and flushed to the disk.

    Raises ``invalid_request`` when ``target`` exists, ``storage_full``, and ``data_missing`` for a damaged database.
    """
    if target.exists():
        raise Refused("invalid_request", f"{target} exists already.", "Name another file.")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        _copy(source, fresh)
        os.link(fresh, target)
    except (sqlite3.OperationalError, OSError) as error:
        if _is_full(error):
            raise Unavailable("storage_full") from error
        raise
    finally:
        fresh.unlink(missing_ok=True)
    _flush(target.parent)


def dump_command(url: str, target: str) -> str:
    """What a person runs to copy a Postgres database. Without the password, which ``pg_dump`` asks for by itself."""
    given = make_url(url)
    query = {name: value for name, value in given.query.items() if name != "password"}
    where = URL.create("postgresql", given.username, None, given.host, given.port, given.database, query)
    return shlex.join(["pg_dump", "--format=custom", f"--file={target}", where.render_as_string()])


def _copy(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy, pages=_PAGES)
        copy.execute("PRAGMA journal_mode=DELETE")
        (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise Unavailable("data_missing", f"The database is damaged: {verdict}", "Restore an older copy of it.")
    _flush(target)


def _is_full(error: Exception) -> bool:
    return "disk is full" in str(error) or is_full_disk(error)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
