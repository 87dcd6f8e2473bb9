"""Copies of a database that is being written to."""

import os
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest

from maquette.adapters.sql.backup import copy_sqlite, dump_command
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.domain.errors import MaquetteError, Refused
from maquette.domain.projects import Project, ProjectKind
from maquette.testing import ManualClock


def _add(database: SqlDatabase, number: int) -> None:
    at = ManualClock().now()
    with database.write() as tx:
        for part in "ab":
            tx.projects.add(Project(f"prj_{number}{part}", "me", ProjectKind.GENERIC, "x", at, at))


def _count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT count(*) FROM projects").fetchone()[0]


def test_a_copy_is_whole_while_others_write(migrated_file: Path, tmp_path: Path) -> None:
    source = tmp_path / "maquette.db"
    source.write_bytes(migrated_file.read_bytes())
    database, stop = SqlDatabase(sqlite_url(source)), threading.Event()

    def write() -> None:
        number = 1
        while not stop.is_set():
            _add(database, number := number + 1)

    _add(database, 0)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for name in ("a/one.db", "a/two.db"):
            copy_sqlite(source, tmp_path / name)
    finally:
        stop.set()
        writer.join()
        database.close()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["one.db", "two.db"]
    counts = [_count(tmp_path / "a" / name) for name in ("one.db", "two.db")]
    # never half of a transaction, and what is there first is in the first copy already
    assert all(count >= 2 and count % 2 == 0 for count in counts)
    assert (tmp_path / "a" / "one.db").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_never_overwritten(migrated_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine.db"
    target.write_text("mine")
    with pytest.raises(Refused):
        copy_sqlite(migrated_file, target)
    assert target.read_text() == "mine"


def test_a_damaged_database_is_found_out(migrated_file: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "maquette.db", tmp_path / "copy.db"
    data = bytearray(migrated_file.read_bytes())
    page = 4096
    for start in range(2 * page, len(data), page):
        data[start + 100 : start + page] = os.urandom(page - 100)
    source.write_bytes(data)
    with pytest.raises((MaquetteError, sqlite3.DatabaseError)):
        copy_sqlite(source, target)
    assert not target.exists()


def test_the_command_for_postgres_works_and_has_no_password(fresh_database, postgres, tmp_path: Path) -> None:
    url = fresh_database()
    secret = url.replace("@", ":geheim@", 1)
    command = dump_command(f"{secret}{'&' if '?' in url else '?'}password=geheim", str(tmp_path / "x.dump"))
    assert "geheim" not in command
    from postgres import binaries

    folder = binaries()
    assert folder is not None
    path = f"{folder}:{os.environ['PATH']}"
    subprocess.run(["sh", "-c", command], check=True, env={"PATH": path}, timeout=60)
    assert (tmp_path / "x.dump").read_bytes().startswith(b"PGDMP")
