"""How everything stands, in figures: what monitoring asks for every few seconds. Nobody's data is in it."""

from dataclasses import dataclass
from typing import Protocol

DURATIONS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
"""The upper bounds by which durations of stages are counted, in seconds."""


@dataclass(frozen=True, slots=True)
class JobCount:
    """Jobs of one pipeline in one status; deleted ones do not count."""

    pipeline: str
    status: str
    count: int


@dataclass(frozen=True, slots=True)
class WaitCount:
    """Jobs that wait for one reason."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class QueueLoad:
    """What waits in a queue for a worker, for how long the oldest has, and whether somebody paused the queue."""

    queue: str
    count: int
    oldest_s: float
    paused: bool


@dataclass(frozen=True, slots=True)
class WorkerCount:
    """Workers of one queue in one state, and how long the most silent of them has been silent."""

    queue: str
    state: str
    count: int
    silence_s: float


@dataclass(frozen=True, slots=True)
class TryCount:
    """Tries of one stage with one engine that ended in one way (or run)."""

    stage: str
    engine: str
    outcome: str
    count: int


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Durations of a stage's successful tries with one engine."""

    stage: str
    engine: str
    within: tuple[int, ...]
    """How many took no longer than each of ``DURATIONS_S``."""
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FailureCount:
    """Tries of a stage that failed with one code."""

    stage: str
    code: str
    count: int


@dataclass(frozen=True, slots=True)
class ReuseCount:
    """Stages that took over an earlier output, and the time that saved."""

    stage: str
    count: int
    saved_s: float


@dataclass(frozen=True, slots=True)
class StoredCount:
    """Assets of one role and their bytes; those that share a file count each."""

    role: str
    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class ProjectCount:
    """Projects of one kind."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """One look at the database."""

    jobs: tuple[JobCount, ...]
    waiting: tuple[WaitCount, ...]
    queues: tuple[QueueLoad, ...]
    workers: tuple[WorkerCount, ...]
    tries: tuple[TryCount, ...]
    times: tuple[StageTimes, ...]
    failures: tuple[FailureCount, ...]
    reuses: tuple[ReuseCount, ...]
    stored: tuple[StoredCount, ...]
    projects: tuple[ProjectCount, ...]


class StatisticsReader(Protocol):
    """Counts."""

    def read(self) -> Statistics:
        """Blocks, for a time that grows with the number of stages ever run: ask rarely.

        Raises ``not_ready`` when the database does not answer.
        """
        ...
