"""What the server says of itself: limits, statuses, engines, health."""

from fastapi import APIRouter

from maquette.api.delivery import LINK_S
from maquette.api.dependencies import ServicesDep, VisitorDep
from maquette.api.problems import documented
from maquette.api.schemas.service import (
    EnginePage,
    EngineRecordOut,
    HealthOut,
    LimitsOut,
    ReadyOut,
    StatusesOut,
    StatusOut,
)
from maquette.api.security import MAX_BODY
from maquette.app.new_jobs import MAX_DEADLINE_S
from maquette.domain.errors import Unavailable
from maquette.domain.states import MOVES, STATUS_LABELS, Status, WaitingFor
from maquette.pipelines.catalog import CATALOG

router = APIRouter(tags=["service"])


@router.get("/api/v1/engines", response_model=EnginePage, responses=documented())
def list_engines(services: ServicesDep) -> EnginePage:
    """Every engine, installed or hosted elsewhere: whether it can be used, its licence, price and limits."""
    prices, lately = services.spending.prices, services.spending.costs.records()
    return EnginePage(
        items=[
            EngineRecordOut.of(record, prices.get(record.name), lately.get(record.name))
            for record in services.engines.all()
        ]
    )


@router.get("/api/v1/limits", response_model=LimitsOut, responses=documented())
def get_limits(services: ServicesDep) -> LimitsOut:
    """What a request may ask for."""
    from maquette.media.images.intake import DEFAULT_LIMITS

    return LimitsOut(
        photo_bytes=services.uploads.max_photo_bytes,
        photo_pixels=DEFAULT_LIMITS.pixels,
        photo_side=DEFAULT_LIMITS.longest_side,
        photos_per_job={name: entry.max_photos for name, entry in CATALOG.items()},
        upload_seconds=services.upload_seconds,
        fetch_seconds=services.fetching.seconds,
        body_bytes=MAX_BODY,
        batch_rows=services.batches.max_rows,
        queued_jobs=services.jobs.max_queued,
        deadline_s=MAX_DEADLINE_S,
        link_seconds=LINK_S,
    )


@router.get("/api/v1/statuses", response_model=StatusesOut, responses=documented())
async def get_statuses() -> StatusesOut:
    """The state machine of a job, with what to call its states."""
    statuses = [
        StatusOut(
            status=status,
            label=STATUS_LABELS[status].text,
            icon=STATUS_LABELS[status].icon,
            moves=[target for target in Status if target in MOVES[status]],
        )
        for status in Status
    ]
    return StatusesOut(statuses=statuses, waiting_for=list(WaitingFor))


@router.get("/healthz", response_model=HealthOut, responses=documented())
async def get_health(services: ServicesDep) -> HealthOut:
    """The process answers."""
    return HealthOut(version=services.version)


@router.get("/readyz", response_model=ReadyOut, responses=documented("not_ready"))
def get_readiness(services: ServicesDep, visitor: VisitorDep) -> ReadyOut:
    """Whether the database can be reached, the job engine runs and the disk has space; what is wrong, to admins."""
    readiness = services.ready()
    told = visitor is not None and visitor.is_admin
    if not readiness.ready:
        raise Unavailable("not_ready", readiness.message, readiness.hint) if told else Unavailable("not_ready")
    return ReadyOut(ready=True, message=readiness.message if told else "")
