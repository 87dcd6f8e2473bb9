"""What every store of commissions to providers does."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from maquette.domain.calls import Outlay, ProviderCall
from maquette.domain.errors import Problem, Refused
from maquette.domain.hosting import Billed, CallState, Handle
from maquette.domain.ids import new_id
from maquette.domain.states import Stage, Status

from .conftest import START

HASH = "f" * 64


def call_of(sample, minute=0, **fields):
    at = START + timedelta(minutes=minute)
    given = {"job_id": "job_1", "engine": new_id("eng"), "order_key": new_id("key"), **fields}
    return ProviderCall(
        new_id("call"),
        sample.owner,
        stage=Stage.GENERATING,
        attempt=1,
        capability="mesher",
        created_at=at,
        updated_at=at,
        **given,
    )


@pytest.fixture
def tx(database):
    with database.write() as tx:
        yield tx


def test_a_call_comes_back_as_it_was(tx, sample, other):
    call = call_of(
        sample,
        batch_id="bat_1",
        task_id="task_1",
        number=2,
        state=CallState.FAILED,
        void=True,
        external_id="t1",
        handle=Handle("t1", {"status": "https://x.org/t1"}, {"a": 1}).document(),
        request_digest="d",
        reserved_usd=0.25,
        cost_usd=0.2,
        units=10.0,
        unit="credit",
        billed=Billed.YES,
        price_at="2026-11-01",
        http_status=200,
        latency_ms=12,
        response={"words": "FAILED"},
        error=Problem("content_refused", "No.", "Try.", False),
        parcels=({"role": "model", "bytes": 3},),
        wake_hash=HASH,
        polls=3,
        submitted_at=START,
        ended_at=START,
        is_test=True,
    )
    tx.calls.add(call)
    assert tx.calls.get(call.id, sample.owner) == tx.calls.get(call.id) == call
    assert tx.calls.get(call.id, other.owner) is None
    assert tx.calls.get("call_none") is None


def test_of_one_owners_calls_under_one_key_only_one_stands(database, sample, other):
    first = call_of(sample)
    with database.write() as tx:
        tx.calls.add(first)
        tx.calls.add(replace(first, id=new_id("call"), owner_id=other.owner))
        tx.calls.add(replace(first, id=new_id("call"), void=True))
    with pytest.raises(Refused) as refusal, database.write() as tx:
        tx.calls.add(replace(first, id=new_id("call")))
    assert refusal.value.code == "conflict"
    second = replace(first, id=new_id("call"), number=2)
    with database.write() as tx:
        assert tx.calls.standing(sample.owner, first.order_key) == first
        assert tx.calls.save(first, replace(first, void=True))
        assert tx.calls.standing(sample.owner, first.order_key) is None
        tx.calls.add(second)
        assert tx.calls.standing(sample.owner, first.order_key) == second
        assert [call.number for call in tx.calls.of_key(sample.owner, first.order_key)] == [1, 1, 2]


def test_a_call_is_written_once_from_what_it_was(tx, sample):
    call = call_of(sample)
    tx.calls.add(call)
    sent = replace(call, state=CallState.QUEUED, external_id="t1")
    assert tx.calls.save(call, sent)
    assert not tx.calls.save(call, replace(call, state=CallState.LOST))
    assert not tx.calls.save(call, call)
    assert tx.calls.save(sent, sent)
    assert not tx.calls.save(replace(sent, void=True), replace(sent, polls=4))
    assert tx.calls.get(call.id) == sent


def test_open_calls_are_counted_for_their_engine(tx, sample, other):
    job, others, over = sample.job(), other.job(), sample.job(status=Status.FAILED)
    for each in (job, others, over):
        tx.jobs.add(each)
    call = call_of(sample, job_id=job.id)
    tx.calls.add(call)
    tx.calls.add(call_of(other, engine=call.engine, job_id=others.id, state=CallState.RUNNING))
    tx.calls.add(call_of(sample, engine=call.engine, job_id=job.id, state=CallState.LOST))
    tx.calls.add(call_of(sample, engine=call.engine, job_id=over.id, state=CallState.RUNNING))
    tx.calls.add(call_of(sample, job_id=job.id))
    assert tx.calls.open_count(call.engine) == 2
    assert [found.engine for found in tx.calls.open()].count(call.engine) == 3


@pytest.mark.parametrize(
    ("fields", "unanswered"),
    [
        ({"state": CallState.SUBMITTING, "minute": -60}, True),
        ({"state": CallState.LOST}, True),
        ({"state": CallState.LOST, "void": True}, True),
        ({"state": CallState.LOST, "minute": -60}, False),
        ({"state": CallState.LOST, "external_id": "t1"}, False),
        ({"state": CallState.FAILED, "void": True}, False),
    ],
)
def test_what_another_call_may_have_made_is_known(tx, sample, other, fields, unanswered):
    call = call_of(sample)
    tx.calls.add(call)
    assert not tx.calls.is_unanswered(call.engine, START, call.id)
    tx.calls.add(call_of(other, engine=call.engine, **fields))
    assert tx.calls.is_unanswered(call.engine, START, call.id) is unanswered


def test_the_calls_of_a_job_come_in_their_order(tx, sample):
    job = new_id("job")
    late, early = call_of(sample, 1, job_id=job), call_of(sample, 0, job_id=job)
    for call in (late, early, call_of(sample)):
        tx.calls.add(call)
    assert tx.calls.of_job(job) == (early, late)


def test_a_call_back_wakes_an_open_call_and_is_never_unmade(tx, sample):
    call = call_of(sample, wake_hash=new_id("hash"))
    tx.calls.add(call)
    woken = tx.calls.wake(call.wake_hash)
    assert woken == replace(call, wakes=1)
    assert tx.calls.save(call, replace(call, polls=1))
    assert tx.calls.get(call.id).wakes == 1
    assert tx.calls.save(call, replace(call, state=CallState.SUCCEEDED))
    assert tx.calls.wake(call.wake_hash) is None
    assert tx.calls.wake("none") is None


def test_sums_tell_costs_reserves_and_what_nobody_knows(tx, sample, other):
    done, job = CallState.SUCCEEDED, new_id("job")
    for call in (
        call_of(sample, state=done, cost_usd=0.5, reserved_usd=0.75),
        call_of(sample, state=CallState.RUNNING, reserved_usd=0.25, job_id=job),
        call_of(sample, state=CallState.LOST, reserved_usd=0.125, billed=Billed.UNKNOWN),
        call_of(sample, state=CallState.FAILED, reserved_usd=4.0),
        call_of(sample, state=done, batch_id="bat_1"),
        call_of(sample, -60, state=done, cost_usd=2.0),
        call_of(other, state=done, cost_usd=8.0),
    ):
        tx.calls.add(call)
    assert tx.calls.spent(owner_id=sample.owner) == Outlay(2.5, 0.375, 2)
    assert tx.calls.spent(owner_id=sample.owner, since=START) == Outlay(0.5, 0.375, 2)
    assert tx.calls.spent(owner_id=sample.owner, job_id=job) == Outlay(0.0, 0.25, 0)
    assert tx.calls.spent(owner_id=sample.owner, batch_id="bat_1") == Outlay(0.0, 0.0, 1)
    assert tx.calls.spent(owner_id=new_id("own")) == Outlay()


def test_whoever_holds_a_name_counts_alone(database, sample):
    """Each adds one only if there is none: without the hold several would."""
    engine, job = new_id("eng"), sample.job()
    with database.write() as tx:
        tx.jobs.add(job)

    def submit(_):
        with database.write() as tx:
            tx.calls.hold("total", engine)
            if tx.calls.open_count(engine) == 0:
                tx.calls.add(call_of(sample, engine=engine, job_id=job.id))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(submit, range(6)))
    with database.read() as tx:
        assert tx.calls.open_count(engine) == 1
