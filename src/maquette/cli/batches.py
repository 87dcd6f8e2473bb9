"""``maquette batches``: look at batches, cancel them, retry what failed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from maquette.cli.options import JsonFlag, settings

if TYPE_CHECKING:
    from maquette.app.batches.batches import BatchView
    from maquette.bootstrap import Maquette

app = typer.Typer(rich_markup_mode=None, help="Look at batches, cancel them, retry what failed.", no_args_is_help=True)

BatchId = Annotated[str, typer.Argument(metavar="BATCH", help="An id, the beginning of one, or `last`.")]
SEARCHED = 200


@app.command("list")
def show_all(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """List the newest batches."""
    from maquette.cli.screen import Screen
    from maquette.cli.tabulating import batches, document
    from maquette.domain.ids import LOCAL_OWNER

    screen = Screen(as_json)

    def look(house: "Maquette") -> None:
        page = house.batches.list(LOCAL_OWNER, limit=limit)
        if as_json:
            items = [document(view)["batch"] for view in page.items]
            screen.document({"items": items, "next_cursor": page.next_cursor})
        else:
            batches(screen, page.items)

    _look(ctx, look)


@app.command()
def show(ctx: typer.Context, batch: BatchId, as_json: JsonFlag = False) -> None:
    """Show a batch with all its rows."""
    from maquette.api.schemas.batches import RowOut
    from maquette.cli import tabulating
    from maquette.cli.screen import Screen
    from maquette.domain.ids import LOCAL_OWNER

    screen = Screen(as_json)

    def look(house: "Maquette") -> None:
        view = _find(house, batch)
        rows = list(house.batches.all_rows(LOCAL_OWNER, view.batch.id))
        if as_json:
            told = [RowOut.of(row).model_dump(mode="json") for row in rows]
            screen.document(tabulating.document(view) | {"rows": told})
        else:
            tabulating.batch(screen, view, rows)

    _look(ctx, look)


@app.command()
def cancel(ctx: typer.Context, batch: BatchId, as_json: JsonFlag = False) -> None:
    """Start nothing more of a batch, and cancel the jobs that have not ended."""
    from maquette.domain.ids import LOCAL_OWNER

    _steer(ctx, batch, as_json, lambda house, batch_id: house.batches.cancel(LOCAL_OWNER, batch_id))


@app.command("retry-failed")
def retry_failed(ctx: typer.Context, batch: BatchId, as_json: JsonFlag = False) -> None:
    """Start the failed and canceled rows again; what was finished is used again."""
    from maquette.domain.ids import LOCAL_OWNER

    _steer(ctx, batch, as_json, lambda house, batch_id: house.batches.retry_failed(LOCAL_OWNER, batch_id))


def _steer(ctx: typer.Context, batch: str, as_json: bool, act: "Callable[[Maquette, str], BatchView]") -> None:
    from maquette.cli.screen import Screen
    from maquette.cli.tabulating import document

    screen = Screen(as_json)

    def look(house: "Maquette") -> None:
        view = act(house, _find(house, batch).batch.id)
        if as_json:
            screen.document(document(view))
        else:
            screen.out.print(f"{view.batch.id} is {view.status}.")
            screen.note("What is to be done is done while `maquette serve` or a worker runs.")

    _look(ctx, look, steering=True)


def _look(ctx: typer.Context, look: "Callable[[Maquette], None]", *, steering: bool = False) -> None:
    import asyncio

    from maquette.bootstrap import open_for_looking

    async def work() -> None:
        async with open_for_looking(settings(ctx), steering=steering) as house:
            await asyncio.to_thread(look, house)

    asyncio.run(work())


def _find(house: "Maquette", wanted: str) -> "BatchView":
    """By id, by the beginning of an id (with or without ``bat_``), or the newest. Raises ``not_found``."""
    from maquette.domain.errors import Refused
    from maquette.domain.ids import LOCAL_OWNER

    newest = house.batches.list(LOCAL_OWNER, limit=1 if wanted == "last" else SEARCHED).items
    found = [view for view in newest if view.batch.id.removeprefix("bat_").startswith(wanted.removeprefix("bat_"))]
    if wanted == "last" and newest:
        return newest[0]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused("not_found", f"{len(found)} batches begin with {wanted!r}.", "Give more of the id.")
    try:
        return house.batches.get(LOCAL_OWNER, wanted)
    except Refused as error:
        hint = "List them with `maquette batches list`."
        raise Refused("not_found", f"There is no batch {wanted!r}.", hint) from error
