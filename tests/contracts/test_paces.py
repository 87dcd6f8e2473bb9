"""What stages took lately and how much work there is, on every database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.paces import SqlPaces
from maquette.domain.fleet import Queue, QueueState, Worker
from maquette.domain.ids import new_id
from maquette.domain.jobs import TaskStatus
from maquette.domain.states import Stage, Status
from maquette.ports.paces import RECENT, Load, Pace

NOW = datetime(2026, 11, 20, 13, 0, 0, tzinfo=UTC)


def test_the_median_of_the_newest_runs_of_a_stage_with_an_engine(database: SqlDatabase, sample: Any) -> None:
    job = sample.job()
    cut = {"stage": Stage.REMOVING_BACKGROUND, "engine": "grabcut", "status": TaskStatus.FINISHED}

    def task(number: int, **fields: Any) -> Any:
        return sample.task(job, number, ended_at=NOW + timedelta(seconds=number), **fields)

    long_ago = [task(number, duration_ms=90_000, **cut) for number in range(1, 4)]
    lately = [task(number, duration_ms=1000 * (number % 3 + 1), **cut) for number in range(10, 10 + RECENT)]
    others = [
        task(50, duration_ms=8000, **cut | {"engine": "u2netp"}),
        task(51, duration_ms=100, status=TaskStatus.FINISHED),
        task(52, duration_ms=70_000, **cut | {"status": TaskStatus.FAILED}),
        task(53, reused=True, saved_ms=9, **cut),
    ]
    with database.write() as tx:
        tx.jobs.add(job)
        for one in (*long_ago, *lately, *others):
            tx.tasks.add(one)
    assert set(SqlPaces(database).paces()) == {
        Pace("removing_background", "grabcut", 2.0, RECENT, lately[-1].ended_at),
        Pace("removing_background", "u2netp", 8.0, 1, others[0].ended_at),
        Pace("validating", None, 0.1, 1, others[1].ended_at),
    }


def test_jobs_at_hand_and_the_places_for_them(database: SqlDatabase, sample: Any) -> None:
    working = sample.job(2, pipeline="cutout", status=Status.PROCESSING, stage=Stage.VALIDATING)
    jobs = [sample.job(), sample.job(1, pipeline="cutout"), working]
    out_of_it = [sample.job(3, status=Status.FAILED), sample.job(4, deleted_at=NOW)]
    cpu = Worker(new_id("wrk"), "a", 1, "1", ("cpu", "gpu"), 3, NOW, NOW)
    with database.write() as tx:
        for job in (*jobs, *out_of_it):
            tx.jobs.add(job)
        for worker in (cpu, replace(cpu, id=new_id("wrk"), queues=("gpu",)), replace(cpu, id="gone")):
            tx.workers.join(worker)
        tx.workers.bury("gone")
    paces = SqlPaces(database)
    assert paces.load() == Load({"photo_to_model": 1, "cutout": 2}, 1, 3)
    with database.write() as tx:
        tx.queues.save(QueueState(Queue.CPU, NOW, paused=True))
    assert paces.load().slots == 0
