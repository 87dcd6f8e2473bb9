"""``maquette owners``: all data of one owner, away and back."""

from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings

app = typer.Typer(rich_markup_mode=None, help="Delete all data of one owner, or bring it back.", no_args_is_help=True)

OwnerId = Annotated[str, typer.Argument(metavar="OWNER", help="The owner's id; `local` is this machine's own.")]


@app.command()
def delete(
    ctx: typer.Context,
    owner: OwnerId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Delete all projects, jobs and files of an owner; running jobs are canceled."""
    from maquette.cli.screen import Screen
    from maquette.cli.tidying import delete_owner

    if not yes and not as_json:
        typer.confirm(f"Delete everything that belongs to {owner}?", abort=True, err=True)
    delete_owner(settings(ctx), Screen(as_json), owner)


@app.command()
def restore(
    ctx: typer.Context,
    owner: OwnerId,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="The deletion's time; without it, the newest one.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Bring back what one deletion took."""
    from maquette.cli.screen import Screen
    from maquette.cli.tidying import restore_owner

    restore_owner(settings(ctx), Screen(as_json), owner, at)
