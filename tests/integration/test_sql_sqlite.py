"""What SQLite has to be told, and what it does on a bad day."""

import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from maquette.adapters.sql import schema
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.adapters.sql.tables import CHORES, WORK_QUEUES, WORKERS
from maquette.domain import jobs as moves
from maquette.domain.errors import Refused, Unavailable
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job, Result
from maquette.ports.stores import LogLine, Session

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _job(**fields):
    return Job(new_id("job"), "own_1", "photo_to_model", NOW, NOW, **fields)


@pytest.fixture
def url(tmp_path):
    url = sqlite_url(tmp_path / "maquette.db")
    schema.migrate(url)
    return url


@pytest.fixture
def database(url):
    database = SqlDatabase(url)
    yield database
    database.close()


def _pragmas(tx):
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    return [tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]


def test_connections_are_set_up_for_what_they_are_for(database):
    with database.write() as tx:
        assert _pragmas(tx) == ["wal", 2, 1, 15_000]
    with database.write(durable=False) as tx:
        assert _pragmas(tx) == ["wal", 1, 1, 15_000]
    with database.read() as tx:
        assert _pragmas(tx) == ["wal", 1, 1, 15_000]


def test_a_writer_has_the_lock_from_its_first_moment(database):
    with database.write():
        other = SqlDatabase(database.url)
        with other.read() as reading:
            reading.connection.exec_driver_sql("SELECT count(*) FROM jobs")
        with pytest.raises(Unavailable) as problem:
            _write_without_patience(other)
        assert problem.value.code == "not_ready"
        other.close()


def _write_without_patience(database):
    with database.read() as tx:
        tx.connection.exec_driver_sql("PRAGMA busy_timeout=0")
        tx.connection.execute(text("DELETE FROM logs"))


@pytest.mark.parametrize("durable", [True, False])
def test_a_full_database_is_reported_and_heals(database, durable):
    job = _job()
    with database.write() as tx:
        tx.jobs.add(job)
    line = LogLine(job.id, NOW, "info", "x" * 1_000_000)
    with pytest.raises(Unavailable) as problem, database.write(durable=durable) as tx:
        pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        tx.logs.add(line)
    assert problem.value.code == "storage_full"
    with database.read() as tx:
        assert tx.jobs.get(job.id) == job
        assert tx.logs.of_job(job.id) == ()
    with database.write(durable=durable) as tx:
        tx.connection.exec_driver_sql("PRAGMA max_page_count=1000000")
        tx.logs.add(line)
    with database.read() as tx:
        assert tx.logs.of_job(job.id) == (line,)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MiB, where this user may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run([mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True).returncode
    ):
        pytest.skip("this user may not mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_reported_reads_go_on_and_it_heals(small_disk):
    url = sqlite_url(small_disk / "maquette.db")
    schema.migrate(url)
    database = SqlDatabase(url)
    job = _job()
    with database.write() as tx:
        tx.jobs.add(job)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(b"x" * 4096)
    for durable in (True, False, True):
        with pytest.raises(Unavailable) as problem, database.write(durable=durable) as tx:
            tx.logs.add(LogLine(job.id, NOW, "info", "x" * 1_000_000))
        assert problem.value.code == "storage_full"
        with database.read() as tx:
            assert tx.jobs.get(job.id) == job
    ballast.unlink()
    with database.write() as tx:
        tx.jobs.apply(moves.cancel(job, NOW))
    with database.read() as tx:
        assert [event.seq for event in tx.events.after(job.id, 0)] == [1, 2]
    database.close()


def test_what_belongs_to_no_job_is_refused(database):
    with pytest.raises(Exception, match="FOREIGN KEY"), database.write() as tx:
        tx.sessions.add("h", Session("own_1", "job_none"), NOW)
    with pytest.raises(Exception, match="FOREIGN KEY"), database.write() as tx:
        tx.results.add(Result("res_1", "job_none", "own_1", "model", NOW, {}))


def test_every_table_knows_the_owner(database):
    fleet = {WORKERS.name, WORK_QUEUES.name, CHORES.name}
    with database.read() as tx:
        tables = tx.connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        for table in set(tables) - {schema.VERSION_TABLE} - fleet:
            columns = tx.connection.exec_driver_sql(f"SELECT name FROM pragma_table_info('{table}')").scalars().all()
            assert "owner_id" in columns, table


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            "SELECT * FROM jobs WHERE owner_id = 'o' AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 50",
            "ix_jobs_owner_id_created_at_id",
        ),
        ("SELECT * FROM jobs WHERE status IN ('pending', 'processing')", "ix_jobs_status_priority_created_at_id"),
        ("SELECT * FROM tasks WHERE owner_id = 'o' AND cache_key = 'k'", "ix_tasks_owner_id_cache_key"),
        ("SELECT * FROM assets WHERE owner_id = 'o' AND sha256 = 's' AND role = 'r'", "ix_assets_owner_id_sha256_role"),
        ("SELECT * FROM logs WHERE job_id = 'j' ORDER BY id", "ix_logs_job_id_id"),
        ("SELECT * FROM events WHERE job_id = 'j' AND seq > 3 ORDER BY seq LIMIT 500", "sqlite_autoindex_events_1"),
    ],
)
def test_frequent_queries_use_an_index_and_sort_nothing(database, query, index):
    with database.read() as tx:
        plan = " ".join(row[3] for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))
    assert index in plan
    assert "TEMP B-TREE" not in plan


def test_a_trigger_speaks_up_on_any_connection(database):
    job = _job()
    with database.write() as tx:
        tx.jobs.add(job)
    with pytest.raises(Refused) as refusal, database.write() as tx:
        tx.connection.exec_driver_sql("UPDATE jobs SET status = 'completed', result_id = 'r', seq = 2")
    assert refusal.value.code == "illegal_move"
