"""How much longer a job will take, from what the same stages took here lately."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from maquette.domain.approvals import MANUAL
from maquette.domain.jobs import Job, Task, TaskStatus
from maquette.domain.states import STAGE_ORDER, Stage, Status
from maquette.pipelines.catalog import CATALOG, ENGINE_SETTINGS
from maquette.ports.clock import Clock
from maquette.ports.paces import Load, Pace, PaceReader

PACES_KEPT_S = 60.0
"""How long one look at what stages took serves: it is costly."""
LOAD_KEPT_S = 2.0
"""The same for what there is to do, so that a list of jobs asks once."""


class Estimates:
    """Blocking: call it from a thread in an event loop."""

    def __init__(self, reader: PaceReader, clock: Clock) -> None:
        self._clock = clock
        self._paces = _Kept(reader.paces, PACES_KEPT_S, clock)
        self._load = _Kept(reader.load, LOAD_KEPT_S, clock)

    def seconds(self, job: Job, queue_position: int | None = None, tasks: Sequence[Task] = ()) -> float | None:
        """Until the job has ended or waits for a person: the stages that are left, and the wait for its turn.

        A stage counts with the median of its newest runs with the engine that the job names, or else the one that ran
        last. ``tasks`` are the job's: what its present stage has taken already is taken off. None for a job that waits
        or has ended, where a stage that is left never ran here, and while no worker takes jobs.
        """
        if job.status not in (Status.PENDING, Status.PROCESSING):
            return None
        load = self._load.now()
        own = self._sum(_left(job), job)
        wait = self._wait(load, queue_position) if queue_position is not None else 0.0
        if own is None or wait is None or not load.slots:
            return None
        return round(max(0.0, own - self._done(job, tasks)) + wait, 3)

    def eta(self, job: Job, queue_position: int | None = None, tasks: Sequence[Task] = ()) -> datetime | None:
        """The same as a time."""
        seconds = self.seconds(job, queue_position, tasks)
        return None if seconds is None else self._clock.now() + timedelta(seconds=seconds)

    def _wait(self, load: Load, position: int) -> float | None:
        """Slots get free one by one, each for the next in line, at the mean pace of the jobs that are at hand."""
        before = position - max(0, load.slots - load.working)
        if before <= 0 or not load.slots:
            return 0.0
        times = [(self._sum(CATALOG[name].pipeline.stages), count) for name, count in load.jobs.items()]
        known = [(time, count) for time, count in times if time is not None]
        if len(known) < len(times):
            return None
        return before / load.slots * sum(time * count for time, count in known) / sum(count for _, count in known)

    def _done(self, job: Job, tasks: Sequence[Task]) -> float:
        """What the present stage has taken of its usual time, no more than all of it."""
        running = [task for task in tasks if task.status is TaskStatus.RUNNING and task.stage is job.stage]
        usual = self._usual(job.stage, job) if job.stage and job.status is Status.PROCESSING else None
        if not running or usual is None:
            return 0.0
        return min(usual, max(0.0, (self._clock.now() - running[-1].started_at).total_seconds()))

    def _sum(self, stages: Sequence[Stage], job: Job | None = None) -> float | None:
        times = [self._usual(stage, job) for stage in stages]
        known = [time for time in times if time is not None]
        return sum(known) if len(known) == len(times) else None

    def _usual(self, stage: Stage, job: Job | None) -> float | None:
        spec = CATALOG[job.pipeline].spec(stage) if job else None
        wanted = job.settings.get(ENGINE_SETTINGS[spec.capability]) if job and spec and spec.capability else None
        fitting = [pace for pace in self._paces.now() if pace.stage == stage and wanted in (None, pace.engine)]
        return max(fitting, key=_newest).seconds if fitting else None


def _newest(pace: Pace) -> datetime:
    return pace.newest


def _left(job: Job) -> list[Stage]:
    """The stages up to the end, or to where the job is sure to wait for a person."""
    return list(_until_rest(job))


def _until_rest(job: Job) -> Iterator[Stage]:
    asks = job.settings.get("approve") == MANUAL and not any(given.decision for given in job.inputs)
    for stage in CATALOG[job.pipeline].pipeline.stages:
        if job.stage is None or STAGE_ORDER[stage] >= STAGE_ORDER[job.stage]:
            yield stage
            if stage in job.hold_after or (stage is Stage.APPROVING and asks):
                return


T = TypeVar("T")


class _Kept(Generic[T]):
    """What was read, for a while."""

    def __init__(self, read: Callable[[], T], seconds: float, clock: Clock) -> None:
        self._read = read
        self._seconds = seconds
        self._clock = clock
        self._seen: tuple[float, T] | None = None

    def now(self) -> T:
        now, seen = self._clock.monotonic(), self._seen
        if seen is None or now - seen[0] > self._seconds:
            seen = self._seen = (now, self._read())
        return seen[1]
