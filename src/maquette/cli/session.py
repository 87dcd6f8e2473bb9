"""Stays with a job until it rests, and says how to go on when the person leaves or the job fails."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from maquette.cli.follow import follow
from maquette.cli.screen import Screen
from maquette.domain.errors import Permanent, Refused
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Event, Job
from maquette.domain.states import Status, WaitingFor

if TYPE_CHECKING:
    from maquette.bootstrap import Maquette


def _at_rest(job: Job) -> Refused:
    if job.waiting_for is WaitingFor.APPROVAL:
        return Refused("illegal_move", "The job waits for approval.", f"maquette jobs approve {job.id}")
    if job.waiting_for is WaitingFor.UNCERTAIN:
        message = "Nobody knows whether a provider was given the work."
        return Refused("illegal_move", message, f"maquette jobs calls {job.id}")
    if job.waiting_for is WaitingFor.BUDGET:
        hint = f"maquette jobs resume {job.id} --budget USD"
        return Refused("illegal_move", "More would be spent than is allowed.", hint)
    return Refused("illegal_move", f"The job is {job.status}.", f"maquette jobs resume {job.id}")


async def attend(house: "Maquette", screen: Screen, job: Job, show: Callable[[Event], None]) -> Job:
    """The completed job. Raises the job's own error when it failed, ``canceled`` when somebody canceled it."""
    ended = await attend_to_rest(house, screen, job, show)
    if ended.status is Status.COMPLETED:
        return ended
    raise _at_rest(ended)


async def attend_to_rest(house: "Maquette", screen: Screen, job: Job, show: Callable[[Event], None]) -> Job:
    """The job that has completed, or waits for approval. Raises otherwise, as ``attend`` does."""
    if not house.works:
        screen.note(f"A server works on {house.settings.data} already: the job is in its queue.")
    try:
        await follow(house, [job], show)
    except asyncio.CancelledError:
        screen.note(f"\nStopped. Job {job.id} is kept: run the same command again to go on.")
        raise
    ended = await asyncio.to_thread(house.jobs.get, LOCAL_OWNER, job.id)
    if ended.status is Status.COMPLETED or ended.waiting_for is WaitingFor.APPROVAL:
        return ended
    screen.note(f"\n`maquette jobs show {job.id}` tells more; the same command again goes on where it stopped.")
    error = ended.error
    if error is None:
        raise _at_rest(ended)
    raise Permanent(error.code, error.message, error.hint)
