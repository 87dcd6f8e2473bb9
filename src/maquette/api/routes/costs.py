"""What work elsewhere costs: the ledger, sums, usage, and estimates before anything starts."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

from maquette.api.asking import new_job
from maquette.api.delivery import disposition
from maquette.api.dependencies import Cursor, Limit, OwnerDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.schemas.costs import (
    CostOut,
    CostPage,
    CostSumOut,
    EstimateOut,
    Grouping,
    JobCostsOut,
    UsageOut,
)
from maquette.api.schemas.jobs import NewJobIn
from maquette.app import ledgers
from maquette.app.batches.bundle import portions
from maquette.ports.costs import By, Which

router = APIRouter(prefix="/api/v1", tags=["costs"])
CSV = "text/csv"
_REFUSALS = (
    "unknown_pipeline", "pipeline_unavailable", "unknown_engine", "engine_unavailable", "unknown_setting",
    "invalid_setting", "invalid_dimensions", "no_photo", "too_many_photos", "view_missing", "duplicate_view",
    "not_found", "not_ready", "no_model", "too_many_models", "not_an_image", "not_a_model",
)  # fmt: skip
_TABLE = {200: {"description": "JSON, or CSV where it is asked for", "content": {CSV: {"schema": {"type": "string"}}}}}


class Format(StrEnum):
    """How costs are written."""

    JSON = "json"
    CSV = "csv"


Since = Annotated[datetime | None, Query(description="Not before; without an offset it is UTC")]
Until = Annotated[datetime | None, Query(description="Before this")]


@router.get("/costs", response_model=CostPage, responses=_TABLE | documented())
def list_costs(
    services: ServicesDep,
    owner: OwnerDep,
    by: Annotated[Grouping, Query(description="Single commissions, or sums")] = Grouping.CALL,
    since: Since = None,
    until: Until = None,
    engine: Annotated[str | None, Query(max_length=100)] = None,
    job_id: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    format: Annotated[Format | None, Query(description="CSV holds all of it at once")] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> CostPage | Response:
    """What commissions to providers cost, newest first: one by one, or by day (UTC), engine or job."""
    which = Which(owner, _utc(since), _utc(until), engine, job_id)
    costs, summed = services.spending.costs, None if by is Grouping.CALL else By(by.value)
    outlay = costs.outlay(which)
    if format is Format.CSV or (format is None and _wants_csv(accept)):
        headers = {"content-disposition": disposition("attachment", "costs.csv"), "cache-control": "no-store"}
        lines = portions(ledgers.lines(costs, which, summed))
        return StreamingResponse(lines, headers=headers, media_type=f"{CSV}; charset=utf-8")
    items: list[CostOut] | list[CostSumOut]
    if summed is None:
        calls = costs.calls(which, cursor, limit)
        items, following = [CostOut.of(call) for call in calls.items], calls.next_cursor
    else:
        sums = costs.sums(which, summed, cursor, limit)
        items, following = [CostSumOut.of(one) for one in sums.items], sums.next_cursor
    return CostPage(
        by=by,
        items=items,
        cost_usd=outlay.cost_usd,
        reserved_usd=outlay.reserved_usd,
        unknown=outlay.unknown,
        next_cursor=following,
    )


@router.get("/usage", response_model=UsageOut, responses=documented())
def get_usage(services: ServicesDep, owner: OwnerDep, since: Since = None, until: Until = None) -> UsageOut:
    """What you used: jobs, tries of each engine, provider's units, money, and what is kept."""
    which = Which(owner, _utc(since), _utc(until))
    return UsageOut.of(services.spending.costs.usage(which), which.since, which.until)


@router.get("/jobs/{job_id}/costs", response_model=JobCostsOut, responses=documented("not_found"))
def get_job_costs(job_id: str, services: ServicesDep, owner: OwnerDep) -> JobCostsOut:
    """What a job has cost up to now, and every commission that was made for it."""
    return JobCostsOut.of(services.spending.costs.of_job(owner, job_id))


@router.post("/jobs:estimate", response_model=EstimateOut, responses=documented(*_REFUSALS))
def estimate_job(asked: NewJobIn, services: ServicesDep, owner: OwnerDep) -> EstimateOut:
    """What a job would cost, stage by stage, and how long it would take. Starts nothing and asks no provider."""
    return EstimateOut.of(asked.pipeline, services.spending.offers.ask(owner, new_job(asked)))


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _wants_csv(accept: str) -> bool:
    """Whether CSV is named, and JSON is not."""
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return CSV in kinds and "application/json" not in kinds
