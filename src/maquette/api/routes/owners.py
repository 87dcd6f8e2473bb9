"""All data of an owner: away with it, and back."""

from typing import Annotated

from fastapi import APIRouter, Depends

from maquette.api.dependencies import PrincipalDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.schemas.owners import DeletionOut, RestoreIn
from maquette.domain.errors import Refused

router = APIRouter(prefix="/api/v1/owners", tags=["owners"])


async def _subject(owner_id: str, principal: PrincipalDep) -> str:
    """The owner in the path, if it is the caller or the caller is an admin; a stranger's is missing."""
    if owner_id != principal.owner_id and not principal.is_admin:
        raise Refused("not_found")
    return owner_id


SubjectDep = Annotated[str, Depends(_subject)]


@router.delete("/{owner_id}/data", response_model=DeletionOut, responses=documented("not_found"))
def delete_owner_data(services: ServicesDep, subject: SubjectDep) -> DeletionOut:
    """Deletes all projects, jobs, assets and batches of an owner; what runs is canceled."""
    act = services.care.delete_owner(subject)
    return DeletionOut.of(act, services.care.restorable_until(act))


@router.post("/{owner_id}/data/restore", response_model=DeletionOut, responses=documented("not_found"))
def restore_owner_data(services: ServicesDep, subject: SubjectDep, asked: RestoreIn | None = None) -> DeletionOut:
    """Brings back what one deletion took: the newest one, or that of `deleted_at`."""
    act = services.care.restore_owner(subject, asked.deleted_at if asked else None)
    return DeletionOut.of(act, None)
