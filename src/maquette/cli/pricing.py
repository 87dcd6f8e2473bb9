"""What ``--estimate`` says: what the same command without it would cost."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from maquette.app.quotes import Quote, Quotes, StageQuote
from maquette.bootstrap import prices, shelf
from maquette.cli.screen import Screen, plain_table
from maquette.cli.wording import money
from maquette.domain.money import Range
from maquette.pipelines.catalog import find, settle
from maquette.settings import Settings


def tell_price(pipeline: str, chosen: Mapping[str, Any], photos: int, settings: Settings, screen: Screen) -> None:
    """Shows each stage that an engine does. Makes nothing and asks no provider.

    Raises ``unknown_engine`` and ``engine_unavailable`` as the work itself would.
    """
    entry = find(pipeline)
    quote = Quotes(shelf(settings), prices(settings)).of(entry, settle(entry, chosen), [None] * photos)
    if screen.as_json:
        screen.document(_document(pipeline, quote))
        return
    table = plain_table("stage", "engine", "cost", "")
    for stage in quote.stages:
        if stage.engines:
            table.add_row(stage.stage.value, escape(", then ".join(stage.engines)), _range(stage.cost), _why(stage))
    screen.out.print(table)
    screen.out.print(f"[bold]{_range(quote.cost)}[/bold]")


def _document(pipeline: str, quote: Quote) -> dict[str, Any]:
    from maquette.api.schemas.costs import RangeOut, StageQuoteOut

    cost = RangeOut.of(quote.cost)
    stages = [StageQuoteOut.of(stage).model_dump(mode="json") for stage in quote.stages]
    return {"pipeline": pipeline, "cost": cost and cost.model_dump(), "stages": stages}


def _range(cost: Range | None) -> str:
    if cost is None:
        return "unknown"
    return money(cost.low) if cost.low == cost.high else f"{money(cost.low)} to {money(cost.high)}"


def _why(stage: StageQuote) -> str:
    dated = (f"${price.usd:g} a {price.unit}, read on {price.at}" for price in stage.prices)
    return escape(stage.hint or "; ".join(dated))
