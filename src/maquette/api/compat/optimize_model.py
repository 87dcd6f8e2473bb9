"""``POST /api/optimize-model``: the pipeline ``optimize`` in the e-commerce front end's own shape.

That front end waits for the answer. So this one comes when the job has ended; for a job that takes longer it is 202 in
the same front end's shape for work in progress.
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from maquette.api.compat.patience import RETRY_S, content_url, has_ended, patience, until
from maquette.api.compat.references import asset_of
from maquette.api.dependencies import OwnerDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.schemas.compat import Detail, OptimizedLod, OptimizedModel, OptimizeModel, OptimizeStarted
from maquette.app.jobs import Accepted, NewJob
from maquette.domain.assets import Asset
from maquette.domain.errors import Permanent, Refused
from maquette.domain.jobs import Job, JobInput
from maquette.domain.states import ENDED, Status

router = APIRouter(prefix="/api", tags=["compat"])
WAIT_S = 60
_LEVELS: Mapping[str, Detail] = {"lod0": "high", "lod1": "medium", "lod2": "low"}


@router.post(
    "/optimize-model",
    response_model=OptimizedModel,
    responses={202: {"model": OptimizeStarted, "description": "It goes on; ask `/api/status` or the job"}}
    | documented(
        "no_model", "not_a_model", "model_damaged", "model_invalid", "not_found", "url_refused", "url_unreachable",
        "fetches_busy", "file_too_large", "unknown_setting", "invalid_setting", "invalid_dimensions", "queue_full",
        "idempotency_mismatch", "storage_full", "not_ready",
    ),
)  # fmt: skip
async def optimize_model(
    asked: OptimizeModel,
    request: Request,
    response: Response,
    services: ServicesDep,
    owner: OwnerDep,
    prefer: Annotated[str, Header(max_length=200, description="`wait=n`: seconds to wait for the end")] = "",
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
) -> OptimizedModel | Response:
    """Makes a model shop-ready. `model_url` is one of our own, an asset's id, or on the web."""
    if not asked.model_url:
        raise Refused("no_model", "model_url is missing.")
    asset = await asset_of(asked.model_url, request, services, owner)
    project = str(asked.product_id) if str(asked.product_id).startswith("prj_") else None
    new = NewJob("optimize", (JobInput(asset.id),), asked.settings, project)
    accepted = await asyncio.to_thread(services.jobs.create, owner, new, idempotency_key)
    job = await until(services, accepted.job, has_ended, patience(prefer, WAIT_S))
    where = {"location": f"/api/v1/jobs/{job.id}"}
    response.headers.update(where)
    if job.status is Status.COMPLETED and job.result_id:
        _, assets = await asyncio.to_thread(services.results.get, owner, job.result_id)
        return _done(asked, accepted, job, {name: group[0] for name, group in assets.items()})
    if job.error is not None:
        raise Permanent(job.error.code, job.error.message, job.error.hint)
    if job.status in ENDED:
        raise Permanent("canceled")
    position = await asyncio.to_thread(services.jobs.queue_position, job)
    seconds = await asyncio.to_thread(services.estimates.seconds, job, position)
    started = _started(asked, accepted, job, seconds).model_dump_json()
    return Response(started, 202, where | {"retry-after": str(RETRY_S)}, "application/json")


def _done(asked: OptimizeModel, accepted: Accepted, job: Job, assets: Mapping[str, Asset]) -> OptimizedModel:
    lods = [
        OptimizedLod(
            level=level,
            name=name,
            url=content_url(assets[name].id),
            triangles=int(assets[name].stats.get("triangles", 0)),
            bytes=assets[name].bytes,
        )
        for name, level in _LEVELS.items()
        if name in assets
    ]
    return OptimizedModel(
        product_id=asked.product_id,
        optimized_model_url=content_url(assets["lod0"].id),
        lods=lods,
        cost=job.cost_usd,
        job_id=job.id,
        session_token=accepted.token,
    )


def _started(asked: OptimizeModel, accepted: Accepted, job: Job, seconds: float | None) -> OptimizeStarted:
    return OptimizeStarted(
        product_id=asked.product_id,
        task_id=job.id,
        status="processing",
        estimated_completion=seconds,
        cost=job.cost_usd,
        session_token=accepted.token,
    )
