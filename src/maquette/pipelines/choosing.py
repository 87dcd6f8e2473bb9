"""Which photos of a job are used, seen from where, and what else of a job's course its later stages are told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from maquette.domain.approvals import OUT
from maquette.domain.assets import Asset, View
from maquette.domain.jobs import Job, JobInput, Task, TaskStatus
from maquette.domain.states import STAGE_ORDER, Pipeline, Stage
from maquette.pipelines.catalog import CATALOG

SELECTION = "selection"
"""Under this the data of ``selecting`` says what was chosen."""
Course = Sequence[Task]
"""All tasks of a job, in the order in which they started."""


def settles_views(pipeline: Pipeline, stage: Stage) -> bool:
    """Whether a later stage of the pipeline settles from where each photo is seen: until then they have no view."""
    return Stage.SELECTING in pipeline.stages and STAGE_ORDER[stage] <= STAGE_ORDER[Stage.SELECTING]


def chosen_only(finished: Course, stage: Stage, assets: Sequence[Asset]) -> tuple[Asset, ...]:
    """What was made of the chosen photos, in their order and seen from where they were found to be.

    Before the choice that is all of it. What was made of no photo in particular, a model say, stays.
    """
    choice = next((task for task in finished if task.stage is Stage.SELECTING), None)
    if choice is None or STAGE_ORDER[stage] <= STAGE_ORDER[Stage.SELECTING]:
        return tuple(assets)
    views = {entry["asset_id"]: View(entry["view"]) for entry in choice.data[SELECTION]["chosen"]}
    left_out = {entry["asset_id"] for entry in choice.data[SELECTION]["left_out"]}
    places = {asset_id: place for place, asset_id in enumerate(views)}
    kept = [_seen(asset, views) for asset in assets if left_out.isdisjoint(asset.derived_from)]
    return tuple(
        sorted(
            kept,
            key=lambda asset: min((places[source] for source in asset.derived_from if source in places), default=0),
        )
    )


def _seen(asset: Asset, views: Mapping[str, View]) -> Asset:
    view = next((views[source] for source in asset.derived_from if source in views), asset.view)
    return replace(asset, view=view)


def _sides(job: Job, course: Course) -> dict[str, Any]:  # noqa: ARG001 - one signature for all of TOLD
    """What the caller, or a person since, says of each photo: its view, whether it is used, and why it is not."""
    return {given.asset_id: _side(given) for given in job.inputs}


def _side(given: JobInput) -> dict[str, Any]:
    side = {"view": given.view and given.view.value, "use": None, "out": None, "reason": ""}
    decision = given.decision
    if decision is None:
        return side
    if decision.verdict not in OUT:
        return side | {"use": True}
    return side | {"use": False, "out": decision.verdict.value, "reason": decision.reason}


def _measured(job: Job, course: Course) -> dict[str, Any] | None:
    """Once somebody has decided: the newest choice that was made by looking at the photos, with its reasons."""
    if not any(given.decision for given in job.inputs):
        return None
    choices = (_finished_data(task, Stage.SELECTING).get(SELECTION) for task in reversed(course))
    return next((choice for choice in choices if choice and not choice["decided"]), None)


def _decisions(job: Job, course: Course) -> dict[str, Any]:  # noqa: ARG001 - one signature for all of TOLD
    return {given.asset_id: given.decision.document() for given in job.inputs if given.decision}


def _failures(job: Job, course: Course) -> list[Any]:
    """Why photos could not be cut out, as the stage that cuts them told last."""
    mine = (task for task in reversed(course) if task.attempt == job.attempt)
    found = (task for task in mine if task.stage is Stage.REMOVING_BACKGROUND and task.status is TaskStatus.FINISHED)
    return next((list(task.data.get("cutouts", {}).get("failed", ())) for task in found), [])


def _is_looked_at(job: Job, course: Course) -> bool:  # noqa: ARG001 - one signature for all of TOLD
    """Whether somebody or something decides about the cut-outs: then one that fails does not end the job."""
    return Stage.APPROVING in CATALOG[job.pipeline].pipeline.stages


def _finished_data(task: Task, stage: Stage) -> Mapping[str, Any]:
    return task.data if task.stage is stage and task.status is TaskStatus.FINISHED else {}


TOLD: Mapping[str, Callable[[Job, Course], Any]] = MappingProxyType(
    {
        "sides": _sides,
        "measured": _measured,
        "decisions": _decisions,
        "failures": _failures,
        "looked_at": _is_looked_at,
    }
)
"""What a stage may read like a setting, but which follows from the job's inputs and from what has happened so far."""
