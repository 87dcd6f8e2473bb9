"""What keeps the queue in order: turns, priorities, and what an operator decided."""

from dataclasses import replace
from datetime import timedelta

import pytest

from maquette.domain import jobs as moves
from maquette.domain.fleet import Queue, QueueState
from maquette.domain.states import Status
from maquette.pipelines.catalog import CATALOG


@pytest.fixture
def accept(database):
    """Adds an owner's next job, as accepting one does."""

    def add(sample, minute=0):
        with database.write() as tx:
            job = replace(sample.job(minute), turn=tx.jobs.turn_for(sample.owner))
            tx.jobs.add(job)
            return job

    return add


def _start_next(database, jobs):
    """Takes the pending job that is first by priority, turn and age to work, as a worker would."""
    with database.write() as tx:
        now = [tx.jobs.get(job.id) for job in jobs]
        first = min((job for job in now if job.status is Status.PENDING), key=lambda job: (job.turn, job.created_at))
        pipeline = CATALOG[first.pipeline].pipeline
        tx.jobs.apply(moves.enter(first, pipeline, pipeline.stages[0], first.created_at))
        return first


def test_owners_take_turns_however_many_jobs_each_has(database, sample, other, accept):
    jobs = [accept(sample, minute) for minute in range(6)] + [accept(other, 10 + minute) for minute in range(3)]
    order = [_start_next(database, jobs).owner_id for _ in jobs]
    assert order[:6] == [sample.owner, other.owner] * 3
    assert order[6:] == [sample.owner] * 3


def test_who_comes_late_is_level_with_what_goes_next_and_not_before_it_all(database, sample, other, accept):
    early = [accept(sample, minute) for minute in range(6)]
    for _ in range(4):
        _start_next(database, early)
    late = [accept(other, 10 + minute) for minute in range(4)]
    order = [_start_next(database, early + late).owner_id for _ in range(4)]
    assert order == [sample.owner, other.owner] * 2


def test_an_owner_who_returns_gains_nothing_by_having_been_away(database, sample, other, accept):
    first = accept(sample)
    busy = [accept(other, minute) for minute in range(5)]
    for _ in range(4):
        _start_next(database, [first, *busy])
    assert accept(sample, 20).turn >= min(job.turn for job in busy[3:])


def test_only_a_pending_job_changes_its_place_and_no_event_tells_of_it(database, sample):
    pending, working = sample.job(), sample.job(1)
    with database.write() as tx:
        tx.jobs.add(pending)
        tx.jobs.add(working)
        pipeline = CATALOG[working.pipeline].pipeline
        tx.jobs.apply(moves.enter(working, pipeline, pipeline.stages[0], working.created_at))
        tx.jobs.prioritise(pending.id, 40)
        tx.jobs.prioritise(working.id, 40)
    with database.read() as tx:
        assert tx.jobs.get(pending.id) == replace(pending, priority=40)
        assert tx.jobs.get(working.id).priority == 0
        assert len(tx.events.after(pending.id, 0)) == 1


def test_open_jobs_are_counted_by_owner(database, sample, other):
    with database.write() as tx:
        for job in (sample.job(), sample.job(1), other.job()):
            tx.jobs.add(job)
        ended = sample.job(2)
        tx.jobs.add(ended)
        tx.jobs.apply(moves.cancel(ended, ended.created_at + timedelta(seconds=1)))
        assert (tx.jobs.open_count(sample.owner), tx.jobs.open_count(other.owner)) == (2, 1)


def test_what_was_decided_last_about_a_queue_counts(database, sample):
    at = sample.job().created_at
    with database.write() as tx:
        tx.queues.save(QueueState(Queue.GPU, at, paused=True))
        tx.queues.save(QueueState(Queue.NET, at, paused=True))
        tx.queues.save(QueueState(Queue.NET, at + timedelta(seconds=1)))
    with database.read() as tx:
        states = {state.name: state for state in tx.queues.all()}
    assert states[Queue.GPU] == QueueState(Queue.GPU, at, paused=True)
    assert states[Queue.NET] == QueueState(Queue.NET, at + timedelta(seconds=1), paused=False)
