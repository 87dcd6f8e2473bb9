"""What ``maquette image`` does: words and perhaps a photo in, one job, the pictures in a folder."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maquette.app.jobs import NewJob
from maquette.bootstrap import open_for_work
from maquette.cli.delivery import prepare
from maquette.cli.making import Made, collect, named, show
from maquette.cli.photos import Photo
from maquette.cli.progress import StageBar
from maquette.cli.remote import fetched
from maquette.cli.screen import Screen
from maquette.cli.session import attend
from maquette.cli.work import accept
from maquette.domain.states import Status
from maquette.pipelines.catalog import check_words, find, settle
from maquette.settings import Settings

PIPELINE = "image"
LOGO = "watermark_logo"


@dataclass(frozen=True, slots=True)
class Order:
    """What the person asked for, as given."""

    photo: str | None
    logo: str | None
    chosen: Mapping[str, Any]
    output: Path


def fulfil(order: Order, settings: Settings, screen: Screen) -> None:
    """Does it from the first check to the last line. Raises what a person must know of."""
    chosen = {name: value for name, value in order.chosen.items() if value is not None}
    entry = find(PIPELINE)
    check_words(entry, settle(entry, chosen))
    names = [name for name in (order.photo, order.logo) if name]
    with fetched(names, settings) as local:
        folder = prepare(order.output)
        photo, logo = (
            Photo(Path(local.get(name, name)).expanduser()) if name else None for name in (order.photo, order.logo)
        )
        made = asyncio.run(_produce(photo, logo, chosen, folder, settings, screen))
    show(made, screen, "maquette serve --open")


async def _produce(
    photo: Photo | None, logo: Photo | None, chosen: Mapping[str, Any], folder: Path, settings: Settings, screen: Screen
) -> Made:
    async with open_for_work(settings) as house:
        inputs = (await named(house, photo),) if photo else ()
        mark = {LOGO: (await named(house, logo)).asset_id} if logo else {}
        job = await accept(house, NewJob(PIPELINE, inputs, {**chosen, **mark}), folder)
        if job.status is Status.COMPLETED:
            screen.note("This was made before; the files are delivered again.")
        else:
            with StageBar(screen) as bar:
                job = await attend(house, screen, job, bar.show)
        return await asyncio.to_thread(collect, house, job, folder)
