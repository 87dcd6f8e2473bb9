"""``maquette queues``: look at the queues, pause them, resume them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from maquette.cli.options import JsonFlag, settings
from maquette.domain.fleet import Queue

if TYPE_CHECKING:
    from maquette.app.queues import Queues, QueueView
    from maquette.cli.screen import Screen

app = typer.Typer(rich_markup_mode=None, help="Look at the queues, pause and resume them.", no_args_is_help=True)

Name = Annotated[Queue, typer.Argument(metavar="QUEUE", help="cpu (whole jobs), gpu or net (single stages).")]


@app.command("list")
def show_all(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """List the queues: whether each is paused, how much waits and since when."""
    _show(ctx, as_json, lambda queues: queues.list())


@app.command()
def pause(ctx: typer.Context, queue: Name, as_json: JsonFlag = False) -> None:
    """Let nothing more begin. What has begun goes on, and jobs are still accepted."""
    _show(ctx, as_json, lambda queues: (queues.pause(queue),))


@app.command()
def resume(ctx: typer.Context, queue: Name, as_json: JsonFlag = False) -> None:
    """Let work begin again."""
    _show(ctx, as_json, lambda queues: (queues.resume(queue),))


def _show(ctx: typer.Context, as_json: bool, act: "Callable[[Queues], tuple[QueueView, ...]]") -> None:
    import asyncio

    from maquette.bootstrap import open_for_looking
    from maquette.cli.screen import Screen

    async def work() -> "tuple[QueueView, ...]":
        async with open_for_looking(settings(ctx), steering=True) as house:
            return await asyncio.to_thread(act, house.queues)

    _tell(Screen(as_json), asyncio.run(work()))


def _tell(screen: "Screen", queues: "tuple[QueueView, ...]") -> None:
    if screen.as_json:
        from maquette.api.schemas.queues import QueueOut

        screen.document({"items": [QueueOut.of(queue).model_dump(mode="json") for queue in queues]})
        return
    from maquette.cli.screen import plain_table

    table = plain_table("queue", "state", "waiting", "oldest since")
    for queue in queues:
        state = "[yellow]paused[/yellow]" if queue.paused else "[green]open[/green]"
        oldest = queue.waiting.oldest
        since = oldest.astimezone().strftime("%Y-%m-%d %H:%M:%S") if oldest else ""
        table.add_row(queue.name, state, str(queue.waiting.count), since)
    screen.out.print(table)
