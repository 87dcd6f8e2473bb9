"""The status reader for any database says exactly what the quick one for SQLite says."""

from datetime import UTC, datetime
from pathlib import Path

from maquette.adapters.sql import schema
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.adapters.sql.status import StatusReader
from maquette.adapters.sql.status_anywhere import DatabaseStatusReader
from maquette.domain import jobs as moves
from maquette.domain.errors import Problem
from maquette.domain.jobs import Job
from maquette.domain.states import Stage, WaitingFor
from maquette.pipelines.catalog import CATALOG
from maquette.ports.status import FOREIGN
from maquette.ports.stores import Session

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PIPELINE = CATALOG["photo_to_model"].pipeline


def test_both_readers_agree_over_a_job_s_life(tmp_path: Path) -> None:
    path = tmp_path / "maquette.db"
    schema.migrate(sqlite_url(path))
    database = SqlDatabase(sqlite_url(path))
    quick, anywhere = StatusReader(path), DatabaseStatusReader(database)
    job = Job("job_1", "own_1", "photo_to_model", NOW, NOW)
    with database.write() as tx:
        tx.jobs.add(job)
        tx.sessions.add("hash", Session("own_1", job.id), NOW)

    def move(made: moves.Move | None) -> Job:
        assert made
        with database.write() as tx:
            moved = tx.jobs.apply(made)
        assert anywhere.read("hash", job.id) == quick.read("hash", job.id) == quick.read_owned("own_1", job.id)
        assert anywhere.read_owned("own_1", job.id) == quick.read_owned("own_1", job.id)
        return moved

    assert anywhere.read("hash", job.id) == quick.read("hash", job.id)
    job = move(moves.enter(job, PIPELINE, Stage.UPLOADING, NOW))
    job = move(moves.advance(job, PIPELINE, 1.0, NOW) or moves.finish_stage(job, PIPELINE, NOW))
    job = move(moves.hold(job, WaitingFor.INPUT, NOW))
    job = move(moves.resume(job, PIPELINE, NOW))
    job = move(moves.fail(job, Problem("engine_failed", "It broke", "Retry", True), NOW))
    job = move(moves.retry(job, PIPELINE, NOW))

    assert anywhere.read("other", job.id) is quick.read("other", job.id) is None
    assert anywhere.read("hash", "job_2") is quick.read("hash", "job_2") is FOREIGN
    for reader in (anywhere, quick):
        assert reader.read_owned("own_2", job.id) is reader.read_owned("own_1", "job_2") is None
    with database.write() as tx:
        tx.jobs.delete(job.id, "own_1", NOW)
    assert anywhere.read("hash", job.id) is quick.read("hash", job.id) is FOREIGN
    assert anywhere.read_owned("own_1", job.id) is quick.read_owned("own_1", job.id) is None
    quick.close()
    database.close()
