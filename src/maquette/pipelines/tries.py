"""What a job and its tasks say to whoever tries a stage of it."""

from maquette.domain.errors import Temporary
from maquette.domain.jobs import Job, Task, TaskStatus
from maquette.domain.states import ENDED, STAGE_ORDER, Stage, Status
from maquette.pipelines.outcome import WAITING, Stopped
from maquette.ports.stores import Transaction

BACKOFF_S = (2.0, 10.0, 30.0)
"""Seconds before the second, third and fourth try of a stage that failed for a passing reason."""


def is_over(job: Job, attempt: int, leg: int | None = None) -> bool:
    """Whether nobody is to work on the attempt any more, or not now; nobody of its ``leg``, where one is named."""
    is_past = job.attempt != attempt or (leg is not None and job.leg != leg)
    return is_past or job.status in ENDED or job.status is Status.WAITING


def has_ended(tx: Transaction, task: Task) -> bool:
    """Ends the task, unless a commit whose answer was lost did so before.

    Another worker may have given it up: then it counts no more.
    """
    if tx.tasks.end(task):
        return False
    known = {other.id: other.status for other in tx.tasks.of_job(task.job_id)}
    if known.get(task.id) is not task.status:
        raise Stopped
    return True


def is_done(task: Task, cache_key: str) -> bool:
    """Whether this very work is done. One that asked a person asks again."""
    return task.status is TaskStatus.FINISHED and task.cache_key == cache_key and WAITING not in task.data


def is_of(task: Task, attempt: int, stage: Stage) -> bool:
    """Whether it is a try of that stage in that attempt."""
    return task.attempt == attempt and task.stage is stage


def stage_shown(job: Job, stage: Stage) -> Stage:
    """The stage that the job shows: a retry that still gathers earlier outputs stays where it failed."""
    if job.stage is not None and STAGE_ORDER[stage] < STAGE_ORDER[job.stage]:
        return job.stage
    return stage


def delay_before(error: Exception, number: int) -> float:
    """Seconds until the next try, after the ``number``-th (from 1) went wrong for a passing reason."""
    asked = error.retry_after if isinstance(error, Temporary) else None
    return asked if asked is not None else BACKOFF_S[min(number, len(BACKOFF_S)) - 1]
