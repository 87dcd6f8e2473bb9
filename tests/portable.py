"""A project with all that can hang on it, and archives made of it, honest and forged."""

import asyncio
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image

from maquette.adapters.blobs.local import LocalBlobs
from maquette.adapters.processes.forked import ForkedProcesses
from maquette.adapters.sql.database import SqlDatabase
from maquette.app.portable.archive import Limits
from maquette.app.portable.carrier import Carrier
from maquette.domain import jobs as moves
from maquette.domain.assets import Asset, Quality, Role, View
from maquette.domain.batches import PROJECT, SESSION, Batch, BatchRow, RowStatus
from maquette.domain.errors import Permanent, Problem
from maquette.domain.ids import new_id, token_hash
from maquette.domain.jobs import Job, JobInput, Result, Task, TaskStatus
from maquette.domain.marks import Click, Marks, Stroke
from maquette.domain.projects import Project, ProjectKind
from maquette.domain.states import Stage
from maquette.pipelines.catalog import CATALOG, settle
from maquette.testing import ManualClock

START = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
MARKS = Marks((Click(1.5, 2.0, include=False),), (Stroke(((1.0, 2.0), (3.0, 4.25)), 6.0),))
LIMITS = Limits(bytes=2_000_000, files=20, rows=200)
IDS = re.compile(r"\b(prj|ast|job|task|res|bat)_[0-9a-f]{32}\b")


@dataclass
class House:
    """A store with its carrier, and the clock that it believes."""

    database: SqlDatabase
    blobs: LocalBlobs
    processes: ForkedProcesses
    clock: ManualClock
    carrier: Carrier

    @classmethod
    def open(cls, url: str, folder: Path, limits: Limits = LIMITS) -> "House":
        database, blobs, processes = SqlDatabase(url), LocalBlobs(folder / "blobs"), ForkedProcesses()
        clock = ManualClock(START + timedelta(days=1))
        return cls(database, blobs, processes, clock, Carrier(database, blobs, processes, clock, limits))

    def close(self) -> None:
        asyncio.run(self.processes.close())
        self.database.close()

    def export(self, owner: str, project_id: str) -> bytes:
        async def gather() -> bytes:
            return b"".join([piece async for piece in await self.carrier.export(owner, project_id)])

        return asyncio.run(gather())

    def take_in(self, owner: str, path: Path) -> Project:
        return asyncio.run(self.carrier.take_in(owner, path))

    def counts(self, owner: str) -> tuple[int, int, int]:
        with self.database.read() as tx:
            pages = (tx.projects.list(owner), tx.jobs.list(owner), tx.assets.list(owner))
            return len(pages[0].items), len(pages[1].items), len(pages[2].items)

    def keep(self, data: bytes, owner: str, minute: int, **fields: Any) -> Asset:
        writer = self.blobs.receive()
        writer.write(data)
        received = writer.finish()
        at = START + timedelta(minutes=minute)
        asset = Asset(new_id("ast"), owner, Role.CUTOUT, "image/png", received.sha256, received.bytes, at)
        self.blobs.keep(asset.blob_key, received.path)
        writer.discard()
        asset = replace(asset, **fields)
        with self.database.write() as tx:
            tx.assets.add(asset)
        return asset


def photo(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "PNG")
    return out.getvalue()


def furnish(house: House, owner: str) -> str:
    """A project with a completed, a failed and an open job; the first reused what a job elsewhere made."""
    at = START
    project = Project(
        new_id("prj"), owner, ProjectKind.PRODUCT, "Chair \N{CHAIR}", at, at, "SKU-1", {"width": 45.5, "unit": "cm"},
        None, ("a", "b"), at + timedelta(days=400),
    )  # fmt: skip
    with house.database.write() as tx:
        tx.projects.add(project)
    inside: dict[str, Any] = {"project_id": project.id}
    size = {"width": 40, "height": 30}
    original = house.keep(photo(), owner, 1, role=Role.ORIGINAL, name="a.png", view=View.FRONT, **size, **inside)
    elsewhere = house.keep(b"cut out", owner, 2, derived_from=(original.id,), produced_by=new_id("task"))
    model = house.keep(
        b"model", owner, 3, role=Role.LOD, name="lod0", media_type="model/gltf-binary", is_test=True, engine="carve",
        stats={"triangles": 12, "from": [original.id]}, quality=Quality(0.5, ("dark",)), **inside,
    )  # fmt: skip
    done = _job(house, owner, 1, original, project.id)
    tasks = [
        _task(done, Stage.REMOVING_BACKGROUND, 1, (original.id,), (elsewhere.id,), reused=True, saved_ms=7),
        _task(done, Stage.GENERATING, 2, (elsewhere.id,), (model.id,), params={"quality": "fast"}, data={"n": 1.5}),
    ]
    report = {"quality": [{"asset_id": model.id, "score": 0.5}], "text": "A chair."}
    result = Result(new_id("res"), done.id, owner, "model", at, {"lod0": (model.id,)}, report, is_test=True)
    _write(house, done, tasks, lambda job: _completed(job, result), result)
    batch = Batch(new_id("bat"), owner, "photo_to_model", at, at, 2, name="Spring")
    failed = _job(house, owner, 2, original, project.id, parent_job_id=done.id, batch_id=batch.id)
    of_row = {"quality": "fast", SESSION: token_hash("secret"), PROJECT: project.id}
    rows = [
        BatchRow(batch.id, 1, owner, "OTHER", RowStatus.CANCELED),
        BatchRow(batch.id, 2, owner, "SKU-2", RowStatus.STARTED, "A stool", settings=of_row, job_id=failed.id),
    ]
    with house.database.write() as tx:
        tx.batches.add(batch, rows, "")
    problem = Problem.of(Permanent("no_subject"))
    task = replace(_task(failed, Stage.VALIDATING, 1, (original.id,), ()), status=TaskStatus.FAILED, error=problem)
    _write(house, failed, [task], lambda job: [moves.fail(job, problem, START + timedelta(hours=1))])
    _write(house, _job(house, owner, 3, original, project.id), [], lambda job: [])
    return project.id


def _job(house: House, owner: str, minute: int, original: Asset, project_id: str, **fields: Any) -> Job:
    at = START + timedelta(minutes=minute)
    settings = settle(CATALOG["photo_to_model"], {})
    given = (JobInput(original.id, View.FRONT, (1.0, 2.0, 20.0, 20.5), MARKS),)
    job = Job(new_id("job"), owner, "photo_to_model", at, at, settings=settings, inputs=given, project_id=project_id)
    return replace(job, is_test=True, cost_usd=0.25, idempotency_key=new_id("key"), **fields)


def _task(job: Job, stage: Stage, number: int, used: Any, made: Any, **fields: Any) -> Task:
    at = START + timedelta(minutes=5, seconds=number)
    task = Task(new_id("task"), job.id, job.owner_id, stage, 1, 1, at, TaskStatus.FINISHED, "carve", "1")
    changed = replace(task, input_assets=used, output_assets=made, cache_key="k", duration_ms=9, ended_at=at)
    return replace(changed, external_task_id="theirs", **fields)


def _completed(job: Job, result: Result) -> list[moves.Move]:
    pipeline = CATALOG[job.pipeline].pipeline
    entered = moves.enter(job, pipeline, pipeline.stages[-1], START + timedelta(minutes=6), task_id="task_x")
    return [entered, moves.complete(entered.after, result.id, START + timedelta(minutes=7))]


def _write(
    house: House, job: Job, tasks: list[Task], steps: Callable[[Job], list[moves.Move]], result: Result | None = None
) -> None:
    with house.database.write() as tx:
        tx.jobs.add(job)
        for task in tasks:
            tx.tasks.add(task)
        if result:
            tx.results.add(result)
        for move in steps(job):
            tx.jobs.apply(move)


def opened(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        return {name: found.read(name) for name in found.namelist()}


def canonical(archive: bytes) -> dict[str, Any]:
    """What is in an archive, its ids numbered in the order of their appearance."""
    numbers: dict[str, str] = {}

    def number(found: "re.Match[str]") -> str:
        return numbers.setdefault(found[0], f"{found[1]} {len(numbers)}")

    files = opened(archive)
    texts = {name: IDS.sub(number, _sorted(data)) for name, data in files.items() if name.endswith(".jsonl")}
    manifest = json.loads(files.pop("manifest.json"))
    blobs = {name: entry for name, entry in manifest.pop("entries").items() if name.startswith("blobs/")}
    return texts | {"manifest": manifest, "blobs": blobs}


def _sorted(data: bytes) -> str:
    """Postgres keeps the keys of an object in an order of its own."""
    return "\n".join(json.dumps(json.loads(line), sort_keys=True) for line in data.splitlines())


def packed(files: dict[str, bytes], *, manifest: Callable[[dict[str, Any]], Any] | None = None) -> bytes:
    """A zip of these files with a manifest that fits them, unless ``manifest`` makes it otherwise."""
    names = [name for name in files if name != "manifest.json"]
    table = json.loads(files["manifest.json"])
    table["entries"] = {
        name: {"sha256": hashlib.sha256(files[name]).hexdigest(), "bytes": len(files[name])} for name in names
    }
    whole = json.dumps(manifest(table) if manifest else table).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, files[name])
        archive.writestr("manifest.json", whole)
    return out.getvalue()


def changed(archive: bytes, name: str, change: Callable[[Any], Any], *, line: int = 0) -> bytes:
    """An archive in which one line of one file is another, with hashes that fit."""
    files = opened(archive)
    found = files[name].splitlines()
    row = json.loads(found[line])
    changed_row = change(row)
    found[line] = json.dumps(row if changed_row is None else changed_row).encode()
    return packed(files | {name: b"".join(text + b"\n" for text in found)})
