"""What ``maquette cutout`` does: one job per photo, so that one bad photo does not stop the others."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape

from maquette.app.jobs import NewJob
from maquette.bootstrap import Maquette, open_for_work
from maquette.cli.delivery import Delivered, deliver, prepare
from maquette.cli.follow import follow
from maquette.cli.photos import Photo, expand
from maquette.cli.pricing import tell_price
from maquette.cli.progress import BatchBar
from maquette.cli.remote import fetched
from maquette.cli.screen import Screen, plain_table
from maquette.cli.wording import near, plural
from maquette.cli.work import accept, take_in
from maquette.domain.errors import MaquetteError, Problem, Refused
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Job
from maquette.domain.marks import Marks
from maquette.domain.states import Status
from maquette.pipelines.catalog import find, settle
from maquette.ports.engines import Box, Capability
from maquette.settings import Settings

PIPELINE = "cutout"


@dataclass(frozen=True, slots=True)
class Order:
    """What the person asked for."""

    photos: Sequence[str]
    output: Path
    box: Box | None
    marks: Marks
    mask: bool
    chosen: Mapping[str, Any]
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """One photo and what became of it: files, or a problem."""

    photo: Path
    job_id: str | None = None
    files: tuple[Delivered, ...] = ()
    problem: Problem | None = None


def fulfil(order: Order, settings: Settings, screen: Screen) -> bool:
    """Cuts out every photo and says what became of each. True when all went well."""
    with fetched(order.photos, settings) as local:
        return _fulfil(order, expand([local.get(name, name) for name in order.photos]), settings, screen)


def _fulfil(order: Order, paths: Sequence[Path], settings: Settings, screen: Screen) -> bool:
    settle(find(PIPELINE), order.chosen)
    if order.estimate:
        tell_price(PIPELINE, order.chosen, len(paths), settings, screen)
        return True
    folder = prepare(order.output)
    stems = _targets(paths, folder)
    pieces = asyncio.run(_cut_all(paths, stems, order, settings, screen))
    if screen.as_json:
        good = sum(piece.problem is None for piece in pieces)
        items = [_document(piece) for piece in pieces]
        rate = round(good / len(pieces), 4) if pieces else 0.0
        screen.document({"items": items, "photos": len(pieces), "succeeded": good, "success_rate": rate})
    else:
        _tell(screen, pieces)
    return all(piece.problem is None for piece in pieces)


async def _cut_all(
    paths: Sequence[Path],
    targets: Sequence[Path],
    order: Order,
    settings: Settings,
    screen: Screen,
) -> list[Piece]:
    async with open_for_work(settings) as house:
        # an engine that is missing is one problem, not one per photo
        house.engines.choose(Capability.CUTTER, order.chosen.get("cutter"))
        accepted: list[Job | Problem] = []
        for path, target in zip(paths, targets, strict=True):
            accepted.append(await _begin(house, Photo(path, None, order.box, order.marks), target, order.chosen))
        jobs = {job.id: job for job in accepted if isinstance(job, Job)}
        names = {job.id: path.name for path, job in zip(paths, accepted, strict=True) if isinstance(job, Job)}
        try:
            with BatchBar(screen, names, "photo") as bar:
                await follow(house, tuple(jobs.values()), bar.show)
        except asyncio.CancelledError:
            screen.note("\nStopped. The jobs are kept: run the same command again to go on.")
            raise
        return [
            await asyncio.to_thread(_finish, house, path, target, job, order.mask)
            for path, target, job in zip(paths, targets, accepted, strict=True)
        ]


async def _begin(house: Maquette, photo: Photo, target: Path, chosen: Mapping[str, Any]) -> Job | Problem:
    try:
        given = await take_in(house, photo)
        return await accept(house, NewJob(PIPELINE, (given,), chosen), target)
    except MaquetteError as error:
        return Problem.of(error)


def _finish(house: Maquette, photo: Path, target: Path, job: Job | Problem, mask: bool) -> Piece:
    if isinstance(job, Problem):
        return Piece(photo, problem=job)
    ended = house.jobs.get(LOCAL_OWNER, job.id)
    if ended.status is not Status.COMPLETED:
        return Piece(photo, job.id, problem=ended.error or Problem.of(Refused("illegal_move")))
    try:
        _, assets = house.results.get(LOCAL_OWNER, ended.result_id or "")
        files = [deliver(house, assets["cutout"][0], target)]
        if shop := assets.get("shop"):
            files.append(
                deliver(
                    house, shop[0], _beside(target, "shop.png" if shop[0].media_type == "image/png" else "shop.jpg")
                )
            )
        if mask:
            files.append(deliver(house, assets["mask"][0], _beside(target, "mask.png")))
    except MaquetteError as error:
        return Piece(photo, job.id, problem=Problem.of(error))
    return Piece(photo, job.id, tuple(files))


def _targets(paths: Sequence[Path], folder: Path) -> list[Path]:
    """``<stem>.png`` each; a second photo of the same name gets a number. Raises rather than overwrite a photo."""
    sources = {path.resolve() for path in paths}
    targets: list[Path] = []
    taken: set[Path] = set()
    for path in paths:
        target, number = folder / f"{path.stem}.png", 2
        while not taken.isdisjoint(_files(target)):
            target, number = folder / f"{path.stem}-{number}.png", number + 1
        if not sources.isdisjoint(file.resolve() for file in _files(target)):
            raise Refused("invalid_request", f"The cut-out of {path} would overwrite a photo.", "Use another -o.")
        targets.append(target)
        taken.update(_files(target))
    return targets


def _files(target: Path) -> tuple[Path, ...]:
    """All that may be written for one photo: its cut-out, its mask, its shop picture."""
    return target, _beside(target, "mask.png"), _beside(target, "shop.png"), _beside(target, "shop.jpg")


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(f"{target.stem}_{ending}")


def _document(piece: Piece) -> dict[str, Any]:
    problem = piece.problem
    return {
        "photo": str(piece.photo),
        "job_id": piece.job_id,
        "files": [file.document() for file in piece.files],
        "error": problem and {"code": problem.code, "message": problem.message, "hint": problem.hint},
    }


def _tell(screen: Screen, pieces: Sequence[Piece]) -> None:
    table = plain_table("file", "size", "")
    for piece in pieces:
        for file in piece.files:
            path, size, facts = file.row()
            table.add_row(escape(path), size, f"[dim]{escape(facts)}[/dim]")
    if table.row_count:
        screen.out.print(table)
    failed = [piece for piece in pieces if piece.problem]
    for piece in failed:
        if piece.problem:
            told = f"{escape(near(piece.photo))}: {escape(piece.problem.message)} [dim]({piece.problem.code})[/dim]"
            screen.err.print(f"\n[bold red]Failed:[/bold red] {told}")
            screen.err.print(f"[bold]Try:[/bold] {escape(piece.problem.hint)}")
    good = len(pieces) - len(failed)
    rate = f" ({good / len(pieces):.0%})" if failed else ""
    screen.err.print(f"\n{good} of {plural(len(pieces), 'photo')} cut out{rate}.")
