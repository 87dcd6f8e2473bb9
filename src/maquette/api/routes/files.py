"""Signed links: whoever has one may read that one file until it expires."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from maquette.api.delivery import CONTENT, FILE, BlobResponse
from maquette.api.dependencies import ServicesDep
from maquette.api.problems import documented
from maquette.api.reception import receive_announced
from maquette.domain.uploads import Upload

router = APIRouter(prefix="/files", tags=["assets"])


@router.get(
    "/{asset_id}",
    response_class=Response,
    responses=CONTENT
    | documented("link_invalid", "not_found", "range_not_satisfiable", "data_missing", "storage_unavailable"),
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


@router.put(
    "/uploads/{upload_id}",
    status_code=204,
    responses=documented(
        "link_invalid", "not_found", "conflict", "length_required", "length_mismatch", "digest_mismatch",
        "file_too_large", "upload_timeout", "storage_full",
    ),
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": dict(FILE)}}},
)  # fmt: skip
async def put_upload(
    upload_id: str,
    request: Request,
    services: ServicesDep,
    expires: Annotated[str, Query(max_length=20)] = "",
    signature: Annotated[str, Query(max_length=200)] = "",
) -> None:
    """The bytes of an announced upload. Whoever has the link may send them, again too, until it is complete."""

    def find() -> Upload:
        services.signer.check(f"/files/uploads/{upload_id}", "PUT", expires, signature)
        return services.transfers.expected(upload_id)

    await receive_announced(request, services, find)
