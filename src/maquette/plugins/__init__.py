"""Finds engines, ours and other people's, and keeps a status record of each.

Every engine is an entry point of the group ``maquette.engines`` that names a class (``ports.engines``). A broken one
becomes a record with a hint: one bad package must not take the others with it. Listing is cheap because an engine
loads its heavy libraries where it does its work. Beside them stand the hosted ones that were configured
(``plugins.hosted``).
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType

from maquette.domain.errors import Refused
from maquette.pipelines.hiring import hire, reads_weights
from maquette.pipelines.ranking import check_known, in_order
from maquette.plugins.hosted import Agency
from maquette.ports.engines import Capability, Engine, EngineInfo, EngineRecord, Readiness
from maquette.ports.hosting import HostedEngine

GROUP = "maquette.engines"
OURS = "maquette.engines."
METHODS: Mapping[Capability, str] = {Capability.CUTTER: "cut", Capability.MESHER: "mesh", Capability.EDITOR: "edit"}
"""The method that an engine of each capability must have."""


NO_PREFERENCE: Mapping[Capability, Sequence[str]] = MappingProxyType({})


class Shelf:
    """Implements ``HostedShelf`` over entry points; by default those of the installed packages.

    Engines that read trained weights look for them in the folder ``weights``. ``agency`` has the hosted engines;
    ``preferred`` are an operator's lists of whom to try where a job names none.
    """

    def __init__(
        self,
        points: Iterable[EntryPoint] | None = None,
        weights: Path | None = None,
        agency: Agency | None = None,
        preferred: Mapping[Capability, Sequence[str]] = NO_PREFERENCE,
    ) -> None:
        self._points = points
        self._weights = weights
        self._agency = agency
        self._preferred = preferred
        self._slots: tuple[_Slot, ...] | None = None
        self._lock = threading.Lock()

    def all(self) -> tuple[EngineRecord, ...]:
        """Every engine, ours first, then by name, then the hosted. Each is asked anew whether it can run."""
        local = tuple(slot.record() for slot in self._loaded())
        taken = {record.name: record.reference for record in local}
        hosted = self._agency.records() if self._agency else ()
        return (*local, *(_renamed(record, taken.get(record.name)) for record in hosted))

    def choose(self, capability: Capability, wanted: str | None = None) -> EngineRecord:
        """The first of ``order_of``. Every name of a list must be known."""
        check_known(self.all(), capability, wanted)
        return self.order_of(capability, wanted)[0]

    def order_of(self, capability: Capability, wanted: str | None = None) -> tuple[EngineRecord, ...]:
        """``ranking.in_order``: one whose results are simulated, or may not be sold, only by its name."""
        return in_order(self.all(), capability, wanted, self._preferred.get(capability, ()))

    def hosted(self, name: str) -> HostedEngine:
        """Raises ``Refused("unknown_engine")``, ``Unavailable("engine_unavailable")``."""
        if self._agency is None:
            raise Refused("unknown_engine", f"There is no hosted engine called {name!r}.", "None is configured.")
        return self._agency.engine(name)

    def _loaded(self) -> "tuple[_Slot, ...]":
        with self._lock:
            if self._slots is None:
                points = entry_points(group=GROUP) if self._points is None else self._points
                self._slots = _load_all(points, self._weights)
            return self._slots


class _Slot:
    """One entry point: its engine, or why there is none."""

    def __init__(
        self, point: EntryPoint, engine: Engine | None, trouble: Readiness | None, weights: Path | None = None
    ) -> None:
        self.point = point
        self._weights = weights
        self._engine = engine
        self._info = _info(engine)
        self._trouble = trouble

    def record(self) -> EngineRecord:
        readiness = self._trouble or _check(self._engine)
        return EngineRecord(self.point.name, self.point.value, readiness, self._info, self._weights)


def _load_all(points: Iterable[EntryPoint], weights: Path | None) -> tuple[_Slot, ...]:
    slots: list[_Slot] = []
    holders: dict[str, EntryPoint] = {}
    # two editable installations may list the very same line twice
    unique = {(point.name, point.value): point for point in points}.values()
    for point in sorted(unique, key=lambda point: (not point.value.startswith(OURS), point.name, point.value)):
        holder = holders.setdefault(point.name, point)
        if holder is point:
            slots.append(_load(point, weights))
        else:
            message = f"the name is taken by {holder.value}"
            slots.append(_Slot(point, None, Readiness(False, message, f"Uninstall one of {_packages(holder, point)}.")))
    return tuple(slots)


def _load(point: EntryPoint, weights: Path | None) -> _Slot:
    hint = f"pip install --force-reinstall {_package(point)}"
    try:
        kind = point.load()
        engine = hire(kind, weights)
        trouble = _misfit(point, engine)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's package raises is its record, not our crash
        return _Slot(point, None, Readiness(False, f"cannot be loaded: {type(error).__name__}: {error}", hint))
    if trouble:
        return _Slot(point, None, Readiness(False, trouble, f"Report it to the makers of {_package(point)}."))
    return _Slot(point, engine, None, weights if reads_weights(kind) else None)


def _misfit(point: EntryPoint, engine: object) -> str:
    """What is wrong with the shape of an engine; empty when nothing is."""
    if not isinstance(engine, Engine):
        return "is not an engine: it lacks `info` or `check`"
    method = METHODS.get(engine.info.capability)
    if method is None or not callable(getattr(engine, method, None)):
        return f"says it is a {engine.info.capability} but has no method `{method}`"
    if engine.info.name != point.name:
        return f"calls itself {engine.info.name!r}, its entry point says {point.name!r}"
    return ""


def _renamed(record: EngineRecord, holder: str | None) -> EngineRecord:
    """A hosted engine that goes by the name of a local one can be no other's choice."""
    if holder is None:
        return record
    hint = f"Call it otherwise, with the line adapter = {record.name!r}."
    return replace(record, readiness=Readiness(False, f"the name is taken by {holder}", hint))


def _info(engine: Engine | None) -> EngineInfo | None:
    return engine.info if engine else None


def _check(engine: Engine | None) -> Readiness:
    if engine is None:
        return Readiness(False, "not loaded")
    try:
        return engine.check()
    except Exception as error:  # noqa: BLE001 - the port forbids it, but a stranger's engine may do it
        return Readiness(False, f"its check failed: {type(error).__name__}: {error}", "Report it to its makers.")


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value.partition(".")[0]


def _packages(*points: EntryPoint) -> str:
    return " and ".join(sorted({_package(point) for point in points}))
