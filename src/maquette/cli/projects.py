"""``maquette projects``: look at them, delete and restore them."""

from typing import Annotated

import typer

from maquette.cli.options import DeletedFlag, JsonFlag, settings

app = typer.Typer(rich_markup_mode=None, help="Look at projects, delete and restore them.", no_args_is_help=True)

ProjectId = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's id.")]


@app.command("list")
def show_all(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 20,
    deleted: DeletedFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """List the newest projects."""
    from maquette.cli.screen import Screen
    from maquette.cli.tidying import list_deleted, list_living

    (list_deleted if deleted else list_living)(settings(ctx), Screen(as_json), "project", limit)


@app.command()
def delete(ctx: typer.Context, project: ProjectId, as_json: JsonFlag = False) -> None:
    """Delete a project with its jobs and photos. `restore` undoes it for some days."""
    from maquette.cli.screen import Screen
    from maquette.cli.tidying import delete

    delete(settings(ctx), Screen(as_json), "project", project)


@app.command()
def restore(ctx: typer.Context, project: ProjectId, as_json: JsonFlag = False) -> None:
    """Bring a deleted project back, with all that went with it."""
    from maquette.cli.screen import Screen
    from maquette.cli.tidying import restore

    restore(settings(ctx), Screen(as_json), "project", project)
