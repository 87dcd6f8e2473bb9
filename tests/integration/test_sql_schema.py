"""The migrations, against the tables as the code has them now."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

import maquette.adapters.sql.migrations
from maquette.adapters.sql import schema, triggers
from maquette.adapters.sql.dialect import engines, sqlite_url
from maquette.adapters.sql.tables import METADATA

FROZEN = Path(maquette.adapters.sql.migrations.__path__[0]) / "sql"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a folder with % and ?" / "maquette.db"


@pytest.fixture
def url(path):
    path.parent.mkdir()
    return sqlite_url(path)


def _objects(path):
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {(kind, name): _parts(sql) for kind, name, sql in rows if name != schema.VERSION_TABLE}


def _parts(sql):
    """The clauses of a CREATE statement, whatever their order and layout."""
    opening = sql.index("(") if sql.startswith("CREATE TABLE") else None
    if opening is None:
        return sorted(line.strip() for line in sql.splitlines())
    clauses, depth = [""], 0
    for char in sql[opening + 1 : sql.rindex(")")]:
        depth += {"(": 1, ")": -1}.get(char, 0)
        clauses[-1] += char if char != "," or depth else ""
        if char == "," and not depth:
            clauses.append("")
    return sorted(" ".join(clause.split()) for clause in clauses)


def test_a_migrated_database_is_what_the_tables_say(path, url, tmp_path):
    schema.migrate(url)
    created = tmp_path / "created.db"
    engine = create_engine(sqlite_url(created))
    with engine.begin() as connection:
        METADATA.create_all(connection)
        for trigger in triggers.TRIGGERS:
            for statement in triggers.create(trigger, "sqlite"):
                connection.exec_driver_sql(statement)
    engine.dispose()
    assert _objects(path) == _objects(created)


def test_alembic_finds_nothing_to_add(url):
    schema.migrate(url)
    opened = engines(url)
    with opened.read.begin() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": schema.VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []
    opened.dispose()


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_frozen_triggers_are_those_of_the_state_machine_now(dialect):
    """The newest text of each counts."""
    frozen = {}
    for path in sorted(FROZEN.glob(f"*_{dialect}.sql")):
        statements = path.read_text(encoding="utf-8").rstrip("\n").split("\n;;\n")
        frozen |= {statement.partition("\n")[0]: statement for statement in statements}
    now = [text for trigger in triggers.TRIGGERS for text in triggers.create(trigger, dialect)]
    assert sorted(frozen.values()) == sorted(now)


def test_a_missing_database_is_pending_and_stays_missing(path, url):
    assert schema.pending(url)
    assert not path.exists()


def test_an_empty_database_is_pending(path, url):
    sqlite3.connect(path).close()
    assert schema.pending(url)


def test_up_down_and_up_again_with_rows(path, url):
    schema.migrate(url)
    assert not schema.pending(url)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO jobs (id, owner_id, pipeline, created_at, updated_at, status, progress, attempt, leg,"
            " priority, settings, inputs, hold_after, deadline_s, cost_usd, is_test, seq)"
            " VALUES ('j', 'o', 'cutout', '2026-11-20 12:00:00', '2026-11-20 12:00:00', 'pending', 0, 1, 0, 0,"
            " '{}', '[]', '[]', 60, 0, 0, 1)"
        )
        connection.execute(
            "INSERT INTO events (job_id, seq, owner_id, type, at, data)"
            " VALUES ('j', 1, 'o', 'job.created', '2026-11-20 12:00:00', '{}')"
        )
    schema.migrate(url)
    before = _objects(path)
    assert _count(path, "events") == 1
    schema.downgrade(url)
    assert _objects(path) == {}
    assert schema.pending(url)
    schema.migrate(url)
    assert _objects(path) == before
    assert _count(path, "events") == 0


def test_each_migration_goes_back_to_the_one_before(path, url):
    schema.migrate(url)
    newest = _objects(path)
    schema.downgrade(url, "0001")
    assert schema.pending(url)
    assert ("table", "workers") not in _objects(path)
    schema.migrate(url)
    assert _objects(path) == newest


def test_a_migration_that_breaks_leaves_the_database_as_it_was(path, url):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE sessions (mine TEXT)")
    with pytest.raises(Exception, match="sessions"):
        schema.migrate(url)
    assert list(_objects(path)) == [("table", "sessions")]
    assert schema.pending(url)


def test_processes_that_migrate_at_once_do_no_harm(path, url):
    code = "import sys; from maquette.adapters.sql import schema; sys.stdin.read(); schema.migrate(sys.argv[1])"
    children = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", code, url], stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    for child in children:
        child.stdin.close()
    for child in children:
        error = child.stderr.read()
        child.stderr.close()
        assert child.wait() == 0, error
    assert not schema.pending(url)


def _count(path, table):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
