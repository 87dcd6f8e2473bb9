"""Workers and their leases, on every database."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from maquette.domain.fleet import Worker, WorkerState
from maquette.domain.ids import new_id
from maquette.domain.jobs import Task, TaskStatus
from maquette.ports.stores import Database

START = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


def worker(**fields: Any) -> Worker:
    return replace(Worker(new_id("worker"), "host", 7, "1", ("cpu", "net"), 2, START, START), **fields)


@pytest.fixture
def joined(database: Database) -> Worker:
    joined = worker(engines={"carve": {"queue": "cpu"}}, lease_s=2.5)
    with database.write() as tx:
        tx.workers.join(joined)
    return joined


def found(database: Database, wanted: Worker) -> Worker:
    with database.read() as tx:
        (row,) = [row for row in tx.workers.all() if row.id == wanted.id]
    return row


def test_a_worker_that_joins_is_found_as_it_was(database: Database, joined: Worker) -> None:
    assert found(database, joined) == joined
    with database.read() as tx:
        assert joined in tx.workers.living()


def test_each_beat_counts_until_the_worker_is_gone(database: Database, joined: Worker) -> None:
    later = START + timedelta(seconds=5)
    with database.write() as tx:
        assert tx.workers.beat(joined.id, later)
        assert tx.workers.beat(joined.id, later)
    assert found(database, joined) == replace(joined, beat=2, seen_at=later)
    with database.write() as tx:
        assert tx.workers.bury(joined.id)
        assert not tx.workers.beat(joined.id, later)
        assert not tx.workers.beat("nobody", later)
    assert found(database, joined).state is WorkerState.GONE
    with database.read() as tx:
        assert joined.id not in {row.id for row in tx.workers.living()}


def test_only_who_saw_the_last_beat_may_bury(database: Database, joined: Worker) -> None:
    with database.write() as tx:
        tx.workers.beat(joined.id, START)
        assert not tx.workers.bury(joined.id, 0)
        assert tx.workers.bury(joined.id, 1)
        assert not tx.workers.bury(joined.id, 1)


def test_who_comes_back_under_its_name_goes_on_counting(database: Database, joined: Worker) -> None:
    with database.write() as tx:
        tx.workers.bury(joined.id)
        tx.workers.join(replace(joined, pid=8))
    assert found(database, joined) == replace(joined, pid=8, beat=1)


def test_a_draining_worker_still_lives(database: Database, joined: Worker) -> None:
    with database.write() as tx:
        tx.workers.drain(joined.id)
        assert tx.workers.holds(joined.id)
        assert tx.workers.beat(joined.id, START)
    assert found(database, joined).state is WorkerState.DRAINING
    with database.write() as tx:
        tx.workers.bury(joined.id)
        tx.workers.drain(joined.id)
        assert not tx.workers.holds(joined.id)
    assert found(database, joined).state is WorkerState.GONE


def test_nobody_is_buried_while_a_transaction_counts_on_its_lease(database: Database, joined: Worker) -> None:
    order: list[str] = []

    def bury() -> None:
        with database.write() as tx:
            tx.workers.bury(joined.id)
            order.append("buried")

    with database.write() as tx:
        assert tx.workers.holds(joined.id)
        other = threading.Thread(target=bury)
        other.start()
        other.join(0.3)
        order.append("written")
    other.join()
    assert order == ["written", "buried"]


def test_only_those_long_gone_are_forgotten(database: Database, joined: Worker) -> None:
    old = worker(seen_at=START - timedelta(days=2))
    living = worker(seen_at=START - timedelta(days=2))
    with database.write() as tx:
        tx.workers.join(old)
        tx.workers.join(living)
        tx.workers.bury(old.id)
        tx.workers.bury(joined.id)
        tx.workers.forget(START - timedelta(days=1))
    with database.read() as tx:
        left = {row.id for row in tx.workers.all()}
    assert left & {old.id, living.id, joined.id} == {living.id, joined.id}


def test_a_task_is_ended_once(database: Database, sample: Any) -> None:
    job = sample.job()
    task: Task = sample.task(job)
    with database.write() as tx:
        tx.jobs.add(job)
        tx.tasks.add(task)
        assert tx.tasks.is_running(task.id)
        assert tx.tasks.end(replace(task, status=TaskStatus.LOST))
        assert not tx.tasks.is_running(task.id)
        assert not tx.tasks.end(replace(task, status=TaskStatus.FINISHED))
        assert not tx.tasks.end(sample.task(job, 2))
    with database.read() as tx:
        assert [row.status for row in tx.tasks.of_job(job.id)] == [TaskStatus.LOST]
