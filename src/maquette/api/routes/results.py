"""Results: what a completed job delivers."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response

from maquette.api.delivery import CONTENT, REDIRECTED, BlobResponse, zip_response
from maquette.api.dependencies import OwnerDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.schemas.results import ResultOut
from maquette.app.results import markdown_of
from maquette.domain.assets import Role
from maquette.domain.errors import Unavailable

router = APIRouter(prefix="/api/v1/results", tags=["results"])
MARKDOWN = "text/markdown"


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
        # Safari hands what it may show to Quick Look, and puts an attachment among the downloads
        saved = file.asset.role is not Role.USDZ
        return BlobResponse(file.asset, services.blobs, links=services.redirects, name=name, download=saved)
    files = services.results.files(owner, result_id)
    for file in files:
        if not services.blobs.exists(file.asset.blob_key):
            raise Unavailable("data_missing", f"{file.path} is gone.")
    return zip_response(files, services.blobs, f"{result_id}.zip")


@router.get(
    "/{result_id}/report",
    response_model=dict[str, Any],
    responses={200: {"content": {MARKDOWN: {"schema": {"type": "string"}}}}} | documented("not_found"),
)
def get_report(
    result_id: str,
    services: ServicesDep,
    owner: OwnerDep,
    accept: Annotated[str, Header(max_length=1000)] = "",
    wanted: Annotated[
        Literal["json", "md"] | None, Query(alias="as", description="Overrides `Accept`; `md` is Markdown")
    ] = None,
) -> dict[str, Any] | Response:
    """Who accepts the model, and every rule with its measured value. JSON, or Markdown for people."""
    result, _ = services.results.get(owner, result_id)
    if wanted == "md" or (wanted is None and _prefers_markdown(accept)):
        return Response(markdown_of(result), media_type=f"{MARKDOWN}; charset=utf-8", headers={"vary": "accept"})
    return dict(result.report)


def _prefers_markdown(accept: str) -> bool:
    kinds = [kind.partition(";")[0].strip().lower() for kind in accept.split(",")]
    return MARKDOWN in kinds and "application/json" not in kinds[: kinds.index(MARKDOWN)]
