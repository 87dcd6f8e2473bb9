"""Shows how jobs get on: a bar where somebody watches a terminal, lines elsewhere, JSON lines for programs."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from maquette.cli.screen import Screen
from maquette.cli.wording import duration, plural
from maquette.domain.jobs import Event, EventType
from maquette.domain.states import ENDED, STAGE_LABELS, Stage, Status

WIDEST = max(len(label.text) for label in STAGE_LABELS.values())


class _Bar:
    """A bar below the lines that are printed meanwhile; nothing where it could not be redrawn."""

    def __init__(self, screen: Screen, title: str, total: int) -> None:
        self._screen = screen
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=screen.err,
            transient=True,
            disable=not screen.lively,
        )
        self._task: TaskID = self._progress.add_task(title, total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def at(self, title: str, completed: int) -> None:
        self._progress.update(self._task, description=escape(title), completed=completed)

    def line(self, markup: str) -> None:
        if not self._screen.as_json:
            self._screen.err.print(markup)

    def step(self, event: Event, **more: str) -> None:
        if self._screen.as_json:
            about = {"job_id": event.job_id, "seq": event.seq, "type": event.type.value, "at": event.at.isoformat()}
            self._screen.step(about | more | dict(event.data))


class DownloadBar(_Bar):
    """One file on its way."""

    def at_bytes(self, arrived: int) -> None:
        """So many bytes of ``total`` are here."""
        self._progress.update(self._task, completed=arrived)


class StageBar(_Bar):
    """One job: a line per finished stage, a bar for the present one."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(screen, "Waiting for its turn".ljust(WIDEST), 100)

    def show(self, event: Event) -> None:
        """Takes the next event of the job."""
        self.step(event)
        label = _label(event).ljust(WIDEST)
        match event.type:
            case EventType.STARTED if not event.data.get("reused"):
                self._started(label, event)
            case EventType.PROGRESS:
                self.at(label, event.data["progress"])
            case EventType.FINISHED:
                self.line(f"[green]✓[/green] {label}  [dim]{_took(event)}[/dim]")
                self.at(label, event.data["progress"])
            case EventType.REQUEUED:
                self.line(f"[yellow]↻[/yellow] {label}  [dim]{_again(event)}[/dim]")
            case EventType.FAILED | EventType.CANCELED:
                self.line(f"[red]✗[/red] {label}")
            case _:
                pass

    def _started(self, label: str, event: Event) -> None:
        self.at(label, event.data["progress"])
        if not self._screen.lively:
            self.line(f"  {label.rstrip()} …")


class BatchBar(_Bar):
    """Several jobs: one bar for all, a line for each that ends. ``names`` says what each job is about."""

    def __init__(self, screen: Screen, names: Mapping[str, str], noun: str) -> None:
        super().__init__(screen, f"0 of {plural(len(names), noun)}", 100 * max(len(names), 1))
        self._names = names
        self._noun = noun
        self._percent = dict.fromkeys(names, 0)
        self._ended = 0

    def show(self, event: Event) -> None:
        """Takes the next event of any of the jobs."""
        name = self._names[event.job_id]
        self.step(event, name=name)
        status = Status(event.data["status"])
        self._percent[event.job_id] = 100 if status in ENDED else event.data["progress"]
        if status in ENDED:
            self._ended += 1
            mark = "[green]✓[/green]" if status is Status.COMPLETED else "[red]✗[/red]"
            self.line(f"{mark} {escape(name)}")
        self.at(f"{self._ended} of {plural(len(self._names), self._noun)}", sum(self._percent.values()))


class RowsBar(_Bar):
    """The rows of a batch: one bar for all, a line for each that ends."""

    def __init__(self, screen: Screen, size: int) -> None:
        super().__init__(screen, f"0 of {plural(size, 'product')}", 100)
        self._size = size

    def total(self, ended: int, progress: int, document: Mapping[str, object]) -> None:
        """How far all of them have come; ``document`` says it to programs."""
        if self._screen.as_json:
            self._screen.step(document)
        self.at(f"{ended} of {plural(self._size, 'product')}", progress)

    def row(self, name: str, good: bool, why: str) -> None:
        """One row has ended."""
        mark = "[green]✓[/green]" if good else "[red]✗[/red]"
        self.line(f"{mark} {escape(name)}  [dim]{escape(why)}[/dim]".rstrip())


def _label(event: Event) -> str:
    stage = event.data["stage"]
    return STAGE_LABELS[Stage(stage)].text if stage else "In the queue"


def _took(event: Event) -> str:
    return "reused" if event.data.get("reused") else duration(int(event.data.get("duration_ms", 0)))


def _again(event: Event) -> str:
    if event.data.get("reason") == "worker_lost":
        return "its worker was lost; starting this stage again"
    return f"failed for a passing reason; again in {event.data.get('retry_in') or 0:.0f} s"
