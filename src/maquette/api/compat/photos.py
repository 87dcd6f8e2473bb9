"""The photo front ends' calls, one after another: upload each photo, remove the backgrounds, generate the model.

One durable job stands behind them all. It is held after the photos were checked and after they were cut out; each call
lifts a hold, wherever the job is at that moment.
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from maquette.api.compat.patience import RETRY_S, content_url, patience, seen, until
from maquette.api.delivery import FILE
from maquette.api.dependencies import PrincipalDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.reception import parse_view, receive_fields
from maquette.api.schemas.compat import ModelPhoto, ModelWork, NamedModel, UploadedPhoto
from maquette.api.services import Services
from maquette.app.joining import Photo
from maquette.app.uploads import PhotoInfo
from maquette.domain.access import Principal
from maquette.domain.assets import View
from maquette.domain.errors import Refused
from maquette.domain.jobs import Job
from maquette.domain.states import Stage

router = APIRouter(prefix="/api", tags=["compat"])
CHECKED_S = 10.0
"""How long an upload waits by default until its photo was checked, so that its status says so."""
MAX_NAME = 200
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": FILE["schema"],
        "view": {"$ref": "#/components/schemas/View"},
        "model_id": {"type": "string", "maxLength": MAX_NAME},
    },
}
Prefer = Annotated[str, Header(max_length=200, description="`wait=n`: seconds to wait for what was asked")]


@router.post(
    "/upload-photo",
    status_code=201,
    response_model=UploadedPhoto,
    responses=documented(
        "empty_file", "not_an_image", "heic_missing", "image_truncated", "image_damaged", "image_too_large",
        "image_too_small", "file_too_large", "upload_timeout", "not_found", "storage_full", "storage_unavailable",
        "not_ready", "model_damaged", "view_missing", "duplicate_view", "illegal_move", "too_many_photos", "queue_full",
        "engine_unavailable", "deleted",
    ),
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)  # fmt: skip
async def upload_photo(
    request: Request, response: Response, services: ServicesDep, principal: PrincipalDep, prefer: Prefer = ""
) -> UploadedPhoto:
    """Takes one photo. It opens a model, or joins the one that `model_id` names; without a `view` it is the front.

    `model_id` is the `modelId` of an earlier answer, or a name of the caller's own, the same for all photos of a model:
    then they may come at the same time.
    """
    owner = principal.owner_id
    names = ("view", "model_id", "modelId")
    asset, fields = await receive_fields(request, services, owner, names, _described)
    photo = Photo(asset.id, parse_view(fields["view"]))
    model = fields["model_id"] or fields["modelId"] or principal.job_id
    await _check_reach(services, principal, model)
    accepted = await asyncio.to_thread(services.joining.add, owner, photo, model)
    job = await until(services, accepted.job, _was_checked, patience(prefer, CHECKED_S))
    response.headers["location"] = f"/api/v1/jobs/{job.id}"
    words = seen(job)
    return UploadedPhoto(
        success=True,
        photo_id=asset.id,
        model_id=job.id,
        url=content_url(asset.id),
        view=photo.view or View.FRONT,
        status=words.generation_status,
        generation_status=words.generation_status,
        model_status=words.model_status,
        session_token=accepted.token,
    )


_MOVED = documented("not_found", "illegal_move", "storage_full", "not_ready")


@router.post("/remove-background", status_code=202, response_model=ModelWork, responses=_MOVED)
async def remove_background(
    asked: NamedModel, response: Response, services: ServicesDep, principal: PrincipalDep
) -> ModelWork:
    """Cuts out all photos of a model, and waits then for `generate-model`."""
    return await _go_on(asked, response, services, principal, Stage.VALIDATING)


@router.post("/generate-model", status_code=202, response_model=ModelWork, responses=_MOVED)
async def generate_model(
    asked: NamedModel, response: Response, services: ServicesDep, principal: PrincipalDep
) -> ModelWork:
    """Makes the model, to its end. Photos that were not cut out yet are."""
    return await _go_on(asked, response, services, principal, Stage.VALIDATING, Stage.REMOVING_BACKGROUND)


@router.post("/generate", status_code=202, response_model=ModelWork, responses=_MOVED)
async def generate(asked: NamedModel, response: Response, services: ServicesDep, principal: PrincipalDep) -> ModelWork:
    """The same as `generate-model`."""
    return await generate_model(asked, response, services, principal)


async def _go_on(
    asked: NamedModel, response: Response, services: Services, principal: Principal, *holds: Stage
) -> ModelWork:
    named = asked.named
    if named is None:
        raise Refused("invalid_request", "Nothing says which model.", "Send modelId, photoId or jobId.")
    job = await asyncio.to_thread(services.joining.find, principal.owner_id, named)
    _check_session(principal, job)
    job = await asyncio.to_thread(services.joining.lift, principal.owner_id, job.id, *holds)
    response.headers["location"] = f"/api/v1/jobs/{job.id}"
    response.headers["retry-after"] = str(RETRY_S)
    return _work(job, asked.photo_id)


def _work(job: Job, photo_id: str | None) -> ModelWork:
    words = seen(job)
    photos = [ModelPhoto(photo_id=one.asset_id, view=one.view, url=content_url(one.asset_id)) for one in job.inputs]
    return ModelWork(
        success=True,
        job_id=job.id,
        model_id=job.id,
        photo_id=photo_id or job.inputs[0].asset_id,
        status=words.generation_status,
        generation_status=words.generation_status,
        model_status=words.model_status,
        progress=job.progress,
        photos=photos,
    )


def _described(name: str, fields: Mapping[str, str]) -> PhotoInfo:
    for model in (fields["model_id"], fields["modelId"]):
        if len(model) > MAX_NAME or "\0" in model:
            raise Refused("invalid_request", "model_id is too long, or no text.", f"At most {MAX_NAME} characters.")
    return PhotoInfo(name, parse_view(fields["view"]) or View.FRONT)


def _was_checked(job: Job) -> bool:
    return seen(job).generation_status != "pending"


async def _check_reach(services: Services, principal: Principal, model: str | None) -> None:
    """A session may add photos to its own job only."""
    if principal.job_id is not None and model is not None:
        _check_session(principal, await asyncio.to_thread(services.joining.find, principal.owner_id, model))


def _check_session(principal: Principal, job: Job) -> None:
    if principal.job_id not in (None, job.id):
        raise Refused("not_found")
