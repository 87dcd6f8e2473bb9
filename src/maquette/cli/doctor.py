"""``maquette doctor``: what this machine has, lacks, and how to mend it."""

import typer

from maquette.cli.options import JsonFlag, settings

MARKS = {"ok": "[green]✓[/green]", "note": "[dim]·[/dim]", "missing": "[yellow]![/yellow]", "broken": "[red]✗[/red]"}


def doctor(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """Check this machine: engines, decoders, GPU, disk, database, limits. Exit code 1 only if nothing can run."""
    from rich.markup import escape

    from maquette.cli.checks import State, examine
    from maquette.cli.screen import Screen, plain_table

    screen = Screen(as_json)
    findings = examine(settings(ctx))
    broken = any(finding.state is State.BROKEN for finding in findings)
    if as_json:
        screen.document({"ok": not broken, "checks": [finding.document() for finding in findings]})
    else:
        table = plain_table("", "", "", "")
        table.show_header = False
        for finding in findings:
            hint = f"[dim]{escape(finding.hint)}[/dim]" if finding.hint else ""
            table.add_row(MARKS[finding.state], f"[bold]{finding.name}[/bold]", escape(finding.found), hint)
        screen.out.print(table)
        screen.err.print("[red]Nothing can run.[/red]" if broken else "[green]Ready.[/green]")
    if broken:
        raise typer.Exit(1)
