"""Photos and models in, files out."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Header, Query, Request, Response

from maquette.api.delivery import CONTENT, FILE, LINK_S, REDIRECTED, BlobResponse, shown_as
from maquette.api.dependencies import Cursor, Deleted, Limit, OwnerDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.reception import parse_digest, recall, receive_form, receive_raw, told
from maquette.api.schemas.assets import AssetOut, AssetPage, LinkOut, PhotoUrl
from maquette.api.services import Services
from maquette.app.uploads import PhotoInfo
from maquette.domain.assets import Asset, View
from maquette.media.meshes.facts import GLB

router = APIRouter(prefix="/api/v1/assets", tags=["assets"])
_INTAKE = (
    "empty_file", "not_an_image", "heic_missing", "image_truncated", "image_damaged", "image_too_large",
    "image_too_small", "file_too_large", "upload_timeout", "not_found", "storage_full", "storage_unavailable",
    "not_ready", "model_damaged",
)  # fmt: skip
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": FILE["schema"],
        "view": {"$ref": "#/components/schemas/View"},
        "project_id": {"type": "string"},
        "sha256": {"type": "string", "pattern": "^[0-9A-Fa-f]{64}$", "description": "Of the file; verified"},
    },
}


@router.post(
    "",
    status_code=201,
    response_model=AssetOut,
    responses=documented(*_INTAKE, "digest_mismatch"),
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def upload_asset(request: Request, response: Response, services: ServicesDep, owner: OwnerDep) -> AssetOut:
    """Takes one photo or model (GLB) as a form. Answered when its bytes are safe on the disk.

    `quality` of the answer says what is wrong with a photo, and what would make a better one.
    """
    return await _created(await receive_form(request, services, owner), services, response)


@router.put(
    "",
    status_code=201,
    response_model=AssetOut,
    responses=documented(*_INTAKE, "length_required", "digest_mismatch"),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/octet-stream": FILE, "image/*": FILE, GLB: FILE}}
    },
)
async def put_asset(
    request: Request,
    response: Response,
    services: ServicesDep,
    owner: OwnerDep,
    name: Annotated[str, Query(max_length=500)] = "",
    view: View | None = None,
    project_id: Annotated[str | None, Query(max_length=100)] = None,
    content_digest: Annotated[str | None, Header(max_length=1000, description="RFC 9530: sha-256=:base64:")] = None,
) -> AssetOut:
    """Takes one photo or model (GLB) as the raw body. A SHA-256 that is given is verified.

    A photo that was sent before is answered by its SHA-256 alone: with `Expect: 100-continue` nothing need be sent.
    """
    info = PhotoInfo(name, view, project_id, parse_digest(content_digest))
    known = await recall(request, services, owner, info)
    if known is not None:
        if getattr(request.state, "body_unread", False):
            response.headers["connection"] = "close"
        return await _created(known, services, response)
    return await _created(await receive_raw(request, services, owner, info), services, response)


@router.post(
    "/url",
    status_code=201,
    response_model=AssetOut,
    responses=documented(*_INTAKE, "url_refused", "url_unreachable", "fetches_busy"),
)
async def fetch_asset(asked: PhotoUrl, response: Response, services: ServicesDep, owner: OwnerDep) -> AssetOut:
    """Fetches one photo or model from a public web address. Answered when its bytes are safe on the disk."""
    info = PhotoInfo(asked.name, asked.view, asked.project_id)
    return await _created(await services.fetching.add(owner, asked.url, info), services, response)


@router.get("", response_model=AssetPage, responses=documented("not_found"))
def list_assets(
    services: ServicesDep,
    owner: OwnerDep,
    project_id: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    deleted: Deleted = False,
) -> AssetPage:
    """Assets, newest first."""
    if deleted:
        gone = services.care.deleted_assets(owner, project_id, cursor, limit)
        items = [AssetOut.of(asset, services.care.restorable_until(asset)) for asset in gone.items]
        return AssetPage(items=items, next_cursor=gone.next_cursor)
    page = services.uploads.list(owner, project_id, cursor, limit)
    project = services.projects.find(owner, project_id)
    items = [AssetOut.of(asset, project=project) for asset in page.items]
    return AssetPage(items=items, next_cursor=page.next_cursor)


@router.get("/{asset_id}", response_model=AssetOut, responses=documented("not_found"))
def get_asset(asset_id: str, services: ServicesDep, owner: OwnerDep) -> AssetOut:
    """What is known of one asset."""
    asset = services.uploads.get(owner, asset_id)
    return AssetOut.of(asset, project=services.projects.find(owner, asset.project_id))


@router.get(
    "/{asset_id}/content",
    response_class=Response,
    responses=CONTENT
    | REDIRECTED
    | documented("not_found", "range_not_satisfiable", "data_missing", "storage_unavailable"),
)
def get_asset_content(asset_id: str, services: ServicesDep, owner: OwnerDep) -> Response:
    """The bytes of one asset; they never change. Single ranges are served."""
    return BlobResponse(services.uploads.get(owner, asset_id), services.blobs, links=services.redirects)


@router.get("/{asset_id}/link", response_model=LinkOut, responses=documented("not_found"))
def link_asset(asset_id: str, services: ServicesDep, owner: OwnerDep) -> LinkOut:
    """A link that opens the asset for a short while, for whoever has it."""
    asset = services.uploads.get(owner, asset_id)
    if services.links:
        expires_at = datetime.now(UTC) + timedelta(seconds=LINK_S)
        shown = shown_as(asset)
        url = services.links.link(asset.blob_key, media_type=asset.media_type, disposition=shown, seconds=LINK_S)
        return LinkOut(url=url, expires_at=expires_at)
    url = services.signer.sign(f"/files/{asset.id}")
    expires = int(parse_qs(urlsplit(url).query)["expires"][0])
    return LinkOut(url=url, expires_at=datetime.fromtimestamp(expires, UTC))


@router.delete("/{asset_id}", status_code=204, responses=documented("not_found", "in_use"))
def delete_asset(asset_id: str, services: ServicesDep, owner: OwnerDep) -> None:
    """Deletes an asset that no unfinished job starts from."""
    services.care.delete_asset(owner, asset_id)


@router.post("/{asset_id}/restore", response_model=AssetOut, responses=documented("not_found", "conflict"))
def restore_asset(asset_id: str, services: ServicesDep, owner: OwnerDep) -> AssetOut:
    """Brings a deleted asset back."""
    return AssetOut.of(services.care.restore_asset(owner, asset_id))


async def _created(asset: Asset, services: Services, response: Response) -> AssetOut:
    response.headers["location"] = f"/api/v1/assets/{asset.id}"
    return await told(asset, services)
