"""``maquette cutout``: photos lose their background."""

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.options import EstimateFlag, JsonFlag, parse_box, parse_marks, settings


def cutout(
    ctx: typer.Context,
    photos: Annotated[
        list[str], typer.Argument(metavar="PHOTO...", help="Files, folders, patterns or URLs.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the files go.")] = Path(
        "cutouts"
    ),
    box: Annotated[
        str | None, typer.Option(metavar="X,Y,W,H", help="Where the object is, in pixels of every photo.")
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option(metavar="X,Y", help="A point of the object. May be given several times.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="X,Y", help="A point beside the object.")] = None,
    brush: Annotated[
        list[str] | None,
        typer.Option(metavar="R:X,Y X,Y", help="A stroke over the object, by a round brush of radius R."),
    ] = None,
    erase: Annotated[
        list[str] | None, typer.Option(metavar="R:X,Y X,Y", help="A stroke over what is beside it; wins over --brush.")
    ] = None,
    background: Annotated[
        str | None, typer.Option(metavar="COLOUR", help="A shop picture too, before white, black or #rrggbb.")
    ] = None,
    shadow: Annotated[str | None, typer.Option(metavar="KIND", help="Its shadow: none or soft.")] = None,
    margin: Annotated[
        int | None, typer.Option(metavar="PERCENT", help="Centres the object in it, with so much free around it.")
    ] = None,
    square: Annotated[bool, typer.Option("--square", help="A square shop picture.")] = False,
    mask: Annotated[bool, typer.Option("--mask", help="Write each mask too, as <name>_mask.png.")] = False,
    engine: Annotated[
        str | None, typer.Option("--engine", "--cutter", metavar="ENGINE", help="Engine that removes the background.")
    ] = None,
    estimate: EstimateFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Cut the object out of photos, one PNG each; with a background or a shadow also <name>_shop.jpg or .png.

    A photo that fails does not stop the others; the exit code is then 1.
    The same command again goes on with what is unfinished.
    """
    from maquette.cli.cutting import Order, fulfil
    from maquette.cli.screen import Screen

    wishes = {"cutter": engine, "background": background, "shadow": shadow, "margin": margin}
    chosen = {name: value for name, value in wishes.items() if value is not None} | (
        {"frame": "square"} if square else {}
    )
    marks = parse_marks(include or (), exclude or (), brush or (), erase or ())
    order = Order(photos, output, parse_box(box) if box else None, marks, mask, chosen, estimate)
    if not fulfil(order, settings(ctx), Screen(as_json)):
        raise typer.Exit(1)
