"""``maquette image``: a picture from words, or a photo changed as they say."""

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings


def image(
    ctx: typer.Context,
    photo: Annotated[
        str | None, typer.Argument(metavar="[PHOTO]", help="The photo to change, or its URL.", show_default=False)
    ] = None,
    prompt: Annotated[
        str, typer.Option("--prompt", "-p", metavar="TEXT", help="What it shall show, or what shall change.")
    ] = "",
    output: Annotated[Path, typer.Option("--output", "--out", "-o", metavar="DIR", help="Where the files go.")] = Path(
        "out"
    ),
    style: Annotated[str | None, typer.Option(metavar="TEXT", help="Style, in words.")] = None,
    size: Annotated[
        str, typer.Option(metavar="photo|square|landscape|portrait", help="Proportions of the picture.")
    ] = "photo",
    variants: Annotated[int | None, typer.Option(metavar="N", help="How many pictures; one by default.")] = None,
    watermark: Annotated[str | None, typer.Option(metavar="TEXT", help="Text on the preview; empty for none.")] = None,
    logo: Annotated[str | None, typer.Option(metavar="FILE", help="Logo on the preview, instead of the text.")] = None,
    opacity: Annotated[int | None, typer.Option(metavar="PERCENT", help="Opacity of the mark.")] = None,
    tiled: Annotated[bool, typer.Option("--tiled", help="The mark all over the preview.")] = False,
    scale: Annotated[int | None, typer.Option(metavar="PERCENT", help="Width of the mark.")] = None,
    engine: Annotated[
        str | None, typer.Option("--engine", "--editor", metavar="ENGINE", help="Engine that makes the picture.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a picture: the clean one, and a preview with a mark.

    The same command again goes on with an unfinished job, or delivers a finished one.
    """
    from maquette.cli.imaging import Order, fulfil
    from maquette.cli.screen import Screen

    chosen = {
        "prompt": prompt,
        "style": style,
        "size": size,
        "variants": variants,
        "editor": engine,
        "watermark_text": watermark,
        "watermark_opacity": opacity,
        "watermark_place": "tiled" if tiled else None,
        "watermark_scale": scale,
    }
    fulfil(Order(photo, logo, chosen, output), settings(ctx), Screen(as_json))
