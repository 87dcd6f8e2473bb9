"""``maquette sweep``: clears away now what the server clears away each hour."""

from typing import Annotated

import typer

from maquette.cli.options import JsonFlag, settings


def sweep(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    trust_clock: Annotated[
        bool, typer.Option("--trust-clock", help="Go ahead although the clock is far ahead of the last sign of life.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Clear away what is past its time.

    That is what was deleted more than `undo_days` ago, jobs and drafts past their term, expired tokens and uploads,
    and files that nothing refers to. A server does so each hour by itself.
    """
    from maquette.cli.screen import Screen
    from maquette.cli.tidying import sweep

    sweep(settings(ctx), Screen(as_json), dry_run=dry_run, trust_clock=trust_clock)
