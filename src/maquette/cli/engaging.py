"""What ``maquette engines`` does."""

import asyncio

from rich.markup import escape

from maquette.bootstrap import agency, lately, prices, shelf
from maquette.cli.screen import Screen, plain_table
from maquette.cli.wording import duration
from maquette.domain.errors import Unavailable
from maquette.domain.hosting import Amount, Fault, Trouble
from maquette.domain.money import Price
from maquette.ports.costs import Record
from maquette.ports.engines import EngineRecord
from maquette.settings import Settings

HINTS = {
    Fault.AUTH: "Check the key of [engines.{name}].",
    Fault.QUOTA: "Buy credit from the provider.",
    Fault.TRANSPORT: "Check base_url in [engines.{name}], and whether this machine reaches it.",
}


def list_engines(settings: Settings, screen: Screen) -> None:
    """Every engine and how it stands."""
    records, known, recent = shelf(settings).all(), prices(settings), lately(settings)
    if screen.as_json:
        from maquette.api.schemas.service import EngineRecordOut

        shown = [EngineRecordOut.of(one, known.get(one.name), recent.get(one.name)) for one in records]
        screen.document({"items": [one.model_dump(mode="json") for one in shown]})
        return
    table = plain_table("engine", "does", "version", "licence", "price", "lately", "needs", "state")
    for record in records:
        table.add_row(*_row(record, known.get(record.name), recent.get(record.name)))
    screen.out.print(table)
    for record in records:
        if not record.readiness.ready:
            screen.err.print(f"[bold]{escape(record.name)}:[/bold] {escape(record.readiness.hint)}")
    idle = agency(settings).idle()
    if idle:
        screen.note(f"Adapters for hosted engines that are not configured: {', '.join(idle)} ([engines.NAME]).")
    screen.note("Choose with `maquette make --cutter NAME --mesher NAME`; several, as in a,b, are tried in turn.")


def check_engine(settings: Settings, screen: Screen, name: str) -> None:
    """What is left at the provider. Raises ``unknown_engine`` and ``engine_unavailable``."""
    engine = agency(settings).engine(name)
    readiness = engine.check()
    if not readiness.ready:
        raise Unavailable("engine_unavailable", f"{name}: {readiness.message}", readiness.hint)
    try:
        left = asyncio.run(engine.balance())
    except Trouble as trouble:
        hint = HINTS.get(trouble.fault, "Try again later.").format(name=name)
        raise Unavailable("engine_unavailable", f"{name}: {trouble.message or trouble.fault.value}", hint) from trouble
    if screen.as_json:
        told = {"units": left.units, "unit": left.unit} if left else None
        screen.document({"name": name, "ready": True, "balance": told})
    else:
        screen.out.print(escape(_told(name, left, prices(settings).get(name))))


def _told(name: str, left: Amount | None, price: Price | None) -> str:
    if left is None:
        return f"{name} is configured; its provider does not tell what is left."
    worth = f" (${left.units * price.usd:,.2f})" if price and price.unit == left.unit else ""
    return f"{name}: {left.units:g} {left.unit}{'' if left.units == 1 else 's'} left{worth}."


def _row(record: EngineRecord, price: Price | None, recent: Record | None) -> list[str]:
    info, readiness = record.info, record.readiness
    facts = [info.capability.value, info.version, info.licence] if info else ["?", "", ""]
    state = "[green]ready[/green]" if readiness.ready else f"[red]{escape(readiness.message)}[/red]"
    marks = [
        *(["[yellow](hosted)[/yellow]"] if record.hosted else []),
        *(["[yellow](simulated)[/yellow]"] if info and info.is_test else []),
        *(["[yellow](not for commercial use)[/yellow]"] if info and not info.commercial_use else []),
    ]
    told = [*facts, priced(record, price), _recently(recent), info.needs if info else ""]
    return [escape(record.name), *(escape(fact) for fact in told), " ".join([state, *marks])]


def priced(record: EngineRecord, price: Price | None) -> str:
    """What one unit costs and since when that is known."""
    if not record.hosted or (record.abilities is not None and not record.abilities.cost_unit):
        return "free"
    return f"${price.usd:g} a {price.unit} ({price.at})" if price else "no price configured"


def _recently(recent: Record | None) -> str:
    if recent is None:
        return ""
    median = f", {duration(round(recent.median_s * 1000))}" if recent.median_s is not None else ""
    return f"{recent.rate:.0%} of {recent.tries}{median}"
