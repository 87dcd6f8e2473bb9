"""What is special about the shortcut for polling on SQLite; what it says is in ``tests/contracts/test_status.py``."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest

from maquette.adapters.sql import schema
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.adapters.sql.status import _OF_OWNER, _OF_SESSION, StatusReader
from maquette.domain.errors import Unavailable
from maquette.domain.ids import token_hash
from maquette.domain.jobs import Job
from maquette.ports.stores import Session

NOW = datetime(2026, 11, 20, 12, 0, 0, 5, tzinfo=UTC)
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
    asyncio.run(reader.close())


@pytest.fixture
def job(database):
    job = Job("job_1", "own_1", "photo_to_model", NOW, NOW)
    with database.write() as tx:
        tx.jobs.add(job)
        tx.sessions.add(TOKEN, Session("own_1", job.id), NOW)
    return job


def test_each_thread_has_a_connection(reader, job):
    rows = []

    async def read_and_close():
        rows.append(await reader.read(TOKEN, job.id))
        await reader.close()

    threads = [threading.Thread(target=lambda: asyncio.run(read_and_close())) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows == [asyncio.run(reader.read(TOKEN, job.id))] * 2


def test_it_cannot_write(reader, path, job):
    asyncio.run(reader.read(TOKEN, job.id))
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._local.connection.execute("DELETE FROM logs")


@pytest.mark.parametrize("query", [_OF_SESSION, _OF_OWNER])
def test_every_step_of_the_queries_uses_an_index(path, query):
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


def test_a_database_that_cannot_be_opened_is_not_ready(tmp_path):
    with pytest.raises(Unavailable) as unavailable:
        asyncio.run(StatusReader(tmp_path / "none.db").read(TOKEN, "job_1"))
    assert unavailable.value.code == "not_ready"
