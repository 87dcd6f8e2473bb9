"""The format, version 1: what each line of each file holds. It is frozen: a change is another version,
and what was added since is left out where there is nothing of it.

An archive is a zip of JSON files, one object a line, of ``blobs/<sha256>``, and of ``manifest.json``. Owners, keys of
requests, tokens, provider's task ids and cache keys stay at home: in another's house they would open doors.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from maquette.domain.approvals import MAX_REASON, Verdict
from maquette.domain.assets import Role, View
from maquette.domain.jobs import EventType, TaskStatus
from maquette.domain.marks import MAX_CLICKS, MAX_POINTS, MAX_RADIUS, MAX_STROKES
from maquette.domain.projects import ProjectKind
from maquette.domain.states import Stage, Status

FORMAT = "maquette-project"
VERSION = 1
MANIFEST = "manifest.json"
BLOBS = "blobs/"

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
MediaType = Annotated[
    str,
    StringConstraints(
        pattern=r"^(image/(png|jpeg|webp|avif|heic|heif)|model/(gltf-binary|vnd\.usdz\+zip)|audio/[a-z0-9.+-]{1,40}"
        r"|application/(json|zip|octet-stream)|text/plain)$"
    ),
]
"""Nothing that a browser would run."""
Word = Annotated[str, StringConstraints(max_length=100)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Size = Annotated[float, Field(gt=0, le=100_000)]
Pixels = Annotated[float, Field(ge=0, le=100_000)]
Usd = Annotated[float, Field(ge=0, le=1_000_000)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Percent = Annotated[int, Field(ge=0, le=100)]
Counter = Annotated[int, Field(ge=1, le=1_000_000)]
Ids = Annotated[tuple[Id, ...], Field(max_length=1000)]
Facts = Annotated[dict[Word, JsonValue], Field(max_length=1000)]


class Line(BaseModel):
    """Nothing beyond these fields, and nothing converted that is not what it should be."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Entry(Line):
    """One file of the archive."""

    sha256: Sha256
    bytes: Count


class Manifest(Line):
    """The table of contents; the only file that is not in it is itself."""

    format: Literal["maquette-project"]
    version: Literal[1]
    made_by: Word
    left_out: Annotated[dict[Word, Count], Field(max_length=20)]
    entries: Annotated[dict[Annotated[str, StringConstraints(max_length=100)], Entry], Field(max_length=100_000)]


class Dimensions(Line):
    """As a project has them; what is not known is left out."""

    width: Size | None = None
    height: Size | None = None
    depth: Size | None = None
    unit: Literal["mm", "cm", "m", "in"] | None = None


class ProjectLine(Line):
    id: Id
    kind: ProjectKind
    name: Name
    created_at: AwareDatetime
    updated_at: AwareDatetime
    sku: Word | None
    dimensions: Dimensions | None
    room_type: Word | None
    tags: Annotated[tuple[Annotated[str, StringConstraints(max_length=50)], ...], Field(max_length=50)]
    expires_at: AwareDatetime | None


class QualityLine(Line):
    score: Annotated[float, Field(ge=0, le=1)]
    flags: Annotated[tuple[Word, ...], Field(max_length=100)]


class AssetLine(Line):
    id: Id
    project_id: Id | None
    role: Role
    media_type: MediaType
    sha256: Sha256
    bytes: Count
    created_at: AwareDatetime
    name: Text
    view: View | None
    width: Annotated[int, Field(ge=1, le=100_000)] | None
    height: Annotated[int, Field(ge=1, le=100_000)] | None
    stats: Facts
    quality: QualityLine | None
    derived_from: Ids
    produced_by: Id | None
    engine: Word | None
    is_test: bool


class ProblemLine(Line):
    code: Word
    message: Text
    hint: Text
    retryable: bool


class ClickLine(Line):
    x: Pixels
    y: Pixels
    include: bool


class StrokeLine(Line):
    points: Annotated[tuple[tuple[Pixels, Pixels], ...], Field(min_length=1, max_length=MAX_POINTS)]
    radius: Annotated[float, Field(ge=0.01, le=MAX_RADIUS)]
    include: bool


class MarksLine(Line):
    clicks: Annotated[tuple[ClickLine, ...], Field(max_length=MAX_CLICKS)]
    strokes: Annotated[tuple[StrokeLine, ...], Field(max_length=MAX_STROKES)]

    @property
    def is_empty(self) -> bool:
        return not self.clicks and not self.strokes


def _unmarked(marks: MarksLine | None) -> bool:
    return marks is None or marks.is_empty


class DecisionLine(Line):
    verdict: Verdict
    cutout: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    reason: Annotated[str, Field(max_length=MAX_REASON)]
    by: Annotated[str, Field(max_length=200)]
    at: AwareDatetime | None


def _undecided(decision: DecisionLine | None) -> bool:
    return decision is None


class InputLine(Line):
    """``marks`` and ``decision`` are left out where there are none: older versions then read the rest."""

    asset_id: Id
    view: View | None
    box: tuple[Pixels, Pixels, Pixels, Pixels] | None
    marks: Annotated[MarksLine | None, Field(exclude_if=_unmarked)] = None
    decision: Annotated[DecisionLine | None, Field(exclude_if=_undecided)] = None


class RowLine(Line):
    """The row of a batch that a job was made for; ``batch`` is what the batch is called."""

    sku: Annotated[str, Field(min_length=1, max_length=100)]
    name: Annotated[str, Field(max_length=200)]
    batch: Annotated[str, Field(max_length=200)]


def _alone(row: RowLine | None) -> bool:
    return row is None


class JobLine(Line):
    """``row`` is left out where there is none."""

    id: Id
    project_id: Id | None
    pipeline: Word
    created_at: AwareDatetime
    updated_at: AwareDatetime
    status: Status
    stage: Stage | None
    progress: Percent
    failed_stage: Stage | None
    error: ProblemLine | None
    attempt: Counter
    leg: Annotated[int, Field(ge=0, le=1_000_000)]
    from_stage: Stage | None
    priority: Annotated[int, Field(ge=-100, le=100)]
    settings: Facts
    inputs: Annotated[tuple[InputLine, ...], Field(max_length=100)]
    hold_after: Annotated[tuple[Stage, ...], Field(max_length=20)]
    parent_job_id: Id | None
    batch_id: Id | None
    result_id: Id | None
    deadline_s: Annotated[int, Field(ge=1, le=24 * 3600)]
    estimate_usd: Usd | None
    cost_usd: Usd
    budget_usd: Usd | None
    is_test: bool
    seq: Counter
    started_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    row: Annotated[RowLine | None, Field(exclude_if=_alone)] = None


class TaskLine(Line):
    id: Id
    job_id: Id
    stage: Stage
    attempt: Counter
    number: Counter
    started_at: AwareDatetime
    status: TaskStatus
    engine: Word | None
    engine_version: Word | None
    params: Facts
    input_assets: Ids
    output_assets: Ids
    data: Facts
    reused: bool
    saved_ms: Count
    cost_usd: Usd
    duration_ms: Count
    cpu_ms: Count
    peak_bytes: Count
    error: ProblemLine | None
    ended_at: AwareDatetime | None


class EventLine(Line):
    job_id: Id
    seq: Counter
    type: EventType
    at: AwareDatetime
    data: Facts


class ResultLine(Line):
    id: Id
    job_id: Id
    kind: Word
    created_at: AwareDatetime
    assets: Annotated[dict[Word, Ids], Field(max_length=1000)]
    report: Facts
    is_test: bool


FILES: Mapping[str, type[Line]] = {
    "project.jsonl": ProjectLine,
    "assets.jsonl": AssetLine,
    "jobs.jsonl": JobLine,
    "tasks.jsonl": TaskLine,
    "events.jsonl": EventLine,
    "results.jsonl": ResultLine,
}
"""Every one of them is there, be it empty."""


def fields(kind: type[Line], thing: Any, **others: Any) -> Any:
    """A line from a dataclass of the domain, whose fields bear the same names."""
    given = {name: getattr(thing, name) for name in kind.model_fields if name not in others}
    return kind.model_validate(_plain(given | others), strict=False)


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
