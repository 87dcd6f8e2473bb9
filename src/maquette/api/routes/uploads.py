"""Announced uploads: say what will come, put the bytes where the answer says, say when they are there."""

from typing import Any

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from maquette.api.delivery import LINK_S
from maquette.api.dependencies import OwnerDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.reception import told
from maquette.api.schemas.assets import AssetOut
from maquette.api.schemas.uploads import UploadIn, UploadOut
from maquette.app.transfers import Announced
from maquette.app.uploads import PhotoInfo

router = APIRouter(prefix="/api/v1/uploads", tags=["assets"])
_KNOWN: dict[int | str, dict[str, Any]] = {
    200: {"description": "These bytes are known by their SHA-256; nothing need be sent", "model": UploadOut}
}


@router.post(
    "",
    status_code=201,
    response_model=UploadOut,
    responses=_KNOWN | documented("file_too_large", "not_found", "too_many_uploads", "storage_unavailable"),
)
async def announce_upload(body: UploadIn, response: Response, services: ServicesDep, owner: OwnerDep) -> UploadOut:
    """Announces one photo. The answer says where its bytes go and with which headers."""
    info = PhotoInfo(body.name, body.view, body.project_id, body.sha256 and body.sha256.lower())
    found = await run_in_threadpool(services.transfers.announce, owner, info, body.bytes, body.media_type)
    if not isinstance(found, Announced):
        response.status_code = 200
        return UploadOut(asset=await told(found, services))
    response.headers["location"] = f"/api/v1/uploads/{found.upload.id}"
    return _opened(found, services)


@router.post(
    "/{upload_id}/complete",
    status_code=201,
    response_model=AssetOut,
    responses=documented(
        "not_found", "upload_missing", "length_mismatch", "digest_mismatch", "not_an_image", "heic_missing",
        "image_truncated", "image_damaged", "image_too_large", "image_too_small", "file_too_large", "storage_full",
        "storage_unavailable", "not_ready",
    ),
)  # fmt: skip
async def complete_upload(upload_id: str, response: Response, services: ServicesDep, owner: OwnerDep) -> AssetOut:
    """Checks and keeps what has arrived. Asked again, it answers with the same asset."""
    asset = await services.transfers.complete(owner, upload_id)
    response.headers["location"] = f"/api/v1/assets/{asset.id}"
    return await told(asset, services)


@router.delete("/{upload_id}", status_code=204, responses=documented("not_found", "storage_unavailable"))
def cancel_upload(upload_id: str, services: ServicesDep, owner: OwnerDep) -> None:
    """Forgets an upload and the bytes that have arrived; an asset that it became stays."""
    services.transfers.cancel(owner, upload_id)


def _opened(announced: Announced, services: ServicesDep) -> UploadOut:
    upload, door = announced.upload, announced.door
    return UploadOut(
        id=upload.id,
        method="PUT",
        url=door.url if door else services.signer.sign(f"/files/uploads/{upload.id}", "PUT", LINK_S),
        headers=dict(door.headers) if door else {},
        expires_at=announced.closes_at,
    )
