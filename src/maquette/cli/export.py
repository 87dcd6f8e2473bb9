"""``maquette export``: a project as one file."""

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings


def export(
    ctx: typer.Context,
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The project's id.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="The zip to write; PROJECT.zip by default.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write a project with its files, jobs and results into a zip, for `maquette import` on another machine."""
    from maquette.cli.screen import Screen
    from maquette.cli.travelling import export_project

    export_project(settings(ctx), Screen(as_json), project, output or Path(f"{project}.zip"), force=force)
