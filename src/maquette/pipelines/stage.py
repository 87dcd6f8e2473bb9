"""What a stage is.

A stage's work is a function from a ``Desk`` (files to read, settings, perhaps an engine, an empty folder) to what it
``Produced`` (files and small facts). It knows no database and no network. That is why it can run in a fresh
process with limits, be killed at any moment, be run again, and have its outputs reused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maquette.domain.assets import Quality, Role, View
from maquette.domain.hosting import Takes
from maquette.domain.marks import Marks
from maquette.domain.states import Stage
from maquette.pipelines.orders import Draft
from maquette.ports.engines import Capability, Progress
from maquette.ports.processes import Kind, Limits

MIB = 1024 * 1024
IS_TEST = "is_test"
"""Under this the figures of a file say that it is simulated."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file on the desk: where it is and what is known of the asset behind it."""

    path: Path
    asset_id: str
    role: Role
    media_type: str
    name: str
    view: View | None = None
    stats: Mapping[str, Any] = field(default_factory=dict[str, Any])
    quality: Quality | None = None
    derived_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file that becomes an asset. ``name`` is also what a result calls it (``lod1``, ``thumbnail``)."""

    path: Path
    role: Role
    media_type: str
    name: str
    view: View | None = None
    width: int | None = None
    height: int | None = None
    stats: Mapping[str, Any] = field(default_factory=dict[str, Any])
    quality: Quality | None = None
    derived_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Produced:
    """What a stage made. ``data`` is small JSON that the job's report takes over."""

    files: tuple[OutputFile, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Desk:
    """All that a stage's work may touch. ``boxes`` (x, y, width, height) and ``marks`` go by the original photo's id.

    ``key`` is the same for every try of this stage in this attempt of its job, and for nothing else: an engine that
    asks somebody else to work sends it along, so that a second try does not pay a second time. ``carried`` counts the
    pictures that an earlier run of a piecewise stage has done, and that are not among ``inputs`` for that reason.
    """

    inputs: tuple[InputFile, ...]
    settings: Mapping[str, Any]
    into: Path
    progress: Progress
    engine: Any = None
    boxes: Mapping[str, tuple[float, float, float, float]] = field(
        default_factory=dict[str, tuple[float, float, float, float]]
    )
    key: str = ""
    marks: Mapping[str, Marks] = field(default_factory=dict[str, Marks])
    carried: int = 0

    def of(self, role: Role) -> tuple[InputFile, ...]:
        """The inputs with this role."""
        return tuple(file for file in self.inputs if file.role is role)


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One stage in full.

    ``version`` is part of the cache key: raise it whenever the same inputs may give another output. ``reads`` names
    the roles that the stage sees (the newest outputs of earlier stages, and the job's originals). ``settings`` names
    the settings that matter to it. ``retries`` counts how often a Temporary error is tried again.
    A ``piecewise`` stage works on each picture by itself: what it made of one is not made again because of another.
    ``orders`` says what the stage asks of a hosted engine that takes such pictures; ``work`` then finds an engine that
    answers each order with what came.
    """

    stage: Stage
    version: str
    work: Callable[[Desk], Produced]
    reads: tuple[Role, ...]
    limits: Limits
    settings: tuple[str, ...] = ()
    capability: Capability | None = None
    kind: Kind = Kind.COMPUTE
    retries: int = 3
    piecewise: bool = False
    orders: Callable[[Desk, Takes], tuple[Draft, ...]] | None = None
