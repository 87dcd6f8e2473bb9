"""``maquette keys``: who may use the server from elsewhere."""

from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings

app = typer.Typer(rich_markup_mode=None, help="Make, list and revoke API keys.", no_args_is_help=True)


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for, such as the machine that gets it.")],
    owner: Annotated[
        str,
        typer.Option(metavar="ID", help="Whose photos and jobs it opens; `local` is this machine's own."),
    ] = "local",
    admin: Annotated[bool, typer.Option("--admin", help="It may also manage keys, queues and workers.")] = False,
    expires_days: Annotated[
        int | None, typer.Option(metavar="N", help="Days until it expires; never by default.", show_default=False)
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a key. It is shown this once: only its hash is kept."""
    from maquette.app.keys import Asked
    from maquette.cli.locksmith import create_key
    from maquette.cli.screen import Screen

    create_key(settings(ctx), Screen(as_json), Asked(name, owner, admin, expires_days))


@app.command("list")
def show_all(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """List the keys, the newest first."""
    from maquette.cli.locksmith import list_keys
    from maquette.cli.screen import Screen

    list_keys(settings(ctx), Screen(as_json), limit)


@app.command()
def revoke(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="ID", help="The key's id, from `maquette keys list`.")],
    as_json: JsonFlag = False,
) -> None:
    """End a key and whoever signed in with it, within five seconds."""
    from maquette.cli.locksmith import revoke_key
    from maquette.cli.screen import Screen

    revoke_key(settings(ctx), Screen(as_json), key)
