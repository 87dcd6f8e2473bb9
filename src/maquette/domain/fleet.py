"""The machines that work: queues, workers and how they stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Queue(StrEnum):
    """Where a stage's work waits for a worker that may do it."""

    CPU = "cpu"
    """Whole jobs and their stages on processor and memory."""
    GPU = "gpu"
    """Single stages that need a graphics card."""
    NET = "net"
    """Single stages that wait for somebody else's machine."""


class WorkerState(StrEnum):
    """How a worker stands."""

    RUNNING = "running"
    DRAINING = "draining"
    """It ends what it has begun and takes nothing new."""
    GONE = "gone"
    """It said goodbye, or its lease ran out: whatever it had is somebody else's now."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One process that works on jobs.

    ``beat`` is a counter that it raises every few seconds. Watchers time its silence with their own monotonic clocks:
    after ``lease_s`` seconds it counts as dead. ``seen_at`` is for people only. ``engines`` maps the names of the
    engines that are ready there to their facts.
    """

    id: str
    host: str
    pid: int
    version: str
    queues: tuple[str, ...]
    concurrency: int
    started_at: datetime
    seen_at: datetime
    engines: Mapping[str, Any] = field(default_factory=dict[str, Any])
    lease_s: float = 30.0
    state: WorkerState = WorkerState.RUNNING
    beat: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in a queue for a worker: how much, and since when the oldest."""

    count: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueueState:
    """What an operator decided about a queue."""

    name: Queue
    changed_at: datetime
    paused: bool = False
