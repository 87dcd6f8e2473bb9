"""``maquette assets``: look at them, delete and restore them."""

from typing import Annotated

import typer

from maquette.cli.options import DeletedFlag, JsonFlag, settings

app = typer.Typer(
    rich_markup_mode=None, help="Look at photos and other files, delete and restore them.", no_args_is_help=True
)

AssetId = Annotated[str, typer.Argument(metavar="ASSET", help="The asset's id.")]


@app.command("list")
def show_all(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 20,
    deleted: DeletedFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """List the newest assets."""
    from maquette.cli.screen import Screen
    from maquette.cli.tidying import list_deleted, list_living

    (list_deleted if deleted else list_living)(settings(ctx), Screen(as_json), "asset", limit)


@app.command()
def delete(ctx: typer.Context, asset: AssetId, as_json: JsonFlag = False) -> None:
    """Delete a photo or another file. `restore` undoes it for some days."""
    from maquette.cli.screen import Screen
    from maquette.cli.tidying import delete

    delete(settings(ctx), Screen(as_json), "asset", asset)


@app.command()
def restore(ctx: typer.Context, asset: AssetId, as_json: JsonFlag = False) -> None:
    """Bring a deleted file back."""
    from maquette.cli.screen import Screen
    from maquette.cli.tidying import restore

    restore(settings(ctx), Screen(as_json), "asset", asset)
