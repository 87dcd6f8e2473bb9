"""``maquette product``: a product's photos, many or few, become a 3D model once their cut-outs are good enough."""

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.options import CutterName, Depth, EstimateFlag, Height, JsonFlag, Width, lengths, settings

WAITS = 4
"""Exit code: the job waits for somebody to approve its cut-outs."""


def product(
    ctx: typer.Context,
    photos: Annotated[
        list[str],
        typer.Argument(metavar="PHOTO...", help="Up to 24 files, folders, patterns or URLs.", show_default=False),
    ],
    approve: Annotated[
        str, typer.Option(metavar="manual|never|auto>=SCORE", help="Which cut-outs go on without you.")
    ] = "auto>=0.8",
    view: Annotated[
        list[str] | None,
        typer.Option(metavar="PHOTO=SIDE", help="Which side a photo shows, where its name does not say it."),
    ] = None,
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
    estimate: EstimateFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Choose the best of a product's photos, cut them out, and make a 3D model once the cut-outs are approved.

    The side of a photo is read from its name, or guessed and shown to you.
    When cut-outs wait for you the command ends with exit code 4 and says how to approve them.
    The same command again goes on with an unfinished job, or delivers a finished one.
    """
    from maquette.cli.products import Order, fulfil
    from maquette.cli.screen import Screen

    size = lengths(width, height, depth)
    chosen = {
        "quality": quality,
        "shape": shape,
        "dimensions": size.document() if size else None,
        "cutter": cutter,
        "mesher": mesher,
        "approve": approve,
    }
    if not fulfil(Order(photos, view or [], chosen, output, estimate), settings(ctx), Screen(as_json)):
        raise typer.Exit(WAITS)
