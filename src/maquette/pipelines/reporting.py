"""What a finished job says of how it was made."""

from typing import Any

from maquette.domain.assets import Asset, Role
from maquette.domain.jobs import Job, Task
from maquette.domain.projects import Project
from maquette.domain.quality import explain_all

UNJUDGED = (Role.MASK, Role.WORKING)
"""Roles whose quality is told elsewhere: with the cut-out, and with the photo."""


def report_of(job: Job, tasks: tuple[Task, ...], assets: tuple[Asset, ...], project: Project | None) -> dict[str, Any]:
    quality = [
        {"asset_id": asset.id, "role": asset.role.value, "view": asset.view and asset.view.value,
         "score": asset.quality.score, "flags": list(asset.quality.flags),
         "notes": [note.document() for note in explain_all(asset.quality.flags, project)]}
        for asset in assets
        if asset.quality and asset.role not in UNJUDGED
    ]  # fmt: skip
    return {
        "pipeline": job.pipeline,
        "settings": dict(job.settings),
        "engines": {task.stage.value: f"{task.engine} {task.engine_version}" for task in tasks if task.engine},
        "quality": quality,
        "stages": [
            {"stage": task.stage.value, "duration_ms": task.duration_ms, "cpu_ms": task.cpu_ms,
             "peak_bytes": task.peak_bytes, "reused": task.reused, "saved_ms": task.saved_ms}
            for task in tasks
        ],
        **{key: value for task in tasks for key, value in task.data.items()},
    }  # fmt: skip
