"""Enumerates every path of every pipeline: holds, failures, cancels, retries, lost workers and backoffs.

The walk uses nothing but the functions that the product uses to move a job. Each pipeline is small enough to be
searched completely, so what is claimed here is claimed of all paths and not of a sample.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import get_args

import pytest

from maquette.domain import jobs as moves
from maquette.domain.errors import Problem, Refused
from maquette.domain.jobs import Job, Move
from maquette.domain.projections import ROWS, S0, S1, Projection, S3Stage, S3Status, UiStage, project
from maquette.domain.states import ENDED, MOVES, STAGE_ORDER, Pipeline, Stage, Status, WaitingFor
from maquette.pipelines.catalog import CATALOG

AT = datetime(2026, 1, 1, tzinfo=UTC)
BROKEN = Problem("engine_failed", "The engine failed", "Retry.", True)
MAX_ATTEMPT = 2

S0_ORDER = {word: rank for rank, word in enumerate(
    ["pending", "uploaded", "bgr_removed", "job_created", "model_generated", "model_saved"])}  # fmt: skip
S1_ORDER = {word: rank for rank, word in enumerate(
    ["draft", "uploading_photos", "photos_uploaded", "removing_background", "generating_3d_model", "completed"]
)}  # fmt: skip
S3_ORDER: dict[str | None, int] = {word: rank for rank, word in enumerate(
    [None, "validating", "generating", "storing", "watermarking", "complete"])}  # fmt: skip
S3_STATUS_ORDER = {"pending": 0, "processing": 1, "completed": 2}
UI_ORDER: dict[str | None, int] = {word: rank for rank, word in enumerate(
    [None, "uploaded", "removing_background", "processing", "generating", "ready"])}  # fmt: skip

PIPELINES = [entry.pipeline for entry in CATALOG.values()]


def start(pipeline: Pipeline, hold_after: tuple[Stage, ...] = (), status: Status = Status.PENDING) -> Job:
    return Job("job_1", "local", pipeline.name, AT, AT, status=status, hold_after=hold_after)


def following(job: Job, pipeline: Pipeline) -> Iterator[Move]:
    """Every move that a runner, a person, a reaper or an operator can make from here."""
    if job.status not in ENDED and (move := moves.cancel(job, AT)):
        yield move
    if job.status is Status.DRAFT:
        yield moves.accept(job, AT)
    if job.status is Status.PENDING:
        yield moves.fail(job, BROKEN, AT)
        yield moves.enter(job, pipeline, job.stage or pipeline.stages[0], AT)
    if job.status is Status.PROCESSING:
        yield from _working(job, pipeline)
    if job.status is Status.WAITING:
        yield moves.fail(job, BROKEN, AT)
        yield from _going_on(job, pipeline)
    if job.status in (Status.FAILED, Status.CANCELED) and job.attempt < MAX_ATTEMPT:
        yield moves.retry(job, pipeline, AT)
        reached = job.failed_stage or pipeline.stages[0]
        for stage in pipeline.stages[: pipeline.stages.index(reached) + 1]:
            yield moves.retry(job, pipeline, AT, stage)


def _going_on(job: Job, pipeline: Pipeline) -> Iterator[Move]:
    """A person decides, or lets it go on; after a decision the stages before are done again under the same name."""
    if job.waiting_for is not WaitingFor.APPROVAL:
        yield moves.resume(job, pipeline, AT)
        return
    decided = moves.decide(job, job.inputs, AT, by="ann")
    yield decided
    assert job.stage is not None
    yield moves.enter(decided.after, pipeline, job.stage, AT)


def _working(job: Job, pipeline: Pipeline) -> Iterator[Move]:
    assert job.stage is not None
    yield moves.fail(job, BROKEN, AT)
    yield moves.requeue(job, "worker_lost", AT)
    step = pipeline.step(job.stage)
    if advanced := moves.advance(job, pipeline, 0.5, AT):
        yield advanced
    yield moves.finish_stage(job, pipeline, AT)
    if job.stage in (Stage.APPROVING, Stage.PLANNING):
        yield moves.hold(job, WaitingFor.APPROVAL, AT)
    if job.progress >= step.end:
        if job.stage in job.hold_after:
            yield moves.hold(job, WaitingFor.INPUT, AT)
        elif (after := pipeline.after(job.stage)) is Stage.COMPLETE:
            yield moves.complete(job, "res_1", AT)
        else:
            yield moves.enter(job, pipeline, after, AT)


def key(job: Job) -> tuple[object, ...]:
    return (job.status, job.stage, job.progress, job.failed_stage, job.attempt, job.waiting_for, job.from_stage)


def explore(pipeline: Pipeline, first: Job) -> Iterator[Move]:
    """Every move reachable from ``first``, each once."""
    seen, waiting = {key(first)}, [first]
    while waiting:
        job = waiting.pop()
        for move in following(job, pipeline):
            yield move
            # seq and leg only count; leaving them out keeps the graph finite
            after = replace(move.after, seq=1, leg=0)
            if key(after) not in seen:
                seen.add(key(after))
                waiting.append(after)


def starts(pipeline: Pipeline) -> list[Job]:
    holds = [(), *((stage,) for stage in pipeline.stages[:-1]), pipeline.stages[:-1]]
    return [start(pipeline, status=Status.DRAFT), *(start(pipeline, hold) for hold in holds)]


def shown(job: Job, pipeline: Pipeline) -> Projection:
    return project(pipeline, job.status, job.stage, job.failed_stage, job.waiting_for)


@cache
def all_moves(pipeline: Pipeline) -> tuple[Move, ...]:
    return tuple(move for first in starts(pipeline) for move in explore(pipeline, first))


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda pipeline: pipeline.name)
def test_no_path_makes_an_illegal_move(pipeline: Pipeline):
    count = 0
    for move in all_moves(pipeline):
        count += 1
        before, after = move.before, move.after
        if before.status is not after.status:
            assert after.status in MOVES[before.status], move
        else:
            assert before.status is Status.PROCESSING, move
        assert after.seq == before.seq + 1
        assert move.event.seq == after.seq
        assert before.status is not Status.COMPLETED
    assert count > 20 * len(pipeline.stages)


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda pipeline: pipeline.name)
def test_stage_and_progress_never_go_back_within_an_attempt(pipeline: Pipeline):
    for move in all_moves(pipeline):
        before, after = move.before, move.after
        if before.attempt != after.attempt:
            assert after.attempt == before.attempt + 1
            assert move.event.type == "job.retried"
            continue
        assert after.progress >= before.progress, move
        if before.stage is not None:
            assert after.stage is not None
            assert STAGE_ORDER[after.stage] >= STAGE_ORDER[before.stage], move
        if after.status in (Status.FAILED, Status.CANCELED):
            assert (after.stage, after.progress) == (before.stage, before.progress)
            assert after.failed_stage is before.stage
            assert after.error is not None


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda pipeline: pipeline.name)
def test_every_projection_is_monotonic_within_an_attempt(pipeline: Pipeline):
    for move in all_moves(pipeline):
        if move.before.attempt != move.after.attempt or move.after.status in (Status.FAILED, Status.CANCELED):
            continue
        one, two = shown(move.before, pipeline), shown(move.after, pipeline)
        assert S0_ORDER[two.generation_status] >= S0_ORDER[one.generation_status], (move, one, two)
        assert S1_ORDER[two.model_status] >= S1_ORDER[one.model_status], (move, one, two)
        assert S3_ORDER[two.stage] >= S3_ORDER[one.stage], (move, one, two)
        assert S3_STATUS_ORDER[two.status] >= S3_STATUS_ORDER[one.status], (move, one, two)
        assert UI_ORDER[two.ui_stage] >= UI_ORDER[one.ui_stage], (move, one, two)


def test_every_word_of_every_vocabulary_is_reachable():
    seen: list[Projection] = []
    for pipeline in PIPELINES:
        seen += [shown(first, pipeline) for first in starts(pipeline)]
        seen += [shown(move.after, pipeline) for move in all_moves(pipeline)]
    assert {projection.generation_status for projection in seen} == set(get_args(S0))
    assert len(get_args(S0)) == 11
    assert {projection.model_status for projection in seen} == set(get_args(S1))
    assert len(get_args(S1)) == 7
    assert {projection.stage for projection in seen} - {None} == set(get_args(S3Stage))
    assert len(get_args(S3Stage)) == 6
    assert {projection.status for projection in seen} == set(get_args(S3Status))
    assert {projection.ui_stage for projection in seen} - {None} == set(get_args(UiStage))


def test_photo_to_model_reaches_all_words_but_the_draft_and_the_mark():
    pipeline = CATALOG["photo_to_model"].pipeline
    seen = {shown(move.after, pipeline).generation_status for move in all_moves(pipeline)}
    assert seen == set(get_args(S0))


def test_every_stage_has_a_row():
    assert set(ROWS) == set(Stage) - {Stage.COMPLETE}


def test_a_product_waits_for_approval_however_often_and_shows_the_words_of_cutting():
    pipeline = CATALOG["product_to_model"].pipeline
    holds = [move for move in all_moves(pipeline) if move.after.waiting_for is WaitingFor.APPROVAL]
    assert {(move.after.stage, move.after.progress) for move in holds} == {(Stage.APPROVING, 25)}
    for move in holds:
        seen = shown(move.after, pipeline)
        assert (seen.generation_status, seen.ui_stage, seen.model_status, seen.stage) == (
            "uploaded",
            "removing_background",
            "removing_background",
            "validating",
        )
        decided = moves.decide(move.after, (), AT).after
        assert (decided.stage, decided.progress, decided.attempt, decided.leg) == (
            Stage.APPROVING, 25, move.after.attempt, move.after.leg + 1,
        )  # fmt: skip
        assert shown(decided, pipeline) == seen


def test_only_what_waits_for_approval_is_decided():
    job = start(CATALOG["product_to_model"].pipeline)
    held = replace(job, status=Status.WAITING, stage=Stage.APPROVING, waiting_for=WaitingFor.INPUT)
    for other in (job, held, replace(job, status=Status.CANCELED)):
        with pytest.raises(Refused) as caught:
            moves.decide(other, (), AT)
        assert caught.value.code == "illegal_move"


def test_a_completed_job_refuses_everything():
    pipeline = CATALOG["cutout"].pipeline
    done = replace(start(pipeline), status=Status.COMPLETED, stage=Stage.COMPLETE, progress=100)
    attempts = [
        lambda: moves.cancel(done, AT),
        lambda: moves.fail(done, BROKEN, AT),
        lambda: moves.retry(done, pipeline, AT),
        lambda: moves.resume(done, pipeline, AT),
        lambda: moves.requeue(done, "backoff", AT),
        lambda: moves.enter(done, pipeline, Stage.UPLOADING, AT),
        lambda: moves.hold(done, WaitingFor.INPUT, AT),
        lambda: moves.complete(done, "res_2", AT),
        lambda: moves.advance(done, pipeline, 1.0, AT),
        lambda: moves.finish_stage(done, pipeline, AT),
    ]
    for attempt in attempts:
        with pytest.raises(Refused):
            attempt()


def test_canceling_twice_changes_nothing():
    job = start(CATALOG["cutout"].pipeline)
    canceled = moves.cancel(job, AT)
    assert canceled is not None
    assert moves.cancel(canceled.after, AT) is None


def test_a_job_held_after_a_stage_shows_the_milestone_and_the_stage_last_done():
    pipeline = CATALOG["photo_to_model"].pipeline
    held = replace(
        start(pipeline),
        status=Status.WAITING,
        stage=Stage.REMOVING_BACKGROUND,
        waiting_for=WaitingFor.INPUT,
        progress=25,
    )
    seen = shown(held, pipeline)
    assert (seen.generation_status, seen.model_status, seen.stage) == (
        "bgr_removed",
        "removing_background",
        "validating",
    )
    resumed = moves.resume(held, pipeline, AT).after
    assert (resumed.stage, resumed.status) == (Stage.SUBMITTING, Status.PROCESSING)
    assert shown(resumed, pipeline).generation_status == "bgr_removed"


def test_a_failure_before_any_stage_counts_as_one_at_uploading():
    pipeline = CATALOG["photo_to_model"].pipeline
    failed = moves.fail(start(pipeline), BROKEN, AT).after
    assert shown(failed, pipeline).generation_status == "upload_failed"
    retried = moves.retry(failed, pipeline, AT).after
    assert (retried.stage, retried.progress, retried.attempt) == (None, 0, 2)


def test_the_progress_of_each_stage_is_the_published_one():
    def steps(name: str) -> list[tuple[str, int, int]]:
        return [(step.stage.value, step.start, step.end) for step in CATALOG[name].pipeline.steps]

    assert steps("photo_to_model") == [
        ("uploading", 5, 5),
        ("validating", 10, 10),
        ("removing_background", 10, 25),
        ("submitting", 30, 30),
        ("generating", 30, 70),
        ("storing", 80, 80),
        ("optimizing", 80, 95),
    ]
    assert steps("image") == [
        ("validating", 10, 10),
        ("generating", 30, 70),
        ("storing", 80, 80),
        ("watermarking", 90, 90),
    ]
    for entry in CATALOG.values():
        orders = [STAGE_ORDER[stage] for stage in entry.pipeline.stages]
        assert orders == sorted(set(orders))
        bounds = [bound for step in entry.pipeline.steps for bound in (step.start, step.end)]
        assert bounds == sorted(bounds)
