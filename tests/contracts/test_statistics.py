"""What monitoring is told, on every database."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from maquette.adapters.sql.database import SqlDatabase, SqlTransaction
from maquette.adapters.sql.statistics import SqlStatistics
from maquette.adapters.sql.tables import WORKERS
from maquette.domain.assets import Role
from maquette.domain.errors import Problem
from maquette.domain.fleet import Queue, QueueState, Waiting, WorkerState
from maquette.domain.ids import new_id
from maquette.domain.jobs import TaskStatus
from maquette.domain.projects import Project, ProjectKind
from maquette.domain.states import Stage, Status, WaitingFor
from maquette.ports import statistics as told
from maquette.ports.statistics import DURATIONS_S, Statistics
from maquette.testing import ManualClock

NOW = datetime(2026, 11, 20, 13, 0, 0, tzinfo=UTC)


def waiting(_: SqlTransaction) -> Mapping[Queue, Waiting]:
    return dict.fromkeys(Queue, Waiting()) | {Queue.GPU: Waiting(3, NOW - timedelta(seconds=90))}


@pytest.fixture
def look(database: SqlDatabase) -> Any:
    reader = SqlStatistics(database, waiting, ManualClock(NOW))
    return reader.read


def test_an_empty_database_has_no_figures_but_queues(look: Any) -> None:
    seen: Statistics = look()
    assert (seen.jobs, seen.waiting, seen.tries, seen.times, seen.stored, seen.workers) == ((), (), (), (), (), ())
    assert {load.queue for load in seen.queues} == set(Queue)


def test_jobs_are_counted_by_pipeline_status_and_reason_without_deleted_ones(
    database: SqlDatabase, sample: Any, look: Any
) -> None:
    held = {"status": Status.WAITING, "waiting_for": WaitingFor.BUDGET, "stage": Stage.GENERATING}
    jobs = [
        sample.job(),
        sample.job(1),
        sample.job(2, pipeline="cutout"),
        sample.job(3, **held),
        sample.job(4, deleted_at=NOW),
        sample.job(5, deleted_at=NOW, **held),
    ]
    with database.write() as tx:
        for job in jobs:
            tx.jobs.add(job)
    seen: Statistics = look()
    assert sorted(seen.jobs, key=str) == [
        told.JobCount("cutout", "pending", 1),
        told.JobCount("photo_to_model", "pending", 2),
        told.JobCount("photo_to_model", "waiting", 1),
    ]
    assert seen.waiting == (told.WaitCount("budget", 1),)


def test_queues_say_what_waits_since_when_and_whether_they_are_paused(database: SqlDatabase, look: Any) -> None:
    with database.write() as tx:
        tx.queues.save(QueueState(Queue.NET, NOW, paused=True))
    seen: Statistics = look()
    assert seen.queues == (
        told.QueueLoad("cpu", 0, 0.0, False),
        told.QueueLoad("gpu", 3, 90.0, False),
        told.QueueLoad("net", 0, 0.0, True),
    )


def test_workers_are_counted_by_queue_and_state_with_the_longest_silence(database: SqlDatabase, look: Any) -> None:
    def worker(queues: list[str], state: WorkerState, silent_s: int) -> dict[str, Any]:
        seen_at = NOW - timedelta(seconds=silent_s)
        return {
            "id": new_id("wrk"), "host": "a", "pid": 1, "version": "1", "queues": queues, "concurrency": 1,
            "engines": {}, "state": state, "beat": 1, "lease_s": 30.0, "started_at": seen_at, "seen_at": seen_at,
        }  # fmt: skip

    rows = [
        worker(["cpu", "gpu"], WorkerState.RUNNING, 3),
        worker(["cpu"], WorkerState.RUNNING, 40),
        worker(["cpu"], WorkerState.GONE, 9000),
    ]
    with database.write() as tx:
        tx.connection.execute(insert(WORKERS), rows)
    assert look().workers == (
        told.WorkerCount("cpu", "gone", 1, 0.0),
        told.WorkerCount("cpu", "running", 2, 40.0),
        told.WorkerCount("gpu", "running", 1, 3.0),
    )


def test_tries_are_counted_by_outcome_and_failures_by_code(database: SqlDatabase, sample: Any, look: Any) -> None:
    job = sample.job()
    failed = {"status": TaskStatus.FAILED, "engine": "carve", "stage": Stage.GENERATING}
    tasks = [
        sample.task(job, 1, status=TaskStatus.FINISHED, duration_ms=100),
        sample.task(job, 2, status=TaskStatus.RUNNING),
        sample.task(job, 3, error=Problem("engine_failed", "a", "b", True), **failed),
        sample.task(job, 4, error=Problem("engine_failed", "a", "b", True), **failed),
        sample.task(job, 5, error=Problem("stage_timeout", "a", "b", True), **failed),
        sample.task(job, 6, status=TaskStatus.FINISHED, reused=True, saved_ms=2500),
    ]
    with database.write() as tx:
        tx.jobs.add(job)
        for task in tasks:
            tx.tasks.add(task)
    seen: Statistics = look()
    assert sorted(seen.tries, key=str) == [
        told.TryCount("generating", "carve", "failed", 3),
        told.TryCount("validating", "none", "finished", 1),
        told.TryCount("validating", "none", "running", 1),
    ]
    assert sorted(seen.failures, key=str) == [
        told.FailureCount("generating", "engine_failed", 2),
        told.FailureCount("generating", "stage_timeout", 1),
    ]
    assert seen.reuses == (told.ReuseCount("validating", 1, 2.5),)


def test_durations_are_counted_within_each_bound(database: SqlDatabase, sample: Any, look: Any) -> None:
    job = sample.job()
    durations = [50, 100, 101, 900, 3_000_000]
    with database.write() as tx:
        tx.jobs.add(job)
        for number, duration in enumerate(durations, 1):
            tx.tasks.add(sample.task(job, number, status=TaskStatus.FINISHED, duration_ms=duration, engine="carve"))
        tx.tasks.add(sample.task(job, 9, status=TaskStatus.FAILED, duration_ms=7, engine="carve"))
        tx.tasks.add(sample.task(job, 10, status=TaskStatus.FINISHED, duration_ms=7, engine="carve", reused=True))
    (times,) = look().times
    assert (times.stage, times.engine, times.count) == ("validating", "carve", 5)
    assert times.seconds == pytest.approx(sum(durations) / 1000)
    assert times.within == tuple(sum(ms <= bound * 1000 for ms in durations) for bound in DURATIONS_S)
    assert times.within[0] == 2


def test_what_is_kept_is_counted_without_what_is_deleted(database: SqlDatabase, sample: Any, look: Any) -> None:
    project = Project(new_id("prj"), sample.owner, ProjectKind.PRODUCT, "Chair", NOW, NOW)
    with database.write() as tx:
        for minute in range(2):
            tx.assets.add(sample.asset(minute, bytes=3_000_000_000))
        tx.assets.add(sample.asset(3, role=Role.MASK, bytes=5))
        tx.assets.add(sample.asset(4, bytes=9, deleted_at=NOW))
        tx.projects.add(project)
        tx.projects.add(replace(project, id=new_id("prj"), deleted_at=NOW))
    seen: Statistics = look()
    assert sorted(seen.stored, key=str) == [
        told.StoredCount("mask", 1, 5),
        told.StoredCount("original", 2, 6_000_000_000),
    ]
    assert seen.projects == (told.ProjectCount("product", 1),)
