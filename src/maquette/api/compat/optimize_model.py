"""``POST /api/optimize-model``: the pipeline ``optimize`` in the e-commerce front end's own shape.

That front end waits for the answer. So this one comes when the job has ended; for a job that takes longer it is 202 in
the same front end's shape for work in progress.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Header, Request, Response

from maquette.api.dependencies import OwnerDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.schemas.compat import Detail, OptimizedLod, OptimizedModel, OptimizeModel, OptimizeStarted
from maquette.api.services import Services
from maquette.app.jobs import Accepted, NewJob
from maquette.app.uploads import PhotoInfo
from maquette.domain.assets import Asset
from maquette.domain.errors import Permanent, Refused
from maquette.domain.jobs import Job, JobInput
from maquette.domain.states import ENDED, Status

router = APIRouter(prefix="/api", tags=["compat"])
WAIT_S = 60
MAX_WAIT_S = 300
LOOK_EVERY_S = 0.25
RETRY_S = 2
_LEVELS: Mapping[str, Detail] = {"lod0": "high", "lod1": "medium", "lod2": "low"}
_ASSET = re.compile(r"(?:/api/v1/assets/)?(ast_[0-9a-f]{32})(?:/content)?")
_RESULT = re.compile(r"/api/v1/results/(res_[0-9a-f]{32})/download")
_WAIT = re.compile(r"\bwait\s*=\s*(\d{1,6})\b")


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
    asset = await _model(asked.model_url, request, services, owner)
    project = str(asked.product_id) if str(asked.product_id).startswith("prj_") else None
    new = NewJob("optimize", (JobInput(asset.id),), asked.settings, project)
    accepted = await asyncio.to_thread(services.jobs.create, owner, new, idempotency_key)
    job = await _ended(services, accepted.job, _patience(prefer))
    where = {"location": f"/api/v1/jobs/{job.id}"}
    response.headers.update(where)
    if job.status is Status.COMPLETED and job.result_id:
        _, assets = await asyncio.to_thread(services.results.get, owner, job.result_id)
        return _done(asked, accepted, job, {name: group[0] for name, group in assets.items()})
    if job.error is not None:
        raise Permanent(job.error.code, job.error.message, job.error.hint)
    if job.status in ENDED:
        raise Permanent("canceled")
    started = _started(asked, accepted, job).model_dump_json()
    return Response(started, 202, where | {"retry-after": str(RETRY_S)}, "application/json")


async def _model(url: str | None, request: Request, services: Services, owner: str) -> Asset:
    """The asset behind a URL or an id: the owner's own, or fetched from the web and kept."""
    if not url:
        raise Refused("no_model", "model_url is missing.")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused("url_refused") from None
    ours = {"", request.url.netloc, urlsplit(services.public_url).netloc}
    if parts.netloc not in ours:
        return await services.fetching.add(owner, url, PhotoInfo(""))
    if asset := _ASSET.fullmatch(parts.path):
        return await asyncio.to_thread(services.uploads.get, owner, asset[1])
    if result := _RESULT.fullmatch(parts.path):
        wanted = parse_qs(parts.query).get("as", ["glb"])[0]
        return (await asyncio.to_thread(services.results.file, owner, result[1], wanted)).asset
    raise Refused("not_found", "model_url names nothing here.", "Give an asset's URL or id, or a URL on the web.")


def _patience(prefer: str) -> float:
    """The seconds of ``Prefer: wait=n`` (RFC 7240, 4.3)."""
    asked = _WAIT.search(prefer)
    return min(int(asked[1]), MAX_WAIT_S) if asked else WAIT_S


async def _ended(services: Services, job: Job, seconds: float) -> Job:
    """The job as it stands when it has ended, or after that time."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while job.status not in ENDED and loop.time() < until:
        await asyncio.sleep(min(LOOK_EVERY_S, max(0.0, until - loop.time())))
        job = await asyncio.to_thread(services.jobs.get, job.owner_id, job.id)
    return job


def _done(asked: OptimizeModel, accepted: Accepted, job: Job, assets: Mapping[str, Asset]) -> OptimizedModel:
    lods = [
        OptimizedLod(
            level=level,
            name=name,
            url=_url(assets[name]),
            triangles=int(assets[name].stats.get("triangles", 0)),
            bytes=assets[name].bytes,
        )
        for name, level in _LEVELS.items()
        if name in assets
    ]
    return OptimizedModel(
        product_id=asked.product_id,
        optimized_model_url=_url(assets["lod0"]),
        lods=lods,
        cost=job.cost_usd,
        job_id=job.id,
        session_token=accepted.token,
    )


def _started(asked: OptimizeModel, accepted: Accepted, job: Job) -> OptimizeStarted:
    return OptimizeStarted(
        product_id=asked.product_id,
        task_id=job.id,
        status="processing",
        estimated_completion=None,
        cost=job.cost_usd,
        session_token=accepted.token,
    )


def _url(asset: Asset) -> str:
    return f"/api/v1/assets/{asset.id}/content"
