"""``maquette weights``: trained networks that make better cut-outs, fetched when a person says so."""

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings

app = typer.Typer(rich_markup_mode=None, help="List and fetch trained weights for engines.", no_args_is_help=True)


@app.command("list")
def show_all(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """List the weights that are known, their licences, and which are here."""
    from maquette.cli.screen import Screen
    from maquette.cli.weighing import list_weights

    list_weights(settings(ctx), Screen(as_json))


@app.command()
def pull(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `maquette weights list` has it.")],
    file: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Take this file instead of fetching one.", show_default=False)
    ] = None,
    sha256: Annotated[
        str, typer.Option(metavar="HEX", help="What --file must have, if it is not the listed one.")
    ] = "",
    trust: Annotated[
        bool, typer.Option("--trust", help="Take --file whatever its hash is, and hold it to that from now on.")
    ] = False,
    accept: Annotated[
        bool, typer.Option("--accept-non-commercial", help="For weights whose licence allows no commercial use.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Fetch weights, after showing where from and under which licence; check them; put them into the folder."""
    from maquette.app.weights import Agreement
    from maquette.cli.screen import Screen
    from maquette.cli.weighing import pull_weights

    pull_weights(settings(ctx), Screen(as_json), name, file, Agreement(accept, sha256, trust), yes=yes)
