"""What every store of jobs promises."""

from dataclasses import fields, replace
from datetime import timedelta, timezone

import pytest

from maquette.domain import jobs as moves
from maquette.domain.assets import View
from maquette.domain.errors import Problem, Refused
from maquette.domain.jobs import EventType, Job, JobInput
from maquette.domain.marks import Click, Marks, Stroke
from maquette.domain.states import Stage, Status, WaitingFor
from maquette.pipelines.catalog import CATALOG
from maquette.ports.stores import Head, Session

TICK = timedelta(microseconds=1)
MARKS = Marks((Click(1.5, 2.0, include=False),), (Stroke(((1.0, 2.0), (3.0, 4.25)), 6.0),))
PIPELINE = CATALOG["photo_to_model"].pipeline


def _add(database, *jobs):
    with database.write() as tx:
        for job in jobs:
            tx.jobs.add(job)


def _apply(database, move, durable=True):
    with database.write(durable=durable) as tx:
        return tx.jobs.apply(move)


def _get(database, job):
    with database.read() as tx:
        return tx.jobs.get(job.id)


def test_a_job_comes_back_as_it_was_given(database, sample):
    full = sample.job(
        status=Status.FAILED,
        stage=Stage.GENERATING,
        progress=42,
        failed_stage=Stage.GENERATING,
        error=Problem("engine_failed", "It broke", "Retry", True),
        attempt=3,
        leg=2,
        from_stage=Stage.VALIDATING,
        waiting_for=WaitingFor.INPUT,
        priority=-5,
        settings={"quality": "full", "cutter": None},
        inputs=(JobInput("ast_1", View.FRONT, (1.0, 2.5, 3.0, 4.0)), JobInput("ast_2", marks=MARKS)),
        hold_after=(Stage.VALIDATING, Stage.REMOVING_BACKGROUND),
        parent_job_id="job_parent",
        batch_id="bat_1",
        result_id="res_1",
        idempotency_key="key",
        deadline_s=7,
        estimate_usd=0.25,
        cost_usd=0.1,
        budget_usd=2.0,
        is_test=True,
        turn=12,
        traceparent=f"00-{'a' * 32}-{'b' * 16}-01",
    )
    at = full.created_at
    full = replace(full, started_at=at + timedelta(microseconds=1), ended_at=at + timedelta(days=1))
    left_out = {field.name for field in fields(Job) if getattr(full, field.name) == field.default}
    assert left_out == {"project_id", "seq", "deleted_at"}
    _add(database, full)
    assert _get(database, full) == full


def test_times_are_utc_whatever_zone_they_came_in(database, sample):
    job = sample.job()
    elsewhere = replace(job, created_at=job.created_at.astimezone(timezone(timedelta(hours=5))))
    _add(database, elsewhere)
    found = _get(database, job)
    assert found.created_at == job.created_at
    assert found.created_at.utcoffset() == timedelta(0)


def test_the_first_event_tells_of_the_creation(database, sample):
    job = sample.job()
    _add(database, job)
    with database.read() as tx:
        assert tx.events.after(job.id, 0) == (moves.created(job),)


def test_a_move_is_written_with_its_event(database, sample):
    job = sample.job()
    _add(database, job)
    move = moves.enter(job, PIPELINE, Stage.UPLOADING, job.created_at + timedelta(seconds=1), task_id="tsk_1")
    assert _apply(database, move) == move.after == _get(database, job)
    with database.read() as tx:
        assert tx.events.after(job.id, 1) == (move.event,)


def test_a_stale_move_is_a_conflict_and_leaves_nothing(database, sample):
    job = sample.job()
    _add(database, job)
    first = moves.enter(job, PIPELINE, Stage.UPLOADING, job.created_at)
    stale = moves.cancel(job, job.created_at)
    _apply(database, first)
    with pytest.raises(Refused) as refusal:
        _apply(database, stale)
    assert refusal.value.code == "conflict"
    assert _get(database, job) == first.after
    with database.read() as tx:
        assert [event.seq for event in tx.events.after(job.id, 0)] == [1, 2]


def test_a_move_of_a_job_that_is_gone_is_a_conflict(database, sample):
    job = sample.job()
    with pytest.raises(Refused) as refusal:
        _apply(database, moves.cancel(job, job.created_at))
    assert refusal.value.code == "conflict"


@pytest.mark.parametrize(
    "forged",
    [
        {"status": Status.COMPLETED, "result_id": "res_1"},
        {"status": Status.WAITING},
        {"progress": 4},
        {"stage": None},
        {"attempt": 2},
        {"status": Status.PENDING, "attempt": 2},
    ],
    ids=str,
)
def test_a_forged_move_is_refused_by_the_database(database, sample, forged):
    job = sample.job()
    started = moves.enter(job, PIPELINE, Stage.UPLOADING, job.created_at).after
    _add(database, job)
    _apply(database, moves.enter(job, PIPELINE, Stage.UPLOADING, job.created_at))
    if forged.get("status") in (Status.COMPLETED, Status.WAITING):
        # legal from processing, so first back to the queue, where it is not
        requeued = moves.requeue(started, "backoff", job.created_at)
        started = _apply(database, requeued)
    legal = moves.cancel(started, job.created_at)
    after = replace(started, seq=started.seq + 1, **forged)
    with pytest.raises(Refused) as refusal:
        _apply(database, replace(legal, after=after))
    assert refusal.value.code == "illegal_move"
    assert _get(database, job) == started


def test_a_move_does_not_undo_a_deletion(database, sample):
    job = sample.job()
    _add(database, job)
    with database.write() as tx:
        assert tx.jobs.delete(job.id, job.owner_id, job.created_at)
    _apply(database, moves.cancel(job, job.created_at))
    assert _get(database, job).deleted_at == job.created_at


def test_quick_writes_are_seen_at_once(database, sample):
    job = sample.job()
    _add(database, job)
    moved = _apply(database, moves.enter(job, PIPELINE, Stage.UPLOADING, job.created_at), durable=False)
    assert _get(database, job) == moved


def test_an_exception_rolls_everything_back(database, sample):
    job = sample.job()
    with pytest.raises(KeyError), database.write() as tx:
        tx.jobs.add(job)
        raise KeyError
    assert _get(database, job) is None


def test_a_reader_sees_nothing_of_an_open_transaction(database, sample):
    job = sample.job()
    with database.write() as tx:
        tx.jobs.add(job)
        assert _get(database, job) is None
    assert _get(database, job) == job


def test_an_idempotency_key_is_taken_once_per_owner(database, sample, other):
    job = sample.job(idempotency_key="k")
    with database.write() as tx:
        tx.jobs.add(job)
        tx.jobs.remember_request(job.id, "fingerprint")
    _add(database, other.job(idempotency_key="k"), sample.job(), sample.job())
    with pytest.raises(Refused) as refusal:
        _add(database, sample.job(idempotency_key="k"))
    assert refusal.value.code == "conflict"
    with database.read() as tx:
        assert tx.jobs.by_key(sample.owner, "k") == (job, "fingerprint")
        assert tx.jobs.by_key(sample.owner, "other") is None


def test_a_foreign_job_is_a_missing_job(database, sample, other):
    job = sample.job()
    _add(database, job)
    with database.write() as tx:
        assert tx.jobs.get(job.id, sample.owner) == job
        assert tx.jobs.get(job.id, other.owner) is None
        assert not tx.jobs.delete(job.id, other.owner, job.created_at)
        assert tx.jobs.list(other.owner).items == ()


def test_a_deleted_job_is_missing_until_it_is_brought_back(database, sample):
    job = sample.job()
    _add(database, job)
    with database.write() as tx:
        assert tx.jobs.delete(job.id, job.owner_id, job.created_at)
        assert not tx.jobs.delete(job.id, job.owner_id, job.created_at)
        assert tx.jobs.get(job.id, job.owner_id) is None
        assert tx.jobs.list(job.owner_id).items == ()
        assert tx.jobs.get(job.id) is not None
        assert tx.jobs.delete(job.id, job.owner_id, None)
        assert tx.jobs.get(job.id, job.owner_id) == job


def test_a_completed_job_can_be_deleted_and_brought_back(database, sample):
    job = sample.job(status=Status.COMPLETED, stage=Stage.COMPLETE, progress=100, result_id="res_1")
    _add(database, job)
    with database.write() as tx:
        assert tx.jobs.delete(job.id, job.owner_id, job.created_at)
        assert tx.jobs.delete(job.id, job.owner_id, None)
    assert _get(database, job) == job


def test_pages_are_newest_first_and_stay_stable_while_jobs_arrive(database, sample):
    jobs = [sample.job(minute // 3) for minute in range(20)]
    _add(database, *jobs)
    expected = sorted(jobs, key=lambda job: (job.created_at, job.id), reverse=True)
    seen, cursor = [], None
    for round_ in range(20):
        with database.read() as tx:
            page = tx.jobs.list(sample.owner, cursor=cursor, limit=3)
        seen.extend(page.items)
        _add(database, sample.job(100 + round_))
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == expected


def test_lists_can_be_narrowed(database, sample):
    failed, waiting, pending = (
        sample.job(i, status=status) for i, status in enumerate((Status.FAILED, Status.WAITING, Status.PENDING))
    )
    _add(database, failed, waiting, pending)
    with database.read() as tx:
        assert tx.jobs.list(sample.owner, statuses=(Status.FAILED, Status.WAITING)).items == (waiting, failed)
        assert tx.jobs.list(sample.owner, project_id="prj_none").items == ()


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "bm90IGEgY3Vyc29y", "\N{SNOWMAN}", "MjAyNi0xMS0yMCB4"])
def test_a_foreign_cursor_is_refused(database, sample, cursor):
    with database.read() as tx, pytest.raises(Refused) as refusal:
        tx.jobs.list(sample.owner, cursor=cursor)
    assert refusal.value.code == "invalid_request"


def test_the_queue_goes_by_priority_and_then_by_age(database, sample, other):
    late, urgent, first, busy = (
        sample.job(2),
        other.job(3, priority=9),
        sample.job(1),
        sample.job(0, status=Status.PROCESSING, stage=Stage.UPLOADING, progress=5),
    )
    _add(database, late, urgent, first, busy)
    with database.read() as tx:
        assert [tx.jobs.queue_position(job) for job in (urgent, first, late, busy)] == [1, 2, 3, None]


def test_unfinished_are_pending_and_processing_jobs_oldest_first(database, sample):
    jobs = {status: sample.job(9 - index, status=status, result_id="r") for index, status in enumerate(Status)}
    _add(database, *jobs.values())
    with database.read() as tx:
        assert tx.jobs.unfinished() == (jobs[Status.PROCESSING], jobs[Status.PENDING])


def test_events_come_in_order_and_in_portions(database, sample):
    job = sample.job()
    _add(database, job)
    job = _apply(database, moves.enter(job, PIPELINE, Stage.UPLOADING, job.created_at))
    job = _apply(database, moves.requeue(job, "backoff", job.created_at, 2.5))
    with database.read() as tx:
        assert [event.type for event in tx.events.after(job.id, 1)] == [EventType.STARTED, EventType.REQUEUED]
        assert [event.seq for event in tx.events.after(job.id, 0, limit=2)] == [1, 2]
        assert tx.events.after(job.id, 2)[0].data["retry_in"] == 2.5
        assert tx.events.after(job.id, 3) == ()
        assert tx.events.after("job_none", 0) == ()


def test_the_news_of_many_jobs_in_one_query(database, sample, other):
    quiet, busy, foreign = sample.job(), sample.job(1), other.job()
    _add(database, quiet, busy, foreign)
    for _ in range(3):
        busy = _apply(database, moves.enter(busy, PIPELINE, Stage.UPLOADING, busy.created_at))
    with database.read() as tx:

        def told(limit=100, **cursors):
            asked = {job.id: cursors[name] for name, job in named.items() if name in cursors}
            names = {job.id: name for name, job in named.items()}
            return [(names[event.job_id], event.seq) for event in tx.events.news(asked, limit)]

        named = {"quiet": quiet, "busy": busy, "foreign": foreign}
        assert sorted(told(quiet=0, busy=2)) == [("busy", 3), ("busy", 4), ("quiet", 1)]
        assert told(quiet=1, busy=4, foreign=9) == []
        assert told(busy=1, limit=2) == [("busy", 2), ("busy", 3)]
        assert tx.events.news({busy.id: 3, "job_none": 0}) == tx.events.after(busy.id, 3)
        assert tx.events.news({}) == ()
        many = {f"job_{number}": number for number in range(40_000)}
        assert [event.seq for event in tx.events.news(many | {quiet.id: 0})] == [1]


def test_how_far_jobs_have_come(database, sample, other):
    new, done, deleted, foreign = sample.job(), sample.job(1), sample.job(2), other.job()
    _add(database, new, done, deleted, foreign)
    done = _apply(database, moves.cancel(done, done.created_at))
    with database.write() as tx:
        tx.jobs.delete(deleted.id, sample.owner, deleted.created_at)
    ids = [new.id, done.id, deleted.id, foreign.id, "job_none"]
    with database.read() as tx:
        assert tx.events.heads(ids, sample.owner) == {new.id: Head(1, False), done.id: Head(2, True)}
        assert tx.events.heads(ids).keys() == {new.id, done.id, foreign.id}
        assert tx.events.heads([], sample.owner) == {}


def test_a_session_opens_its_job(database, sample):
    job = sample.job()
    _add(database, job)
    with database.write() as tx:
        tx.sessions.add("h" * 64, Session(sample.owner, job.id), job.created_at)
        assert tx.sessions.find("h" * 64) == Session(sample.owner, job.id)
        assert tx.sessions.find("i" * 64) is None


def test_a_pending_job_is_amended_without_a_move(database, sample):
    job = sample.job()
    _add(database, job)
    later = replace(job, inputs=(JobInput("ast_9", View.BACK),), hold_after=(), updated_at=job.updated_at + TICK)
    with database.write() as tx:
        tx.jobs.amend(job, later)
    assert _get(database, job) == later
    with database.read() as tx:
        assert len(tx.events.after(job.id, 0)) == 1


@pytest.mark.parametrize("moved", [True, False])
def test_of_two_that_amend_one_looks_again(database, sample, moved):
    job = sample.job()
    _add(database, job)
    if moved:
        _apply(database, moves.enter(job, PIPELINE, Stage.UPLOADING, job.created_at))
    else:
        with database.write() as tx:
            tx.jobs.amend(job, replace(job, updated_at=job.updated_at + TICK))
    with pytest.raises(Refused) as caught, database.write() as tx:
        tx.jobs.amend(job, replace(job, inputs=(), updated_at=job.updated_at + 2 * TICK))
    assert caught.value.code == "conflict"
    assert _get(database, job).inputs == job.inputs


def test_the_newest_job_of_a_photo_is_found_whatever_became_of_it(database, sample):
    asset, other = sample.asset(), sample.asset()
    late = asset.created_at + TICK
    old, new = asset.created_at - TICK, late + TICK
    jobs = [sample.job(inputs=(JobInput(asset.id),), created_at=at, updated_at=late) for at in (old, new)]
    _add(database, *jobs, sample.job(inputs=(JobInput(other.id),), created_at=late + 5 * TICK, updated_at=late))
    with database.write() as tx:
        assert tx.jobs.newest_from(asset) == jobs[1]
        assert tx.jobs.newest_from(replace(asset, owner_id="own_other")) is None
        tx.jobs.delete(jobs[1].id, jobs[1].owner_id, late)
        assert tx.jobs.newest_from(asset) == jobs[0]
