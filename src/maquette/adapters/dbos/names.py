"""What the engine calls things in its database (names that jobs in flight refer to, so they never change)."""

from maquette.domain.fleet import Queue
from maquette.domain.jobs import Job

APPLICATION = "maquette"
QUEUE = "pipelines"
QUEUES = {Queue.CPU: QUEUE, Queue.GPU: "gpu", Queue.NET: "net"}
WALK = "maquette.walk"
STAGE = "maquette.stage"

WALK_VERSION = "walk-1"
"""Stands for the order of the steps in ``pipelines.runner.walk``, which a job in flight is replayed against. It must
not follow Maquette's own version: an update would strand every job that was under way."""

RECOVERIES = 5
"""How often a job is taken up after a crash before somebody asks whether it is what crashes us."""


def workflow_id(job: Job) -> str:
    """One workflow for each leg of each attempt."""
    leg = f".{job.leg}" if job.leg else ""
    return f"{job.id}:{job.attempt}{leg}"


def place(job: Job) -> int:
    """The job's place in the queue."""
    return ranked(job.priority, job.turn)


def ranked(priority: int, turn: int) -> int:
    """A place in the queue: the library takes the smallest positive 32-bit number first.

    A greater ``priority`` (-100 to 100) goes first, then the smaller ``turn``.
    """
    level = _PRIORITIES - min(max(priority, -_PRIORITIES), _PRIORITIES)
    return level * _TURNS + min(turn, _TURNS - 1) + 1


_PRIORITIES = 100
_TURNS = 10_000_000
