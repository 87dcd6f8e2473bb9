"""How the report on a model looks on a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape

from maquette.cli.screen import Screen, plain_table
from maquette.media.meshes.report_text import limit, named, value, verdict

COLOURS: Mapping[str, str] = {"pass": "green", "fixed": "cyan", "warn": "yellow", "fail": "red"}


def tables(found: Mapping[str, Any], screen: Screen) -> None:
    """One table for each profile."""
    for profile in found["profiles"]:
        mark = "[green]✓[/green]" if profile["pass"] else "[red]✗[/red]"
        screen.out.print(f"{mark} [bold]{escape(profile['title'])}[/bold] [dim]{profile['profile']}[/dim]")
        table = plain_table("  rule", "measured", "limit", "")
        for rule in profile["rules"]:
            colour = COLOURS[rule["status"]]
            table.add_row(
                f"  {escape(named(rule))}",
                escape(value(rule, rule["measured"])),
                f"[dim]{escape(limit(rule))}[/dim]",
                f"[{colour}]{escape(verdict(rule))}[/{colour}]",
            )
        screen.out.print(table)
        screen.out.print()


def verdicts(found: Mapping[str, Any] | None) -> Iterator[str]:
    """Who accepts the model, and for whoever does not, the rules that keep it from that. Nothing without a report."""
    if not found:
        return
    if found["accepted"]:
        yield f"[green]Accepted by:[/green] {', '.join(found['accepted'])}."
    for profile in found["profiles"]:
        failed = [rule for rule in profile["rules"] if rule["status"] == "fail"]
        if failed:
            told = "; ".join(
                f"{rule['file']} {named(rule)} {value(rule, rule['measured'])}, not {limit(rule)}" for rule in failed
            )
            yield f"[yellow]Not by {profile['profile']}:[/yellow] {escape(told)}."
