"""``maquette inspect``: is this model accepted, and what keeps it from being?"""

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.options import Depth, Height, JsonFlag, Width, lengths, settings


def inspect(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.glb", help="Anyone's GLB, or a USDZ.", show_default=False)],
    profile: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="store, shopify, google_merchant… May be repeated; without it, all."),
    ] = None,
    level: Annotated[
        str, typer.Option(metavar="lod0|lod1|lod2", help="As which level profile store judges it.")
    ] = "lod0",
    width: Width = None,
    height: Height = None,
    depth: Depth = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write a mended copy for these profiles, and judge that instead.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The mended copy; without it FILE.fixed.glb."),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="The report as Markdown on stdout.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Hold a GLB against the rules of shops and viewers.

    Works on any file, without a server. The exit code is 1 if a required rule fails.
    A mended copy is one mesh with one material, upright, at the given size, and within the limits of the profiles.
    """
    from maquette.cli.inspecting import Order, fulfil
    from maquette.cli.screen import Screen

    copy = (output or file.with_suffix(".fixed.glb")) if fix or output else None
    order = Order(file, profile or [], level, lengths(width, height, depth), markdown, copy)
    if not fulfil(order, settings(ctx), Screen(as_json)):
        raise typer.Exit(1)
