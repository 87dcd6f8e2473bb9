"""What ``maquette batch`` does: a table in, everything checked, photos uploaded, results in folders."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from maquette.app.batches.batches import BatchView
from maquette.app.batches.drafts import Draft
from maquette.app.batches.planning import NewBatch, Plan
from maquette.app.batches.sources import is_asset, is_url
from maquette.app.batches.table import Folders, lines, relative
from maquette.app.uploads import PhotoInfo
from maquette.bootstrap import Maquette, open_for_work
from maquette.cli.delivery import Delivered, deliver_model, prepare
from maquette.cli.ordering import Order, read
from maquette.cli.photos import Photo
from maquette.cli.screen import Screen
from maquette.cli.tabulating import told_problems, told_rows
from maquette.cli.watching import Watch
from maquette.cli.wording import near
from maquette.cli.work import take_in
from maquette.domain.batches import (
    BatchInvalid,
    BatchStatus,
    RowPhoto,
    RowView,
    Standing,
)
from maquette.domain.errors import MaquetteError, Problem, Refused
from maquette.domain.ids import LOCAL_OWNER
from maquette.pipelines.catalog import CATALOG, ENGINE_SETTINGS, find, spec_of
from maquette.settings import Settings

AT_ONCE = 2
"""Photos that are looked at together."""


def fulfil(order: Order, settings: Settings, screen: Screen) -> bool:
    """Does it from the first check to the last line. True when every row was completed."""
    try:
        new = read(order)
        find(new.pipeline)
        return asyncio.run(_run(order, new, settings, screen))
    except BatchInvalid as refusal:
        told_problems(screen, refusal)
        return False


async def _run(order: Order, new: NewBatch, settings: Settings, screen: Screen) -> bool:
    async with open_for_work(settings) as house:
        photos = _Photos(house, order.table.parent)
        plan = await photos.looked_at(house.batches.plan(new))
        looked = await asyncio.to_thread(house.batches.look, LOCAL_OWNER, plan, photos.good)
        looked.check()
        folder = prepare(order.output)
        if looked.problems and not screen.as_json:
            told_problems(screen, BatchInvalid(looked.problems))
        view = await _accept(house, photos, plan, looked, _key(house, plan, photos, folder))
        view = await _attend(house, screen, view)
        if view.status is BatchStatus.REFUSED:
            raise BatchInvalid(await asyncio.to_thread(house.batches.all_problems, LOCAL_OWNER, view.batch.id))
        made = await asyncio.to_thread(_collect, house, view, folder)
    told_rows(screen, view, made, folder)
    return view.tally.counts.get(Standing.COMPLETED, 0) == view.batch.size


class _Photos:
    """The photos that are files beside the table."""

    def __init__(self, house: Maquette, folder: Path) -> None:
        self._house = house
        self._folder = folder
        self._problems: dict[str, Problem | None] = {}
        self._assets: dict[str, str] = {}
        self.digests: dict[str, str] = {}
        """What each holds, as a SHA-256."""

    @property
    def good(self) -> frozenset[str]:
        """Those that can be uploaded."""
        return frozenset(name for name, problem in self._problems.items() if problem is None)

    async def looked_at(self, plan: Plan) -> Plan:
        """Finds out what is wrong with each of them. Keeps nothing."""
        named = [photo.source for row in plan.drafts for photo in row.photos if _is_file(photo)]
        turns = asyncio.Semaphore(AT_ONCE)

        async def look(source: str) -> None:
            async with turns:
                self._problems[source] = await self._problem(source)

        await asyncio.gather(*(look(source) for source in dict.fromkeys(named)))
        return _changed(plan, lambda photo: replace(photo, problem=self._problems.get(photo.source, photo.problem)))

    async def uploaded(self, plan: Plan, looked: Plan) -> Plan:
        """Takes those of good rows in, or finds them by what they hold."""
        for row in looked.drafts:
            for photo in row.photos if not row.wrong else ():
                if _is_file(photo) and photo.source not in self._assets:
                    self._assets[photo.source] = await self._asset(photo)
        return _changed(plan, lambda photo: replace(photo, asset_id=self._assets.get(photo.source)))

    async def _problem(self, source: str) -> Problem | None:
        path = self._path(source)
        try:
            if not path.is_file():
                raise Refused("file_missing", f"There is no file {near(path)}.")
            self.digests[source] = digest = await asyncio.to_thread(_digest, path)
            if not await asyncio.to_thread(self._house.uploads.knows, LOCAL_OWNER, digest):
                await self._house.uploads.check(path)
        except OSError as error:
            return Problem.of(Refused("file_missing", f"{near(path)} cannot be read: {error.strerror}."))
        except MaquetteError as error:
            return Problem.of(error)
        return None

    async def _asset(self, photo: RowPhoto) -> str:
        path = self._path(photo.source)
        info = PhotoInfo(path.name, photo.view, sha256=self.digests[photo.source])
        known = await asyncio.to_thread(self._house.uploads.recall, LOCAL_OWNER, info)
        return known.id if known else (await take_in(self._house, Photo(path, photo.view))).asset_id

    def _path(self, source: str) -> Path:
        return self._folder / Path(source).expanduser()


def _is_file(photo: RowPhoto) -> bool:
    return photo.problem is None and not is_url(photo.source) and not is_asset(photo.source)


def _changed(plan: Plan, change: Callable[[RowPhoto], RowPhoto]) -> Plan:
    def row(one: Draft) -> Draft:
        return replace(one, photos=tuple(change(photo) if _is_file(photo) else photo for photo in one.photos))

    return replace(plan, drafts=tuple(row(one) for one in plan.drafts))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _accept(house: Maquette, photos: _Photos, plan: Plan, looked: Plan, key: str) -> BatchView:
    """A new batch, or the one that an earlier call began, whose failed and canceled rows start again."""
    number = 1
    while True:
        try:
            known = await asyncio.to_thread(house.batches.known, LOCAL_OWNER, f"{key}-{number}")
        except Refused as refusal:
            # a batch that the person deleted keeps its key
            if refusal.code != "deleted":
                raise
            number += 1
            continue
        if known is not None:
            return await asyncio.to_thread(house.batches.retry_failed, LOCAL_OWNER, known.batch.id)
        ready = await photos.uploaded(plan, looked)
        return await asyncio.to_thread(house.batches.start, LOCAL_OWNER, ready, f"{key}-{number}", photos.good)


def _key(house: Maquette, plan: Plan, photos: _Photos, folder: Path) -> str:
    """The same for the same rows, photos, folder, and versions of whatever will work on them."""
    entry = CATALOG[plan.new.pipeline]
    engines = [
        house.engines.choose(capability, plan.new.settings.get(name)).info
        for capability, name in ENGINE_SETTINGS.items()
        if name in entry.settings
    ]
    parts: dict[str, object] = {
        "pipeline": plan.new.pipeline,
        "on_error": plan.new.on_error,
        "rows": [asdict(row) for row in plan.drafts],
        "photos": photos.digests,
        "folder": str(folder),
        "stages": [[stage, spec_of(entry.pipeline.name, stage).version] for stage in entry.pipeline.stages],
        "engines": [f"{info.name} {info.version}" for info in engines if info],
    }
    if plan.new.project_id is not None:
        parts["project_id"] = plan.new.project_id
    return f"cli-{hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()}"


async def _attend(house: Maquette, screen: Screen, view: BatchView) -> BatchView:
    """Stays until nothing happens by itself any more, and takes the work over when nobody else is left to do it."""
    if not house.works:
        screen.note(f"A server works on {house.settings.data} already: the batch is in its hands.")
    watch = Watch(house, screen, view)
    try:
        with watch.bar:
            return await watch.until_it_rests()
    except asyncio.CancelledError:
        screen.note(f"\nStopped. Batch {view.batch.id} is kept: run the same command again to go on.")
        raise


def _collect(house: Maquette, view: BatchView, folder: Path) -> list[tuple[RowView, list[Delivered]]]:
    """Puts the files of every completed row into its folder, and the table beside them."""
    folders, made = Folders(), list[tuple[RowView, list[Delivered]]]()
    for row in house.batches.all_rows(LOCAL_OWNER, view.batch.id):
        target = folder / folders.of(row)
        is_done = row.result is not None and row.standing is Standing.COMPLETED
        made.append((row, deliver_model(house, row.result.id, target) if row.result and is_done else []))
    text = "".join(lines([row for row, _ in made], house.results, relative))
    part = folder / ".results.csv.part"
    part.write_text(text, encoding="utf-8-sig", newline="")
    part.replace(folder / "results.csv")
    return made
