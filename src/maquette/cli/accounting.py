"""What ``maquette costs`` does."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from rich.markup import escape

from maquette.app import ledgers
from maquette.app.costs import Costs
from maquette.bootstrap import open_for_looking
from maquette.cli.screen import Screen, plain_table
from maquette.cli.wording import money
from maquette.domain.calls import Outlay, ProviderCall
from maquette.domain.money import day_of
from maquette.ports.costs import By, CostSum, Which
from maquette.settings import Settings

MOST = 500
"""Lines on a screen; the rest is in the table of ``--csv``."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which costs a person wants to see, and how."""

    by: str
    days: int
    engine: str | None
    owner: str | None
    as_csv: bool


def show_costs(settings: Settings, screen: Screen, asked: Asked) -> None:
    """Reads the ledger."""

    async def work() -> None:
        async with open_for_looking(settings) as house:
            since = day_of(house.clock.now()) - timedelta(days=asked.days - 1)
            which = Which(asked.owner, since=since, engine=asked.engine)
            await asyncio.to_thread(_show, house.costs, which, screen, asked)

    asyncio.run(work())


def _show(costs: Costs, which: Which, screen: Screen, asked: Asked) -> None:
    by = None if asked.by == "call" else By(asked.by)
    if asked.as_csv:
        sys.stdout.writelines(ledgers.lines(costs, which, by))
        return
    outlay = costs.outlay(which)
    if by is None:
        calls = costs.calls(which, limit=MOST)
        _tell_calls(screen, calls.items, outlay)
        more = calls.next_cursor
    else:
        sums = costs.sums(which, by, limit=MOST)
        _tell_sums(screen, asked.by, sums.items, outlay)
        more = sums.next_cursor
    if more:
        screen.note(f"These are the newest {MOST}; --csv holds all.")


def _tell_calls(screen: Screen, calls: Sequence[ProviderCall], outlay: Outlay) -> None:
    if screen.as_json:
        from maquette.api.schemas.costs import CostOut

        items = [CostOut.of(call).model_dump(mode="json") for call in calls]
        screen.document({"by": "call", "items": items, **_totals(outlay)})
        return
    table = plain_table("at (UTC)", "engine", "job", "stage", "state", "cost")
    for call in calls:
        facts = (f"{call.created_at:%Y-%m-%d %H:%M:%S}", call.engine, call.job_id, call.stage.value, call.state.value)
        cost = "reserved " + money(call.reserved_usd or 0) if call.is_open else _known(call.cost_usd)
        table.add_row(*(escape(fact) for fact in facts), cost)
    screen.out.print(table)
    _tell_total(screen, outlay)


def _tell_sums(screen: Screen, by: str, sums: Sequence[CostSum], outlay: Outlay) -> None:
    if screen.as_json:
        from maquette.api.schemas.costs import CostSumOut

        items = [CostSumOut.of(one).model_dump(mode="json") for one in sums]
        screen.document({"by": by, "items": items, **_totals(outlay)})
        return
    table = plain_table(by, "calls", "succeeded", "cost", "reserved", "unknown")
    for one in sums:
        spent = (money(one.outlay.cost_usd), money(one.outlay.reserved_usd), str(one.outlay.unknown or ""))
        table.add_row(escape(one.key), str(one.calls), str(one.succeeded), *spent)
    screen.out.print(table)
    _tell_total(screen, outlay)


def _tell_total(screen: Screen, outlay: Outlay) -> None:
    reserved = f", {money(outlay.reserved_usd)} reserved" if outlay.reserved_usd else ""
    unknown = f", {outlay.unknown} of unknown cost" if outlay.unknown else ""
    screen.out.print(f"[bold]{money(outlay.cost_usd)}[/bold]{reserved}{unknown}")


def _totals(outlay: Outlay) -> dict[str, float]:
    return {"cost_usd": outlay.cost_usd, "reserved_usd": outlay.reserved_usd, "unknown": outlay.unknown}


def _known(cost: float | None) -> str:
    return "unknown" if cost is None else money(cost)
