"""The shortcut for polling, against what the long way says."""

import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maquette.adapters.sql import schema
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.adapters.sql.status import _OWNED, _QUERY, FOREIGN, StatusReader
from maquette.domain import jobs as moves
from maquette.domain.errors import Problem
from maquette.domain.ids import token_hash
from maquette.domain.jobs import Job
from maquette.domain.states import Stage
from maquette.pipelines.catalog import CATALOG
from maquette.ports.stores import Session

NOW = datetime(2026, 11, 20, 12, 0, 0, 5, tzinfo=UTC)
PIPELINE = CATALOG["photo_to_model"].pipeline
TOKEN = token_hash("secret")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a folder with % and ?" / "maquette.db"
    path.parent.mkdir()
    schema.migrate(sqlite_url(path))
    return path


@pytest.fixture
def database(path):
    database = SqlDatabase(sqlite_url(path))
    yield database
    database.close()


@pytest.fixture
def reader(path):
    reader = StatusReader(path)
    yield reader
    reader.close()


@pytest.fixture
def job(database):
    job = Job("job_1", "own_1", "photo_to_model", NOW, NOW)
    with database.write() as tx:
        tx.jobs.add(job)
        tx.sessions.add(TOKEN, Session("own_1", job.id), NOW)
    return job


def _apply(database, move):
    with database.write() as tx:
        return tx.jobs.apply(move)


def test_a_pending_job_shows_its_place(database, reader, job):
    with database.write() as tx:
        tx.jobs.add(replace(job, id="job_0", created_at=NOW - timedelta(seconds=1)))
        tx.jobs.add(replace(job, id="job_2", priority=1))
        tx.jobs.add(replace(job, id="job_3", priority=-1))
        place = tx.jobs.queue_position(job)
    row = reader.read(TOKEN, job.id)
    assert row.queue_position == place == 3
    assert (row.status, row.stage, row.progress, row.seq) == ("pending", None, 0, 1)
    assert row.updated_at == "2026-11-20T12:00:00.000005Z"
    assert datetime.fromisoformat(row.updated_at) == NOW


def test_a_failed_job_shows_where_and_why(database, reader, job):
    job = _apply(database, moves.enter(job, PIPELINE, Stage.UPLOADING, NOW))
    assert reader.read(TOKEN, job.id).queue_position is None
    job = _apply(database, moves.fail(job, Problem("engine_failed", "It broke", "Retry", True), NOW))
    row = reader.read(TOKEN, job.id)
    assert (row.status, row.stage, row.failed_stage) == ("failed", "uploading", "uploading")
    assert (row.error_message, row.attempt, row.cost_usd, row.pipeline) == ("It broke", 1, 0.0, "photo_to_model")


def test_a_committed_move_is_seen_by_the_next_read(database, reader, job):
    for index, stage in enumerate(PIPELINE.stages):
        job = _apply(database, moves.enter(job, PIPELINE, stage, NOW))
        row = reader.read(TOKEN, job.id)
        assert (row.stage, row.progress, row.seq) == (stage, job.progress, index + 2)


def test_reads_wait_for_no_writer(database, reader, job):
    with database.write() as tx:
        tx.jobs.apply(moves.cancel(job, NOW))
        assert reader.read(TOKEN, job.id).status == "pending"
    assert reader.read(TOKEN, job.id).status == "canceled"


def test_an_unknown_token_is_told_apart_from_a_foreign_one(database, reader, job):
    assert reader.read(token_hash("other"), job.id) is None
    assert reader.read(TOKEN, "job_none") is FOREIGN


def test_the_status_of_a_deleted_job_is_gone(database, reader, job):
    with database.write() as tx:
        tx.jobs.delete(job.id, "own_1", NOW)
    assert reader.read(TOKEN, job.id) is FOREIGN


def test_each_thread_has_a_connection(reader, job):
    rows = []
    threads = [threading.Thread(target=lambda: (rows.append(reader.read(TOKEN, job.id)), reader.close())) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows == [reader.read(TOKEN, job.id)] * 2


def test_it_cannot_write(reader, path, job):
    reader.read(TOKEN, job.id)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._local.connection.execute("DELETE FROM logs")


@pytest.mark.parametrize("query", [_QUERY, _OWNED])
def test_every_step_of_a_query_uses_an_index(path, query):
    connection = sqlite3.connect(path)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", ("a", "b"))]
    connection.close()
    assert not [step for step in plan if step.startswith("SCAN")], plan


def test_it_needs_no_framework():
    code = (
        "import sys; import maquette.adapters.sql.status\n"
        "print(*sorted({'sqlalchemy', 'alembic', 'pydantic'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "\n"
