"""The one state machine: statuses, their legal moves, the stages in order, and how a pipeline walks them.

Everything that shows or guards a state (SQL, API enums, page, command line, diagrams) is derived from
the tables in this module, from ``projections`` and from ``maquette.pipelines.catalog``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """What a job is doing."""

    DRAFT = "draft"
    PENDING = "pending"
    PROCESSING = "processing"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


MOVES: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.DRAFT: frozenset({Status.PENDING, Status.CANCELED}),
        Status.PENDING: frozenset({Status.PROCESSING, Status.FAILED, Status.CANCELED}),
        Status.PROCESSING: frozenset(
            # back to pending: the worker was lost, or a temporary failure is waiting out its backoff
            {Status.WAITING, Status.COMPLETED, Status.FAILED, Status.CANCELED, Status.PENDING}
        ),
        Status.WAITING: frozenset({Status.PROCESSING, Status.FAILED, Status.CANCELED}),
        # from a failure or a cancel only a retry leads on, and it starts a new attempt
        Status.FAILED: frozenset({Status.PENDING}),
        Status.CANCELED: frozenset({Status.PENDING}),
        Status.COMPLETED: frozenset(),
    }
)

ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELED})
"""Statuses in which nothing runs and nothing will run by itself."""

RETRYABLE = frozenset(source for source in ENDED if Status.PENDING in MOVES[source])


class WaitingFor(StrEnum):
    """Why a job is ``waiting``."""

    APPROVAL = "approval"
    INPUT = "input"
    """The job is held *after* its stage (``hold_after``) until it is resumed."""
    BUDGET = "budget"
    QUOTA = "quota"
    UNCERTAIN = "uncertain"


class Stage(StrEnum):
    """The stages in their one order. Each pipeline walks a subsequence."""

    UPLOADING = "uploading"
    VALIDATING = "validating"
    TRANSCRIBING = "transcribing"
    SELECTING = "selecting"
    REMOVING_BACKGROUND = "removing_background"
    APPROVING = "approving"
    ANALYZING = "analyzing"
    PLANNING = "planning"
    RETRIEVING = "retrieving"
    SUBMITTING = "submitting"
    GENERATING = "generating"
    STORING = "storing"
    OPTIMIZING = "optimizing"
    WATERMARKING = "watermarking"
    COMPLETE = "complete"


STAGE_ORDER: Mapping[Stage, int] = MappingProxyType({stage: index for index, stage in enumerate(Stage)})


@dataclass(frozen=True, slots=True)
class Label:
    """How a status or stage is called on screen. ``icon`` is a lucide icon name."""

    text: str
    icon: str


STAGE_LABELS: Mapping[Stage, Label] = MappingProxyType(
    {
        Stage.UPLOADING: Label("Receiving photos", "upload"),
        Stage.VALIDATING: Label("Checking photos", "shield-check"),
        Stage.TRANSCRIBING: Label("Listening", "mic"),
        Stage.SELECTING: Label("Choosing photos", "images"),
        Stage.REMOVING_BACKGROUND: Label("Removing background", "scissors"),
        Stage.APPROVING: Label("Approving cut-outs", "thumbs-up"),
        Stage.ANALYZING: Label("Looking at the scene", "scan-eye"),
        Stage.PLANNING: Label("Planning", "list-checks"),
        Stage.RETRIEVING: Label("Finding references", "book-open"),
        Stage.SUBMITTING: Label("Handing over", "send"),
        Stage.GENERATING: Label("Generating", "box"),
        Stage.STORING: Label("Saving", "save"),
        Stage.OPTIMIZING: Label("Optimizing", "gauge"),
        Stage.WATERMARKING: Label("Marking previews", "stamp"),
        Stage.COMPLETE: Label("Ready", "circle-check"),
    }
)

STATUS_LABELS: Mapping[Status, Label] = MappingProxyType(
    {
        Status.DRAFT: Label("Draft", "pencil"),
        Status.PENDING: Label("In the queue", "clock"),
        Status.PROCESSING: Label("Working", "loader"),
        Status.WAITING: Label("Waiting for you", "pause"),
        Status.COMPLETED: Label("Done", "circle-check"),
        Status.FAILED: Label("Failed", "circle-alert"),
        Status.CANCELED: Label("Canceled", "circle-slash"),
    }
)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a pipeline and the progress (percent) that a job shows when it starts and ends."""

    stage: Stage
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A named subsequence of the stages. ``steps`` excludes ``complete``, which every pipeline ends in at 100."""

    name: str
    title: str
    steps: tuple[Step, ...]

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that do work, in order."""
        return tuple(step.stage for step in self.steps)

    def step(self, stage: Stage) -> Step:
        """The step of ``stage``; ``complete`` is a step of every pipeline. Raises KeyError for a foreign stage."""
        if stage is Stage.COMPLETE:
            return Step(Stage.COMPLETE, 100, 100)
        for step in self.steps:
            if step.stage is stage:
                return step
        raise KeyError(stage)

    def after(self, stage: Stage) -> Stage:
        """The stage that follows ``stage``; ``complete`` after the last one."""
        following = (*self.stages, Stage.COMPLETE)
        return following[following.index(stage) + 1]
