"""What work elsewhere has cost and how engines have done lately: sums over the ledger of commissions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from maquette.domain.calls import Outlay, ProviderCall
from maquette.ports.pages import Page

ESTIMATED = "cost_estimated"
"""Under this a commission's response says that its provider did not tell the cost."""


class By(StrEnum):
    """What costs are summed by."""

    DAY = "day"
    """A day of UTC, such as 2026-11-20."""
    ENGINE = "engine"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class Which:
    """Which commissions are asked about: those of an owner (None: of all), made since and before, of an engine or a
    job."""

    owner_id: str | None
    since: datetime | None = None
    until: datetime | None = None
    engine: str | None = None
    job_id: str | None = None


@dataclass(frozen=True, slots=True)
class CostSum:
    """Some commissions together. ``key`` is the day, the engine or the job; ``since`` when the first was made."""

    key: str
    calls: int
    succeeded: int
    outlay: Outlay
    since: datetime


@dataclass(frozen=True, slots=True)
class EngineUse:
    """What one engine did: tries of stages here, or commissions elsewhere.

    ``seconds`` are of work here, or between submit and delivery; ``units`` what providers counted, by their unit.
    """

    engine: str
    hosted: bool
    tries: int
    succeeded: int
    seconds: float
    units: Mapping[str, float] = field(default_factory=dict[str, float])
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Use:
    """What an owner used. ``jobs`` counts those made in the time by their status now; ``bytes`` is what lies here now,
    whenever it came."""

    jobs: Mapping[str, int]
    engines: tuple[EngineUse, ...]
    outlay: Outlay
    assets: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Record:
    """How an engine did lately. ``rate`` is the share of its tries that succeeded, ``median_s`` their usual time."""

    tries: int
    rate: float
    median_s: float | None


class CostReader(Protocol):
    """Reads; every call is one consistent look."""

    def calls(self, which: Which, cursor: str | None = None, limit: int = 50) -> Page[ProviderCall]:
        """Single commissions, newest first."""
        ...

    def sums(self, which: Which, by: By, cursor: str | None = None, limit: int = 50) -> Page[CostSum]:
        """Sums, the one that began last first."""
        ...

    def outlay(self, which: Which) -> Outlay:
        """All of them together."""
        ...

    def use(self, which: Which) -> Use:
        """What ``which.owner_id`` used in the time."""
        ...

    def records(self, since: datetime) -> Mapping[str, Record]:
        """By engine, over all owners; nobody's data is in it."""
        ...
