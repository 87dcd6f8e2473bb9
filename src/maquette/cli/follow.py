"""Follows jobs to their end through their events, and takes the work over when nobody else is left to do it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Event, EventType, Job

if TYPE_CHECKING:
    from maquette.bootstrap import Maquette

LOOK_EVERY_S = 0.15
TAKE_OVER_EVERY_S = 1.0
RESTS = frozenset({EventType.COMPLETED, EventType.FAILED, EventType.CANCELED, EventType.HELD})
"""After these nothing happens by itself."""


async def follow(house: "Maquette", jobs: Sequence[Job], show: Callable[[Event], None]) -> None:
    """Shows the events of the jobs' present attempts until each rests.

    Beside a server this only looks on. When that server goes, this process takes the data folder's lock and goes on
    with the work itself.
    """
    seen = {job.id: 0 for job in jobs}
    running = {job.id: job for job in jobs}
    asked = time.monotonic()
    while True:
        for job in tuple(running.values()):
            for event in await asyncio.to_thread(house.jobs.events, LOCAL_OWNER, job.id, seen[job.id]):
                seen[job.id] = event.seq
                if event.data["attempt"] != job.attempt:
                    continue
                show(event)
                if _rests(event):
                    running.pop(job.id, None)
                else:
                    running[job.id] = job
        if not running:
            return
        if time.monotonic() - asked >= TAKE_OVER_EVERY_S:
            asked = time.monotonic()
            await house.take_over()
        await asyncio.sleep(LOOK_EVERY_S)


def _rests(event: Event) -> bool:
    return event.type in RESTS
