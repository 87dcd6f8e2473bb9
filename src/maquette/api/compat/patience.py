"""How long an older front end waits for an answer, and what it is told of a job then."""

import asyncio
import re
from collections.abc import Callable

from maquette.api.services import Services
from maquette.domain.jobs import Job
from maquette.domain.projections import Projection, project
from maquette.domain.states import ENDED, Status
from maquette.pipelines.catalog import CATALOG

MAX_WAIT_S = 300
LOOK_EVERY_S = 0.25
RETRY_S = 2
"""What ``Retry-After`` advises."""
_WAIT = re.compile(r"\bwait\s*=\s*(\d{1,6})\b")


def patience(prefer: str, otherwise: float) -> float:
    """The seconds of ``Prefer: wait=n`` (RFC 7240, 4.3), within bounds; ``otherwise`` where nothing is preferred."""
    asked = _WAIT.search(prefer)
    return min(int(asked[1]), MAX_WAIT_S) if asked else otherwise


async def until(services: Services, job: Job, enough: Callable[[Job], bool], seconds: float) -> Job:
    """The job as it stands when that is ``enough``, or after the time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not enough(job) and loop.time() < deadline:
        await asyncio.sleep(min(LOOK_EVERY_S, max(0.0, deadline - loop.time())))
        job = await asyncio.to_thread(services.jobs.get, job.owner_id, job.id)
    return job


def has_ended(job: Job) -> bool:
    return job.status in ENDED


def stands_still(job: Job) -> bool:
    """It has ended, or waits for somebody."""
    return job.status in ENDED or job.status is Status.WAITING


def seen(job: Job) -> Projection:
    """The job in the older vocabularies."""
    return project(CATALOG[job.pipeline].pipeline, job.status, job.stage, job.failed_stage, job.waiting_for)


def content_url(asset_id: str) -> str:
    """The stable address of an asset's bytes."""
    return f"/api/v1/assets/{asset_id}/content"
