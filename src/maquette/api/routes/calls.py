"""What providers were asked for a job, and what is to become of it where nobody knows."""

from fastapi import APIRouter

from maquette.api.dependencies import OwnerDep, ServicesDep
from maquette.api.job_view import shown
from maquette.api.problems import documented
from maquette.api.schemas.calls import AdoptIn, CallOut, CallPage
from maquette.api.schemas.jobs import JobOut

router = APIRouter(prefix="/api/v1/jobs/{job_id}/calls", tags=["jobs"])
_DECIDING = documented("not_found", "illegal_move", "conflict", "storage_full")


@router.get("", response_model=CallPage, responses=documented("not_found"))
def list_calls(job_id: str, services: ServicesDep, owner: OwnerDep) -> CallPage:
    """Every commission that was made for the job."""
    return CallPage(items=[CallOut.of(call) for call in services.calls.of_job(owner, job_id)])


@router.post("/{call_id}/adopt", status_code=202, response_model=JobOut, responses=_DECIDING)
def adopt_call(job_id: str, call_id: str, asked: AdoptIn, services: ServicesDep, owner: OwnerDep) -> JobOut:
    """The provider did get the work, and knows it by this number: the job goes on with that."""
    return shown(services, services.calls.adopt(owner, job_id, call_id, asked.external_id))


@router.post("/{call_id}/retry", status_code=202, response_model=JobOut, responses=_DECIDING)
def retry_call(job_id: str, call_id: str, services: ServicesDep, owner: OwnerDep) -> JobOut:
    """Asks the provider once more: the work is then perhaps paid twice."""
    return shown(services, services.calls.repeat(owner, job_id, call_id))


@router.post("/{call_id}/forget", response_model=JobOut, responses=_DECIDING)
def forget_call(job_id: str, call_id: str, services: ServicesDep, owner: OwnerDep) -> JobOut:
    """Gives the commission up; a job that waits for it fails."""
    return shown(services, services.calls.forget(owner, job_id, call_id))
