"""How batches look on a terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.markup import escape

from maquette.app.batches.batches import BatchView
from maquette.cli.delivery import Delivered
from maquette.cli.screen import Screen, plain_table
from maquette.cli.wording import duration, near, plural
from maquette.domain.batches import BatchInvalid, BatchStatus, RowView, Standing
from maquette.domain.errors import Problem

SHORT = 14
"""Characters of a batch's id that a list shows."""
COLOURS: Mapping[str, str] = {
    "completed": "green", "done": "green", "failed": "red", "refused": "red", "canceled": "yellow",
    "waiting": "magenta", "processing": "cyan", "running": "cyan", "checking": "cyan",
}  # fmt: skip


def told_problems(screen: Screen, refusal: BatchInvalid) -> None:
    """Every problem by its row, as a table or as JSON."""
    if screen.as_json:
        told = Problem.of(refusal)
        error = {"code": told.code, "message": told.message, "hint": told.hint}
        screen.document({"error": error, "problems": [asdict(one) for one in refusal.problems]})
        return
    table = plain_table("row", "sku", "column", "", "try")
    table.columns[-1].no_wrap = False
    for one in refusal.problems:
        where = "" if one.row is None else str(one.row)
        told = f"{escape(one.message)} [dim]({one.code})[/dim]"
        table.add_row(where, escape(one.sku or ""), escape(one.column or ""), told, f"[dim]{escape(one.hint)}[/dim]")
    screen.err.print(table)
    screen.err.print(f"\n[bold red]{escape(refusal.message)}[/bold red]")


def told_rows(
    screen: Screen, view: BatchView, made: Sequence[tuple[RowView, Sequence[Delivered]]], folder: Path
) -> None:
    """What became of every row, and where its files are."""
    if screen.as_json:
        screen.document(document(view) | {"rows": [_row(*one) for one in made], "results": str(folder / "results.csv")})
        return
    done = view.tally.counts.get(Standing.COMPLETED, 0)
    waiting = view.tally.counts.get(Standing.WAITING, 0)
    screen.err.print(f"\n{plural(done, 'product')} of {view.batch.size} completed. {near(folder / 'results.csv')}")
    if waiting:
        screen.note(f"{waiting} wait for approval: approve them, then run the same command again.")
    if done < view.batch.size - waiting:
        screen.note(f"`maquette batches show {view.batch.id}` tells why others were not.")


def document(view: BatchView) -> dict[str, Any]:
    """A batch as the API tells it."""
    from maquette.api.schemas.batches import BatchOut

    return {"batch": BatchOut.of(view).model_dump(mode="json")}


def batches(screen: Screen, items: Sequence[BatchView]) -> None:
    """A table of batches, the newest first."""
    if not items:
        screen.err.print("There are no batches. [bold]Try:[/bold] maquette batch products.csv")
        return
    table = plain_table("batch", "name", "pipeline", "status", "rows", "done", "success", "created")
    for view in items:
        batch, rate = view.batch, view.tally.success_rate
        created = batch.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        success = "" if rate is None else f"{rate:.0%}"
        told = (coloured(view.status), str(batch.size), f"{view.tally.progress} %", success, created)
        table.add_row(batch.id[:SHORT], escape(batch.name), batch.pipeline, *told)
    screen.out.print(table)


def batch(screen: Screen, view: BatchView, rows: Sequence[RowView]) -> None:
    """Everything about one batch."""
    batches(screen, [view])
    screen.out.print()
    table = plain_table("row", "sku", "status", "", "photos", "worked", "")
    for row in rows:
        used = sum(photo.problem is None for photo in row.photos)
        stage = f"{row.job.progress} %" if row.job and view.status is not BatchStatus.REFUSED else ""
        why = f"{escape(row.problem.message)} [dim]({row.problem.code})[/dim]" if row.problem else ""
        worked = duration(row.elapsed_ms) if row.elapsed_ms else ""
        photos = f"{used} of {len(row.photos)}"
        table.add_row(str(row.row.number), escape(row.row.sku), coloured(row.standing), stage, photos, worked, why)
    screen.out.print(table)


def coloured(status: BatchStatus | Standing) -> str:
    """The word in its colour."""
    colour = COLOURS.get(status.value)
    return f"[{colour}]{status.value}[/{colour}]" if colour else status.value


def _row(view: RowView, files: Sequence[Delivered]) -> dict[str, Any]:
    from maquette.api.schemas.batches import RowOut

    return RowOut.of(view).model_dump(mode="json") | {"files": [file.document() for file in files]}
