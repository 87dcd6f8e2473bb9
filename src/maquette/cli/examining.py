"""What ``maquette doctor`` says of engines, of whom to prefer, and of money."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from maquette.bootstrap import prices, shelf
from maquette.cli.engaging import priced
from maquette.cli.findings import Finding, State
from maquette.domain.fleet import Queue
from maquette.domain.money import Price
from maquette.ports.engines import Capability, EngineRecord
from maquette.settings import Settings

STALE = timedelta(days=180)
"""Providers change their prices about as often."""


def look_at_engines(settings: Settings) -> list[Finding]:
    """Every engine, what is missing altogether, and lists that name nobody."""
    records, known = shelf(settings).all(), prices(settings)
    findings = [_engine(record, known.get(record.name)) for record in records]
    able = {record.info.capability for record in records if record.info and record.readiness.ready}
    for capability in Capability:
        if capability not in able:
            # cut-outs can be made without a mesher; without a cutter nothing can; the others are an offer
            needed = {Capability.CUTTER: State.BROKEN, Capability.MESHER: State.MISSING}
            state = needed.get(capability, State.NOTE)
            findings.append(Finding(f"any {capability}", state, "no engine is ready", "maquette engines"))
    return [*findings, *_preferred(settings, records), *_queue(settings, records)]


def look_at_money(settings: Settings) -> list[Finding]:
    """Limits that nothing can be held to, and prices that are old or nobody's."""
    records, known = {record.name: record for record in shelf(settings).all()}, prices(settings)
    return [*_prices(records, known), *_budget(settings, records, known)]


def _engine(record: EngineRecord, price: Price | None) -> Finding:
    ready, info = record.readiness.ready, record.info
    told = f"{info.title} {info.version}, {info.licence}" if info else record.reference
    if record.hosted and info:
        use = "" if info.commercial_use else ", not for commercial use"
        told = f"hosted: {told}{use}, {priced(record, price)}"
    found = told if ready else f"{told}: {record.readiness.message}"
    # weights are an offer: nothing is broken without them
    state = State.OK if ready else State.NOTE if record.weights else State.MISSING
    return Finding(f"engine {record.name}", state, found, "" if ready else record.readiness.hint)


def _preferred(settings: Settings, records: Iterable[EngineRecord]) -> Iterable[Finding]:
    known = {record.name: record.info.capability for record in records if record.info}
    lists: Mapping[str, tuple[str, ...]] = settings.prefer.model_dump()
    for capability, names in lists.items():
        wrong = [name for name in names if known.get(name) != capability]
        if wrong:
            found = f"{', '.join(wrong)}: there is no {capability} of that name"
            yield Finding(f"prefer {capability}", State.MISSING, found, "maquette engines")


def _queue(settings: Settings, records: Iterable[EngineRecord]) -> Iterable[Finding]:
    if any(record.hosted for record in records) and Queue.NET not in settings.slots:
        found = "hosted engines are configured, and this process would not work for the queue net"
        yield Finding("queues", State.NOTE, found, "Add net to queues, or run: maquette worker --queues net")


def _prices(records: Mapping[str, EngineRecord], known: Mapping[str, Price]) -> Iterable[Finding]:
    today = datetime.now(UTC).date()
    for name, price in known.items():
        record = records.get(name)
        unit = record.abilities.cost_unit if record and record.abilities else ""
        if record is None:
            yield Finding(f"price {name}", State.MISSING, "there is no engine of that name", "maquette engines")
        elif unit and unit != price.unit:
            found = f"it is of one {price.unit}, but {name} charges by the {unit}: its cost is unknown"
            yield Finding(f"price {name}", State.MISSING, found, f"Set unit and usd in [prices.{name}].")
        elif today - price.at > STALE:
            found = f"read on {price.at}, more than {STALE.days} days ago"
            yield Finding(f"price {name}", State.NOTE, found, f"Look it up, and set at in [prices.{name}].")


def _budget(settings: Settings, records: Mapping[str, EngineRecord], known: Mapping[str, Price]) -> Iterable[Finding]:
    limits = {name: limit for name, limit in settings.budget.model_dump().items() if limit is not None}
    if not limits:
        return
    told = ", ".join(f"{name.removesuffix('_usd')} ${limit:g}" for name, limit in limits.items())
    charging = [name for name, one in records.items() if one.abilities and one.abilities.cost_unit]
    lacking = [name for name in charging if name not in known]
    if lacking:
        found = f"{told}; jobs wait where {', '.join(lacking)} would work: no price is configured"
        yield Finding("budget", State.MISSING, found, f"Set [prices.{lacking[0]}].")
    else:
        yield Finding("budget", State.OK, told)
