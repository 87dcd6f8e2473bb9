"""``maquette import-photos``: the photo rows of an older system."""

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings


def import_photos(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header, or a plain SQL dump of the tables.")],
    files: Annotated[
        Path | None, typer.Option("--files", metavar="DIR", help="Folder of the files; without it they are fetched.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come. Fetches nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Make projects of the rows of old `photos` and `models` tables. Again brings only what is not here yet."""
    from maquette.cli.arriving import import_rows
    from maquette.cli.screen import Screen

    import_rows(settings(ctx), Screen(as_json), file, files, dry=dry_run)
