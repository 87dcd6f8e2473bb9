"""Projects: what photos and jobs belong to."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from maquette.api.delivery import disposition
from maquette.api.dependencies import Cursor, Deleted, Limit, OwnerDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.reception import receive_archive
from maquette.api.schemas.projects import NewProject, ProjectChanges, ProjectOut, ProjectPage, details

router = APIRouter(prefix="/api/v1/projects", tags=["projects"])
ZIP = {"schema": {"type": "string", "format": "binary"}}


@router.post("", status_code=201, response_model=ProjectOut, responses=documented("storage_full", "not_ready"))
def create_project(asked: NewProject, response: Response, services: ServicesDep, owner: OwnerDep) -> ProjectOut:
    """Makes a project."""
    given = details(asked)
    name, kind = asked.name, asked.kind
    rest = {key: value for key, value in given.items() if key not in ("name", "kind")}
    project = services.projects.create(owner, name, kind, **rest)
    response.headers["location"] = f"/api/v1/projects/{project.id}"
    return ProjectOut.of(project)


@router.get("", response_model=ProjectPage, responses=documented())
def list_projects(
    services: ServicesDep, owner: OwnerDep, cursor: Cursor = None, limit: Limit = 50, deleted: Deleted = False
) -> ProjectPage:
    """Projects, newest first."""
    if deleted:
        gone = services.care.deleted_projects(owner, cursor, limit)
        items = [ProjectOut.of(project, services.care.restorable_until(project)) for project in gone.items]
        return ProjectPage(items=items, next_cursor=gone.next_cursor)
    page = services.projects.list(owner, cursor, limit)
    return ProjectPage(items=[ProjectOut.of(project) for project in page.items], next_cursor=page.next_cursor)


@router.post(
    "/import",
    status_code=201,
    response_model=ProjectOut,
    responses=documented(
        "archive_invalid", "file_too_large", "length_required", "upload_timeout", "unknown_pipeline", "unknown_setting",
        "invalid_setting", "image_damaged", "storage_full", "not_ready",
    ),
    openapi_extra={"requestBody": {"required": True, "content": {"application/zip": ZIP}}},
)  # fmt: skip
async def import_project(request: Request, response: Response, services: ServicesDep, owner: OwnerDep) -> ProjectOut:
    """Makes a project of the caller's out of an exported one: everything in it, with fresh ids, or nothing."""
    project = await receive_archive(request, services, owner)
    response.headers["location"] = f"/api/v1/projects/{project.id}"
    return ProjectOut.of(project)


@router.get("/{project_id}", response_model=ProjectOut, responses=documented("not_found"))
def get_project(project_id: str, services: ServicesDep, owner: OwnerDep) -> ProjectOut:
    """One project."""
    return ProjectOut.of(services.projects.get(owner, project_id))


@router.get(
    "/{project_id}/export",
    response_class=Response,
    responses={200: {"description": "The project as a zip", "content": {"application/zip": ZIP}}}
    | documented("not_found", "data_missing"),
)
async def export_project(project_id: str, services: ServicesDep, owner: OwnerDep) -> Response:
    """The project with its files, jobs and results, for another Maquette to import. What has not ended stays here."""
    pieces = await services.carrier.export(owner, project_id)
    headers = {"content-disposition": disposition("attachment", f"{project_id}.zip"), "cache-control": "no-store"}
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


@router.patch("/{project_id}", response_model=ProjectOut, responses=documented("not_found", "storage_full"))
def change_project(project_id: str, asked: ProjectChanges, services: ServicesDep, owner: OwnerDep) -> ProjectOut:
    """Sets the given fields; the others stay."""
    return ProjectOut.of(services.projects.change(owner, project_id, details(asked)))


@router.delete("/{project_id}", status_code=204, responses=documented("not_found", "in_use"))
def delete_project(project_id: str, services: ServicesDep, owner: OwnerDep) -> None:
    """Deletes a project with its photos and jobs, all of which must have ended."""
    services.care.delete_project(owner, project_id)


@router.post("/{project_id}/restore", response_model=ProjectOut, responses=documented("not_found"))
def restore_project(project_id: str, services: ServicesDep, owner: OwnerDep) -> ProjectOut:
    """Brings a deleted project back, with all that went with it."""
    return ProjectOut.of(services.care.restore_project(owner, project_id))
