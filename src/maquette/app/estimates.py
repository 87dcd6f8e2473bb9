"""How much longer a job will take, from what the stages before it took here."""

from collections import defaultdict

from maquette.domain.fleet import Queue
from maquette.domain.jobs import Job
from maquette.domain.states import STAGE_ORDER, Stage, Status
from maquette.pipelines.catalog import CATALOG, ENGINE_SETTINGS, spec_of
from maquette.ports.clock import Clock
from maquette.ports.statistics import Statistics, StatisticsReader

KEPT_S = 60.0
"""How long one look at the statistics serves: it is costly."""


class Estimates:
    """Blocking: call it from a thread in an event loop."""

    def __init__(self, statistics: StatisticsReader, clock: Clock) -> None:
        self._statistics = statistics
        self._clock = clock
        self._seen: tuple[float, Statistics] | None = None

    def seconds(self, job: Job, queue_position: int | None = None) -> float | None:
        """The mean time of each stage that is left, and of the jobs in front in the queue, one by one for each worker.

        None for a job that waits for a person or has ended, and where a stage that is left never ran here.
        """
        if job.status not in (Status.PENDING, Status.PROCESSING):
            return None
        statistics = self._statistics_now()
        stages = CATALOG[job.pipeline].pipeline.stages
        left = [stage for stage in stages if job.stage is None or STAGE_ORDER[stage] >= STAGE_ORDER[job.stage]]
        own = _total(statistics, job, left)
        if own is None or queue_position is None:
            return own
        whole = _total(statistics, job, list(stages))
        workers = sum(one.count for one in statistics.workers if one.queue == Queue.CPU)
        return None if whole is None else own + (queue_position - 1) * whole / max(1, workers)

    def _statistics_now(self) -> Statistics:
        now = self._clock.monotonic()
        if self._seen is None or now - self._seen[0] > KEPT_S:
            self._seen = (now, self._statistics.read())
        return self._seen[1]


def _total(statistics: Statistics, job: Job, stages: list[Stage]) -> float | None:
    means = [_mean(statistics, job, stage) for stage in stages]
    known = [mean for mean in means if mean is not None]
    return round(sum(known), 3) if len(known) == len(means) else None


def _mean(statistics: Statistics, job: Job, stage: Stage) -> float | None:
    """With the engine that the job names, else over all engines."""
    capability = spec_of(job.pipeline, stage).capability
    engine = job.settings.get(ENGINE_SETTINGS[capability]) if capability else None
    sums: dict[str, float] = defaultdict(float)
    for times in statistics.times:
        if times.stage == stage and engine in (None, times.engine):
            sums["count"] += times.count
            sums["seconds"] += times.seconds
    return sums["seconds"] / sums["count"] if sums["count"] else None
