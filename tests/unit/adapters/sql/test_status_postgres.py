"""What is special about the shortcut for polling on Postgres; what it says is in ``tests/contracts/test_status.py``."""

import asyncio
import sys
from datetime import UTC, datetime

import pytest

from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.status_postgres import CONNECTIONS, WORDING, PostgresStatusReader
from maquette.domain.errors import Unavailable
from maquette.domain.jobs import Job
from maquette.ports.stores import Session
from postgres import TEMPLATE

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
JOB = Job("job_1", "own_1", "photo_to_model", NOW, NOW)
READS = 3 * CONNECTIONS


async def _statuses(reader):
    return {row.status for row in await asyncio.gather(*(reader.read("hash", JOB.id) for _ in range(READS)))}


async def _until_it_answers(reader):
    async with asyncio.timeout(20):
        while True:
            try:
                return await _statuses(reader)
            except Unavailable:
                await asyncio.sleep(0.05)


def test_it_survives_the_server(postgres_server):
    server, url = postgres_server, postgres_server.create(TEMPLATE)
    database = SqlDatabase(url)
    with database.write() as tx:
        tx.jobs.add(JOB)
        tx.sessions.add("hash", Session(JOB.owner_id, JOB.id), NOW)
    database.close()

    async def check():
        reader = PostgresStatusReader(url)
        assert await _statuses(reader) == {"pending"}
        # all connections broke while they were idle: nobody notices
        server.stop("fast")
        server.start()
        assert await _statuses(reader) == {"pending"}
        server.stop("immediate")
        with pytest.raises(Unavailable) as unavailable:
            await reader.read("hash", JOB.id)
        assert unavailable.value.code == "not_ready"
        server.start()
        assert await _until_it_answers(reader) == {"pending"}
        await reader.close()

    asyncio.run(check())


def test_a_server_that_was_never_there_is_not_ready():
    async def check():
        reader = PostgresStatusReader("postgresql+psycopg://nobody@127.0.0.1:1/none")
        with pytest.raises(Unavailable) as unavailable:
            await reader.read("hash", JOB.id)
        await reader.close()
        assert unavailable.value.code == "not_ready"

    asyncio.run(check())


def test_without_the_driver_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg_pool", None)
    with pytest.raises(Unavailable, match="extra") as unavailable:
        PostgresStatusReader("postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert unavailable.value.hint == "pip install 'maquette[postgres]'"


@pytest.mark.parametrize("query", [WORDING.of_session, WORDING.of_owner])
def test_the_queries_can_use_an_index_at_every_step(postgres, fresh_database, query):
    name = fresh_database().rpartition("/")[2]
    asked = query % {"first": "'a'", "second": "'a'"}
    plan = postgres.execute(f"SET enable_seqscan = off; EXPLAIN {asked}", name)
    assert not [step for (step,) in plan if "Seq Scan" in step], plan
