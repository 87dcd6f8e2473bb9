"""Jobs, their tasks and events, and the only functions that say how a job may move.

A function here takes a job and returns a ``Move``: the job as it will be, and the event that tells of it. Nothing
is written; a store applies the move by compare-and-set on ``seq``, so of two concurrent moves one loses and is
made again from what the other left. Every move raises ``seq`` by one and appends one event, hence the events of a
job are gapless by construction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from maquette.domain.approvals import Decision
from maquette.domain.assets import View
from maquette.domain.errors import Problem, Refused
from maquette.domain.marks import NO_MARKS, Marks
from maquette.domain.states import ENDED, MOVES, RETRYABLE, STAGE_ORDER, Pipeline, Stage, Status, WaitingFor


class EventType(StrEnum):
    """What happened to a job."""

    CREATED = "job.created"
    ACCEPTED = "job.accepted"
    STARTED = "stage.started"
    PROGRESS = "stage.progress"
    FINISHED = "stage.finished"
    HELD = "job.held"
    RESUMED = "job.resumed"
    REQUEUED = "job.requeued"
    FAILED = "job.failed"
    CANCELED = "job.canceled"
    RETRIED = "job.retried"
    COMPLETED = "job.completed"


@dataclass(frozen=True, slots=True)
class JobInput:
    """One asset that a job starts from, the side it shows, and what the person marked on it."""

    asset_id: str
    view: View | None = None
    box: tuple[float, float, float, float] | None = None
    """x, y, width, height in pixels of the upright picture."""
    marks: Marks = NO_MARKS
    decision: Decision | None = None
    """What a person decided about it since."""

    def document(self) -> list[Any]:
        """What tells this input from another, as JSON."""
        box = None if self.box is None else list(self.box)
        return [self.asset_id, self.view and self.view.value, box, *([self.marks.document()] if self.marks else [])]


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a pipeline.

    ``stage`` and ``progress`` (percent) never go back within one ``attempt``. ``leg`` counts how often the attempt
    was resumed. ``deadline_s`` bounds the working time of an attempt in seconds: waiting for a person or in a
    queue does not count, and no clock that can jump is asked.
    """

    id: str
    owner_id: str
    pipeline: str
    created_at: datetime
    updated_at: datetime
    status: Status = Status.PENDING
    stage: Stage | None = None
    progress: int = 0
    failed_stage: Stage | None = None
    error: Problem | None = None
    attempt: int = 1
    leg: int = 0
    from_stage: Stage | None = None
    """Set by a retry that asked for it: this stage and all later ones run anew instead of reusing outputs."""
    waiting_for: WaitingFor | None = None
    priority: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    inputs: tuple[JobInput, ...] = ()
    hold_after: tuple[Stage, ...] = ()
    project_id: str | None = None
    parent_job_id: str | None = None
    batch_id: str | None = None
    result_id: str | None = None
    idempotency_key: str | None = None
    deadline_s: int = 3600
    estimate_usd: float | None = None
    cost_usd: float = 0.0
    budget_usd: float | None = None
    is_test: bool = False
    seq: int = 1
    started_at: datetime | None = None
    ended_at: datetime | None = None
    deleted_at: datetime | None = None
    turn: int = 0
    """Among jobs of equal priority the smaller turn goes first; it deals out the queue fairly between owners."""
    traceparent: str | None = None
    """The span of the request that made it (W3C Trace Context), where traces are made."""


class TaskStatus(StrEnum):
    """How one attempt at one stage stands."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELED = "canceled"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Task:
    """One attempt at one stage. ``number`` counts the tries within a job's attempt and stage, from 1."""

    id: str
    job_id: str
    owner_id: str
    stage: Stage
    attempt: int
    number: int
    started_at: datetime
    status: TaskStatus = TaskStatus.RUNNING
    engine: str | None = None
    engine_version: str | None = None
    external_task_id: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    input_assets: tuple[str, ...] = ()
    output_assets: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    cache_key: str = ""
    reused: bool = False
    saved_ms: int = 0
    """What reusing an earlier output saved, in milliseconds of that earlier run."""
    cost_usd: float = 0.0
    duration_ms: int = 0
    cpu_ms: int = 0
    peak_bytes: int = 0
    error: Problem | None = None
    ended_at: datetime | None = None


def worked_ms(tasks: Iterable[Task]) -> int:
    """The working time over all attempts, in milliseconds."""
    return sum(task.duration_ms for task in tasks if not task.reused)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the append-only log that polling, streams and webhooks all read."""

    job_id: str
    seq: int
    type: EventType
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What a completed job delivers. ``assets`` maps a name such as ``glb`` or ``lod1`` to an asset's id."""

    id: str
    job_id: str
    owner_id: str
    kind: str
    created_at: datetime
    assets: Mapping[str, tuple[str, ...]]
    report: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """A legal change of a job that is not written yet."""

    before: Job
    after: Job
    event: Event


def created(job: Job) -> Event:
    """The first event of a job."""
    return Event(job.id, job.seq, EventType.CREATED, job.created_at, snapshot(job))


def snapshot(job: Job) -> dict[str, Any]:
    """What every event says of the job: enough to draw it without reading it."""
    return {
        "status": job.status.value,
        "stage": job.stage and job.stage.value,
        "progress": job.progress,
        "attempt": job.attempt,
        "failed_stage": job.failed_stage and job.failed_stage.value,
        "waiting_for": job.waiting_for and job.waiting_for.value,
        "result_id": job.result_id,
        "error": job.error and {"code": job.error.code, "message": job.error.message, "hint": job.error.hint},
    }


def accept(job: Job, at: datetime) -> Move:
    """Puts a draft into the queue."""
    _must_be(job, Status.DRAFT)
    return _move(job, EventType.ACCEPTED, at, Status.PENDING, {}, {})


def enter(job: Job, pipeline: Pipeline, stage: Stage, at: datetime, **data: Any) -> Move:
    """Starts a stage, or starts it again after a lost worker or a backoff; progress keeps the furthest value."""
    _must_be(job, Status.PENDING, Status.PROCESSING)
    if job.stage is not None and STAGE_ORDER[stage] < STAGE_ORDER[job.stage]:
        raise Refused("illegal_move", f"A job at {job.stage} cannot go back to {stage}.")
    progress = max(job.progress, pipeline.step(stage).start)
    changes = {"stage": stage, "progress": progress, "started_at": job.started_at or at}
    return _move(job, EventType.STARTED, at, Status.PROCESSING, changes, data)


def advance(job: Job, pipeline: Pipeline, fraction: float, at: datetime) -> Move | None:
    """Reports the finished fraction (0 to 1) of the present stage; None when the percentage does not rise."""
    step = pipeline.step(_working_at(job))
    progress = step.start + int((step.end - step.start) * min(max(fraction, 0.0), 1.0))
    if progress <= job.progress:
        return None
    return _move(job, EventType.PROGRESS, at, None, {"progress": progress}, {})


def finish_stage(job: Job, pipeline: Pipeline, at: datetime, **data: Any) -> Move:
    """Marks the present stage as done; the job stays at it until the next one starts."""
    progress = max(job.progress, pipeline.step(_working_at(job)).end)
    return _move(job, EventType.FINISHED, at, None, {"progress": progress}, data)


def hold(job: Job, waiting_for: WaitingFor, at: datetime) -> Move:
    """Makes the job wait for a person, money or certainty."""
    return _move(job, EventType.HELD, at, Status.WAITING, {"waiting_for": waiting_for}, {})


def resume(job: Job, pipeline: Pipeline, at: datetime) -> Move:
    """Goes on after a wait. A job held after a stage goes on with the next one at once: what it had reached stays."""
    if job.status is not Status.WAITING or job.stage is None:
        raise Refused("illegal_move", f"A job that is {job.status} cannot be resumed.", "Only a waiting job can.")
    changes: dict[str, Any] = {"waiting_for": None, "leg": job.leg + 1}
    if job.waiting_for is WaitingFor.INPUT:
        following = pipeline.after(job.stage)
        changes |= {"stage": following, "progress": max(job.progress, pipeline.step(following).start)}
    return _move(job, EventType.RESUMED, at, Status.PROCESSING, changes, {})


def decide(job: Job, inputs: tuple[JobInput, ...], at: datetime, **data: Any) -> Move:
    """Goes on after a person has decided about the cut-outs, at the same stage: what was decided is done there."""
    if job.waiting_for is not WaitingFor.APPROVAL:
        raise Refused("illegal_move", f"The job is {job.status} and waits for no approval.", "Read the job's status.")
    changes: dict[str, Any] = {"waiting_for": None, "leg": job.leg + 1, "inputs": inputs}
    return _move(job, EventType.RESUMED, at, Status.PROCESSING, changes, data)


def amend(job: Job, at: datetime, **changes: Any) -> Move:
    """Changes what a job works from, or where it will be held, while it works. Not for one that waits or is pending."""
    _must_be(job, Status.PROCESSING)
    return _move(job, EventType.ACCEPTED, at, None, changes, {})


def reopen(job: Job, at: datetime, **changes: Any) -> Move:
    """Does the stage again after which a job is held, with the given changes: further photos have come."""
    if job.waiting_for is not WaitingFor.INPUT:
        raise Refused("illegal_move", "Only a job that is held can take more photos.", "Read the job's status.")
    again = {**changes, "waiting_for": None, "leg": job.leg + 1}
    return _move(job, EventType.RESUMED, at, Status.PROCESSING, again, {})


def requeue(job: Job, reason: str, at: datetime, retry_in: float | None = None) -> Move:
    """Back to the queue within the same attempt: ``worker_lost``, or ``backoff`` for ``retry_in`` seconds."""
    _must_be(job, Status.PROCESSING)
    return _move(job, EventType.REQUEUED, at, Status.PENDING, {}, {"reason": reason, "retry_in": retry_in})


def fail(job: Job, problem: Problem, at: datetime) -> Move:
    """Ends the attempt. Stage and progress stay; ``failed_stage`` says where it broke."""
    changes = {"error": problem, "failed_stage": job.stage, "ended_at": at, "waiting_for": None}
    return _move(job, EventType.FAILED, at, Status.FAILED, changes, {})


def cancel(job: Job, at: datetime) -> Move | None:
    """Ends the attempt on a person's wish; None when that has happened already."""
    if job.status is Status.CANCELED:
        return None
    if job.status in ENDED:
        raise Refused("job_finished", f"The job has {job.status} and cannot be canceled.", "There is nothing to stop.")
    problem = Problem("canceled", "The job was canceled", "Retry it to go on from this stage.", True)
    changes = {"error": problem, "failed_stage": job.stage, "ended_at": at, "waiting_for": None}
    return _move(job, EventType.CANCELED, at, Status.CANCELED, changes, {})


def retry(
    job: Job,
    pipeline: Pipeline,
    at: datetime,
    from_stage: Stage | None = None,
    inputs: tuple[JobInput, ...] | None = None,
) -> Move:
    """Starts the next attempt at the failed stage, or at an earlier ``from_stage`` that then runs anew.

    ``inputs`` are those of before, corrected.
    """
    if job.status not in RETRYABLE:
        raise Refused("illegal_move", f"A job that is {job.status} cannot be retried.", "Only failed or canceled jobs.")
    start = from_stage or job.failed_stage
    if start is not None and start not in pipeline.stages:
        raise Refused("unknown_stage", f"The pipeline {pipeline.name} has no stage {start}.")
    if from_stage and STAGE_ORDER[from_stage] > STAGE_ORDER[job.failed_stage or pipeline.stages[0]]:
        raise Refused("illegal_move", f"The job has not reached {from_stage} yet.", "Retry from an earlier stage.")
    changes: dict[str, Any] = {
        "attempt": job.attempt + 1,
        "leg": 0,
        "stage": start,
        "progress": pipeline.step(start).start if start else 0,
        "from_stage": from_stage,
        "inputs": job.inputs if inputs is None else inputs,
        "failed_stage": None,
        "error": None,
        "ended_at": None,
    }
    return _move(job, EventType.RETRIED, at, Status.PENDING, changes, {})


def complete(job: Job, result_id: str, at: datetime) -> Move:
    """Ends the job for good, with its result."""
    changes = {"stage": Stage.COMPLETE, "progress": 100, "result_id": result_id, "ended_at": at}
    return _move(job, EventType.COMPLETED, at, Status.COMPLETED, changes, {})


def _must_be(job: Job, *statuses: Status) -> None:
    if job.status not in statuses:
        raise Refused("illegal_move", f"A job that is {job.status} cannot do that.", "Read the job's status.")


def _working_at(job: Job) -> Stage:
    _must_be(job, Status.PROCESSING)
    if job.stage is None:
        raise Refused("illegal_move", "The job has not started a stage.")
    return job.stage


def _move(
    job: Job, event: EventType, at: datetime, status: Status | None, changes: Mapping[str, Any], data: Mapping[str, Any]
) -> Move:
    target = status or job.status
    staying = target is job.status and target is Status.PROCESSING
    if not staying and target not in MOVES[job.status]:
        raise Refused("illegal_move", f"A job that is {job.status} cannot become {target}.")
    after = replace(job, status=target, seq=job.seq + 1, updated_at=at, **changes)
    told = Event(job.id, after.seq, event, at, snapshot(after) | {k: v for k, v in data.items() if v is not None})
    return Move(job, after, told)
