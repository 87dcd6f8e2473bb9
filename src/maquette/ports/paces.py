"""What stages took lately, and how much work there is: what a time of arrival is told from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

RECENT = 25
"""How many of the newest runs of a stage with one engine count."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What the newest successful runs of a stage with one engine took: the median of ``count`` of them, in seconds."""

    stage: str
    engine: str | None
    seconds: float
    count: int
    newest: datetime


@dataclass(frozen=True, slots=True)
class Load:
    """The work that there is. ``jobs`` counts those pending and at work by pipeline, ``working`` those at work alone.

    ``slots`` is how many jobs the living workers take at a time, 0 while the queue of jobs is paused.
    """

    jobs: Mapping[str, int]
    working: int
    slots: int


class PaceReader(Protocol):
    """Reads both. Blocks."""

    def paces(self) -> tuple[Pace, ...]:
        """Takes a time that grows with the number of stages ever run: ask rarely."""
        ...

    def load(self) -> Load: ...
