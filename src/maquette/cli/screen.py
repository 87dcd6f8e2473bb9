"""Where a command writes: results to stdout, everything else to stderr; as text for people, or as JSON."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from maquette.domain.errors import Problem

WIDE = 200


class Screen:
    """The two streams of a command. Rich honours ``NO_COLOR`` and leaves colours out where nobody sees them."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        # a file or a pipe has no width: next to nothing is folded there
        self.out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
        self.err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else WIDE)

    @property
    def lively(self) -> bool:
        """Whether somebody watches a terminal on which lines can be redrawn."""
        return not self.as_json and self.err.is_terminal and not self.err.is_dumb_terminal

    def document(self, document: Mapping[str, Any]) -> None:
        """The result of a command as one line of JSON."""
        print(json.dumps(document, ensure_ascii=False), file=sys.stdout, flush=True)  # noqa: T201 - this is stdout

    def step(self, document: Mapping[str, Any]) -> None:
        """One line of JSON on stderr: progress, in JSON mode."""
        print(json.dumps(document, ensure_ascii=False), file=sys.stderr, flush=True)  # noqa: T201 - this is stderr

    def note(self, text: str) -> None:
        """A remark for people."""
        if not self.as_json:
            self.err.print(f"[dim]{escape(text)}[/dim]")

    def problem(self, problem: Problem) -> None:
        """What went wrong and what to do next."""
        if self.as_json:
            self.document({"error": {"code": problem.code, "message": problem.message, "hint": problem.hint}})
            return
        self.err.print(f"[bold red]Error:[/bold red] {escape(problem.message)} [dim]({problem.code})[/dim]")
        if problem.hint:
            self.err.print(f"[bold]Try:[/bold] {escape(problem.hint)}")


WRAPPED = frozenset({"", "needs", "state"})
"""Headings of columns that hold sentences."""


def plain_table(*headings: str) -> Table:
    """A table without lines, as terminals like it."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False, padding=(0, 3, 0, 0))
    for heading in headings:
        table.add_column(heading, no_wrap=heading not in WRAPPED, overflow="fold")
    return table
