"""Three older status vocabularies, computed from a job's state and never stored.

``S0`` names the milestones that a photo has reached, ``S1`` and ``S3`` name the work in progress. One enum
could not serve both, a projection can. Each row of ``ROWS`` says what the three show while a job is at a
stage and what they show when it failed or was canceled there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from maquette.domain.states import Pipeline, Stage, Status, WaitingFor

S0 = Literal[
    "pending", "uploaded", "upload_failed", "bgr_removed", "bgr_removal_failed", "job_created",
    "job_creation_failed", "model_generated", "model_generation_failed", "model_saved", "model_saving_failed",
]  # fmt: skip
S1 = Literal[
    "draft", "uploading_photos", "photos_uploaded", "removing_background", "generating_3d_model",
    "completed", "failed",
]  # fmt: skip
S3Status = Literal["pending", "processing", "completed", "failed"]
S3Stage = Literal["validating", "generating", "storing", "watermarking", "complete", "failed"]
UiStage = Literal["uploaded", "removing_background", "processing", "generating", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class Row:
    """What each vocabulary shows while a job works at a stage, and S0's word when it fails there."""

    s0: S0
    ui: UiStage | None
    s1: S1
    s3: S3Stage
    s0_failed: S0


_PHOTOS_IN = Row("uploaded", "uploaded", "photos_uploaded", "validating", "upload_failed")
_CHOOSING = Row("uploaded", "uploaded", "photos_uploaded", "validating", "bgr_removal_failed")
_CUTTING = Row("uploaded", "removing_background", "removing_background", "validating", "bgr_removal_failed")
_PREPARING = Row("bgr_removed", "processing", "generating_3d_model", "validating", "job_creation_failed")
_GENERATING = Row("job_created", "generating", "generating_3d_model", "generating", "model_generation_failed")
_SAVING = Row("model_generated", "generating", "generating_3d_model", "storing", "model_saving_failed")
_MARKING = Row("model_generated", "generating", "generating_3d_model", "watermarking", "model_saving_failed")

ROWS: Mapping[Stage, Row] = MappingProxyType(
    {
        Stage.UPLOADING: Row("pending", None, "uploading_photos", "validating", "upload_failed"),
        Stage.VALIDATING: _PHOTOS_IN,
        Stage.TRANSCRIBING: _PREPARING,
        Stage.SELECTING: _CHOOSING,
        Stage.REMOVING_BACKGROUND: _CUTTING,
        Stage.APPROVING: _CUTTING,
        Stage.ANALYZING: _PREPARING,
        Stage.PLANNING: _PREPARING,
        Stage.RETRIEVING: _PREPARING,
        Stage.SUBMITTING: _PREPARING,
        Stage.GENERATING: _GENERATING,
        Stage.STORING: _SAVING,
        Stage.OPTIMIZING: _SAVING,
        Stage.WATERMARKING: _MARKING,
    }
)


@dataclass(frozen=True, slots=True)
class UiStep:
    """One of the five steps that the photo front end draws. ``icon`` is an emoji."""

    key: UiStage
    label: str
    icon: str


UI_STEPS: tuple[UiStep, ...] = (
    UiStep("uploaded", "Photo uploaded", "\N{OUTBOX TRAY}"),
    UiStep("removing_background", "Removing background", "\N{ARTIST PALETTE}"),
    UiStep("processing", "Queueing job", "\N{HOURGLASS WITH FLOWING SAND}"),
    UiStep("generating", "Generating 3D model", "\N{DIRECT HIT}"),
    UiStep("ready", "Model ready", "\N{WHITE HEAVY CHECK MARK}"),
)

STATUS_MAP: Mapping[S0, Mapping[str, str]] = MappingProxyType(
    {
        "pending": {"status": "pending"},
        "uploaded": {"status": "processing", "processingStage": "uploaded"},
        "upload_failed": {"status": "failed"},
        "bgr_removed": {"status": "processing", "processingStage": "bgr_removed"},
        "bgr_removal_failed": {"status": "failed"},
        "job_created": {"status": "processing", "processingStage": "job_created"},
        "job_creation_failed": {"status": "failed"},
        "model_generated": {"status": "processing", "processingStage": "model_generated"},
        "model_generation_failed": {"status": "failed"},
        "model_saved": {"status": "complete"},
        "model_saving_failed": {"status": "failed"},
    }
)
"""S0's own table from its words to its front end's two fields."""


@dataclass(frozen=True, slots=True)
class Projection:
    """One job seen through the three vocabularies."""

    generation_status: S0
    ui_stage: UiStage | None
    model_status: S1
    status: S3Status
    stage: S3Stage | None


def project(
    pipeline: Pipeline,
    status: Status,
    stage: Stage | None,
    failed_stage: Stage | None = None,
    waiting_for: WaitingFor | None = None,
) -> Projection:
    """Shows a job in the older vocabularies.

    ``stage`` is the furthest stage reached in the present attempt, None before the first. ``pending`` and
    ``waiting`` change nothing, except that a job held after a stage has reached the milestone which that stage
    leads to. A failure before any stage counts as one at ``uploading``.
    """
    if status is Status.DRAFT:
        return Projection("pending", None, "draft", "pending", None)
    if status is Status.COMPLETED:
        return Projection("model_saved", "ready", "completed", "completed", "complete")
    if status in (Status.FAILED, Status.CANCELED):
        row = ROWS[failed_stage or stage or Stage.UPLOADING]
        return Projection(row.s0_failed, "failed", "failed", "failed", "failed")
    if stage is None:
        return Projection("pending", None, "uploading_photos", "pending", None)
    row = ROWS[stage]
    milestone = row
    if status is Status.WAITING and waiting_for is WaitingFor.INPUT:
        following = pipeline.after(stage)
        milestone = ROWS.get(following, _MARKING)
    return Projection(milestone.s0, row.ui, row.s1, "processing", row.s3)
