"""``maquette import``: a project from another machine."""

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings


def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A zip that `maquette export` wrote.")],
    as_json: JsonFlag = False,
) -> None:
    """Make a project out of an exported one: everything in it, with fresh ids, or nothing."""
    from maquette.cli.screen import Screen
    from maquette.cli.travelling import import_project

    import_project(settings(ctx), Screen(as_json), file)
