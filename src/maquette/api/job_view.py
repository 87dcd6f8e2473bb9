"""A job as its owner sees it, gathered from the use cases that know of it."""

from typing import Any

from maquette.api.schemas.calls import CallOut
from maquette.api.schemas.jobs import JobOut, job_fields
from maquette.api.services import Services
from maquette.domain.jobs import Job, worked_ms
from maquette.domain.states import Status


def fields(services: Services, job: Job) -> dict[str, Any]:
    """The fields of ``JobOut``."""
    position = services.jobs.queue_position(job) if job.status is Status.PENDING else None
    tasks = services.jobs.tasks(job.owner_id, job.id)
    undecided = [CallOut.of(call) for call in services.calls.undecided(job)]
    fields = job_fields(job, position, worked_ms(tasks), services.estimates.eta(job, position, tasks))
    return fields | {"undecided_calls": undecided}


def shown(services: Services, job: Job) -> JobOut:
    """A job as its owner sees it."""
    return JobOut.model_validate(fields(services, job))
