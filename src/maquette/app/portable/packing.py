"""Writes a project into a zip, piece by piece: never more than one piece of a file is in memory."""

import hashlib
import zipfile
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from maquette import __version__
from maquette.app.portable import lines
from maquette.app.portable.lines import (
    BLOBS,
    FORMAT,
    MANIFEST,
    VERSION,
    AssetLine,
    Entry,
    EventLine,
    JobLine,
    Line,
    Manifest,
    ProjectLine,
    ResultLine,
    RowLine,
    TaskLine,
)
from maquette.app.zips import Outlet, entry
from maquette.domain.assets import Asset
from maquette.domain.errors import Refused, Unavailable
from maquette.domain.jobs import Event, Job, Result, Task, TaskStatus
from maquette.domain.projects import Project
from maquette.domain.states import ENDED
from maquette.ports.blobs import BlobStore
from maquette.ports.pages import Page
from maquette.ports.stores import Transaction

T = TypeVar("T")
MANY = 500


@dataclass(frozen=True, slots=True)
class Contents:
    """A project with all that belongs to it and has ended. ``rows`` are those of batches, by job."""

    project: Project
    assets: tuple[Asset, ...]
    jobs: tuple[Job, ...]
    tasks: tuple[Task, ...]
    events: tuple[Event, ...]
    results: tuple[Result, ...]
    rows: Mapping[str, RowLine]
    open_jobs: int


def collect(tx: Transaction, owner_id: str, project_id: str) -> Contents:
    """Reads it in one view. Raises ``not_found``. Jobs that have not ended are only counted."""
    project = tx.projects.get(project_id, owner_id)
    if project is None:
        raise Refused("not_found")
    found = list(_all(lambda cursor: tx.jobs.list(owner_id, project_id=project_id, cursor=cursor, limit=MANY)))
    jobs = tuple(job for job in found if job.status in ENDED)[::-1]
    tasks = tuple(task for job in jobs for task in tx.tasks.of_job(job.id))
    events = tuple(event for job in jobs for event in _events(tx, job))
    results = tuple(result for job in jobs if job.result_id and (result := tx.results.get(job.result_id, owner_id)))
    inside = list(_all(lambda cursor: tx.assets.list(owner_id, project_id=project_id, cursor=cursor, limit=MANY)))
    known = {asset.id for asset in inside}
    others = [asset_id for asset_id in _referred(jobs, tasks, results) if asset_id not in known]
    chunks = (others[start : start + MANY] for start in range(0, len(others), MANY))
    assets = (*inside, *(asset for chunk in chunks for asset in tx.assets.many(chunk) if asset.owner_id == owner_id))
    ordered = sorted(assets, key=lambda asset: (asset.created_at, asset.role, asset.name, asset.sha256, asset.id))
    return Contents(
        project, tuple(ordered), jobs, tasks, events, results, _rows(tx, owner_id, jobs), len(found) - len(jobs)
    )


async def pack(contents: Contents, blobs: BlobStore) -> AsyncGenerator[bytes, None]:
    """The zip. Raises ``data_missing`` where the bytes of an asset are gone, or are not what they were."""
    outlet, entries = Outlet(), dict[str, Entry]()
    with zipfile.ZipFile(outlet, "w") as archive:  # pyright: ignore[reportArgumentType, reportCallIssue]
        for name, made in _files(contents):
            entries[name] = _write(archive, name, b"".join(_encoded(line) for line in made))
            yield outlet.take()
        for sha256, size in sorted({asset.sha256: asset.bytes for asset in contents.assets}.items()):
            key = next(asset.blob_key for asset in contents.assets if asset.sha256 == sha256)
            digest, told = hashlib.sha256(), entry(f"{BLOBS}{sha256}", size)
            with archive.open(told, "w") as target:
                async for piece in blobs.stream(key):
                    digest.update(piece)
                    target.write(piece)
                    yield outlet.take()
            if digest.hexdigest() != sha256:
                raise Unavailable("data_missing", f"The bytes of {key} are not what they were.")
            entries[told.filename] = Entry(sha256=sha256, bytes=size)
        _write(archive, MANIFEST, _encoded(_manifest(contents, entries)))
    yield outlet.take()


def _files(contents: Contents) -> Iterator[tuple[str, Iterable[Line]]]:
    project = contents.project
    yield "project.jsonl", [lines.fields(ProjectLine, project)]
    yield "assets.jsonl", (_asset(asset, project.id) for asset in contents.assets)
    yield "jobs.jsonl", (lines.fields(JobLine, job, row=contents.rows.get(job.id)) for job in contents.jobs)
    yield "tasks.jsonl", (_task(task) for task in contents.tasks)
    yield "events.jsonl", (lines.fields(EventLine, event) for event in contents.events)
    yield "results.jsonl", (lines.fields(ResultLine, result) for result in contents.results)


def _asset(asset: Asset, project_id: str) -> Line:
    """One of another project, to which a job refers, comes along without that."""
    return lines.fields(AssetLine, asset, project_id=project_id if asset.project_id == project_id else None)


def _task(task: Task) -> Line:
    status = TaskStatus.LOST if task.status is TaskStatus.RUNNING else task.status
    return lines.fields(TaskLine, task, status=status)


def _manifest(contents: Contents, entries: dict[str, Entry]) -> Line:
    return Manifest(
        format=FORMAT,
        version=VERSION,
        made_by=f"maquette {__version__}",
        left_out={"open_jobs": contents.open_jobs},
        entries=entries,
    )


def _encoded(line: Line) -> bytes:
    return line.model_dump_json().encode() + b"\n"


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> Entry:
    archive.writestr(entry(name, len(data)), data, zipfile.ZIP_DEFLATED)
    return Entry(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))


def _rows(tx: Transaction, owner_id: str, jobs: Iterable[Job]) -> dict[str, RowLine]:
    """A batch may have rows in several projects, or in none; those of these jobs come along."""
    wanted, found = {job.id for job in jobs}, dict[str, RowLine]()
    for batch_id in dict.fromkeys(job.batch_id for job in jobs if job.batch_id):
        batch = tx.batches.get(batch_id, owner_id)
        after = 0
        while batch and (views := tx.batches.rows(batch_id, after=after, limit=MANY)):
            after = views[-1].row.number
            for row in (view.row for view in views if view.row.job_id in wanted):
                found[row.job_id or ""] = RowLine(sku=row.sku, name=row.name, batch=batch.name)
    return found


def _referred(jobs: Iterable[Job], tasks: Iterable[Task], results: Iterable[Result]) -> list[str]:
    names = [given.asset_id for job in jobs for given in job.inputs]
    names += [asset_id for task in tasks for asset_id in (*task.input_assets, *task.output_assets)]
    names += [asset_id for result in results for group in result.assets.values() for asset_id in group]
    return list(dict.fromkeys(names))


def _all(read: Callable[[str | None], Page[T]]) -> Iterator[T]:
    cursor: str | None = None
    while True:
        page = read(cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _events(tx: Transaction, job: Job) -> Iterator[Event]:
    seq = 0
    while found := tx.events.after(job.id, seq, MANY):
        yield from found
        seq = found[-1].seq
