"""``maquette costs``: what providers were paid."""

from enum import StrEnum
from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings


class Grouping(StrEnum):
    """What costs are listed by."""

    DAY = "day"
    ENGINE = "engine"
    JOB = "job"
    CALL = "call"


def costs(
    ctx: typer.Context,
    by: Annotated[Grouping, typer.Option(help="Sums, or single commissions (call).")] = Grouping.DAY,
    days: Annotated[int, typer.Option(min=1, max=36500, help="Of so many days, today (UTC) included.")] = 30,
    engine: Annotated[str | None, typer.Option(metavar="ENGINE", help="Of this engine only.")] = None,
    owner: Annotated[str | None, typer.Option(metavar="OWNER", help="Of this owner only; else of all.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="A table for spreadsheets on stdout.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show what work of hosted engines has cost, by day, engine, job or one by one.

    A sum with "unknown" lacks commissions whose cost nobody can say: set prices in [prices.NAME].
    """
    from maquette.cli.accounting import Asked, show_costs
    from maquette.cli.screen import Screen

    show_costs(settings(ctx), Screen(as_json), Asked(by.value, days, engine, owner, as_csv))
