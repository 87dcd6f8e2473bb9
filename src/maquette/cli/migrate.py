"""``maquette migrate``: brings the database to this version, or back, and copies it before."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maquette.cli.options import JsonFlag, settings

if TYPE_CHECKING:
    from maquette.cli.screen import Screen
    from maquette.settings import Settings

BEHIND = 3


def migrate(
    ctx: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Only look; exit code 3 when it is behind.")] = False,
    backup: Annotated[bool, typer.Option("--backup", help="Copy the database first, into the data folder.")] = False,
    backup_file: Annotated[
        Path | None, typer.Option("--backup-to", metavar="FILE", help="Copy the database first, into this file.")
    ] = None,
    revision: Annotated[
        str | None,
        typer.Option("--to", metavar="REVISION", help="Go to this revision, also back; `base` removes everything."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Go on: a Postgres database has been copied, or data may be lost.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Bring the database to this version.

    `serve` and `make` do so by themselves; this is for a time of your choice.
    """
    from maquette.cli.screen import Screen

    screen, chosen = Screen(as_json), settings(ctx)
    if check:
        _check(chosen, screen)
        return
    made = _backup(chosen, backup_file, yes) if backup or backup_file else None
    _tell(chosen, screen, _go(chosen, revision, yes), made)


def _check(chosen: "Settings", screen: "Screen") -> None:
    from maquette.bootstrap import is_behind

    behind = is_behind(chosen)
    if behind and not screen.as_json:
        screen.err.print("The database is behind this version. [bold]Try:[/bold] maquette migrate")
    else:
        _tell(chosen, screen, "behind" if behind else "current", None)
    if behind:
        raise typer.Exit(BEHIND)


def _backup(chosen: "Settings", target: Path | None, yes: bool) -> Path | None:
    """The copy; None for a database that a person has copied, as ``--yes`` says."""
    from maquette.bootstrap import backup_database
    from maquette.domain.errors import Refused

    try:
        return backup_database(chosen, target)
    except Refused as refusal:
        if refusal.code == "backup_needed" and yes:
            return None
        raise


def _go(chosen: "Settings", revision: str | None, yes: bool) -> str:
    from maquette.bootstrap import database_revision, is_behind, migrate_database
    from maquette.domain.errors import Refused

    at = database_revision(chosen)
    behind = is_behind(chosen)
    if revision is None:
        if behind:
            migrate_database(chosen)
        return "migrated" if behind else "current"
    if at is not None and (revision == "base" or revision < at) and not yes:
        hint = f"maquette migrate --backup --to {revision} --yes"
        raise Refused("backup_needed", f"Going back from {at} to {revision} drops what is kept only since.", hint)
    migrate_database(chosen, revision)
    return "migrated" if database_revision(chosen) != at else "current"


def _tell(chosen: "Settings", screen: "Screen", state: str, made: Path | None) -> None:
    from maquette.bootstrap import database_revision

    revision = database_revision(chosen)
    if screen.as_json:
        told: dict[str, Any] = {"data": str(chosen.data), "state": state, "revision": revision}
        screen.document(told | {"backup": str(made) if made else None})
        return
    if made:
        screen.out.print(f"Copied to {made}", soft_wrap=True)
    done = f"The database is at revision {revision or 'base'} now."
    screen.out.print(done if state == "migrated" else "Nothing to do.")
