"""Fakes and conformance suites, for our own tests and for the authors of engines.

An engine's test needs three lines:

    from maquette.testing import check_mesher
    def test_it_conforms(tmp_path):
        check_mesher(MyMesher(), tmp_path)
"""

import asyncio
import importlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from maquette.domain.assets import View
from maquette.domain.errors import MaquetteError, Refused, Unavailable
from maquette.domain.fleet import Queue, Waiting
from maquette.domain.jobs import Job
from maquette.pipelines.ranking import in_order
from maquette.ports.engines import (
    Capability,
    CutRequest,
    Cutter,
    Engine,
    EngineRecord,
    Mesher,
    MeshRequest,
    ViewImage,
)
from maquette.ports.processes import Crashed, Done, Kind, Limits
from maquette.ports.stores import Transaction


class ManualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def turn(self, seconds: float) -> None:
        """Moves both clocks forward."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Moves the wall clock alone, as a time server or a person does."""
        self._now += timedelta(seconds=seconds)


class InlineProcesses:
    """Runs the function in a thread of this very process: no limits, no isolation, and no start-up cost."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, Mapping[str, Any]]] = []

    async def run(
        self,
        function: str,
        payload: Mapping[str, Any],
        *,
        limits: Limits,
        kind: Kind = Kind.COMPUTE,
        progress: Callable[[float], None] | None = None,
    ) -> Done:
        self.ran.append((function, payload))
        module, _, name = function.partition(":")
        call = getattr(importlib.import_module(module), name)
        try:
            value = await asyncio.to_thread(call, dict(payload), progress or _ignore)
        except MaquetteError:
            raise
        except Exception as error:
            raise Crashed(str(error), repr(error)) from error
        return Done(value, seconds=0.0, cpu_seconds=0.0, peak_bytes=0)

    async def close(self) -> None:
        """Nothing was started."""


class Shelf:
    """An engine shelf with exactly these records."""

    def __init__(self, records: Sequence[EngineRecord]) -> None:
        self._records = tuple(records)

    def all(self) -> tuple[EngineRecord, ...]:
        return self._records

    def choose(self, capability: Capability, wanted: str | None = None) -> EngineRecord:
        if wanted and "," in wanted:
            return self.order_of(capability, wanted)[0]
        for record in self._records:
            if record.info and record.info.capability is capability and wanted in (None, record.name):
                if not record.readiness.ready:
                    raise Unavailable("engine_unavailable", record.readiness.message, record.readiness.hint)
                return record
        raise Refused("unknown_engine", f"There is no {capability} called {wanted!r}.")

    def order_of(self, capability: Capability, wanted: str | None = None) -> tuple[EngineRecord, ...]:
        return in_order(self._records, capability, wanted) if wanted else (self.choose(capability),)


class RecordingJobs:
    """A job engine that writes down what it is told and does nothing else."""

    def __init__(self) -> None:
        self.enqueued: list[tuple[str, int, int]] = []
        self.canceled: list[str] = []
        self.reordered: list[tuple[str, int]] = []

    def enqueue(self, tx: Transaction, job: Job) -> None:
        self.enqueued.append((job.id, job.attempt, job.leg))

    def cancel(self, job: Job) -> None:
        self.canceled.append(job.id)

    def reorder(self, tx: Transaction, job: Job) -> None:
        self.reordered.append((job.id, job.priority))

    def waiting(self, tx: Transaction) -> Mapping[Queue, Waiting]:
        return dict.fromkeys(Queue, Waiting()) | {Queue.CPU: Waiting(len(self.enqueued))}


def check_engine(engine: Engine) -> None:
    """What holds for every engine."""
    info = engine.info
    assert info.name.isidentifier(), "an engine's name is a word"
    assert info.version and info.title and info.licence
    readiness = engine.check()
    assert readiness.ready or readiness.hint, "an engine that cannot run says what mends it"


def check_cutter(cutter: Cutter, folder: Path) -> None:
    """Cuts a dark disc out of a light picture: sizes, modes, scores and progress are as the port promises."""
    from PIL import Image, ImageDraw

    check_engine(cutter)
    assert cutter.info.capability is Capability.CUTTER
    photo, into = folder / "photo.png", folder / "cut"
    into.mkdir()
    picture = Image.new("RGB", (160, 120), (225, 225, 220))
    ImageDraw.Draw(picture).ellipse((45, 25, 115, 95), fill=(120, 30, 40))
    picture.save(photo)
    seen: list[float] = []
    cutout = cutter.cut(CutRequest(photo, into), seen.append)
    with Image.open(cutout.cutout) as cut, Image.open(cutout.mask) as mask:
        assert (cut.format, cut.mode, cut.size) == ("PNG", "RGBA", (160, 120))
        assert (mask.format, mask.mode, mask.size) == ("PNG", "L", (160, 120))
        assert cut.getchannel("A").tobytes() == mask.tobytes()
        assert mask.getpixel((80, 60)) == 255
        assert mask.getpixel((5, 5)) == 0
    assert 0 <= cutout.quality.score <= 1
    assert cutout.cutout.is_relative_to(into) and cutout.mask.is_relative_to(into)
    _check_progress(seen)


def check_mesher(mesher: Mesher, folder: Path) -> None:
    """Makes a model of a coloured ball from four sides: a GLB in its folder, with a score and progress."""
    from PIL import Image, ImageDraw

    check_engine(mesher)
    assert mesher.info.capability is Capability.MESHER
    into = folder / "mesh"
    into.mkdir()
    images: list[ViewImage] = []
    for view, colour in zip(
        (View.FRONT, View.LEFT, View.RIGHT, View.BACK), ("red", "green", "blue", "gold"), strict=True
    ):
        path = folder / f"{view}.png"
        picture = Image.new("RGBA", (128, 128), (0, 0, 0, 0))
        ImageDraw.Draw(picture).ellipse((24, 24, 104, 104), fill=colour)
        picture.save(path)
        images.append(ViewImage(view, path))
    seen: list[float] = []
    model = mesher.mesh(MeshRequest(tuple(images), into, "fast"), seen.append)
    assert model.model.read_bytes()[:4] == b"glTF"
    assert model.model.is_relative_to(into)
    assert 0 <= model.quality.score <= 1
    _check_progress(seen)


def _check_progress(seen: Sequence[float]) -> None:
    assert seen, "an engine reports progress"
    assert list(seen) == sorted(seen), "progress never goes back"
    assert seen[0] >= 0 and seen[-1] <= 1


def _ignore(fraction: float) -> None:
    """Nobody asked for progress."""
