"""What a stage needs before it can run, and what is left to do with its outputs: inputs, cache, files, rows."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from maquette.domain.assets import Asset, Role, View, blob_key
from maquette.domain.errors import Permanent, Unavailable
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job, Result, Task, TaskStatus
from maquette.domain.marks import Marks
from maquette.domain.states import STAGE_ORDER, Stage
from maquette.media.meshes.facts import GLB
from maquette.pipelines import child
from maquette.pipelines.carrying import NOTHING, PIECES, Carried, carried, in_order, piece_keys, rest_of
from maquette.pipelines.catalog import CATALOG, AssetId, Choice
from maquette.pipelines.choosing import TOLD, chosen_only, settles_views
from maquette.pipelines.keeping import add_kept
from maquette.pipelines.outcome import PASSED_OVER, WAITING
from maquette.pipelines.planning import choose_next
from maquette.pipelines.reporting import report_of
from maquette.pipelines.stage import InputFile, OutputFile, StageSpec
from maquette.pipelines.tries import is_of
from maquette.ports.blobs import BlobStore
from maquette.ports.clock import Clock
from maquette.ports.engines import EngineRecord, EngineShelf
from maquette.ports.processes import Done, Limits
from maquette.ports.stores import Database, Transaction

NAMED = (Role.LOD, Role.PREVIEW)
"""Roles whose assets a result calls by their own names."""
_GIVEN = "given"
"""Under this a task's parameters remember what it worked from."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One stage of one job, ready to run: its inputs, its engine, its folder; or the earlier run to reuse.

    ``given`` tells what the stage works from, whatever engine and version do so; ``pieces`` the same of each picture
    of a stage that works on each by itself. ``carried`` is what it need not make again.
    """

    pipeline: str
    stage: Stage
    assets: tuple[Asset, ...]
    settings: Mapping[str, Any]
    boxes: Mapping[str, tuple[float, float, float, float]]
    marks: Mapping[str, Marks]
    engine: EngineRecord | None
    cache_key: str
    folder: Path
    cached: Task | None
    key: str = ""
    given: str = ""
    pieces: Mapping[str, str] = field(default_factory=dict[str, str])
    carried: Carried = NOTHING
    function: str = child.PERFORM

    @property
    def left(self) -> tuple[Asset, ...]:
        """The inputs that there is something to do with."""
        return rest_of(self.assets, self.carried)

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """The assets as files on the desk."""
        return tuple(
            InputFile(
                path=self.folder / "in" / f"{index}-{asset.id}",
                asset_id=asset.id,
                role=asset.role,
                media_type=asset.media_type,
                name=asset.name,
                view=asset.view,
                stats=asset.stats,
                quality=asset.quality,
                derived_from=asset.derived_from,
            )
            for index, asset in enumerate(self.left)
        )

    @property
    def into(self) -> Path:
        """The empty folder for the outputs."""
        return self.folder / "out"

    def payload(self) -> dict[str, Any]:
        """What the process is told."""
        hints = self.boxes, self.marks
        carried = len(self.carried.pictures)
        return child.desk_payload(
            self.pipeline, self.stage, self.inputs, self.settings, *hints, self.into, self.engine, self.key, carried
        )


@dataclass(frozen=True, slots=True)
class Stored:
    """Outputs whose bytes are safe and whose rows are still to be written."""

    kept: tuple[tuple[Asset, Path], ...]
    """Each with the file that it was stored from."""
    assets: tuple[Asset, ...]
    """These, and those of an earlier run that were carried over."""
    data: Mapping[str, Any]


class Workbench:
    """Lays out the files of a stage and clears them away. Blocking: call it from a thread."""

    def __init__(self, database: Database, blobs: BlobStore, engines: EngineShelf, clock: Clock, scratch: Path) -> None:
        self._db = database
        self._blobs = blobs
        self._engines = engines
        self._clock = clock
        self._scratch = scratch

    def job(self, job_id: str, tx: Transaction | None = None) -> Job:
        """The job as the database has it now."""
        if tx is None:
            with self._db.read() as reader:
                return self.job(job_id, reader)
        job = tx.jobs.get(job_id)
        if job is None:
            raise Permanent("not_found", f"There is no job {job_id}.")
        return job

    def is_finished(self, job: Job, spec: StageSpec, tx: Transaction | None = None) -> bool:
        """Whether this attempt has finished this stage with what it works from now.

        A job that was resumed, or may be added to, may have been told something else: a photo, a mark, a decision.
        """
        with nullcontext(tx) if tx else self._db.read() as tx:
            task = next((task for task in _finished(tx, job) if task.stage is spec.stage), None)
            if task is None or WAITING in task.data:
                return False
            if not (job.leg or job.hold_after) or _GIVEN not in task.params:
                return True
            told = _told(job, spec, _inputs(tx, job, spec), _settings(tx, job, spec))
            return task.params[_GIVEN] == _digest(told)

    def prepare(self, job: Job, spec: StageSpec, engine_name: str | None = None) -> Plan:
        """Gathers inputs and engine, and looks for an earlier run with the same cache key."""
        engine = self._engine(job, spec, engine_name)
        with self._db.read() as tx:
            assets = _inputs(tx, job, spec)
            settings = _settings(tx, job, spec)
            told = _told(job, spec, assets, settings)
            key = _cache_key(spec, told, engine)
            anew = job.from_stage is not None and STAGE_ORDER[spec.stage] >= STAGE_ORDER[job.from_stage]
            cached = None if anew else tx.tasks.cached(job.owner_id, key)
            again = any(task.stage is spec.stage for task in _finished(tx, job))
            pieces = piece_keys(assets, told, lambda one: _cache_key(spec, one, engine)) if spec.piecewise else {}
            kept = carried(tx, job, spec.stage, assets, pieces, this_attempt=anew)
        given = _digest(told)
        # what is asked for anew with other inputs must not be answered with what was bought for the first ones
        work_key = f"{job.id}:{job.attempt}:{spec.stage}" + (f":{given[:16]}" if again else "")
        return Plan(
            job.pipeline,
            spec.stage,
            assets,
            settings,
            _boxes(job),
            _marks(job),
            engine,
            key,
            self._scratch / new_id("desk"),
            cached,
            work_key,
            given,
            pieces,
            kept,
        )

    def passed_over(self, job: Job, stage: Stage) -> frozenset[str]:
        """The engines with which this attempt tries this stage no more."""
        with self._db.read() as tx:
            tasks = [task for task in tx.tasks.of_job(job.id) if is_of(task, job.attempt, stage)]
        return frozenset(str(task.data[PASSED_OVER]) for task in tasks if PASSED_OVER in task.data)

    def lay_out(self, plan: Plan) -> None:
        """Copies the inputs into the plan's folder."""
        (plan.folder / "in").mkdir(parents=True)
        plan.into.mkdir()
        for asset, file in zip(plan.left, plan.inputs, strict=True):
            self._blobs.fetch(asset.blob_key, file.path)

    def clear(self, plan: Plan) -> None:
        """Removes the plan's folder."""
        shutil.rmtree(plan.folder, ignore_errors=True)

    def limits(self, task: Task, spec: StageSpec) -> Limits:
        """The stage's limits, cut to what is left of the attempt's working time."""
        return replace(spec.limits, seconds=min(spec.limits.seconds, self.left(task)))

    def left(self, task: Task) -> float:
        """Seconds of working time that the attempt has left. Raises ``deadline_exceeded``."""
        with self._db.read() as tx:
            spent = sum(other.duration_ms for other in tx.tasks.of_job(task.job_id) if other.attempt == task.attempt)
        left = self.job(task.job_id).deadline_s - spent / 1000
        if left <= 0:
            raise Permanent("deadline_exceeded")
        return left

    def number(self, task: Task) -> int:
        """How many tries of the stage, from 1, count before it is given up: each engine of a list has its own."""
        with self._db.read() as tx:
            tries = [other for other in tx.tasks.of_job(task.job_id) if is_of(other, task.attempt, task.stage)]
        others = [other for other in tries if other.engine != task.engine or _was_held(other)]
        return task.number - sum(other.number < task.number for other in others)

    def task(self, job: Job, spec: StageSpec, plan: Plan | None, number: int) -> Task:
        """A running task for this try."""
        info = plan.engine.info if plan and plan.engine else None
        return Task(
            id=new_id("task"),
            job_id=job.id,
            owner_id=job.owner_id,
            stage=spec.stage,
            attempt=job.attempt,
            number=number,
            started_at=self._clock.now(),
            engine=info and info.name,
            engine_version=info and info.version,
            params={**plan.settings, _GIVEN: plan.given, PIECES: dict(plan.pieces)} if plan else {},
            input_assets=tuple(asset.id for asset in plan.assets) if plan else (),
            cache_key=plan.cache_key if plan else "",
        )

    def store(self, task: Task, plan: Plan, done: Done) -> Stored:
        """Puts every output into the blob store; the rows come after the bytes."""
        produced = child.outputs(done.value)
        project_id = self.job(task.job_id).project_id
        kept = tuple((self._keep(task, plan, file, project_id), file.path) for file in produced.files)
        turned = tuple(self._turned(task, plan, asset) for asset in plan.carried.turned)
        assets = in_order(plan.assets, (*plan.carried.assets, *(asset for asset, _ in (*turned, *kept))))
        return Stored((*turned, *kept), assets, produced.data)

    def _turned(self, task: Task, plan: Plan, asset: Asset) -> tuple[Asset, Path]:
        """A copy of what an earlier run made, seen from where the job says now."""
        path = plan.folder / asset.id
        self._blobs.fetch(asset.blob_key, path)
        return replace(asset, id=new_id("ast"), produced_by=task.id, created_at=self._clock.now()), path

    def write(self, tx: Transaction, stored: Stored) -> None:
        """Adds the rows of what was stored."""
        add_kept(tx, self._blobs, stored.kept)

    def result(self, tx: Transaction, job: Job, result_id: str) -> Result:
        """What the job delivers, gathered from the finished stages of its attempt."""
        entry = CATALOG[job.pipeline]
        tasks = _finished(tx, job)
        assets: dict[str, tuple[str, ...]] = {}
        made = tx.assets.many([asset_id for task in tasks for asset_id in task.output_assets])
        for asset in made:
            if asset.role in entry.delivers:
                name = asset.name if asset.role in NAMED else asset.role.value
                assets[name] = (*assets.get(name, ()), asset.id)
        project = tx.projects.get(job.project_id, job.owner_id) if job.project_id else None
        return Result(
            id=result_id,
            job_id=job.id,
            owner_id=job.owner_id,
            kind=entry.result,
            created_at=self._clock.now(),
            assets=assets,
            report=report_of(job, tasks, made, project),
            is_test=any(asset.is_test for asset in made),
        )

    def _engine(self, job: Job, spec: StageSpec, name: str | None) -> EngineRecord | None:
        if spec.capability is None:
            return None
        passed = self.passed_over(job, spec.stage)
        if name is not None and name not in passed:
            return self._engines.choose(spec.capability, name)
        return choose_next(self._engines, spec.capability, job, passed)

    def _keep(self, task: Task, plan: Plan, file: OutputFile, project_id: str | None) -> Asset:
        if not file.path.resolve().is_relative_to(plan.into.resolve()):
            raise Permanent("engine_failed", "An engine wrote outside its folder.")
        with file.path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        self._blobs.keep(blob_key(task.owner_id, sha256), file.path)
        info = plan.engine.info if plan.engine else None
        return Asset(
            id=new_id("ast"),
            owner_id=task.owner_id,
            role=file.role,
            media_type=file.media_type,
            sha256=sha256,
            bytes=file.path.stat().st_size,
            created_at=self._clock.now(),
            name=file.name,
            view=file.view,
            project_id=project_id,
            width=file.width,
            height=file.height,
            stats=file.stats,
            quality=file.quality,
            derived_from=file.derived_from,
            produced_by=task.id,
            engine=info and info.name,
            is_test=bool(info and info.is_test) or any(asset.is_test for asset in plan.assets),
        )


def _finished(tx: Transaction, job: Job) -> tuple[Task, ...]:
    """The attempt's finished stages in their order, each as it was run last."""
    tasks = (task for task in tx.tasks.of_job(job.id) if task.attempt == job.attempt)
    return tuple({task.stage: task for task in tasks if task.status is TaskStatus.FINISHED}.values())


def _inputs(tx: Transaction, job: Job, spec: StageSpec) -> tuple[Asset, ...]:
    """The job's originals, seen from where the job says, and what earlier stages of this attempt made."""
    wanted = [entry.asset_id for entry in job.inputs]
    originals = {asset.id: asset for asset in tx.assets.many(wanted)}
    missing = [asset_id for asset_id in wanted if asset_id not in originals]
    if missing:
        raise Unavailable("data_missing", f"A photo of this job was deleted: {', '.join(missing)}.")
    unseen = settles_views(CATALOG[job.pipeline].pipeline, spec.stage)
    given = [_as_input(originals[entry.asset_id], None if unseen else entry.view) for entry in job.inputs]
    earlier = [task for task in _finished(tx, job) if STAGE_ORDER[task.stage] < STAGE_ORDER[spec.stage]]
    made = tx.assets.many([asset_id for task in earlier for asset_id in task.output_assets])
    found = (*given, *chosen_only(earlier, spec.stage, made))
    return (*(asset for asset in found if asset.role in spec.reads), *_named(tx, job, spec))


def _named(tx: Transaction, job: Job, spec: StageSpec) -> tuple[Asset, ...]:
    """The assets that the stage's settings name."""
    known = CATALOG[job.pipeline].settings
    named = [job.settings.get(name) for name in spec.settings if isinstance(known.get(name), AssetId)]
    found = {asset_id: tx.assets.get(asset_id, job.owner_id) for asset_id in named if asset_id}
    if missing := [asset_id for asset_id, asset in found.items() if asset is None]:
        raise Unavailable("data_missing", f"A picture of this job was deleted: {', '.join(missing)}.")
    return tuple(asset for asset in found.values() if asset)


def _as_input(asset: Asset, view: View | None) -> Asset:
    """An asset seen from where the job says. A model that another job made is an original to this one."""
    return replace(asset, view=view, role=Role.ORIGINAL if asset.media_type == GLB else asset.role)


def _settings(tx: Transaction, job: Job, spec: StageSpec) -> dict[str, Any]:
    """What matters to the stage. A job that was accepted before a setting existed gets that one's default."""
    course = tx.tasks.of_job(job.id) if any(name in TOLD for name in spec.settings) else ()
    told = {name: TOLD[name](job, course) for name in spec.settings if name in TOLD}
    known = CATALOG[job.pipeline].settings
    choices = {name: known[name] for name in spec.settings if name in known}
    defaults = {name: choice.default for name, choice in choices.items() if isinstance(choice, Choice)}
    return {name: job.settings.get(name, defaults.get(name)) for name in spec.settings} | told


def _boxes(job: Job) -> dict[str, tuple[float, float, float, float]]:
    return {entry.asset_id: entry.box for entry in job.inputs if entry.box}


def _marks(job: Job) -> dict[str, Marks]:
    return {entry.asset_id: entry.marks for entry in job.inputs if entry.marks}


def _told(job: Job, spec: StageSpec, assets: tuple[Asset, ...], settings: Mapping[str, Any]) -> dict[str, Any]:
    """All that a stage works from, as JSON."""
    told: dict[str, Any] = {
        "inputs": [[asset.id, asset.sha256, asset.view and asset.view.value] for asset in assets],
        "settings": dict(settings),
        "boxes": {key: list(box) for key, box in _boxes(job).items()} if spec.capability else {},
    }
    marks = {key: marked.document() for key, marked in _marks(job).items()}
    return told | ({"marks": marks} if spec.capability and marks else {})


def _cache_key(spec: StageSpec, told: Mapping[str, Any], engine: EngineRecord | None) -> str:
    info = engine.info if engine else None
    maker = {"stage": [spec.stage.value, spec.version], "engine": [info.name, info.version] if info else None}
    return _digest(maker | dict(told))


def _digest(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _was_held(task: Task) -> bool:
    return task.error is not None and task.error.code in ("provider_uncertain", "budget_exceeded")
