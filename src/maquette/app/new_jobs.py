"""What a caller asks for when a job is to be made, and what must hold of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from maquette.domain.assets import Asset
from maquette.domain.dimensions import Dimensions
from maquette.domain.errors import Refused
from maquette.domain.jobs import JobInput
from maquette.domain.projects import Project
from maquette.domain.states import Stage
from maquette.pipelines.catalog import DIMENSIONS, AssetId, Entry
from maquette.ports.stores import Transaction

DEADLINE_S = 3600
MAX_DEADLINE_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class NewJob:
    """What a caller asks for."""

    pipeline: str
    inputs: tuple[JobInput, ...]
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    project_id: str | None = None
    hold_after: tuple[Stage, ...] = ()
    priority: int = 0
    deadline_s: int = DEADLINE_S
    budget_usd: float | None = None
    parent_job_id: str | None = None
    batch_id: str | None = None


def with_views(tx: Transaction, owner_id: str, new: NewJob) -> tuple[tuple[JobInput, ...], list[Asset]]:
    """The inputs with the views that their assets carry where the caller named none, and these assets.

    Raises ``not_found``.
    """
    inputs: list[JobInput] = []
    assets: list[Asset] = []
    for given in new.inputs:
        asset = tx.assets.get(given.asset_id, owner_id)
        if asset is None:
            raise Refused("not_found", "There is no such asset.")
        inputs.append(given if given.view else replace(given, view=asset.view))
        assets.append(asset)
    return tuple(inputs), assets


def check_pictures(tx: Transaction, owner_id: str, entry: Entry, settings: Mapping[str, Any]) -> None:
    """Raises ``not_found`` and ``not_an_image`` for what settings name."""
    for name, setting in entry.settings.items():
        if not isinstance(setting, AssetId) or settings[name] is None:
            continue
        asset = tx.assets.get(settings[name], owner_id)
        if asset is None:
            raise Refused("not_found", f"{name}: there is no such asset.")
        if not asset.media_type.startswith("image/"):
            raise Refused("not_an_image", f"{name} is no picture.")


def sized(settings: Mapping[str, Any], project: Project | None) -> Mapping[str, Any]:
    """The settings with the true size that the project knows, where the pipeline wants one and the caller gave none."""
    if project is None or settings.get(DIMENSIONS, ...) is not None:
        return settings
    size = Dimensions.of(project.dimensions)
    return {**settings, DIMENSIONS: size.document() if size else None}


def check_request(new: NewJob, entry: Entry) -> None:
    """Raises ``unknown_stage`` and ``invalid_request``."""
    for stage in new.hold_after:
        if stage not in entry.pipeline.stages[:-1]:
            raise Refused("unknown_stage", f"{new.pipeline} cannot be held after {stage}.")
    if not 1 <= new.deadline_s <= MAX_DEADLINE_S:
        raise Refused("invalid_request", f"deadline_s must lie between 1 and {MAX_DEADLINE_S}.")
    for given in new.inputs:
        if given.box and not (given.box[2] > 0 and given.box[3] > 0):
            raise Refused("invalid_request", "A box needs a positive width and height.")


def fingerprint_of(new: NewJob) -> str:
    """The same for the same request."""
    parts = {
        "pipeline": new.pipeline,
        "inputs": [given.document() for given in new.inputs],
        "settings": dict(new.settings),
        "project_id": new.project_id,
        "hold_after": list(new.hold_after),
        "priority": new.priority,
        "deadline_s": new.deadline_s,
        "budget_usd": new.budget_usd,
        "parent_job_id": new.parent_job_id,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
