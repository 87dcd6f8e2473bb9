"""What an earlier run of a stage made of a picture, and need not be made again because another picture changed.

A person rejects one of four cut-outs, or marks one anew: the other three were made, perhaps paid for and looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from maquette.domain.assets import Asset
from maquette.domain.jobs import Job, Task, TaskStatus
from maquette.domain.states import Stage
from maquette.ports.stores import Transaction

PIECES = "pieces"
"""Under this a task's parameters remember what it made each picture's outputs from."""
Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Carried:
    """Outputs of earlier runs: ``assets`` as they are, ``turned`` with another view.

    ``pictures`` are the inputs that they were made from, by what ``source_of`` calls them.
    """

    pictures: frozenset[str] = frozenset()
    assets: tuple[Asset, ...] = ()
    turned: tuple[Asset, ...] = ()


NOTHING = Carried()


def source_of(picture: Asset) -> str:
    """The photo behind a picture: the picture itself may be made again from it, and be the same."""
    return picture.derived_from[0] if picture.derived_from else picture.id


def piece_keys(assets: tuple[Asset, ...], told: Told, key: Callable[[Told], str]) -> dict[str, str]:
    """For each picture the key of what is to be made of it. From where it is seen makes no difference."""
    return {source_of(asset): key(_of_one(asset, told)) for asset in assets}


def carried(
    tx: Transaction, job: Job, stage: Stage, assets: tuple[Asset, ...], pieces: Mapping[str, str], *, this_attempt: bool
) -> Carried:
    """What earlier runs of this job's stage made of pictures that have not changed; the newest run counts."""
    if not pieces:
        return NOTHING
    tasks = [task for task in tx.tasks.of_job(job.id) if _counts(task, job, stage, this_attempt)]
    found = NOTHING
    for asset in assets:
        found = _with(tx, found, asset, tasks, pieces[source_of(asset)])
    return found


def rest_of(assets: tuple[Asset, ...], carried: Carried) -> tuple[Asset, ...]:
    """The inputs that there is something to do with."""
    return tuple(asset for asset in assets if source_of(asset) not in carried.pictures)


def in_order(pictures: tuple[Asset, ...], made: tuple[Asset, ...]) -> tuple[Asset, ...]:
    """Outputs in the order of the pictures that they were made from."""
    places = {source_of(picture): place for place, picture in enumerate(pictures)}
    return tuple(sorted(made, key=lambda asset: min(places.get(source, len(places)) for source in _sources(asset))))


def _of_one(asset: Asset, told: Told) -> Told:
    source = source_of(asset)
    hints = {name: told.get(name, {}).get(source) for name in ("boxes", "marks")}
    return {**told, **hints, "inputs": [[source, asset.sha256]]}


def _counts(task: Task, job: Job, stage: Stage, this_attempt: bool) -> bool:
    known = task.stage is stage and task.status is TaskStatus.FINISHED and PIECES in task.params
    return known and (task.attempt == job.attempt or not this_attempt)


def _with(tx: Transaction, found: Carried, picture: Asset, tasks: list[Task], key: str) -> Carried:
    source = source_of(picture)
    task = next((task for task in reversed(tasks) if task.params[PIECES].get(source) == key), None)
    made = [asset for asset in tx.assets.many(task.output_assets if task else ()) if source in asset.derived_from]
    if task is None or not made or any(asset.deleted_at for asset in made):
        return found
    same = tuple(asset for asset in made if asset.view is picture.view)
    turned = tuple(replace(asset, view=picture.view) for asset in made if asset.view is not picture.view)
    return Carried(
        found.pictures | {source},
        (*found.assets, *same),
        (*found.turned, *turned),
    )


def _sources(asset: Asset) -> tuple[str, ...]:
    return asset.derived_from or ("",)
