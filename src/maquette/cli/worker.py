"""``maquette worker``: a process that works on jobs beside others."""

from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings


def worker(
    ctx: typer.Context,
    queues: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="What to work for: cpu (whole jobs), gpu, net (single stages); all three."),
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=64, help="Jobs at a time; one per two processors, at most 4.")
    ] = None,
    drain_seconds: Annotated[
        float | None, typer.Option(min=0, max=3600, help="How long running stages may take to end after a signal (60).")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Work on jobs, beside a server or other workers.

    With Postgres (MAQUETTE_DATABASE_URL) on any number of machines; with SQLite beside the server of the same folder.
    The first SIGTERM or Ctrl-C takes nothing new and lets running stages end, a second one stops at once.
    What is stopped goes on elsewhere.
    """
    from maquette.cli.screen import Screen
    from maquette.cli.working import run

    chosen = settings(ctx, queues=queues, concurrency=concurrency, drain_seconds=drain_seconds)
    run(chosen, Screen(as_json))
