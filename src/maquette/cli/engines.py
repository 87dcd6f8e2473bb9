"""``maquette engines``: what can cut out and model on this machine."""

from typing import TYPE_CHECKING

import typer

from maquette.cli.options import JsonFlag, settings

if TYPE_CHECKING:
    from maquette.cli.screen import Screen
    from maquette.ports.engines import EngineRecord


def engines(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """List the installed engines.

    What each does, its version and licence, and whether it can run here.
    """
    from maquette.bootstrap import shelf
    from maquette.cli.screen import Screen

    screen = Screen(as_json)
    records = shelf(settings(ctx)).all()
    if as_json:
        from maquette.api.schemas.service import EngineRecordOut

        screen.document({"items": [EngineRecordOut.of(record).model_dump(mode="json") for record in records]})
    else:
        _tell(screen, records)


def _tell(screen: "Screen", records: "tuple[EngineRecord, ...]") -> None:
    from rich.markup import escape

    from maquette.cli.screen import plain_table

    table = plain_table("engine", "does", "version", "licence", "needs", "state")
    for record in records:
        info, readiness = record.info, record.readiness
        facts = (info.capability.value, info.version, info.licence, info.needs) if info else ("?", "", "", "")
        limits = " [yellow](not for commercial use)[/yellow]" if info and not info.commercial_use else ""
        state = "[green]ready[/green]" if readiness.ready else f"[red]{escape(readiness.message)}[/red]"
        test = " [yellow](simulated)[/yellow]" if info and info.is_test else ""
        table.add_row(escape(record.name), *(escape(fact) for fact in facts), state + test + limits)
    screen.out.print(table)
    for record in records:
        if not record.readiness.ready:
            screen.err.print(f"[bold]{escape(record.name)}:[/bold] {escape(record.readiness.hint)}")
    screen.note("Choose with `maquette make --cutter NAME --mesher NAME`.")
