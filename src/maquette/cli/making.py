"""What ``maquette make`` and ``optimize`` do: files in, one job, its files in a folder, and what came of it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape

from maquette.app.jobs import NewJob
from maquette.bootstrap import Maquette, open_for_work
from maquette.cli.delivery import Delivered, deliver_model, prepare
from maquette.cli.judging import verdicts
from maquette.cli.photos import Photo, capture_set
from maquette.cli.pricing import tell_price
from maquette.cli.progress import StageBar
from maquette.cli.remote import fetched
from maquette.cli.screen import Screen, plain_table
from maquette.cli.session import attend
from maquette.cli.wording import duration, flag_texts, money, near, photo_remarks, plural
from maquette.cli.work import accept, take_in
from maquette.domain.assets import View
from maquette.domain.errors import MaquetteError
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Job, JobInput, Result, Task, worked_ms
from maquette.domain.states import Status
from maquette.pipelines.catalog import find, settle
from maquette.pipelines.inputs import check_views
from maquette.settings import Settings

PIPELINE = "photo_to_model"
_SIZE_UNKNOWN = "The true size is not known. Give one dimension: --height 80cm, --width or --depth."


@dataclass(frozen=True, slots=True)
class Order:
    """What the person asked for, as given."""

    photos: Sequence[str]
    sides: Mapping[View, str | None]
    boxes: Sequence[str]
    chosen: Mapping[str, Any]
    output: Path
    next_step: str
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What became of the order."""

    job: Job
    result: Result
    tasks: tuple[Task, ...]
    files: list[Delivered]


def fulfil(order: Order, settings: Settings, screen: Screen) -> None:
    """Does it from the first check to the last line. Raises what a person must know of."""
    with fetched((*order.photos, *(name for name in order.sides.values() if name)), settings) as local:
        sides = {view: local.get(name, name) if name else None for view, name in order.sides.items()}
        photos = capture_set([local.get(name, name) for name in order.photos], sides, order.boxes)
        _fulfil(order, photos, settings, screen)


def _fulfil(order: Order, photos: Sequence[Photo], settings: Settings, screen: Screen) -> None:
    chosen = {name: value for name, value in order.chosen.items() if value is not None}
    # what can be refused is refused before anything is written
    entry = find(PIPELINE)
    settle(entry, chosen)
    check_views(entry, [photo.view for photo in photos])
    if order.estimate:
        tell_price(PIPELINE, chosen, len(photos), settings, screen)
        return
    folder = prepare(order.output)
    if not screen.as_json:
        _say_sides(screen, photos)
    show(asyncio.run(produce(PIPELINE, photos, chosen, folder, settings, screen)), screen, order.next_step)


def show(made: Made, screen: Screen, next_step: str) -> None:
    """What was made, who accepts it, and what to do now."""
    if screen.as_json:
        screen.document(_document(made))
    else:
        _tell(screen, made, next_step)


async def produce(
    pipeline: str, photos: Sequence[Photo], chosen: Mapping[str, Any], folder: Path, settings: Settings, screen: Screen
) -> Made:
    """Runs one job on these files, and puts what it delivers into the folder."""
    async with open_for_work(settings) as house:
        inputs = tuple([await named(house, photo) for photo in photos])
        job = await accept(house, NewJob(pipeline, inputs, chosen), folder)
        if job.status is Status.COMPLETED:
            screen.note("This was made before; the files are delivered again.")
        else:
            with StageBar(screen) as bar:
                job = await attend(house, screen, job, bar.show)
        return await asyncio.to_thread(collect, house, job, folder)


async def named(house: Maquette, photo: Photo) -> JobInput:
    """Uploads one of several photos; an error says which."""
    try:
        return await take_in(house, photo)
    except MaquetteError as error:
        raise type(error)(error.code, f"{near(photo.path)}: {error.message}", error.hint) from error


def collect(house: Maquette, job: Job, folder: Path) -> Made:
    """Puts what the completed job delivers into the folder."""
    result, _ = house.results.get(LOCAL_OWNER, job.result_id or "")
    tasks = house.jobs.tasks(LOCAL_OWNER, job.id)
    return Made(job, result, tasks, deliver_model(house, result.id, folder))


def _say_sides(screen: Screen, photos: Sequence[Photo]) -> None:
    told = ", ".join(f"{photo.view} {near(photo.path)}" for photo in photos)
    screen.note(f"{plural(len(photos), 'photo')}: {told}")


def _document(made: Made) -> dict[str, Any]:
    from maquette.api.schemas.jobs import JobOut

    reused, saved_ms = _reused(made.tasks)
    return {
        "job": JobOut.of(made.job, None, worked_ms(made.tasks)).model_dump(mode="json"),
        "files": [file.document() for file in made.files],
        "report": dict(made.result.report),
        "reused": [task.stage.value for task in reused],
        "saved_ms": saved_ms,
        "elapsed_ms": worked_ms(made.tasks),
        "cost_usd": made.job.cost_usd,
    }


def _tell(screen: Screen, made: Made, next_step: str) -> None:
    reused, saved_ms = _reused(made.tasks)
    line = f"Made in {duration(worked_ms(made.tasks))}, cost {money(made.job.cost_usd)}."
    if reused:
        line += f" {plural(len(reused), 'stage')} reused, which saved {duration(saved_ms)}."
    screen.err.print(f"\n[bold green]Done.[/bold green] {line}")
    for line in verdicts(made.result.report.get("report")):
        screen.err.print(line)
    for remark in _remarks(made):
        screen.err.print(f"[yellow]![/yellow] {escape(remark)}")
    screen.err.print()
    table = plain_table("file", "size", "")
    for file in made.files:
        path, size, facts = file.row()
        table.add_row(escape(path), size, f"[dim]{escape(facts)}[/dim]")
    screen.out.print(table)
    screen.err.print(f"\n[dim]Job {made.job.id}. Now: [/dim][bold]{escape(next_step)}[/bold]")


def _remarks(made: Made) -> list[str]:
    """What a person should look at: simulated results, flags of engines."""
    remarks = ["Simulated: an engine that is only a test took part."] if made.result.is_test else []
    for photo in made.result.report.get("cutouts", {}).get("failed", ()):
        remarks.append(f"{photo['view'] or photo['name']}: left out, {photo['message']}. {photo['hint']}")
    remarks += photo_remarks(made.result.report)
    for entry in made.result.report.get("quality", ()):
        if entry["flags"]:
            about = entry["view"] or entry["role"]
            remarks.append(f"{about}: score {entry['score']:.2f}. {' '.join(flag_texts(entry['flags']))}")
    return remarks + [_SIZE_UNKNOWN] * _is_size_unknown(made.result.report.get("report"))


def _is_size_unknown(report: Mapping[str, Any] | None) -> bool:
    rules = [rule for profile in (report or {"profiles": []})["profiles"] for rule in profile["rules"]]
    return any(rule["rule"] == "true_size" for rule in rules)


def _reused(tasks: Sequence[Task]) -> tuple[list[Task], int]:
    last = max((task.attempt for task in tasks), default=1)
    reused = [task for task in tasks if task.reused and task.attempt == last]
    return reused, sum(task.saved_ms for task in reused)
