"""The e-commerce front end's calls for one product: choose photos, cut them out, approve them, make the model.

A product is a project: the one whose id is given, or whose SKU is the front end's own id. From ``select-images`` on
one job of the pipeline ``product_to_model`` goes through all calls. Where a front end leaves calls out, the later ones
start what they need by themselves.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from maquette.api.compat.patience import RETRY_S, content_url, patience, seen, stands_still, until
from maquette.api.compat.references import Named, found, photos_of
from maquette.api.dependencies import OwnerDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.schemas.compat import (
    ApprovedImages,
    ApproveImages,
    FailedImage,
    ModelStatus,
    OldError,
    ProcessedImage,
    ProcessedImages,
    ProductImages,
    ProductTask,
    SelectedImages,
)
from maquette.api.services import Services
from maquette.app.approvals import Action, PhotoRuling, Ruling
from maquette.app.jobs import Accepted, NewJob
from maquette.app.products import PIPELINE
from maquette.domain.approvals import MANUAL, NEVER, OUT
from maquette.domain.assets import Role
from maquette.domain.errors import Permanent, Refused
from maquette.domain.jobs import Job, JobInput, TaskStatus
from maquette.domain.states import Stage, Status, WaitingFor

router = APIRouter(prefix="/api", tags=["compat"])
WAIT_S = 60
_REFUSALS = (
    "no_photo", "not_an_image", "not_found", "url_refused", "url_unreachable", "fetches_busy", "file_too_large",
    "empty_file", "image_truncated", "image_damaged", "image_too_large", "image_too_small", "heic_missing",
    "unknown_setting", "invalid_setting", "invalid_dimensions", "unknown_engine", "engine_unavailable", "queue_full",
    "too_many_photos", "view_missing", "storage_full", "not_ready", "no_subject", "nothing_approved", "illegal_move",
    "engine_failed", "canceled", "deadline_exceeded", "stage_timeout", "data_missing", "storage_unavailable",
)  # fmt: skip
_LATER: dict[int | str, dict[str, Any]] = {
    202: {"model": ProductTask, "description": "It goes on; ask `/api/model-status`"}
}
Prefer = Annotated[str, Header(max_length=200, description="`wait=n`: seconds to wait for the end")]


@router.post("/select-images", response_model=SelectedImages, responses=_LATER | documented(*_REFUSALS))
async def select_images(
    asked: ProductImages, request: Request, services: ServicesDep, owner: OwnerDep, prefer: Prefer = ""
) -> SelectedImages | Response:
    """Chooses one to four photos of a product, by what they show. Says of each other one why not."""
    photos = await photos_of(asked.image_urls, request, services, owner)
    holds = (Stage.SELECTING, Stage.APPROVING)
    accepted = await _start(services, owner, asked, found(photos), holds, MANUAL)
    job = await until(services, accepted.job, stands_still, patience(prefer, WAIT_S))
    if job.status is not Status.WAITING:
        return await _later(services, asked, job, accepted.token, photos)
    review = await asyncio.to_thread(services.approvals.review, owner, job.id)
    names = {photo.asset_id: photo.url for photo in reversed(photos)}
    left_out = [
        FailedImage(url=names[one["asset_id"]], code=one["reason"], message=one["sentence"], hint="")
        for one in review.selection["left_out"]
    ]
    return SelectedImages(
        product_id=asked.product_id,
        selected_images=[names[one["asset_id"]] for one in review.selection["chosen"]],
        rejected_images=[*_unread(photos), *left_out],
        task_id=job.id,
        status=seen(job).status,
        session_token=accepted.token,
    )


@router.post("/remove-backgrounds", response_model=ProcessedImages, responses=_LATER | documented(*_REFUSALS))
async def remove_backgrounds(
    asked: ProductImages, request: Request, services: ServicesDep, owner: OwnerDep, prefer: Prefer = ""
) -> ProcessedImages | Response:
    """Cuts out the photos. Where they are those that `select-images` chose, its job goes on; else all are cut out."""
    photos = await photos_of(asked.image_urls, request, services, owner)
    ids = found(photos)
    job, token = await _chosen_job(services, owner, asked, ids), None
    if job is not None:
        job = await asyncio.to_thread(services.joining.lift, owner, job.id, Stage.SELECTING)
    else:
        project = await asyncio.to_thread(services.products.project, owner, asked.name)
        new = NewJob("cutout", tuple(JobInput(one) for one in ids), asked.settings, project.id)
        accepted = await asyncio.to_thread(services.jobs.create, owner, new)
        job, token = accepted.job, accepted.token
    job = await until(services, job, stands_still, patience(prefer, WAIT_S))
    if not stands_still(job) or job.error is not None:
        return await _later(services, asked, job, token, photos)
    made, failed = await asyncio.to_thread(_cut, services, job)
    done = [
        ProcessedImage(
            original_url=photo.url,
            processed_url=content_url(made[photo.asset_id, Role.CUTOUT]),
            mask_url=content_url(made[photo.asset_id, Role.MASK]),
        )
        for photo in photos
        if photo.asset_id and (photo.asset_id, Role.CUTOUT) in made
    ]
    uncut = [_failed(photo.url, failed[photo.asset_id]) for photo in photos if photo.asset_id in failed]
    return ProcessedImages(
        product_id=asked.product_id,
        processed_images=done,
        total_processing_time=await asyncio.to_thread(services.jobs.elapsed_ms, job) / 1000,
        total_cost=job.cost_usd,
        success_rate=round(len(done) / len(photos), 4),
        failed_images=[*_unread(photos), *uncut],
        task_id=job.id,
        session_token=token,
    )


@router.post("/approve-images", response_model=ApprovedImages, responses=documented(*_REFUSALS))
async def approve_images(
    asked: ApproveImages, request: Request, services: ServicesDep, owner: OwnerDep
) -> ApprovedImages:
    """Says which cut-outs a model shall be made from; `generate-3d` then makes it."""
    photos = await photos_of(asked.image_urls, request, services, owner)
    ids, token = found(photos), None
    job = await _approved_job(services, owner, asked.name, ids)
    if job is None:
        accepted = await _start(services, owner, asked, ids, (Stage.APPROVING,), NEVER)
        job, token = accepted.job, accepted.token
    return ApprovedImages(
        product_id=asked.product_id,
        approved_images=[photo.url for photo in photos if photo.asset_id],
        failed_images=_unread(photos),
        task_id=job.id,
        status=seen(job).status,
        session_token=token,
    )


@router.post("/generate-3d", status_code=202, response_model=ProductTask, responses=documented(*_REFUSALS))
async def generate_3d(
    asked: ProductImages, request: Request, response: Response, services: ServicesDep, owner: OwnerDep
) -> ProductTask:
    """Makes the model of a product from these photos or cut-outs. Approved ones are not asked about again."""
    photos = await photos_of(asked.image_urls, request, services, owner)
    ids = found(photos)
    job, token = await _approved_job(services, owner, asked.name, ids), None
    if job is not None:
        job = await asyncio.to_thread(services.joining.lift, owner, job.id, Stage.APPROVING)
    else:
        accepted = await _start(services, owner, asked, ids, (), NEVER)
        job, token = accepted.job, accepted.token
    response.headers["location"] = f"/api/v1/jobs/{job.id}"
    response.headers["retry-after"] = str(RETRY_S)
    return await _task(services, asked.product_id, job, token, photos)


@router.get("/model-status/{job_id}", response_model=ModelStatus, responses=documented("not_found", "not_ready"))
def get_model_status(job_id: str, services: ServicesDep, owner: OwnerDep) -> ModelStatus:
    """How a model stands, by the `task_id` or the product's own id."""
    job = services.jobs.get(owner, job_id) if job_id.startswith("job_") else _of_product(services, owner, job_id)
    project = services.projects.get(owner, job.project_id) if job.project_id else None
    words, error = seen(job), job.error
    return ModelStatus(
        product_id=project and (project.sku or project.id),
        task_id=job.id,
        status=words.status,
        stage=job.stage,
        progress=job.progress,
        waiting_for=job.waiting_for,
        model_url=job.result_id and f"/api/v1/results/{job.result_id}/download?as=glb",
        estimated_completion=services.estimates.seconds(job, services.jobs.queue_position(job)),
        cost=job.cost_usd,
        error=error and OldError(code=error.code.upper(), message=error.message, hint=error.hint),
    )


def _of_product(services: Services, owner: str, product_id: str) -> Job:
    if len(product_id) > 200 or "\0" in product_id:
        raise Refused("not_found")
    return services.products.newest_job(owner, product_id)


async def _start(
    services: Services,
    owner: str,
    asked: ProductImages | ApproveImages,
    ids: Sequence[str],
    holds: tuple[Stage, ...],
    approve: str,
) -> Accepted:
    project = await asyncio.to_thread(services.products.project, owner, asked.name)
    given = asked.settings if isinstance(asked, ProductImages) else {}
    new = NewJob(PIPELINE, tuple(JobInput(one) for one in ids), {"approve": approve, **given}, project.id, holds)
    return await asyncio.to_thread(services.jobs.create, owner, new)


async def _open_job(services: Services, owner: str, product_id: str, ids: Sequence[str]) -> Job | None:
    project = await asyncio.to_thread(services.products.project, owner, product_id)
    return await asyncio.to_thread(services.products.open_job, owner, project.id, ids)


async def _approved_job(services: Services, owner: str, product_id: str, ids: Sequence[str]) -> Job | None:
    """The product's job with just these photos approved; one that waits for that is told so."""
    job = await _open_job(services, owner, product_id, ids)
    if job is not None and job.waiting_for is WaitingFor.APPROVAL:
        job = await asyncio.to_thread(_approve, services, owner, job, ids)
    return job if _is_approved(job, ids) else None


async def _chosen_job(services: Services, owner: str, asked: ProductImages, ids: Sequence[str]) -> Job | None:
    """The job that waits with just these photos chosen."""
    job = await _open_job(services, owner, asked.name, ids)
    if job is None or job.stage is not Stage.SELECTING or job.waiting_for is not WaitingFor.INPUT:
        return None
    review = await asyncio.to_thread(services.approvals.review, owner, job.id)
    return job if {one["asset_id"] for one in review.selection["chosen"]} == set(ids) else None


def _is_approved(job: Job | None, ids: Sequence[str]) -> bool:
    """Whether a job will make, once its hold is lifted, the model of just these photos without asking again."""
    if job is None or Stage.APPROVING not in job.hold_after or job.waiting_for not in (None, WaitingFor.INPUT):
        return False
    decided = [given for given in job.inputs if given.decision]
    used = {one.asset_id for one in decided or job.inputs if one.decision is None or one.decision.verdict not in OUT}
    return used == set(ids) and (bool(decided) or job.settings.get("approve") == NEVER)


def _approve(services: Services, owner: str, job: Job, ids: Sequence[str]) -> Job:
    """These cut-outs and no others. The job as it is where it has not all of them."""
    review = services.approvals.review(owner, job.id)
    if not set(ids) <= {one["asset_id"] for one in review.photos}:
        return job
    rulings = tuple(
        PhotoRuling(one["asset_id"], Action.APPROVE if one["asset_id"] in ids else Action.REJECT)
        for one in review.photos
    )
    return services.approvals.decide(owner, job.id, Ruling(rulings), owner)


def _cut(services: Services, job: Job) -> tuple[dict[tuple[str, Role], str], dict[str, Mapping[str, str]]]:
    """The cut-outs and masks by photo, and why the others failed."""
    tasks = services.jobs.tasks(job.owner_id, job.id)
    cutting = [task for task in tasks if task.stage is Stage.REMOVING_BACKGROUND]
    last = next((task for task in reversed(cutting) if task.status is TaskStatus.FINISHED), None)
    if last is None:
        return {}, {}
    assets = [services.uploads.get(job.owner_id, asset_id) for asset_id in last.output_assets]
    made = {(source, asset.role): asset.id for asset in assets for source in asset.derived_from}
    return made, {one["asset_id"]: one for one in last.data.get("cutouts", {}).get("failed", ())}


def _unread(photos: Sequence[Named]) -> list[FailedImage]:
    return [
        FailedImage(url=photo.url, code=photo.error.code, message=photo.error.message, hint=photo.error.hint)
        for photo in photos
        if photo.error
    ]


def _failed(url: str, why: Mapping[str, str]) -> FailedImage:
    return FailedImage(url=url, code=why["code"], message=why["message"], hint=why["hint"])


async def _later(
    services: Services, asked: ProductImages, job: Job, token: str | None, photos: Sequence[Named]
) -> Response:
    """The answer about a job that goes on. Raises what one that has ended was ended by."""
    if job.error is not None:
        raise Permanent(job.error.code, job.error.message, job.error.hint)
    task = await _task(services, asked.product_id, job, token, photos)
    where = {"location": f"/api/v1/jobs/{job.id}", "retry-after": str(RETRY_S)}
    return Response(task.model_dump_json(), 202, where, "application/json")


async def _task(
    services: Services, product_id: str | int, job: Job, token: str | None, photos: Sequence[Named]
) -> ProductTask:
    position = await asyncio.to_thread(services.jobs.queue_position, job)
    return ProductTask(
        product_id=product_id,
        task_id=job.id,
        status=seen(job).status,
        estimated_completion=await asyncio.to_thread(services.estimates.seconds, job, position),
        cost=job.cost_usd,
        failed_images=_unread(photos),
        session_token=token,
    )
