"""``maquette cutout``: photos lose their background."""

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.options import CutterName, JsonFlag, parse_box, settings


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
    mask: Annotated[bool, typer.Option("--mask", help="Write each mask too, as <name>_mask.png.")] = False,
    cutter: CutterName = None,
    as_json: JsonFlag = False,
) -> None:
    """Cut the object out of photos, one PNG each.

    A photo that fails does not stop the others; the exit code is then 1.
    The same command again goes on with what is unfinished.
    """
    from maquette.cli.cutting import Order, fulfil
    from maquette.cli.screen import Screen

    order = Order(photos, output, parse_box(box) if box else None, mask, cutter)
    if not fulfil(order, settings(ctx), Screen(as_json)):
        raise typer.Exit(1)
