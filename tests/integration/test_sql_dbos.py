"""Accepting a job and handing it to DBOS is one transaction on one database."""

from datetime import UTC, datetime

import pytest
from dbos import DBOS, DBOSClient

from maquette.adapters.sql import schema
from maquette.adapters.sql.database import SqlDatabase
from maquette.domain import jobs as moves
from maquette.domain.jobs import Job

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
JOB = Job("job_1", "own_1", "photo_to_model", NOW, NOW)


@pytest.fixture
def url(fresh_store):
    url = fresh_store()
    DBOS.migrate(url)
    return url


@pytest.fixture
def database(url):
    database = SqlDatabase(url)
    yield database
    database.close()


@pytest.fixture
def client(url):
    client = DBOSClient(system_database_url=url)
    yield client
    client.destroy()


def _accept(tx, client):
    tx.jobs.add(JOB)
    options = {"queue_name": "pipelines", "workflow_name": "run", "workflow_id": f"{JOB.id}:1"}
    client.enqueue_in_transaction(tx.connection, options, JOB.id)
    # the connection serves our own statements as before
    tx.jobs.apply(moves.cancel(JOB, NOW))


def test_both_are_there_after_the_commit(database, client):
    with database.write() as tx:
        _accept(tx, client)
    with database.read() as tx:
        assert tx.jobs.get(JOB.id).seq == 2
    assert [status.workflow_id for status in client.list_workflows()] == ["job_1:1"]


def test_neither_is_there_after_a_rollback(database, client):
    with pytest.raises(KeyError), database.write() as tx:
        _accept(tx, client)
        raise KeyError
    with database.read() as tx:
        assert tx.jobs.get(JOB.id) is None
    assert client.list_workflows() == []


def test_migrating_back_and_forth_leaves_the_tables_of_dbos_alone(database, client, url):
    with database.write() as tx:
        _accept(tx, client)
    database.close()
    schema.downgrade(url)
    schema.migrate(url)
    assert [status.workflow_id for status in client.list_workflows()] == ["job_1:1"]
