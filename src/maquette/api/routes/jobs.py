"""Jobs: accept, look at, cancel, retry, resume, delete. The stream of events is in ``maquette.api.streams``."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from maquette.api.asking import new_job
from maquette.api.dependencies import Cursor, Deleted, Limit, OwnerDep, PrincipalDep, ServicesDep
from maquette.api.job_view import fields, shown
from maquette.api.problems import ProblemResponse, documented
from maquette.api.schemas.approvals import ApproveIn, ReviewOut
from maquette.api.schemas.jobs import (
    CreatedJobOut,
    JobOut,
    JobPage,
    LogLineOut,
    LogPage,
    NewJobIn,
    PriorityIn,
    ResumeIn,
    RetryIn,
    TaskOut,
    TaskPage,
    job_fields,
)
from maquette.api.services import Services
from maquette.domain.errors import Refused
from maquette.domain.jobs import Job
from maquette.domain.states import Status

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])
POLL_S = 2
"""What ``Retry-After`` advises to whoever polls."""
_REFUSALS = (
    "unknown_pipeline", "pipeline_unavailable", "unknown_engine", "engine_unavailable", "unknown_setting",
    "invalid_setting", "invalid_dimensions", "unknown_stage", "no_photo", "too_many_photos", "view_missing",
    "duplicate_view", "idempotency_mismatch", "deleted", "file_too_large", "not_found", "queue_full", "storage_full",
    "not_ready", "no_model", "too_many_models", "not_an_image", "not_a_model",
)  # fmt: skip
Key = Annotated[str | None, Header(min_length=1, max_length=255, description="Makes repeating the request safe")]


@router.post("", status_code=202, response_model=CreatedJobOut, responses=documented(*_REFUSALS))
def create_job(
    asked: NewJobIn, response: Response, services: ServicesDep, owner: OwnerDep, idempotency_key: Key = None
) -> CreatedJobOut | Response:
    """Accepts a job. Once this is answered, the job is stored and will be worked on whatever dies."""
    try:
        accepted = services.jobs.create(owner, new_job(asked), idempotency_key)
    except Refused as refusal:
        if refusal.code != "queue_full":
            raise
        return ProblemResponse(refusal, headers=_room(services, owner))
    response.headers.update(_room(services, owner))
    _follow(accepted.job, response)
    return CreatedJobOut.model_validate(fields(services, accepted.job) | {"session_token": accepted.token})


@router.get("", response_model=JobPage, responses=documented())
def list_jobs(
    services: ServicesDep,
    owner: OwnerDep,
    status: Annotated[list[Status] | None, Query(description="Only these; may be repeated")] = None,
    project_id: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    deleted: Deleted = False,
) -> JobPage:
    """Jobs, newest first."""
    if deleted:
        gone = services.care.deleted_jobs(owner, project_id, cursor, limit)
        return JobPage(items=[_restorable(services, job) for job in gone.items], next_cursor=gone.next_cursor)
    page = services.jobs.list(owner, status or (), project_id, cursor, limit)
    return JobPage(items=[shown(services, job) for job in page.items], next_cursor=page.next_cursor)


@router.get("/{job_id}", response_model=JobOut, responses=documented("not_found"))
def get_job(job_id: str, services: ServicesDep, owner: OwnerDep) -> JobOut:
    """How a job stands."""
    return shown(services, services.jobs.get(owner, job_id))


@router.post("/{job_id}/cancel", response_model=JobOut, responses=documented("not_found", "job_finished"))
def cancel_job(job_id: str, services: ServicesDep, owner: OwnerDep) -> JobOut:
    """Stops a job. A canceled one stays as it is."""
    return shown(services, services.jobs.cancel(owner, job_id))


@router.post(
    "/{job_id}/retry",
    status_code=202,
    response_model=JobOut,
    responses=documented(
        "not_found", "illegal_move", "unknown_stage", "view_missing", "duplicate_view", "storage_full"
    ),
)
def retry_job(
    job_id: str, response: Response, services: ServicesDep, owner: OwnerDep, asked: RetryIn | None = None
) -> JobOut:
    """Starts a failed or canceled job's next attempt; what was finished is used again."""
    again = asked or RetryIn()
    job = services.jobs.retry(owner, job_id, again.from_stage, again.views)
    _follow(job, response)
    return shown(services, job)


@router.post(
    "/{job_id}/resume",
    status_code=202,
    response_model=JobOut,
    responses=documented("not_found", "illegal_move", "storage_full"),
)
def resume_job(
    job_id: str, response: Response, services: ServicesDep, owner: OwnerDep, asked: ResumeIn | None = None
) -> JobOut:
    """Lets a waiting job go on; one that waits for a higher budget may be given that here."""
    job = services.jobs.resume(owner, job_id, asked.budget_usd if asked else None)
    _follow(job, response)
    return shown(services, job)


@router.get("/{job_id}/approval", response_model=ReviewOut, responses=documented("not_found", "illegal_move"))
def get_approval(job_id: str, services: ServicesDep, owner: OwnerDep) -> ReviewOut:
    """The chosen photos and their cut-outs: what there is to approve, and what was decided."""
    return ReviewOut.of(services.approvals.review(owner, job_id))


@router.post(
    "/{job_id}/approve",
    status_code=202,
    response_model=JobOut,
    responses=documented(
        *("not_found", "illegal_move", "conflict", "idempotency_mismatch", "duplicate_view", "too_many_photos"),
        *("not_an_image", "storage_full"),
    ),
)
def approve_job(
    job_id: str,
    response: Response,
    services: ServicesDep,
    who: PrincipalDep,
    asked: ApproveIn | None = None,
    idempotency_key: Key = None,
) -> JobOut:
    """Decides about the cut-outs of a job that waits for approval; without a body all are approved.

    What is redone or replaced is cut out again, and the job then waits again.
    """
    by = f"{who.owner_id} ({who.key_id})" if who.key_id else who.owner_id
    ruling = (asked or ApproveIn()).ruling()
    job = services.approvals.decide(who.owner_id, job_id, ruling, by, idempotency_key)
    _follow(job, response)
    return shown(services, job)


@router.post("/{job_id}/priority", response_model=JobOut, responses=documented("not_found", "illegal_move"))
def prioritise_job(job_id: str, asked: PriorityIn, services: ServicesDep, owner: OwnerDep) -> JobOut:
    """Moves a pending job forwards or back in the queue."""
    return shown(services, services.jobs.prioritise(owner, job_id, asked.priority))


@router.delete("/{job_id}", status_code=204, responses=documented("not_found", "in_use"))
def delete_job(job_id: str, services: ServicesDep, owner: OwnerDep) -> None:
    """Deletes a job that has ended, with what it made unless another job refers to that."""
    services.care.delete_job(owner, job_id)


@router.post("/{job_id}/restore", response_model=JobOut, responses=documented("not_found", "conflict"))
def restore_job(job_id: str, services: ServicesDep, owner: OwnerDep) -> JobOut:
    """Brings a deleted job back, with what went with it."""
    return shown(services, services.care.restore_job(owner, job_id))


@router.get("/{job_id}/tasks", response_model=TaskPage, responses=documented("not_found"))
def list_tasks(job_id: str, services: ServicesDep, owner: OwnerDep) -> TaskPage:
    """Every try of every stage."""
    return TaskPage(items=[TaskOut.of(task) for task in services.jobs.tasks(owner, job_id)])


@router.get("/{job_id}/logs", response_model=LogPage, responses=documented("not_found"))
def list_logs(job_id: str, services: ServicesDep, owner: OwnerDep) -> LogPage:
    """What the stages had to say."""
    return LogPage(items=[LogLineOut.of(line) for line in services.jobs.logs(owner, job_id)])


def _room(services: Services, owner: str) -> dict[str, str]:
    """How many more jobs the owner may start (draft-ietf-httpapi-ratelimit-headers-10)."""
    return {
        "ratelimit-policy": f'"jobs";q={services.jobs.max_queued};qu="unfinished-jobs"',
        "ratelimit": f'"jobs";r={services.jobs.room(owner)}',
    }


def _restorable(services: Services, job: Job) -> JobOut:
    until = services.care.restorable_until(job)
    return JobOut.model_validate(job_fields(job, None, services.care.elapsed_ms(job)) | {"restorable_until": until})


def _follow(job: Job, response: Response) -> None:
    response.headers["location"] = f"/api/v1/jobs/{job.id}"
    response.headers["retry-after"] = str(POLL_S)
