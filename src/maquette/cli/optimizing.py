"""What ``maquette optimize`` does: one model in, one job, its files in a folder."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maquette.cli.delivery import prepare
from maquette.cli.making import produce, show
from maquette.cli.photos import Photo
from maquette.cli.remote import fetched
from maquette.cli.screen import Screen
from maquette.domain.errors import Refused
from maquette.media.meshes.facts import HEAD_BYTES, is_glb
from maquette.pipelines.catalog import find, settle
from maquette.settings import Settings

PIPELINE = "optimize"


@dataclass(frozen=True, slots=True)
class Order:
    """What the person asked for, as given."""

    file: str
    chosen: Mapping[str, Any]
    output: Path
    next_step: str


def fulfil(order: Order, settings: Settings, screen: Screen) -> None:
    """Does it from the first check to the last line. Raises what a person must know of."""
    chosen = {name: value for name, value in order.chosen.items() if value is not None}
    settle(find(PIPELINE), chosen)
    with fetched([order.file], settings) as local:
        path = Path(local.get(order.file, order.file)).expanduser()
        _check(path)
        folder = prepare(order.output)
        made = asyncio.run(produce(PIPELINE, [Photo(path)], chosen, folder, settings, screen))
    show(made, screen, order.next_step)


def _check(path: Path) -> None:
    """Before a job is made. Raises ``file_missing`` or ``not_a_model``."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise Refused("file_missing", f"{path} cannot be read: {error.strerror}.") from error
    if not is_glb(head):
        raise Refused("not_a_model", f"{path.name} is no GLB.")
