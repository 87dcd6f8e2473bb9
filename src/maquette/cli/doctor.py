"""``maquette doctor``: what this machine has, lacks, and how to mend it."""

import typer

from maquette.cli.options import JsonFlag, settings

MARKS = {"ok": "[green]✓[/green]", "note": "[dim]·[/dim]", "missing": "[yellow]![/yellow]", "broken": "[red]✗[/red]"}


def doctor(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """Check this machine and say how to mend it.

    Looks at engines, decoders, GPU, disk, database and limits.
    The exit code is 1 only if nothing can run.
    """
    from rich.markup import escape

    from maquette.cli.checks import State, examine
    from maquette.cli.screen import Screen

    screen = Screen(as_json)
    findings = examine(settings(ctx))
    broken = any(finding.state is State.BROKEN for finding in findings)
    if as_json:
        screen.document({"ok": not broken, "checks": [finding.document() for finding in findings]})
    else:
        widest = max(len(finding.name) for finding in findings)
        for finding in findings:
            name = finding.name.ljust(widest)
            screen.out.print(f"{MARKS[finding.state]} [bold]{name}[/bold]  {escape(finding.found)}")
            if finding.hint:
                screen.out.print(f"  {'':{widest}}  [dim]→ {escape(finding.hint)}[/dim]")
        screen.err.print("[red]Nothing can run.[/red]" if broken else "[green]Ready.[/green]")
    if broken:
        raise typer.Exit(1)
