"""Results: what a completed job delivers."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from maquette.api.delivery import CONTENT, REDIRECTED, BlobResponse, zip_response
from maquette.api.dependencies import OwnerDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.schemas.results import ResultOut
from maquette.domain.errors import Unavailable

router = APIRouter(prefix="/api/v1/results", tags=["results"])


@router.get("/{result_id}", response_model=ResultOut, responses=documented("not_found"))
def get_result(result_id: str, services: ServicesDep, owner: OwnerDep) -> ResultOut:
    """The result with its assets and its report."""
    return ResultOut.of(*services.results.get(owner, result_id))


@router.get(
    "/{result_id}/download",
    response_class=Response,
    responses=CONTENT
    | REDIRECTED
    | documented("not_found", "range_not_satisfiable", "data_missing", "storage_unavailable"),
)
def download_result(
    result_id: str,
    services: ServicesDep,
    owner: OwnerDep,
    wanted: Annotated[
        str,
        Query(alias="as", max_length=50, description="`glb`, `usdz`, `lod0` to `lod2`, `thumbnail`…, or `zip` for all"),
    ] = "zip",
) -> Response:
    """One file of the result, or all of them as a zip."""
    if wanted != "zip":
        file = services.results.file(owner, result_id, wanted)
        name = file.path.rsplit("/", 1)[-1]
        return BlobResponse(file.asset, services.blobs, links=services.redirects, name=name, download=True)
    files = services.results.files(owner, result_id)
    for file in files:
        if not services.blobs.exists(file.asset.blob_key):
            raise Unavailable("data_missing", f"{file.path} is gone.")
    return zip_response(files, services.blobs, f"{result_id}.zip")


@router.get("/{result_id}/report", response_model=dict[str, Any], responses=documented("not_found"))
def get_report(result_id: str, services: ServicesDep, owner: OwnerDep) -> dict[str, Any]:
    """Each rule with its measured value."""
    result, _ = services.results.get(owner, result_id)
    return dict(result.report)
