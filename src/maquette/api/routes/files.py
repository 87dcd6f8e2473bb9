"""Signed links: whoever has one may read that one file until it expires."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from maquette.api.delivery import BlobResponse
from maquette.api.dependencies import ServicesDep
from maquette.api.problems import documented

router = APIRouter(prefix="/files", tags=["assets"])
_BYTES: dict[str, Any] = {
    "description": "The bytes",
    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
}


@router.get(
    "/{asset_id}",
    response_class=Response,
    responses={200: _BYTES, 206: _BYTES, 304: {"description": "The caller has these bytes already"}}
    | documented("link_invalid", "not_found", "range_not_satisfiable", "data_missing"),
)
def get_file(
    asset_id: str,
    services: ServicesDep,
    expires: Annotated[str, Query(max_length=20)] = "",
    signature: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The bytes behind a signed link. The signature is checked before the id is looked at."""
    services.signer.check(f"/files/{asset_id}", "GET", expires, signature)
    return BlobResponse(services.uploads.linked(asset_id), services.blobs)
