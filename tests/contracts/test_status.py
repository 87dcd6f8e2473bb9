"""The shortcut for polling, against what the long way says."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from maquette.adapters.sql.dialect import sqlite_path
from maquette.adapters.sql.status import StatusReader as SqliteStatusReader
from maquette.adapters.sql.status_postgres import PostgresStatusReader
from maquette.adapters.sql.tables import JOBS
from maquette.domain import jobs as moves
from maquette.domain.errors import Problem
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job
from maquette.domain.states import Stage, WaitingFor
from maquette.pipelines.catalog import CATALOG
from maquette.ports.status import FOREIGN, Foreign, StatusReader, StatusRow
from maquette.ports.stores import Database, Session

PIPELINE = CATALOG["photo_to_model"].pipeline
TOKEN = "a" * 64


class Desk:
    """A reader in an event loop of its own, and the rows that it reads."""

    def __init__(self, database: Database, reader: StatusReader) -> None:
        self.database = database
        self.reader = reader
        self.loop = asyncio.Runner()

    def read(self, job_id: str, token: str = TOKEN) -> StatusRow | Foreign | None:
        return self.loop.run(self.reader.read(token, job_id))

    def seen(self, job_id: str) -> StatusRow:
        row = self.read(job_id)
        assert isinstance(row, StatusRow)
        return row

    def read_owned(self, owner_id: str, job_id: str) -> StatusRow | None:
        return self.loop.run(self.reader.read_owned(owner_id, job_id))

    def apply(self, move: moves.Move) -> Job:
        with self.database.write() as tx:
            return tx.jobs.apply(move)


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    file = sqlite_path(database.url)
    desk = Desk(database, PostgresStatusReader(database.url) if file is None else SqliteStatusReader(file))
    yield desk
    desk.loop.run(desk.reader.close())
    desk.loop.close()


@pytest.fixture
def job(database: Database, sample) -> Job:
    job = sample.job()
    with database.write() as tx:
        tx.jobs.add(job)
        tx.sessions.add(TOKEN, Session(job.owner_id, job.id), job.created_at)
    return job


def test_a_pending_job_shows_its_place(desk, job):
    with desk.database.write() as tx:
        tx.jobs.add(replace(job, id=new_id("job"), created_at=job.created_at - timedelta(seconds=1)))
        tx.jobs.add(replace(job, id=new_id("job"), priority=1))
        tx.jobs.add(replace(job, id=new_id("job"), priority=-1))
        place = tx.jobs.queue_position(job)
    row = desk.seen(job.id)
    assert row.queue_position == place == 3
    assert (row.status, row.stage, row.progress, row.seq) == ("pending", None, 0, 1)
    assert row.updated_at == "2026-11-20T12:00:00.123456Z"
    assert datetime.fromisoformat(row.updated_at) == job.updated_at


def test_an_earlier_turn_goes_before_an_older_job(desk, job):
    older = replace(job, id=new_id("job"), created_at=job.created_at - timedelta(seconds=1))
    with desk.database.write() as tx:
        tx.jobs.add(older)
        tx.connection.execute(update(JOBS).where(JOBS.c.id == older.id).values(turn=1))
    assert desk.seen(job.id).queue_position == 1


def test_a_failed_job_shows_where_and_why(desk, job):
    job = desk.apply(moves.enter(job, PIPELINE, Stage.UPLOADING, job.updated_at))
    assert desk.seen(job.id).queue_position is None
    job = desk.apply(moves.fail(job, Problem("engine_failed", "It broke", "Retry", True), job.updated_at))
    row = desk.seen(job.id)
    assert (row.status, row.stage, row.failed_stage) == ("failed", "uploading", "uploading")
    assert (row.error_message, row.attempt, row.cost_usd, row.pipeline) == ("It broke", 1, 0.0, "photo_to_model")


def test_a_held_job_shows_what_it_waits_for(desk, job):
    job = desk.apply(moves.enter(job, PIPELINE, Stage.UPLOADING, job.updated_at))
    desk.apply(moves.hold(job, WaitingFor.INPUT, job.updated_at))
    assert desk.seen(job.id).waiting_for == "input"


def test_a_committed_move_is_seen_by_the_next_read(desk, job):
    for index, stage in enumerate(PIPELINE.stages):
        job = desk.apply(moves.enter(job, PIPELINE, stage, job.updated_at))
        row = desk.seen(job.id)
        assert (row.stage, row.progress, row.seq) == (stage, job.progress, index + 2)


def test_reads_wait_for_no_writer(desk, job):
    with desk.database.write() as tx:
        tx.jobs.apply(moves.cancel(job, job.updated_at))
        assert desk.seen(job.id).status == "pending"
    assert desk.seen(job.id).status == "canceled"


def test_an_unknown_token_is_told_apart_from_a_foreign_one(desk, job):
    assert desk.read(job.id, token="b" * 64) is None
    assert desk.read(new_id("job")) is FOREIGN


def test_the_status_of_a_deleted_job_is_gone(desk, job):
    with desk.database.write() as tx:
        tx.jobs.delete(job.id, job.owner_id, job.updated_at)
    assert desk.read(job.id) is FOREIGN
    assert desk.read_owned(job.owner_id, job.id) is None


def test_an_owner_reads_own_jobs_alone(desk, job, other):
    assert desk.read_owned(job.owner_id, job.id) == desk.read(job.id)
    assert desk.read_owned(other.owner, job.id) is None
    assert desk.read_owned(job.owner_id, new_id("job")) is None


def test_many_read_at_once(desk, job):
    async def read_all() -> list[StatusRow | Foreign | None]:
        return await asyncio.gather(*(desk.reader.read(TOKEN, job.id) for _ in range(50)))

    assert desk.loop.run(read_all()) == [desk.read(job.id)] * 50
