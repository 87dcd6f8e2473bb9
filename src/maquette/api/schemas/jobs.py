"""Jobs, their tasks, logs and events on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from maquette.api.schemas.calls import CallOut
from maquette.api.schemas.common import Answer, Asked, Instant
from maquette.app.new_jobs import DEADLINE_S, MAX_DEADLINE_S
from maquette.domain import marks as marking
from maquette.domain import projections
from maquette.domain.assets import View
from maquette.domain.errors import Problem as StoredProblem
from maquette.domain.jobs import EventType, Job, JobInput, Task, TaskStatus
from maquette.domain.marks import NO_MARKS, Marks
from maquette.domain.states import Stage, Status, WaitingFor
from maquette.pipelines.catalog import CATALOG
from maquette.ports.stores import LogLine

Id = Annotated[str, Field(min_length=1, max_length=100)]
Pixels = Annotated[float, Field(strict=True, ge=0, le=100_000)]


class ClickIn(Asked):
    """A point in pixels of the upright photo that is part of the object, or with `include` false of what is around."""

    x: Pixels
    y: Pixels
    include: Annotated[bool, Field(strict=True)] = True


class StrokeIn(Asked):
    """A line that a round brush drew through `points` (x, y in pixels)."""

    points: Annotated[list[tuple[Pixels, Pixels]], Field(min_length=1, max_length=marking.MAX_POINTS)]
    radius: Annotated[float, Field(strict=True, ge=0.01, le=marking.MAX_RADIUS)]
    include: Annotated[bool, Field(strict=True)] = True


class MarksIn(Asked):
    """What a person marked on a photo. Later strokes win over earlier ones, clicks over strokes."""

    clicks: Annotated[list[ClickIn], Field(max_length=marking.MAX_CLICKS)] = Field(default=[])
    strokes: Annotated[list[StrokeIn], Field(max_length=marking.MAX_STROKES)] = Field(default=[])

    def stored(self) -> Marks:
        """As the domain knows them."""
        return Marks.of(self.model_dump())


class InputIn(Asked):
    """A photo to start from. `view` overrides the asset's own; `box` is x, y, width, height in pixels."""

    asset_id: Id
    view: View | None = None
    box: tuple[Pixels, Pixels, Pixels, Pixels] | None = None
    marks: MarksIn | None = None

    def stored(self) -> JobInput:
        """As the domain knows it."""
        return JobInput(self.asset_id, self.view, self.box, self.marks.stored() if self.marks else NO_MARKS)


Priority = Annotated[int, Field(strict=True, ge=-100, le=100)]


class NewJobIn(Asked):
    """What to make of which photos. `hold_after` names stages after which the job waits to be resumed.

    `approve` is the setting of that name: which cut-outs go on without a person.
    """

    pipeline: Annotated[str, Field(max_length=100)]
    inputs: Annotated[list[InputIn], Field(max_length=100)] = Field(default=[])
    settings: Annotated[dict[str, Any], Field(max_length=50)] = Field(default={})
    approve: Annotated[str, Field(max_length=50)] | None = None
    project_id: Id | None = None
    hold_after: Annotated[list[Stage], Field(max_length=20)] = Field(default=[])
    priority: Priority = 0
    deadline_s: Annotated[int, Field(strict=True, ge=1, le=MAX_DEADLINE_S)] = DEADLINE_S
    budget_usd: Annotated[float, Field(strict=True, ge=0, le=1_000_000)] | None = None
    parent_job_id: Id | None = None


class PriorityIn(Asked):
    """Where in the queue a job shall stand: greater numbers go first."""

    priority: Priority


class ResumeIn(Asked):
    """What changes as a waiting job goes on. Without `budget_usd` its budget stays."""

    budget_usd: Annotated[float | None, Field(ge=0)] = None


class RetryIn(Asked):
    """Where to start again; without it, at the stage that failed. `views` corrects sides, by an input's `asset_id`."""

    from_stage: Stage | None = None
    views: Annotated[dict[Id, View], Field(max_length=100)] = Field(default={})


class ClickOut(Answer):
    """A point on a photo."""

    x: float
    y: float
    include: bool


class StrokeOut(Answer):
    """A line on a photo."""

    points: list[tuple[float, float]]
    radius: float
    include: bool


class MarksOut(Answer):
    """What a person marked on a photo."""

    clicks: list[ClickOut]
    strokes: list[StrokeOut]

    @classmethod
    def of(cls, marks: Marks) -> "MarksOut | None":
        """No marks are None."""
        return cls.model_validate(marks.document()) if marks else None


class InputOut(Answer):
    """One photo that a job starts from."""

    asset_id: str
    view: View | None
    box: tuple[float, float, float, float] | None
    marks: MarksOut | None

    @classmethod
    def of(cls, given: JobInput) -> "InputOut":
        """As stored."""
        return cls(asset_id=given.asset_id, view=given.view, box=given.box, marks=MarksOut.of(given.marks))


class ErrorOut(Answer):
    """Why a job or a task failed."""

    code: str
    message: str
    hint: str
    retryable: bool

    @classmethod
    def of(cls, problem: StoredProblem | None) -> "ErrorOut | None":
        """None stays None."""
        if problem is None:
            return None
        return cls(code=problem.code, message=problem.message, hint=problem.hint, retryable=problem.retryable)


class JobOut(Answer):
    """One run of a pipeline, also in the words of the older front ends.

    `eta` is when it will have ended, or will wait for you, going by what the same stages took lately; null where nobody
    knows, and for a job within a batch.
    """

    id: str
    pipeline: str
    project_id: str | None
    status: Status
    stage: Stage | None
    progress: Annotated[int, Field(ge=0, le=100)]
    failed_stage: Stage | None
    error: ErrorOut | None
    attempt: int
    waiting_for: WaitingFor | None
    queue_position: int | None
    eta: Instant | None
    priority: int
    settings: dict[str, Any]
    inputs: list[InputOut]
    hold_after: list[Stage]
    parent_job_id: str | None
    batch_id: str | None
    result_id: str | None
    deadline_s: int
    estimate_usd: float | None
    cost_usd: float
    budget_usd: float | None
    seq: int
    is_test: bool
    created_at: Instant
    updated_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    elapsed_ms: int
    restorable_until: Instant | None = None
    undecided_calls: list[CallOut]
    generation_status: projections.S0
    ui_stage: projections.UiStage | None
    model_status: projections.S1

    @classmethod
    def of(cls, job: Job, queue_position: int | None, elapsed_ms: int, eta: datetime | None = None) -> "JobOut":
        """As its owner sees it."""
        return cls.model_validate(job_fields(job, queue_position, elapsed_ms, eta))


class CreatedJobOut(JobOut):
    """A job that was just accepted. The token opens its status; it is shown this once."""

    session_token: str


def job_fields(job: Job, queue_position: int | None, elapsed_ms: int, eta: datetime | None = None) -> dict[str, Any]:
    """The fields of ``JobOut``."""
    pipeline = CATALOG[job.pipeline].pipeline
    seen = projections.project(pipeline, job.status, job.stage, job.failed_stage, job.waiting_for)
    told: dict[str, Any] = {name: getattr(job, name) for name in JobOut.model_fields if hasattr(job, name)}
    return told | {
        "error": ErrorOut.of(job.error),
        "inputs": [InputOut.of(given) for given in job.inputs],
        "settings": dict(job.settings),
        "eta": eta,
        "queue_position": queue_position,
        "elapsed_ms": elapsed_ms,
        "generation_status": seen.generation_status,
        "ui_stage": seen.ui_stage,
        "model_status": seen.model_status,
        "undecided_calls": [],
    }


class JobPage(Answer):
    """Some jobs, newest first."""

    items: list[JobOut]
    next_cursor: str | None


class TaskOut(Answer):
    """One try of one stage. `saved_ms` is what reusing an earlier output saved."""

    id: str
    stage: Stage
    attempt: int
    number: int
    status: TaskStatus
    engine: str | None
    engine_version: str | None
    reused: bool
    saved_ms: int
    duration_ms: int
    cpu_ms: int
    peak_bytes: int
    cost_usd: float
    error: ErrorOut | None
    input_assets: list[str]
    output_assets: list[str]
    cache_key: str
    started_at: Instant
    ended_at: Instant | None

    @classmethod
    def of(cls, task: Task) -> "TaskOut":
        """As the job's owner sees it."""
        told: dict[str, Any] = {name: getattr(task, name) for name in cls.model_fields}
        told["error"] = ErrorOut.of(task.error)
        return cls.model_validate(told)


class TaskPage(Answer):
    """All tasks of a job, in the order in which they started."""

    items: list[TaskOut]
    next_cursor: str | None = None


class LogLineOut(Answer):
    """One line of a job's log. `detail` may hold a traceback."""

    at: Instant
    level: str
    message: str
    stage: Stage | None
    detail: str

    @classmethod
    def of(cls, line: LogLine) -> "LogLineOut":
        """As the job's owner sees it."""
        return cls(at=line.at, level=line.level, message=line.message, stage=line.stage, detail=line.detail)


class LogPage(Answer):
    """A job's log."""

    items: list[LogLineOut]
    next_cursor: str | None = None


class EventOut(Answer):
    """What an event of the stream carries as its data."""

    job_id: str
    seq: int
    type: EventType
    at: Instant
    data: dict[str, Any]
