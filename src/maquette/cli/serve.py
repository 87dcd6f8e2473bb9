"""``maquette serve``: the server with its page and one worker inside."""

from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings


def serve(
    ctx: typer.Context,
    host: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Address to listen on (127.0.0.1); any but loopback needs a key.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on (8760); 0 takes a free one.")
    ] = None,
    works: Annotated[
        bool | None,
        typer.Option("--worker/--no-worker", help="Work on jobs too, or leave that to others.", show_default=False),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Run the server: page, HTTP API and, unless told otherwise, a worker in one process.

    An address that other machines reach needs a key first: maquette keys create NAME --admin

    Ctrl-C lets open requests end and stops.
    Jobs that are still running go on at the next start; finished stages are kept.
    """
    from maquette.cli.screen import Screen
    from maquette.cli.serving import run

    chosen = settings(ctx, host=host, port=port, serve_works=works)
    if chosen.needs_key:
        from maquette.bootstrap import check_keys

        # before the first connection: an address that others reach is not opened for nobody
        check_keys(chosen)
    run(chosen, Screen(as_json), open_page)
