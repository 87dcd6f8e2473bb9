"""Finds engines, ours and other people's, and keeps a status record of each.

Every engine is an entry point of the group ``maquette.engines`` that names a class (``ports.engines``). A broken one
becomes a record with a hint: one bad package must not take the others with it. Listing is cheap because an engine
loads its heavy libraries where it does its work.
"""

import threading
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from maquette.domain.errors import Refused, Unavailable
from maquette.pipelines.hiring import hire, reads_weights
from maquette.ports.engines import Capability, Engine, EngineInfo, EngineRecord, Readiness

GROUP = "maquette.engines"
OURS = "maquette.engines."
METHODS: Mapping[Capability, str] = {Capability.CUTTER: "cut", Capability.MESHER: "mesh", Capability.EDITOR: "edit"}
"""The method that an engine of each capability must have."""


class Shelf:
    """Implements ``EngineShelf`` over entry points; by default those of the installed packages.

    Engines that read trained weights look for them in the folder ``weights``.
    """

    def __init__(self, points: Iterable[EntryPoint] | None = None, weights: Path | None = None) -> None:
        self._points = points
        self._weights = weights
        self._slots: tuple[_Slot, ...] | None = None
        self._lock = threading.Lock()

    def all(self) -> tuple[EngineRecord, ...]:
        """Every engine, ours first, then by name. Each is asked anew whether it can run."""
        return tuple(slot.record() for slot in self._loaded())

    def choose(self, capability: Capability, wanted: str | None = None) -> EngineRecord:
        """The wanted engine, or of those that are ready the one with the highest rank.

        One whose results are simulated, or may not be used commercially, only by its name.
        """
        return self._by_name(capability, wanted) if wanted is not None else self._first_ready(capability)

    def _by_name(self, capability: Capability, wanted: str) -> EngineRecord:
        fitting = [record for record in self.all() if record.info and record.info.capability is capability]
        named = [record for record in self.all() if record.name == wanted]
        if not named:
            names = ", ".join(record.name for record in fitting) or "none"
            raise Refused("unknown_engine", f"There is no {capability} called {wanted!r}.", f"Installed: {names}.")
        # of several with one name the first holds it; the others' records say so
        record = named[0]
        if not record.readiness.ready or record.info is None:
            raise Unavailable("engine_unavailable", f"{wanted}: {record.readiness.message}", record.readiness.hint)
        if record.info.capability is not capability:
            names = ", ".join(other.name for other in fitting) or "none"
            message = f"{wanted} is a {record.info.capability}, not a {capability}."
            raise Refused("unknown_engine", message, f"Installed: {names}.")
        return record

    def _first_ready(self, capability: Capability) -> EngineRecord:
        fitting = [record for record in self.all() if record.info and record.info.capability is capability]
        real = [record for record in fitting if record.info and not record.info.is_test]
        for record in sorted(filter(_is_free, real), key=_rank, reverse=True):
            if record.readiness.ready:
                return record
        if not real:
            hint = f"Install an engine that is a {capability}; `maquette engines` lists what is there."
            raise Unavailable("engine_unavailable", f"No {capability} is installed.", hint)
        reason = real[0].readiness
        raise Unavailable("engine_unavailable", f"No {capability} can run here: {reason.message}", reason.hint)

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


def _is_free(record: EngineRecord) -> bool:
    return record.info is not None and record.info.commercial_use


def _rank(record: EngineRecord) -> int:
    return record.info.rank if record.info else 0


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
