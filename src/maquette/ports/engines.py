"""What an engine is: one agent that can do one thing, bundled or installed by somebody else.

Engines are found through the entry-point group ``maquette.engines``. They read and write files in folders that
belong to the caller, so the same engine runs in a child process here, on another machine, or behind a URL.
They run in a fresh process with memory and time limits: they may be killed at any moment and keep nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from maquette.domain.assets import Quality, View
from maquette.domain.fleet import Queue
from maquette.domain.hosting import Abilities
from maquette.domain.marks import NO_MARKS, Marks

Progress = Callable[[float], None]
"""Reports the finished fraction of the work, 0 to 1. Cheap enough to call often."""


class Capability(StrEnum):
    """What an engine can do; an agent noun each."""

    CUTTER = "cutter"
    MESHER = "mesher"
    EDITOR = "editor"
    """Makes a picture from words and pictures, or changes one."""
    REMESHER = "remesher"
    TRANSCRIBER = "transcriber"


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What people and the cache need to know of an engine.

    ``version`` is part of every cache key: raise it whenever the same input may give another output.
    ``is_test`` marks engines whose results are simulated; the mark travels to every output. ``queue`` says which kind
    of worker runs it. ``repeatable``: the same work under the same key may be asked for again and is neither done nor
    paid twice. Where it is not, a job whose worker died amid the work waits for a person (``uncertain``).
    Of several that are ready the one with the highest ``rank`` is chosen; without ``commercial_use``, none unless it is
    named.
    """

    name: str
    version: str
    capability: Capability
    title: str
    licence: str
    commercial_use: bool
    needs: str = "nothing but a CPU"
    is_test: bool = False
    queue: Queue = Queue.CPU
    repeatable: bool = True
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether an engine can run here; if not, ``message`` says what is missing, ``hint`` the command that mends it."""

    ready: bool
    message: str = "ready"
    hint: str = ""


@runtime_checkable
class Engine(Protocol):
    """What every engine has. Constructing one is cheap and loads nothing heavy."""

    @property
    def info(self) -> EngineInfo: ...

    def check(self) -> Readiness:
        """Looks whether the engine can run on this machine; quick, without the network, and never raises."""
        ...


class WithWeights(Protocol):
    """A class of engines that read trained weights from files. Such a one is made by ``reading``."""

    @classmethod
    def reading(cls, weights: Path) -> Engine:
        """The engine that looks for its weights in this folder, which need not exist."""
        ...


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright picture, origin top left."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class CutRequest:
    """A photo to cut out.

    ``photo``: upright sRGB, 8 bits a channel, PNG or JPEG, RGB or RGBA (an alpha channel is then the wanted mask).
    ``into``: an empty folder for the results. ``box`` bounds the object when the person drew one; ``marks``
    say of some places whether they belong to it (``media.images.marks.painted`` draws them). An engine that cannot use
    them says so with the flag ``HINTS_UNUSED``. ``key`` is the same for every try of this very work: what a service
    that charges for it takes as its Idempotency-Key.
    """

    photo: Path
    into: Path
    box: Box | None = None
    key: str = ""
    marks: Marks = NO_MARKS


HINTS_UNUSED = "hints_unused"
"""Flag of a cut-out whose engine could not use the box or the marks."""


@dataclass(frozen=True, slots=True)
class Cutout:
    """A finished cut-out, at the photo's size.

    ``cutout``: PNG, RGBA, straight alpha, colours estimated free of the background.
    ``mask``: PNG, 8-bit grey, the same alpha.
    """

    cutout: Path
    mask: Path
    quality: Quality


class Cutter(Engine, Protocol):
    """Removes the background of a photo."""

    def cut(self, request: CutRequest, progress: Progress) -> Cutout:
        """Raises ``Permanent("no_subject")`` when there is nothing to cut out."""
        ...


@dataclass(frozen=True, slots=True)
class ViewImage:
    """One cut-out photo (RGBA PNG, straight alpha) and the side that it shows."""

    view: View
    cutout: Path


SHAPES = ("auto", "round", "boxy", "hull")
"""What the cross-section of an object is, for engines that fill a solid inside outlines."""


@dataclass(frozen=True, slots=True)
class MeshRequest:
    """One to six different views of one object. ``quality`` is ``fast``, ``medium`` or ``full``.

    At least one view is a side. A view from above has the object's front at its lower edge, one from below at its
    upper edge.

    ``shape`` is one of ``SHAPES``: ``auto`` lets the engine judge from the photos, the others overrule it; ``hull``
    keeps all that the outlines allow. An engine that does not work with outlines takes no notice of it. ``key`` is
    the same for every try of this very work, as in ``CutRequest``.
    """

    images: tuple[ViewImage, ...]
    into: Path
    quality: str = "medium"
    key: str = ""
    shape: str = "auto"


@dataclass(frozen=True, slots=True)
class MeshedModel:
    """A textured model: a GLB in glTF axes (+Y up, front towards +Z), base colour as an embedded picture.

    ``stats`` holds what the engine can say of it beyond the file (for instance ``watertight``).
    """

    model: Path
    quality: Quality
    stats: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Mesher(Engine, Protocol):
    """Makes a textured 3D model from photos."""

    def mesh(self, request: MeshRequest, progress: Progress) -> MeshedModel: ...


@dataclass(frozen=True, slots=True)
class EditRequest:
    """A picture to make from words, or to change.

    ``pictures``: upright sRGB, 8 bits a channel, PNG or JPEG; the first is the one to change, the others are to be
    looked at; none where the words alone shall do. ``mask``: PNG, 8-bit grey, the size of the first picture, white
    where it is to be changed; without one all of it may be. ``into``: an empty folder for the results.
    ``wants`` may hold ``variants`` (how many pictures) and ``width`` and ``height`` (pixels): wishes, not orders.
    ``key`` is the same for every try of this very work, as in ``CutRequest``.
    """

    into: Path
    prompt: str
    pictures: tuple[Path, ...] = ()
    mask: Path | None = None
    wants: Mapping[str, Any] = field(default_factory=dict[str, Any])
    key: str = ""


@dataclass(frozen=True, slots=True)
class EditedPicture:
    """One picture that was made: a file of a kind that photos may have, not trusted until it has been read."""

    picture: Path
    quality: Quality = field(default_factory=lambda: Quality(1.0))
    stats: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Editor(Engine, Protocol):
    """Makes pictures from words and pictures."""

    def edit(self, request: EditRequest, progress: Progress) -> tuple[EditedPicture, ...]:
        """One picture or more, the best first.

        Raises ``Permanent("no_photo")`` where it cannot do without a picture to change.
        """
        ...


@dataclass(frozen=True, slots=True)
class EngineRecord:
    """An installed engine: what it says of itself, how it stands, and ``reference`` (``package.module:Class``).

    ``info`` is None for an engine that could not even be imported. ``weights`` is the folder that it reads weights
    from, where it does. ``hosted``: it is commissioned (``ports.hosting``) and cannot be called; ``abilities`` are
    its, where this machine has it configured.
    """

    name: str
    reference: str
    readiness: Readiness
    info: EngineInfo | None = None
    weights: Path | None = None
    hosted: bool = False
    abilities: Abilities | None = None
    base_url: str = ""
    """Where an operator says that a hosted engine is; empty for the provider's public address."""


class EngineShelf(Protocol):
    """The engines of this machine."""

    def all(self) -> tuple[EngineRecord, ...]: ...

    def choose(self, capability: Capability, wanted: str | None = None) -> EngineRecord:
        """The wanted engine, the first ready one of a list (``a,b``), or where none is wanted the best ready one.

        The record's ``info`` is never None. Raises ``Refused("unknown_engine")``, or
        ``Unavailable("engine_unavailable")`` with the hint that mends it.
        """
        ...

    def order_of(self, capability: Capability, wanted: str | None = None) -> tuple[EngineRecord, ...]:
        """Whom to try, one after the other; the first is what ``choose`` chooses. Names that nobody has are left out.

        Raises as ``choose`` where nobody is left.
        """
        ...
