"""How jobs look on a terminal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from rich.markup import escape

from maquette.cli.screen import Screen, plain_table
from maquette.cli.wording import duration, money, size
from maquette.domain.jobs import Job, Task, TaskStatus, worked_ms
from maquette.domain.states import STAGE_LABELS, STATUS_LABELS, Status
from maquette.ports.stores import LogLine

SHORT = 14
"""Characters of a job's id that a list shows: enough to tell jobs apart, and every command takes them."""

COLOURS: Mapping[Status, str] = {
    Status.COMPLETED: "green",
    Status.FAILED: "red",
    Status.CANCELED: "yellow",
    Status.WAITING: "magenta",
    Status.PROCESSING: "cyan",
}
MARKS: Mapping[TaskStatus, str] = {
    TaskStatus.FINISHED: "[green]✓[/green]",
    TaskStatus.FAILED: "[red]✗[/red]",
    TaskStatus.CANCELED: "[yellow]–[/yellow]",
    TaskStatus.LOST: "[yellow]↻[/yellow]",
    TaskStatus.RUNNING: "[cyan]…[/cyan]",
}


def jobs(screen: Screen, items: Sequence[Job], elapsed: Mapping[str, int]) -> None:
    """A table of jobs, the newest first."""
    if not items:
        screen.err.print("There are no jobs. [bold]Try:[/bold] maquette make front.jpg left.jpg right.jpg back.jpg")
        return
    table = plain_table("job", "pipeline", "status", "stage", "", "worked", "created")
    for job in items:
        stage = STAGE_LABELS[job.stage].text if job.stage else "-"
        worked, created = duration(elapsed[job.id]), _local(job.created_at)
        table.add_row(job.id[:SHORT], job.pipeline, _status(job), stage, f"{job.progress} %", worked, created)
    screen.out.print(table)


def job(
    screen: Screen,
    job: Job,
    position: int | None,
    tasks: Sequence[Task],
    logs: Sequence[LogLine],
    eta: datetime | None,
) -> None:
    """Everything about one job."""
    table = plain_table("", "")
    table.show_header = False
    for name, value in _facts(job, position, tasks, eta):
        table.add_row(f"[dim]{name}[/dim]", value)
    screen.out.print(table)
    if tasks:
        screen.out.print()
        screen.out.print(_tasks(tasks))
    if logs:
        screen.out.print()
    for line in logs:
        screen.out.print(f"[dim]{_local(line.at)}[/dim] {line.level} {escape(line.message)}")
        if line.detail:
            screen.out.print(f"[dim]{escape(line.detail.rstrip())}[/dim]")


def _facts(job: Job, position: int | None, tasks: Sequence[Task], eta: datetime | None) -> list[tuple[str, str]]:
    settings = ", ".join(f"{name} {_plain(value)}" for name, value in job.settings.items() if value is not None)
    facts = [
        ("job", job.id),
        ("pipeline", job.pipeline + (f" ({escape(settings)})" if settings else "")),
        ("status", _status(job) + (f" for {job.waiting_for}" if job.waiting_for else "")),
        ("stage", f"{STAGE_LABELS[job.stage].text if job.stage else '-'}, {job.progress} %"),
        ("photos", str(len(job.inputs))),
        ("attempt", str(job.attempt)),
        ("worked", f"{duration(worked_ms(tasks))}, cost {money(job.cost_usd)}"),
        ("created", _local(job.created_at)),
    ]
    if position is not None:
        facts.append(("in the queue", f"number {position}"))
    if eta is not None:
        facts.append(("ready", f"about {_local(eta)}"))
    if job.error:
        facts.append(("failed", f"[red]{escape(job.error.message)}[/red] [dim]({job.error.code})[/dim]"))
        facts.append(("try", escape(job.error.hint)))
    return facts


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        entries = cast(Mapping[str, object], value)
        return " ".join(f"{name} {one}" for name, one in entries.items())
    return str(value)


def _tasks(tasks: Sequence[Task]) -> object:
    table = plain_table("", "stage", "try", "took", "processor", "memory", "engine", "")
    for task in tasks:
        took = "reused" if task.reused else duration(task.duration_ms)
        remark = task.error.message if task.error else (f"saved {duration(task.saved_ms)}" if task.reused else "")
        engine = f"{task.engine} {task.engine_version}" if task.engine else ""
        measured = (duration(task.cpu_ms), size(task.peak_bytes)) if task.peak_bytes else ("", "")
        number = f"{task.attempt}.{task.number}"
        table.add_row(
            MARKS[task.status], STAGE_LABELS[task.stage].text, number, took, *measured, escape(engine), escape(remark)
        )
    return table


def _status(job: Job) -> str:
    text, colour = STATUS_LABELS[job.status].text, COLOURS.get(job.status)
    return f"[{colour}]{text}[/{colour}]" if colour else text


def _local(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
