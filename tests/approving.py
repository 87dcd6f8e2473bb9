"""A product whose photos are chosen, cut out and looked at, on a real database with real files and stages.

Only cutting, and what comes after approval, is made up: a cut-out gets the score that a test gave the photo.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PIL import Image, ImageDraw

from maquette.adapters.blobs.local import LocalBlobs
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.schema import migrate
from maquette.app.approvals import Approvals, PhotoRuling, Ruling
from maquette.app.jobs import Jobs, NewJob
from maquette.domain.assets import Asset, Quality, Role, View, blob_key
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job, JobInput
from maquette.domain.states import Stage
from maquette.pipelines import catalog
from maquette.pipelines.runner import Runner
from maquette.pipelines.stage import Desk, OutputFile, Produced, StageSpec
from maquette.pipelines.stages import approving, selecting, uploading, validating
from maquette.pipelines.walk import walk
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, Readiness
from maquette.testing import InlineProcesses, ManualClock, RecordingJobs, Shelf

OWNER = "local"
REAL = (uploading, validating, selecting, approving)
COLOURS = {View.FRONT: "navy", View.LEFT: "darkred", View.RIGHT: "darkgreen", View.BACK: "purple"}


def picture(path: Path, view: View, seed: int = 0) -> Path:
    """A solid thing on a light ground, another shape from each side."""
    image = Image.new("RGB", (160, 120), (235, 235, 230))
    draw = ImageDraw.Draw(image)
    wide = 20 + 8 * list(View).index(view) + seed
    draw.rectangle((80 - wide, 30, 80 + wide, 100), fill=COLOURS.get(view, "black"))
    draw.polygon([(80 - wide, 30), (80, 12), (80 + wide // 2, 30)], fill="orange")
    image.save(path)
    return path


@dataclass
class Cuts:
    """What the made-up cutter does with each photo, by its name; and how often it was asked."""

    scores: dict[str, float] = field(default_factory=dict)
    fails: set[str] = field(default_factory=set)
    made: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    later: list[Stage] = field(default_factory=list)
    views: list[list[str]] = field(default_factory=list)

    def cut(self, desk: Desk) -> Produced:
        files: list[OutputFile] = []
        failed: list[dict[str, Any]] = []
        for index, photo in enumerate(desk.of(Role.WORKING)):
            original = photo.derived_from[0]
            self.made.append(photo.name)
            self.keys.append(f"{desk.key}:{index}")
            if photo.name in self.fails and original not in desk.boxes:
                failed.append({"asset_id": original, "code": "no_subject", "message": "Nothing.", "hint": "A box."})
                continue
            for role in (Role.CUTOUT, Role.MASK):
                path = desk.into / f"{index}-{role}.png"
                box = desk.boxes.get(original)
                Image.new("RGBA", (8, 8), (len(self.made), int(box[0]) if box else 0, 0, 255)).save(path)
                sources = (*photo.derived_from, photo.asset_id)
                score = 0.95 if box else self.scores.get(photo.name, 0.95)
                quality = Quality(score, () if score > 0.9 else ("unsure",))
                files.append(
                    OutputFile(path, role, "image/png", photo.name, photo.view, 8, 8, {}, quality, derived_from=sources)
                )
        return Produced(tuple(files), {"cutouts": {"failed": failed}})

    def work_later(self, stage: Stage) -> Any:
        def work(desk: Desk) -> Produced:
            self.later.append(stage)
            if stage is Stage.SUBMITTING:
                self.views.append([cutout.view.value for cutout in desk.of(Role.CUTOUT) if cutout.view])
            path = desk.into / "made.txt"
            path.write_text(stage)
            return Produced((OutputFile(path, Role.MODEL, "text/plain", stage.value),))

        return work


def specs(cuts: Cuts) -> dict[Stage, StageSpec]:
    found = dict(catalog.SPECS)
    real = found[Stage.REMOVING_BACKGROUND]
    found[Stage.REMOVING_BACKGROUND] = StageSpec(
        real.stage, "1", cuts.cut, real.reads, real.limits, ("looked_at",), real.capability, piecewise=True
    )
    for stage in (Stage.SUBMITTING, Stage.GENERATING, Stage.STORING, Stage.OPTIMIZING):
        spec = found[stage]
        found[stage] = StageSpec(
            stage, "1", cuts.work_later(stage), (Role.CUTOUT,), spec.limits, spec.settings, spec.capability
        )
    return found


def shelf() -> Shelf:
    def record(name: str, capability: Capability) -> EngineRecord:
        info = EngineInfo(name, "1", capability, name, "-", True)
        return EngineRecord(name, "builtins:object", Readiness(True), info)

    return Shelf([record("cut", Capability.CUTTER), record("mesh", Capability.MESHER)])


class House:
    """All that a job of ``product_to_model`` needs, but the engine: ``run`` walks."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        if not url:
            url = f"sqlite:///{folder / 'maquette.db'}"
            migrate(url)
        self.database, self.blobs, self.clock = SqlDatabase(url), LocalBlobs(folder / "blobs"), ManualClock()
        self.engine = RecordingJobs()
        self.runner = Runner(self.database, self.blobs, InlineProcesses(), shelf(), self.clock, folder / "work")
        self.jobs = Jobs(self.database, self.engine, shelf(), self.clock)
        self.approvals = Approvals(self.database, self.engine, self.clock)

    def photo(self, name: str, view: View = View.FRONT, seed: int = 0) -> str:
        """Uploads a photo; its row knows no view."""
        path = picture(self.folder / f"{name}.png", view, seed)
        writer = self.blobs.receive()
        writer.write(path.read_bytes())
        received = writer.finish()
        self.blobs.keep(blob_key(OWNER, received.sha256), received.path)
        at = self.clock.now()
        asset = Asset(new_id("ast"), OWNER, Role.ORIGINAL, "image/png", received.sha256, received.bytes, at, path.name)
        with self.database.write() as tx:
            tx.assets.add(asset)
        return asset.id

    def four(self) -> tuple[JobInput, ...]:
        sides = (View.FRONT, View.LEFT, View.RIGHT, View.BACK)
        return tuple(JobInput(self.photo(f"chair-{view}", view), view) for view in sides)

    def accept(self, approve: str = "manual", inputs: tuple[JobInput, ...] = (), **more: Any) -> Job:
        settings = {"approve": approve}
        return self.jobs.create(OWNER, NewJob("product_to_model", inputs or self.four(), settings, **more)).job

    def run(self, job_id: str, leg: int | None = None) -> Job:
        """Walks the present leg, or an earlier one that comes back after a crash."""
        job = self.jobs.get(OWNER, job_id)

        async def step(method: Any, *arguments: Any) -> Any:
            return await method(*arguments)

        async def sleep(seconds: float) -> None:
            raise AssertionError(seconds)

        hands = SimpleNamespace(step=step, run=self.runner.run_stage, send=None, sleep=sleep)
        asyncio.run(walk(self.runner, job.id, job.attempt, job.leg if leg is None else leg, hands))
        return self.jobs.get(OWNER, job_id)

    def decide(self, job_id: str, *photos: PhotoRuling, **more: Any) -> Job:
        key = more.pop("key", None)
        return self.approvals.decide(OWNER, job_id, Ruling(photos, **more), "ann", key)

    def states(self, job_id: str) -> dict[str, str]:
        return {str(photo["view"]): str(photo["state"]) for photo in self.approvals.review(OWNER, job_id).photos}


@contextmanager
def opened(folder: Path, url: str = "") -> Iterator[House]:
    house = House(folder, url)
    yield house
    house.database.close()
