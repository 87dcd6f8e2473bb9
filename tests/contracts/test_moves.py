"""The state machine as the database enforces it: against histories, races and raw SQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from maquette.domain import jobs as moves
from maquette.domain.approvals import Decision, Verdict
from maquette.domain.assets import View
from maquette.domain.errors import Problem, Refused
from maquette.domain.ids import new_id
from maquette.domain.jobs import JobInput
from maquette.domain.states import STAGE_ORDER, Stage, Status, WaitingFor
from maquette.pipelines.catalog import CATALOG

PIPELINE = CATALOG["product_to_model"].pipeline
AT = datetime(2026, 1, 1, tzinfo=UTC)
DECIDED = JobInput("ast_2", View.LEFT, decision=Decision(Verdict.APPROVED, "0" * 64, "", "ann", AT))
PROBLEM = Problem("engine_failed", "It broke", "Retry", True)

STEPS = st.one_of(
    st.tuples(st.just("enter"), st.sampled_from(PIPELINE.stages)),
    st.tuples(st.just("advance"), st.floats(0, 1)),
    st.tuples(st.just("hold"), st.sampled_from(WaitingFor)),
    st.tuples(st.just("retry"), st.sampled_from((None, *PIPELINE.stages))),
    st.tuples(
        st.sampled_from(("next", "finish", "resume", "decide", "requeue", "fail", "cancel", "complete")), st.none()
    ),
)

MAKE = {
    "enter": lambda job, at, stage: moves.enter(job, PIPELINE, stage, at),
    "next": lambda job, at, _: moves.enter(job, PIPELINE, _following(job), at),
    "advance": lambda job, at, fraction: moves.advance(job, PIPELINE, fraction, at),
    "finish": lambda job, at, _: moves.finish_stage(job, PIPELINE, at),
    "hold": lambda job, at, why: moves.hold(job, why, at),
    "resume": lambda job, at, _: moves.resume(job, PIPELINE, at),
    "decide": lambda job, at, _: moves.decide(job, (*job.inputs, DECIDED), at, by="ann"),
    "requeue": lambda job, at, _: moves.requeue(job, "worker_lost", at),
    "fail": lambda job, at, _: moves.fail(job, PROBLEM, at),
    "cancel": lambda job, at, _: moves.cancel(job, at),
    "retry": lambda job, at, stage: moves.retry(job, PIPELINE, at, stage),
    "complete": lambda job, at, _: moves.complete(job, "res_1", at),
}


def _following(job):
    if job.stage is None:
        return PIPELINE.stages[0]
    return job.stage if job.stage is Stage.COMPLETE else PIPELINE.after(job.stage)


def _made(job, step, index):
    name, argument = step
    try:
        return MAKE[name](job, job.created_at + timedelta(seconds=index), argument)
    except Refused:
        return None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=5, max_size=60))
def test_every_history_of_legal_moves_is_stored_without_a_gap(database, sample, steps):
    job = replace(sample.job(), id=new_id("job"))
    with database.write(durable=False) as tx:
        tx.jobs.add(job)
        for index, step in enumerate(steps):
            move = _made(job, step, index)
            if move is not None:
                job = tx.jobs.apply(move)
    with database.read() as tx:
        assert tx.jobs.get(job.id) == job
        events = tx.events.after(job.id, 0)
    assert [event.seq for event in events] == list(range(1, job.seq + 1))
    assert moves.snapshot(job).items() <= events[-1].data.items()
    for earlier, later in pairwise(event.data for event in events):
        if earlier["attempt"] == later["attempt"]:
            assert earlier["progress"] <= later["progress"]
            assert _rank(earlier["stage"]) <= _rank(later["stage"])
        else:
            assert later["attempt"] == earlier["attempt"] + 1
            assert later["status"] == Status.PENDING


def _rank(stage):
    return -1 if stage is None else STAGE_ORDER[Stage(stage)]


def test_of_concurrent_moves_exactly_one_wins(database, sample):
    job = sample.job()
    with database.write() as tx:
        tx.jobs.add(job)
    started = threading.Barrier(8)

    def race(number):
        if number % 2:
            move = moves.cancel(job, job.created_at)
        else:
            move = moves.enter(job, PIPELINE, Stage.UPLOADING, job.created_at)
        started.wait()
        try:
            with database.write() as tx:
                tx.jobs.apply(move)
        except Refused as refusal:
            return refusal.code
        return "won"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(race, range(8)))
    assert sorted(outcomes) == ["conflict"] * 7 + ["won"]
    with database.read() as tx:
        assert [event.seq for event in tx.events.after(job.id, 0)] == [1, 2]


def test_writers_that_retry_all_get_through(database, sample):
    job = sample.job(status=Status.PROCESSING, stage=Stage.GENERATING, progress=30)
    with database.write() as tx:
        tx.jobs.add(job)

    def push(_):
        written = 0
        while written < 10:
            try:
                with database.write(durable=False) as tx:
                    tx.jobs.apply(moves.enter(tx.jobs.get(job.id), PIPELINE, Stage.GENERATING, job.created_at))
                written += 1
            except Refused as refusal:
                assert refusal.code == "conflict"

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(push, range(4)))
    with database.read() as tx:
        assert [event.seq for event in tx.events.after(job.id, 0)] == list(range(1, 42))


@pytest.fixture
def stored(database, sample):
    """A job in every status, each with its row as it is."""
    rows = {}
    with database.write() as tx:
        for status in Status:
            job = sample.job(status=status, stage=Stage.GENERATING, progress=50, result_id="res_1")
            tx.jobs.add(job)
            rows[status.value] = job
    return SimpleNamespace(**rows)


def _raw(database, statement, **values):
    with database.write() as tx:
        return tx.connection.execute(text(statement), values).rowcount


@pytest.mark.parametrize(
    ("status", "change"),
    [
        ("pending", "status = 'completed', seq = seq + 1"),
        ("pending", "status = 'draft', seq = seq + 1"),
        ("pending", "progress = 60, seq = seq + 1"),
        ("pending", "seq = seq + 1"),
        ("waiting", "status = 'pending', seq = seq + 1"),
        ("failed", "status = 'processing', seq = seq + 1"),
        ("failed", "status = 'pending', seq = seq + 1"),
        ("canceled", "status = 'pending', attempt = attempt + 2, seq = seq + 1"),
        ("processing", "progress = 49, seq = seq + 1"),
        ("processing", "stage = 'validating', seq = seq + 1"),
        ("processing", "stage = NULL, seq = seq + 1"),
        ("processing", "progress = 51"),
        ("processing", "progress = 51, seq = seq + 2"),
        ("processing", "seq = seq - 1"),
        ("processing", "attempt = attempt + 1, seq = seq + 1"),
        ("processing", "status = 'pending', attempt = attempt + 1, progress = 0, seq = seq + 1"),
        ("processing", "owner_id = 'someone'"),
        ("completed", "status = 'failed', seq = seq + 1"),
        ("completed", "status = 'pending', attempt = attempt + 1, seq = seq + 1"),
        ("completed", "result_id = 'res_2'"),
        ("completed", "cost_usd = 0.5"),
        ("completed", 'settings = \'{"quality": "full"}\''),
    ],
)
def test_a_raw_update_that_is_no_legal_move_is_refused(database, stored, status, change):
    job = getattr(stored, status)
    with pytest.raises(Refused) as refusal:
        _raw(database, f"UPDATE jobs SET {change} WHERE id = :id", id=job.id)
    assert refusal.value.code == "illegal_move"
    with database.read() as tx:
        assert tx.jobs.get(job.id) == job


@pytest.mark.parametrize(
    ("status", "change"),
    [
        ("processing", "progress = 51, seq = seq + 1"),
        ("processing", "cost_usd = 0.5"),
        ("failed", "status = 'pending', attempt = attempt + 1, stage = 'validating', progress = 10, seq = seq + 1"),
        ("pending", "priority = 3"),
    ],
)
def test_a_raw_update_that_is_legal_passes(database, stored, status, change):
    assert _raw(database, f"UPDATE jobs SET {change} WHERE id = :id", id=getattr(stored, status).id) == 1


@pytest.mark.parametrize(
    "change", ["status = 'done'", "progress = 101, seq = seq + 1", "stage = 'polishing', seq = seq + 1"]
)
def test_a_value_that_no_enum_has_is_refused(database, stored, change):
    with pytest.raises((IntegrityError, Refused)):
        _raw(database, f"UPDATE jobs SET {change} WHERE id = :id", id=stored.processing.id)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET at = at WHERE job_id = :id",
        "UPDATE events SET seq = 7 WHERE job_id = :id",
        "DELETE FROM events WHERE job_id = :id",
        "INSERT INTO events (job_id, seq, owner_id, type, at, data)"
        " SELECT job_id, 3, owner_id, type, at, data FROM events WHERE job_id = :id",
        "INSERT INTO events (job_id, seq, owner_id, type, at, data)"
        " SELECT job_id, 1, owner_id, type, at, data FROM events WHERE job_id = :id",
    ],
)
def test_the_log_of_events_only_grows_and_without_gaps(database, stored, statement):
    with pytest.raises(Refused) as refusal:
        _raw(database, statement, id=stored.pending.id)
    assert refusal.value.code == "illegal_move"


def test_a_purged_job_takes_its_events_with_it(database, stored):
    _raw(database, "DELETE FROM jobs WHERE id = :id", id=stored.completed.id)
    with database.read() as tx:
        assert tx.events.after(stored.completed.id, 0) == ()
        assert len(tx.events.after(stored.pending.id, 0)) == 1
