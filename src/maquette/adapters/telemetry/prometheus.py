"""Figures in the Prometheus text format.

What the database knows is asked for at the moment of a scrape, so that every server process tells the same; scrapes
that follow each other closely share one look. What only this process knows (requests, streams, memory) is its own.
"""

import platform
import threading
from collections.abc import Callable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from maquette.adapters.telemetry.families import of_statistics
from maquette.adapters.telemetry.requests import LATENCIES_S, Requests
from maquette.domain.errors import MaquetteError
from maquette.ports.clock import Clock
from maquette.ports.statistics import Statistics, StatisticsReader

FRESH_S = 5.0
"""Seconds for which one look at the database serves."""


class PrometheusMeter:
    """Implements ``Meter``. ``free_bytes`` says how much space the data folder's disk has."""

    def __init__(self, statistics: StatisticsReader, clock: Clock, free_bytes: Callable[[], int], version: str) -> None:
        self._requests = Requests()
        self._look = _Look(statistics, clock)
        self._registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._registry)
        self._registry.register(_Server(self._requests, free_bytes, version))
        self._registry.register(self._look)
        self.count = self._requests.count
        self._lock = threading.Lock()

    def stream(self, change: int) -> None:
        """Counts open streams."""
        self._requests.streams += change

    def lag(self, seconds: float) -> None:
        """Keeps the worst until the next scrape."""
        self._requests.worst_lag = max(self._requests.worst_lag, seconds)

    def text(self) -> bytes:
        """Scrapes at the same time wait for each other instead of asking the database twice."""
        with self._lock:
            return generate_latest(self._registry)


class _Look(Collector):
    """The database's figures, and whether it answers at all."""

    def __init__(self, reader: StatisticsReader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._seen: Statistics | None = None
        self._at = 0.0

    def collect(self) -> Iterator[Metric]:
        """Old figures are no figures: without a database there are none."""
        if self._seen is None or self._clock.monotonic() - self._at > FRESH_S:
            self._seen = self._read()
            self._at = self._clock.monotonic()
        answers = GaugeMetricFamily("maquette_database_up", "Whether the database answered the last time it was asked.")
        answers.add_metric([], 0 if self._seen is None else 1)
        yield answers
        if self._seen is not None:
            yield from of_statistics(self._seen)

    def _read(self) -> Statistics | None:
        try:
            return self._reader.read()
        except MaquetteError:
            return None


class _Server(Collector):
    """This process's figures."""

    def __init__(self, requests: Requests, free_bytes: Callable[[], int], version: str) -> None:
        self._requests = requests
        self._free_bytes = free_bytes
        self._version = version

    def collect(self) -> Iterator[Metric]:
        build = InfoMetricFamily("maquette_build", "The version that runs.")
        build.add_metric([], {"version": self._version, "python": platform.python_version()})
        yield build
        yield from self._answers()
        yield _gauge("maquette_http_open_streams", "Event streams that are open.", self._requests.streams)
        lag = "The longest that the event loop kept somebody waiting since the last scrape."
        yield _gauge("maquette_event_loop_lag_seconds", lag, self._requests.take_lag())
        free = "Space on the disk of the data folder."
        yield _gauge("maquette_data_free_bytes", free, self._free_bytes())

    def _answers(self) -> Iterator[Metric]:
        total = CounterMetricFamily(
            "maquette_http_requests", "Requests that have ended.", labels=["route", "method", "status"]
        )
        times = HistogramMetricFamily(
            "maquette_http_request_duration_seconds",
            "How long requests took; a stream until it began.",
            labels=["route", "method", "status"],
        )
        # a copy: the event loop adds to it meanwhile
        for (route, method, hundreds), answers in list(self._requests.answers.items()):
            labels = [route, method, f"{hundreds}xx" if hundreds else "none"]
            within = list(accumulate(answers.counts))
            total.add_metric(labels, within[-1])
            bounds = [str(bound) for bound in LATENCIES_S] + ["+Inf"]
            times.add_metric(labels, list(zip(bounds, within, strict=True)), answers.seconds)
        yield total
        yield times


def _gauge(name: str, help_text: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, help_text)
    family.add_metric([], value)
    return family
