"""``maquette optimize``: a model made elsewhere becomes shop-ready."""

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.options import Depth, Height, JsonFlag, Width, lengths, settings


def optimize(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE.glb", help="A GLB, or its URL.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the files go.")] = Path("out"),
    quality: Annotated[str, typer.Option(metavar="fast|medium|full", help="Detail against size.")] = "medium",
    triangles: Annotated[int | None, typer.Option(metavar="N", help="Triangles of the largest level, at most.")] = None,
    bytes_: Annotated[int | None, typer.Option("--bytes", metavar="N", help="Its bytes, at most.")] = None,
    width: Width = None,
    height: Height = None,
    depth: Depth = None,
    next_step: Annotated[str, typer.Option("--next", hidden=True)] = "maquette serve --open",
    as_json: JsonFlag = False,
) -> None:
    """Make levels of detail, a USDZ and a report from a model.

    Without a dimension the model keeps the size that its file says.
    The same command again goes on with an unfinished job, or delivers a finished one.
    """
    from maquette.cli.optimizing import Order, fulfil
    from maquette.cli.screen import Screen

    size = lengths(width, height, depth)
    chosen = {
        "quality": quality,
        "triangles": triangles,
        "bytes": bytes_,
        "dimensions": size.document() if size else None,
    }
    fulfil(Order(file, chosen, output, next_step), settings(ctx), Screen(as_json))
