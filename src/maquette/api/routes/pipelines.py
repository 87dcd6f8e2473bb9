"""The catalog of pipelines."""

from fastapi import APIRouter

from maquette.api.problems import documented
from maquette.api.schemas.pipelines import PipelineOut, PipelinePage
from maquette.domain.errors import Refused
from maquette.pipelines.catalog import CATALOG

router = APIRouter(prefix="/api/v1/pipelines", tags=["pipelines"])


@router.get("", response_model=PipelinePage, responses=documented())
async def list_pipelines() -> PipelinePage:
    """Every pipeline in full, those that cannot run here yet included (`offered`)."""
    return PipelinePage(items=[PipelineOut.of(entry) for entry in CATALOG.values()])


@router.get("/{name}", response_model=PipelineOut, responses=documented("not_found"))
async def get_pipeline(name: str) -> PipelineOut:
    """One pipeline: its stages with labels and limits, and its settings."""
    entry = CATALOG.get(name)
    if entry is None:
        raise Refused("not_found")
    return PipelineOut.of(entry)
