"""``maquette engines``: what can cut out, model and paint, on this machine and elsewhere."""

from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings

app = typer.Typer(
    rich_markup_mode=None, help="List the engines, and ask hosted ones for their balance.", invoke_without_command=True
)


@app.callback()
def engines(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """List the engines, installed or hosted elsewhere.

    What each does, its version, licence and price, how it did lately, and whether it can be used.
    """
    if ctx.invoked_subcommand is None:
        from maquette.cli.engaging import list_engines
        from maquette.cli.screen import Screen

        list_engines(settings(ctx), Screen(as_json))


@app.command()
def check(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ENGINE", help="A hosted engine: NAME of [engines.NAME].")],
    as_json: JsonFlag = False,
) -> None:
    """Ask a hosted engine's provider for what is left there. It costs nothing."""
    from maquette.cli.engaging import check_engine
    from maquette.cli.screen import Screen

    check_engine(settings(ctx), Screen(as_json), name)
