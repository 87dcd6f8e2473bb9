"""Stays with a job until it rests, and says how to go on when the person leaves or the job fails."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from maquette.cli.follow import follow
from maquette.cli.screen import Screen
from maquette.domain.errors import Permanent, Refused
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Event, Job
from maquette.domain.states import Status

if TYPE_CHECKING:
    from maquette.bootstrap import Maquette


async def attend(house: "Maquette", screen: Screen, job: Job, show: Callable[[Event], None]) -> Job:
    """The completed job. Raises the job's own error when it failed, ``canceled`` when somebody canceled it."""
    if not house.works:
        screen.note(f"A server works on {house.settings.data} already: the job is in its queue.")
    try:
        await follow(house, [job], show)
    except asyncio.CancelledError:
        screen.note(f"\nStopped. Job {job.id} is kept: run the same command again to go on.")
        raise
    ended = await asyncio.to_thread(house.jobs.get, LOCAL_OWNER, job.id)
    if ended.status is Status.COMPLETED:
        return ended
    screen.note(f"\n`maquette jobs show {job.id}` tells more; the same command again goes on where it stopped.")
    error = ended.error
    if error is None:
        raise Refused("illegal_move", f"The job is {ended.status}.", f"maquette jobs resume {job.id}")
    raise Permanent(error.code, error.message, error.hint)
