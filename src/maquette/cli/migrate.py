"""``maquette migrate``: brings the database to this version."""

from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings

BEHIND = 3


def migrate(
    ctx: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Only look; exit code 3 when it is behind.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Bring the database to this version.

    `serve` and `make` do so by themselves; this is for a time of your choice.
    """
    from maquette.bootstrap import is_behind, migrate_database
    from maquette.cli.screen import Screen

    screen = Screen(as_json)
    chosen = settings(ctx)
    behind = is_behind(chosen)
    if behind and not check:
        migrate_database(chosen)
    state = ("behind" if check else "migrated") if behind else "current"
    if as_json:
        screen.document({"data": str(chosen.data), "state": state})
    elif state == "behind":
        screen.err.print("The database is behind this version. [bold]Try:[/bold] maquette migrate")
    else:
        screen.out.print("The database was brought to this version." if state == "migrated" else "Nothing to do.")
    if check and behind:
        raise typer.Exit(BEHIND)
