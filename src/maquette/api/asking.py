"""From the body of a request for a job to what the use cases take."""

from typing import Any

from maquette.api.schemas.jobs import NewJobIn
from maquette.app.new_jobs import NewJob
from maquette.domain.errors import Refused


def new_job(asked: NewJobIn) -> NewJob:
    """What the caller asks for. Raises ``invalid_request``."""
    return NewJob(
        pipeline=asked.pipeline,
        inputs=tuple(given.stored() for given in asked.inputs),
        settings=_settings(asked),
        project_id=asked.project_id,
        hold_after=tuple(asked.hold_after),
        priority=asked.priority,
        deadline_s=asked.deadline_s,
        budget_usd=asked.budget_usd,
        parent_job_id=asked.parent_job_id,
    )


def _settings(asked: NewJobIn) -> dict[str, Any]:
    if asked.approve is None:
        return asked.settings
    if asked.settings.get("approve", asked.approve) != asked.approve:
        raise Refused("invalid_request", "approve is given twice, and not the same.", "Give it once.")
    return {**asked.settings, "approve": asked.approve}
