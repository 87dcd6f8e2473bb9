"""What ``maquette product`` does: photos in, one job, and its files, or the cut-outs that wait for somebody."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maquette.api.schemas.approvals import ReviewOut
from maquette.app.approvals import Review
from maquette.app.jobs import NewJob
from maquette.bootstrap import Maquette, open_for_work
from maquette.cli import reviewing
from maquette.cli.delivery import prepare
from maquette.cli.making import Made, collect, named, show
from maquette.cli.photos import Photo, expand
from maquette.cli.pricing import tell_price
from maquette.cli.progress import StageBar
from maquette.cli.remote import fetched
from maquette.cli.screen import Screen
from maquette.cli.session import attend_to_rest
from maquette.cli.wording import plural
from maquette.cli.work import accept
from maquette.domain.assets import View
from maquette.domain.errors import Refused
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.states import Status
from maquette.pipelines.catalog import find, settle
from maquette.pipelines.inputs import check_views
from maquette.settings import Settings

PIPELINE = "product_to_model"


@dataclass(frozen=True, slots=True)
class Order:
    """What the person asked for, as given."""

    photos: Sequence[str]
    views: Sequence[str]
    chosen: Mapping[str, Any]
    output: Path
    estimate: bool = False


def fulfil(order: Order, settings: Settings, screen: Screen) -> bool:
    """Does it from the first check to the last line; False when cut-outs wait for somebody."""
    with fetched(order.photos, settings) as local:
        photos = [Photo(path) for path in expand([local.get(name, name) for name in order.photos])]
        return _fulfil(order, _seen(photos, order.views), settings, screen)


def _fulfil(order: Order, photos: Sequence[Photo], settings: Settings, screen: Screen) -> bool:
    chosen = {name: value for name, value in order.chosen.items() if value is not None}
    entry = find(PIPELINE)
    settle(entry, chosen)
    check_views(entry, [photo.view for photo in photos])
    if order.estimate:
        tell_price(PIPELINE, chosen, len(photos), settings, screen)
        return True
    folder = prepare(order.output)
    screen.note(f"{plural(len(photos), 'photo')} to choose from.")
    ended = asyncio.run(_produce(photos, chosen, folder, settings, screen))
    if isinstance(ended, Made):
        show(ended, screen, "maquette serve --open")
        return True
    if screen.as_json:
        screen.document(ReviewOut.of(ended).model_dump(mode="json"))
    else:
        reviewing.show(screen, ended)
        screen.note("Then the same command again delivers the model.")
    return False


async def _produce(
    photos: Sequence[Photo], chosen: Mapping[str, Any], folder: Path, settings: Settings, screen: Screen
) -> Made | Review:
    async with open_for_work(settings) as house:
        inputs = tuple([await named(house, photo) for photo in photos])
        job = await accept(house, NewJob(PIPELINE, inputs, chosen), folder)
        if job.status is not Status.COMPLETED:
            with StageBar(screen) as bar:
                job = await attend_to_rest(house, screen, job, bar.show)
        if job.status is Status.COMPLETED:
            return await asyncio.to_thread(collect, house, job, folder)
        return await asyncio.to_thread(_review, house, job.id)


def _review(house: Maquette, job_id: str) -> Review:
    return house.approvals.review(LOCAL_OWNER, job_id)


def _seen(photos: Sequence[Photo], views: Sequence[str]) -> list[Photo]:
    told: dict[str, View] = {}
    for text in views:
        name, sign, side = text.rpartition("=")
        if not sign or side not in set(View):
            hint = f"Write PHOTO=SIDE with SIDE one of: {', '.join(View)}."
            raise Refused("invalid_request", f"{text!r} does not say which side a photo shows.", hint)
        told[Path(name).name] = View(side)
    if unknown := set(told) - {photo.path.name for photo in photos}:
        raise Refused("file_missing", f"There is no photo {min(unknown)} among those given.")
    return [Photo(photo.path, told.get(photo.path.name)) for photo in photos]
