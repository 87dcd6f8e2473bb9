"""Which engine tries a stage, and which kind of worker runs it."""

from typing import Protocol

from maquette.domain.errors import MaquetteError
from maquette.domain.fleet import Queue
from maquette.domain.jobs import Job, Task
from maquette.domain.states import Stage
from maquette.pipelines.catalog import ENGINE_SETTINGS, spec_of
from maquette.pipelines.outcome import Errand
from maquette.pipelines.stage import StageSpec
from maquette.pipelines.troubles import CallFailed
from maquette.ports.engines import Capability, EngineRecord, EngineShelf


def choose_next(shelf: EngineShelf, capability: Capability, job: Job, passed: frozenset[str]) -> EngineRecord:
    """Of the engines that the job or the operator listed the first that was not passed over; else the first.

    Raises as ``EngineShelf.choose``.
    """
    wanted = job.settings.get(ENGINE_SETTINGS[capability])
    if not passed:
        return shelf.choose(capability, wanted)
    line = shelf.order_of(capability, wanted)
    return next((record for record in line if record.name not in passed), line[0])


class Course(Protocol):
    """What was tried before."""

    def job(self, job_id: str) -> Job: ...

    def passed_over(self, job: Job, stage: Stage) -> frozenset[str]: ...


class Planner:
    """Plans with the engines of all machines. Blocking."""

    def __init__(self, course: Course, fleet: EngineShelf) -> None:
        self._course = course
        self._fleet = fleet

    def planned(self, job: Job, stage: Stage) -> str | Errand:
        """A stage as a walk is told of it. An engine that cannot be had now is told by the stage, when it is tried."""
        capability = spec_of(job.pipeline, stage).capability
        if capability is None:
            return stage.value
        record = self._next(job, capability, self._course.passed_over(job, stage))
        return stage.value if record is None else _sent_to(record, job, stage)

    def instead(self, task: Task, spec: StageSpec, failure: Exception) -> str | Errand | None:
        """The next engine of the list, after a failure that another may not have."""
        if not (isinstance(failure, CallFailed) and failure.elsewhere and spec.capability and task.engine):
            return None
        job = self._course.job(task.job_id)
        passed = self._course.passed_over(job, spec.stage) | {task.engine}
        following = self._next(job, spec.capability, passed)
        return None if following is None or following.name in passed else _sent_to(following, job, spec.stage)

    def _next(self, job: Job, capability: Capability, passed: frozenset[str]) -> EngineRecord | None:
        try:
            return choose_next(self._fleet, capability, job, passed)
        except MaquetteError as error:
            if error.code == "not_ready":
                raise
            return None


def _sent_to(record: EngineRecord, job: Job, stage: Stage) -> str | Errand:
    """A name for whoever walks, an errand for another kind of worker."""
    info = record.info
    if info is None or info.queue is Queue.CPU:
        return stage.value
    return Errand(stage=stage.value, queue=info.queue.value, engine=info.name, priority=job.priority, turn=job.turn)
