"""The migrations, against the tables as the code has them now."""

import subprocess
import sys
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


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """An empty database (on SQLite no file yet)."""
    if request.param == "postgres":
        return request.getfixturevalue("fresh_database")(blank=True)
    path = tmp_path / "a folder with % and ?" / "maquette.db"
    path.parent.mkdir()
    return sqlite_url(path)


@pytest.fixture
def query(url):
    """Runs statements in one transaction; returns the rows of the last."""
    engine = create_engine(url)

    def run(*statements):
        with engine.begin() as connection:
            done = [connection.exec_driver_sql(statement) for statement in statements][-1]
            return [tuple(row) for row in done] if done.returns_rows else []

    yield run
    engine.dispose()


SQLITE = """SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"""
POSTGRES = """
SELECT 'column', c.relname || '.' || a.attname,
       format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (c.oid, a.attnum)
WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace = 'public'::regnamespace
UNION ALL SELECT 'table', relname, '' FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
          WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


def _objects(query, url):
    """Everything in the database by kind and name, but the table that says its version."""
    is_file = url.startswith("sqlite")
    rows = query(SQLITE if is_file else POSTGRES)
    known = [row for row in rows if not row[1].startswith((schema.VERSION_TABLE, f"pk_{schema.VERSION_TABLE}"))]
    return {(kind, name): _parts(text) if is_file else text for kind, name, text in known}


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


def test_a_migrated_database_is_what_the_tables_say(query, url):
    schema.migrate(url)
    migrated = _objects(query, url)
    schema.downgrade(url)
    assert _objects(query, url) == {}
    engine = create_engine(url)
    with engine.begin() as connection:
        METADATA.create_all(connection)
        for trigger in triggers.TRIGGERS:
            for statement in triggers.create(trigger, connection.dialect.name):
                connection.exec_driver_sql(statement)
    engine.dispose()
    assert migrated == _objects(query, url)


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


def test_a_missing_file_is_pending_and_stays_missing(tmp_path):
    assert schema.pending(sqlite_url(tmp_path / "maquette.db"))
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_is_pending(query, url):
    query("SELECT 1")
    assert schema.pending(url)


def test_up_down_and_up_again_with_rows(query, url):
    schema.migrate(url)
    assert not schema.pending(url)
    query(
        "INSERT INTO jobs (id, owner_id, pipeline, created_at, updated_at, status, progress, attempt, leg,"
        " priority, settings, inputs, hold_after, deadline_s, cost_usd, is_test, seq)"
        " VALUES ('j', 'o', 'cutout', '2026-11-20 12:00:00', '2026-11-20 12:00:00', 'pending', 0, 1, 0, 0,"
        " '{}', '[]', '[]', 60, 0, false, 1)",
        "INSERT INTO events (job_id, seq, owner_id, type, at, data)"
        " VALUES ('j', 1, 'o', 'job.created', '2026-11-20 12:00:00', '{}')",
    )
    schema.migrate(url)
    before = _objects(query, url)
    assert query("SELECT count(*) FROM events") == [(1,)]
    schema.downgrade(url)
    assert _objects(query, url) == {}
    assert schema.pending(url)
    schema.migrate(url)
    assert _objects(query, url) == before
    assert query("SELECT count(*) FROM events") == [(0,)]


def test_each_migration_goes_back_to_the_one_before(query, url):
    schema.migrate(url)
    newest = _objects(query, url)
    schema.downgrade(url, "0001")
    assert schema.pending(url)
    assert ("table", "workers") not in _objects(query, url)
    schema.migrate(url)
    assert _objects(query, url) == newest


def test_a_migration_that_breaks_leaves_the_database_as_it_was(query, url):
    query("CREATE TABLE sessions (mine TEXT)")
    before = _objects(query, url)
    with pytest.raises(Exception, match="sessions"):
        schema.migrate(url)
    assert _objects(query, url) == before
    assert schema.pending(url)


def test_processes_that_migrate_at_once_do_no_harm(url):
    code = "import sys; from maquette.adapters.sql import schema; sys.stdin.read(); schema.migrate(sys.argv[1])"
    children = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", code, url], stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for child in children:
        child.stdin.close()
    for child in children:
        error = child.stderr.read()
        child.stderr.close()
        assert child.wait() == 0, error
    assert not schema.pending(url)
