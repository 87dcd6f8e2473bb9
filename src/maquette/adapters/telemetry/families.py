"""The database's figures as families of metrics. The names are a promise to whoever wrote an alert on them.

They are gauges, tallies too: when jobs are deleted a tally falls, which a counter must not. ``delta`` is to them what
``increase`` is to a counter, and no restart resets them.
"""

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from maquette.ports.statistics import DURATIONS_S, Statistics

Row = tuple[Sequence[str], float]


def of_statistics(seen: Statistics) -> Iterator[Metric]:
    """Every family."""
    yield from _jobs(seen)
    yield from _fleet(seen)
    yield from _stages(seen)
    yield from _kept(seen)


def _jobs(seen: Statistics) -> Iterator[Metric]:
    yield _gauge(
        "maquette_jobs", "Jobs by status.", ["pipeline", "status"],
        (((row.pipeline, row.status), row.count) for row in seen.jobs),
    )  # fmt: skip
    yield _gauge(
        "maquette_jobs_waiting", "Jobs that wait for somebody, by reason.", ["reason"],
        (((row.reason,), row.count) for row in seen.waiting),
    )  # fmt: skip


def _fleet(seen: Statistics) -> Iterator[Metric]:
    yield _gauge(
        "maquette_queue_jobs", "What waits for a worker.", ["queue"],
        (((row.queue,), row.count) for row in seen.queues),
    )  # fmt: skip
    yield _gauge(
        "maquette_queue_oldest_seconds", "How long the oldest of them has been waiting.", ["queue"],
        (((row.queue,), row.oldest_s) for row in seen.queues),
    )  # fmt: skip
    yield _gauge(
        "maquette_queue_paused", "Whether an operator paused the queue.", ["queue"],
        (((row.queue,), row.paused) for row in seen.queues),
    )  # fmt: skip
    yield _gauge(
        "maquette_workers", "Workers; one of several queues counts for each.", ["queue", "state"],
        (((row.queue, row.state), row.count) for row in seen.workers),
    )  # fmt: skip
    yield _gauge(
        "maquette_worker_silence_seconds", "Seconds since the last sign of life, of the most silent worker.",
        ["queue", "state"], (((row.queue, row.state), row.silence_s) for row in seen.workers),
    )  # fmt: skip


def _stages(seen: Statistics) -> Iterator[Metric]:
    yield _gauge(
        "maquette_stage_tries", "Tries of stages by how they stand; `none` is a stage without an engine.",
        ["stage", "engine", "outcome"], (((row.stage, row.engine, row.outcome), row.count) for row in seen.tries),
    )  # fmt: skip
    yield _durations(seen)
    yield _gauge(
        "maquette_stage_failures", "Tries that failed, by error code.", ["stage", "code"],
        (((row.stage, row.code), row.count) for row in seen.failures),
    )  # fmt: skip
    yield _gauge(
        "maquette_stage_reused", "Stages that took over an earlier output.", ["stage"],
        (((row.stage,), row.count) for row in seen.reuses),
    )  # fmt: skip
    yield _gauge(
        "maquette_stage_saved_seconds", "Working time that reuse saved.", ["stage"],
        (((row.stage,), row.saved_s) for row in seen.reuses),
    )  # fmt: skip


def _kept(seen: Statistics) -> Iterator[Metric]:
    yield _gauge("maquette_assets", "Assets.", ["role"], (((row.role,), row.count) for row in seen.stored))
    yield _gauge(
        "maquette_asset_bytes", "Bytes of assets; those that share a file count each.", ["role"],
        (((row.role,), row.bytes) for row in seen.stored),
    )  # fmt: skip
    yield _gauge("maquette_projects", "Projects.", ["kind"], (((row.kind,), row.count) for row in seen.projects))


def _durations(seen: Statistics) -> Metric:
    family = HistogramMetricFamily(
        "maquette_stage_duration_seconds", "Duration of the tries that succeeded.", labels=["stage", "engine"]
    )
    for row in seen.times:
        buckets = [(str(bound), float(count)) for bound, count in zip(DURATIONS_S, row.within, strict=True)]
        family.add_metric([row.stage, row.engine], [*buckets, ("+Inf", float(row.count))], row.seconds)
    return family


def _gauge(name: str, help_text: str, labels: list[str], rows: Iterable[Row]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=labels)
    for values, value in rows:
        family.add_metric(list(values), value)
    return family
