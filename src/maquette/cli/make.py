"""``maquette make``: photos of one object become a 3D model in a folder."""

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.options import CutterName, Depth, EstimateFlag, Height, JsonFlag, Width, lengths, settings
from maquette.domain.assets import View


def make(
    ctx: typer.Context,
    photos: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PHOTO...",
            help="Files, folders, patterns or URLs whose names say the side: chair-left.jpg.",
            show_default=False,
        ),
    ] = None,
    front: Annotated[str | None, typer.Option(metavar="PHOTO", help="The photo of the front.")] = None,
    left: Annotated[str | None, typer.Option(metavar="PHOTO", help="The photo of the object's own left.")] = None,
    right: Annotated[str | None, typer.Option(metavar="PHOTO", help="The photo of its right.")] = None,
    back: Annotated[str | None, typer.Option(metavar="PHOTO", help="The photo of its back.")] = None,
    top: Annotated[str | None, typer.Option(metavar="PHOTO", help="From above, its front at the lower edge.")] = None,
    bottom: Annotated[str | None, typer.Option(metavar="PHOTO", help="From below, front at the upper edge.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the files go.")] = Path("out"),
    quality: Annotated[str, typer.Option(metavar="fast|medium|full", help="Detail against time.")] = "medium",
    shape: Annotated[
        str, typer.Option(metavar="auto|round|boxy|hull", help="Cross-section, where the photos leave it open.")
    ] = "auto",
    width: Width = None,
    height: Height = None,
    depth: Depth = None,
    cutter: CutterName = None,
    mesher: Annotated[str | None, typer.Option(metavar="ENGINE", help="Engine that makes the model.")] = None,
    box: Annotated[
        list[str] | None,
        typer.Option(metavar="[VIEW=]X,Y,W,H", help="Where the object is, in pixels; once per photo."),
    ] = None,
    next_step: Annotated[str, typer.Option("--next", hidden=True)] = "maquette serve --open",
    estimate: EstimateFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Make a 3D model from one to six photos of an object.

    A photo with a transparent background keeps it as its cut-out.
    One true dimension is enough for the true size; without any the longest side is 1 m.
    The same command again goes on with an unfinished job, or delivers a finished one.
    """
    from maquette.cli.making import Order, fulfil
    from maquette.cli.screen import Screen

    told = {View.FRONT: front, View.LEFT: left, View.RIGHT: right, View.BACK: back, View.TOP: top, View.BOTTOM: bottom}
    size = lengths(width, height, depth)
    chosen = {
        "quality": quality,
        "shape": shape,
        "dimensions": size.document() if size else None,
        "cutter": cutter,
        "mesher": mesher,
    }
    order = Order(photos or [], told, box or [], chosen, output, next_step, estimate)
    fulfil(order, settings(ctx), Screen(as_json))
