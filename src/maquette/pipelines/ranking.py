"""Which engine is tried first, and which after it.

A job names one engine or several (``meshy,carve``), else the operator's list for the capability holds, else the best
that is ready. Only where somebody made a list is there anything to fall back to.
"""

from collections.abc import Iterable, Sequence

from maquette.domain.errors import MaquetteError, Refused, Unavailable
from maquette.ports.engines import Capability, EngineRecord


def in_order(
    records: Sequence[EngineRecord], capability: Capability, wanted: str | None, preferred: Sequence[str] = ()
) -> tuple[EngineRecord, ...]:
    """Those that are ready, in the order in which they are to be tried; never none.

    Raises ``Refused("unknown_engine")`` or ``Unavailable("engine_unavailable")`` for the first where none is.
    """
    names = tuple(preferred) if wanted is None else names_in(wanted)
    if not names:
        return (first_ready(records, capability),)
    found: dict[str, EngineRecord] = {}
    troubles: list[MaquetteError] = []
    for name in names:
        try:
            found.setdefault(name, by_name(records, capability, name))
        except MaquetteError as error:
            troubles.append(error)
    if not found:
        raise troubles[0]
    return tuple(found.values())


def check_known(records: Sequence[EngineRecord], capability: Capability, wanted: str | None) -> None:
    """Raises ``Refused("unknown_engine")`` for a name of a job's list that is nobody's: it is misspelt."""
    for name in names_in(wanted) if wanted is not None else ():
        try:
            by_name(records, capability, name)
        except Unavailable:
            continue


def names_in(wanted: str) -> tuple[str, ...]:
    """The engines that a setting names."""
    return tuple(name.strip() for name in wanted.split(","))


def by_name(records: Sequence[EngineRecord], capability: Capability, wanted: str) -> EngineRecord:
    """The engine of that name, simulated or bound as it may be. Raises as ``in_order``."""
    named = [record for record in records if record.name == wanted]
    if not named:
        message = f"There is no {capability} called {wanted!r}."
        raise Refused("unknown_engine", message, f"Installed: {_fitting(records, capability)}.")
    # of several with one name the first holds it; the others' records say so
    record = named[0]
    if not record.readiness.ready or record.info is None:
        raise Unavailable("engine_unavailable", f"{wanted}: {record.readiness.message}", record.readiness.hint)
    if record.info.capability is not capability:
        message = f"{wanted} is a {record.info.capability}, not a {capability}."
        raise Refused("unknown_engine", message, f"Installed: {_fitting(records, capability)}.")
    return record


def first_ready(records: Iterable[EngineRecord], capability: Capability) -> EngineRecord:
    """Of those that are ready the one with the highest rank; none that is simulated or bound."""
    fitting = [record for record in records if record.info and record.info.capability is capability]
    real = [record for record in fitting if record.info and not record.info.is_test]
    for record in sorted(filter(_is_free, real), key=rank_of, reverse=True):
        if record.readiness.ready:
            return record
    if not real:
        article = "an" if capability[0] in "aeiou" else "a"
        hint = f"Install or configure an engine that is {article} {capability}; `maquette engines` lists what is there."
        raise Unavailable("engine_unavailable", f"No {capability} is installed.", hint)
    if all(record.readiness.ready for record in real):
        message = f"No {capability} can be used commercially: {', '.join(record.name for record in real)}."
        raise Unavailable("engine_unavailable", message, "Name one of them if its licence allows what you do.")
    reason = next(record.readiness for record in real if not record.readiness.ready)
    raise Unavailable("engine_unavailable", f"No {capability} can run here: {reason.message}", reason.hint)


def rank_of(record: EngineRecord) -> int:
    """The higher the sooner."""
    return record.info.rank if record.info else 0


def _fitting(records: Iterable[EngineRecord], capability: Capability) -> str:
    names = (record.name for record in records if record.info and record.info.capability is capability)
    return ", ".join(names) or "none"


def _is_free(record: EngineRecord) -> bool:
    return record.info is not None and record.info.commercial_use
