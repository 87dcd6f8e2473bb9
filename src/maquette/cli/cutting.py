"""What ``maquette cutout`` does: one job per photo, so that one bad photo does not stop the others."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape

from maquette.app.jobs import NewJob
from maquette.bootstrap import Maquette, open_for_work
from maquette.cli.delivery import Delivered, deliver, prepare
from maquette.cli.follow import follow
from maquette.cli.photos import Photo, expand
from maquette.cli.progress import BatchBar
from maquette.cli.remote import fetched
from maquette.cli.screen import Screen, plain_table
from maquette.cli.wording import near, plural
from maquette.cli.work import accept, take_in
from maquette.domain.errors import MaquetteError, Problem, Refused
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Job
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
    mask: bool
    cutter: str | None


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
    chosen = {"cutter": order.cutter} if order.cutter else {}
    settle(find(PIPELINE), chosen)
    folder = prepare(order.output)
    stems = _targets(paths, folder)
    pieces = asyncio.run(_cut_all(paths, stems, order, chosen, settings, screen))
    if screen.as_json:
        screen.document({"items": [_document(piece) for piece in pieces]})
    else:
        _tell(screen, pieces)
    return all(piece.problem is None for piece in pieces)


async def _cut_all(
    paths: Sequence[Path],
    targets: Sequence[Path],
    order: Order,
    chosen: dict[str, str],
    settings: Settings,
    screen: Screen,
) -> list[Piece]:
    async with open_for_work(settings) as house:
        # an engine that is missing is one problem, not one per photo
        house.engines.choose(Capability.CUTTER, order.cutter)
        accepted: list[Job | Problem] = []
        for path, target in zip(paths, targets, strict=True):
            accepted.append(await _begin(house, Photo(path, None, order.box), target, chosen))
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


async def _begin(house: Maquette, photo: Photo, target: Path, chosen: dict[str, str]) -> Job | Problem:
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
        if mask:
            files.append(deliver(house, assets["mask"][0], _mask_beside(target)))
    except MaquetteError as error:
        return Piece(photo, job.id, problem=Problem.of(error))
    return Piece(photo, job.id, tuple(files))


def _targets(paths: Sequence[Path], folder: Path) -> list[Path]:
    """``<stem>.png`` each; a second photo of the same name gets a number. Raises rather than overwrite a photo."""
    sources = {path.resolve() for path in paths}
    targets: list[Path] = []
    for path in paths:
        target, number = folder / f"{path.stem}.png", 2
        while target in targets:
            target, number = folder / f"{path.stem}-{number}.png", number + 1
        if {target.resolve(), _mask_beside(target).resolve()} & sources:
            raise Refused("invalid_request", f"The cut-out of {path} would overwrite a photo.", "Use another -o.")
        targets.append(target)
    return targets


def _mask_beside(target: Path) -> Path:
    return target.with_name(f"{target.stem}_mask.png")


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
    screen.err.print(f"\n{plural(good, 'photo')} cut out" + (f", {len(failed)} failed." if failed else "."))
