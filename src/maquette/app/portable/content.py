"""What is in an archive, checked line by line and then as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import ValidationError

from maquette.app.portable.archive import Archive, Limits, invalid
from maquette.app.portable.lines import (
    FILES,
    AssetLine,
    EventLine,
    JobLine,
    Line,
    ProjectLine,
    ResultLine,
    TaskLine,
)
from maquette.domain.errors import Refused
from maquette.domain.jobs import TaskStatus
from maquette.domain.states import ENDED, Stage, Status
from maquette.pipelines.catalog import CATALOG, settle

L = TypeVar("L", bound=Line)
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Content:
    """All lines of an archive; what refers to each other has been seen to fit."""

    project: ProjectLine
    assets: tuple[AssetLine, ...]
    jobs: tuple[JobLine, ...]
    tasks: tuple[TaskLine, ...]
    events: Mapping[str, tuple[EventLine, ...]]
    results: Mapping[str, ResultLine]


def read(archive: Archive, limits: Limits, now: datetime) -> Content:
    """Raises ``archive_invalid``, and ``unknown_pipeline`` or ``unknown_setting`` for what this version cannot run."""
    found = {name: _parsed(archive, name, kind) for name, kind in FILES.items()}
    if sum(map(len, found.values())) > limits.rows:
        raise Refused("file_too_large", hint=f"At most {limits.rows:,} rows (setting import_rows).")
    for rows in found.values():
        _check_times(rows, now)
    content = Content(
        project=_only(_of(found, ProjectLine)),
        assets=_unique(_of(found, AssetLine)),
        jobs=_unique(_of(found, JobLine)),
        tasks=_unique(_of(found, TaskLine)),
        events=_by_job(_of(found, EventLine)),
        results={result.id: result for result in _unique(_of(found, ResultLine))},
    )
    _check_assets(content, archive)
    _check_jobs(content)
    _check_batches(content.jobs)
    _check_rest(content)
    return content


def _parsed(archive: Archive, name: str, kind: type[L]) -> list[L]:
    try:
        return [kind.model_validate_json(line) for line in archive.lines(name)]
    except (ValidationError, RecursionError) as error:
        raise invalid(f"A line of {name} is not valid.") from error


def _of(found: Mapping[str, list[Line]], kind: type[L]) -> list[L]:
    (name,) = (name for name, known in FILES.items() if known is kind)
    return [line for line in found[name] if isinstance(line, kind)]


def _only(projects: list[ProjectLine]) -> ProjectLine:
    if len(projects) != 1:
        raise invalid("There must be exactly one project.")
    return projects[0]


def _unique(rows: list[L]) -> tuple[L, ...]:
    if len({getattr(row, "id") for row in rows}) != len(rows):  # noqa: B009 - every kind that comes here has one
        raise invalid("An id is used twice.")
    return tuple(rows)


def _by_job(events: Iterable[EventLine]) -> Mapping[str, tuple[EventLine, ...]]:
    grouped: dict[str, list[EventLine]] = {}
    for event in events:
        grouped.setdefault(event.job_id, []).append(event)
    return {job_id: tuple(group) for job_id, group in grouped.items()}


def _check_times(rows: Iterable[Line], now: datetime) -> None:
    """A row from the far future would pass for a sign of life, one from the far past breaks what counts in seconds."""
    for row in rows:
        for name, at in ((name, value) for name, value in row if isinstance(value, datetime)):
            if at < _OLDEST or (at > now + _AHEAD and name != "expires_at"):
                raise invalid(f"A {name} is not believable: {at.isoformat()}.")


def _check_assets(content: Content, archive: Archive) -> None:
    sizes = {name.rpartition("/")[2]: entry.bytes for name, entry in archive.manifest.entries.items()}
    for asset in content.assets:
        if asset.project_id not in (None, content.project.id):
            raise invalid("A file belongs to another project.")
        if sizes.get(asset.sha256) != asset.bytes:
            raise invalid("The bytes of a file are missing, or not as many as it says.")
    if {asset.sha256 for asset in content.assets} != set(archive.blobs):
        raise invalid("There are bytes that belong to nothing.")


def _check_jobs(content: Content) -> None:
    for job in content.jobs:
        if job.project_id != content.project.id:
            raise invalid("A job belongs to another project.")
        _check_pipeline(job)
        _check_end(job, content.results)
        if job.row and not job.batch_id:
            raise invalid("A job is a row of no batch.")
        events = content.events.get(job.id, ())
        if [event.seq for event in events] != list(range(1, job.seq + 1)):
            raise invalid("The events of a job have gaps.")


def _check_batches(jobs: Iterable[JobLine]) -> None:
    """Of a batch, every row has an SKU of its own, as what comes back is in a folder of that name."""
    seen: dict[str, tuple[str, set[str]]] = {}
    for job in jobs:
        if job.row and job.batch_id:
            pipeline, skus = seen.setdefault(job.batch_id, (job.pipeline, set()))
            sku = job.row.sku
            if job.pipeline != pipeline or sku.casefold() in skus or not (sku + job.row.name).isprintable():
                raise invalid("The rows of a batch do not fit together.")
            skus.add(sku.casefold())


def _check_pipeline(job: JobLine) -> None:
    entry = CATALOG.get(job.pipeline)
    if entry is None:
        raise Refused("unknown_pipeline", f"There is no pipeline {job.pipeline!r} here.")
    settle(entry, job.settings)
    stages = (*entry.pipeline.stages, Stage.COMPLETE)
    named = (job.stage, job.failed_stage, job.from_stage, *job.hold_after)
    if any(stage not in stages for stage in named if stage is not None):
        raise invalid("A job is at a stage that its pipeline does not have.")


def _check_end(job: JobLine, results: Mapping[str, ResultLine]) -> None:
    if job.status not in ENDED or job.ended_at is None:
        raise invalid("A job has not ended.")
    done = job.status is Status.COMPLETED
    if done != (job.result_id is not None) or done != (job.error is None):
        raise invalid("A job's end does not fit what came of it.")
    if done and (job.stage, job.progress) != (Stage.COMPLETE, 100):
        raise invalid("A completed job is not at its end.")
    if job.result_id is not None and (job.result_id not in results or results[job.result_id].job_id != job.id):
        raise invalid("A job's result is missing.")


def _check_rest(content: Content) -> None:
    attempts = {job.id: job.attempt for job in content.jobs}
    for task in content.tasks:
        if task.job_id not in attempts or task.attempt > attempts[task.job_id] or task.status is TaskStatus.RUNNING:
            raise invalid("A task does not belong to its job.")
    if not set(content.events) <= set(attempts):
        raise invalid("There are events of a job that is not there.")
    if {job.result_id for job in content.jobs if job.result_id} != set(content.results):
        raise invalid("There is a result of no job.")
