"""``maquette batch``: a table of products becomes a folder for each."""

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.options import CutterName, JsonFlag, settings
from maquette.domain.batches import OnError


def batch(
    ctx: typer.Context,
    table: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or JSON: one product a row, paths relative to it.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", "--out", metavar="DIR", help="Where the files go.")] = Path(
        "out"
    ),
    on_error: Annotated[
        OnError | None, typer.Option(help="What a bad row does: refuse all, or be skipped.", show_default="refuse")
    ] = None,
    pipeline: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="photo_to_model, product_to_model or cutout.", show_default="photo_to_model"),
    ] = None,
    quality: Annotated[str | None, typer.Option(metavar="fast|medium|full", help="Detail against time.")] = None,
    approve: Annotated[
        str | None, typer.Option(metavar="RULE", help="Cut-outs that need no approval: auto>=0.8, manual or never.")
    ] = None,
    cutter: CutterName = None,
    chosen: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any other setting of the pipeline.")
    ] = None,
    name: Annotated[str, typer.Option(help="What to call the batch.", show_default=False)] = "",
    as_json: JsonFlag = False,
) -> None:
    """Make every product of a table: one folder each, and results.csv.

    Everything is checked first, and any problem refuses the whole with all of them; --on-error skip starts the rest.
    A row's own settings go before the options. The same command again goes on with what is unfinished.
    """
    from maquette.cli.batching import fulfil
    from maquette.cli.ordering import Order
    from maquette.cli.screen import Screen

    given = {"quality": quality, "approve": approve, "cutter": cutter, **_pairs(chosen or [])}
    told = {key: value for key, value in given.items() if value is not None}
    order = Order(table, output, on_error, pipeline, told, name or table.stem)
    if not fulfil(order, settings(ctx), Screen(as_json)):
        raise typer.Exit(1)


def _pairs(texts: list[str]) -> dict[str, object]:
    from maquette.domain.errors import Refused

    found: dict[str, object] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise Refused("invalid_request", f"{text!r} is no setting.", "Write --set shape=boxy.")
        found[name.strip()] = int(value) if value.strip().isdecimal() else value.strip()
    return found
