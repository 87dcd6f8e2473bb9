"""Costs: the ledger of what providers were paid, sums of it, what an owner used, and how engines did lately."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from maquette.domain import money
from maquette.domain.calls import Outlay, ProviderCall
from maquette.domain.errors import Refused
from maquette.domain.jobs import Job
from maquette.domain.money import Budget
from maquette.ports.clock import Clock
from maquette.ports.costs import By, CostReader, CostSum, Record, Use, Which
from maquette.ports.pages import Page
from maquette.ports.stores import Database

LATELY = timedelta(days=7)
KEPT_S = 60.0
"""How long one look at the engines' records serves: it is costly."""


@dataclass(frozen=True, slots=True)
class JobCosts:
    """What one job has cost up to now, in each commission."""

    job: Job
    outlay: Outlay
    limit: float | None
    """The lower of the job's own budget and the operator's, in US dollars."""
    calls: tuple[ProviderCall, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """What an owner used, and what may still be spent today by everybody."""

    use: Use
    day_usd: float | None
    day_left_usd: float | None


class Costs:
    """Blocking: call it from a thread in an event loop."""

    def __init__(self, reader: CostReader, database: Database, clock: Clock, budget: Budget) -> None:
        self._reader = reader
        self._db = database
        self._clock = clock
        self._budget = budget
        self._seen: tuple[float, Mapping[str, Record]] | None = None

    def calls(self, which: Which, cursor: str | None = None, limit: int = 50) -> Page[ProviderCall]:
        """Single commissions, newest first. Raises ``invalid_request`` for a cursor that is none."""
        return self._reader.calls(_checked(which), cursor, limit)

    def sums(self, which: Which, by: By, cursor: str | None = None, limit: int = 50) -> Page[CostSum]:
        """Sums, the one that began last first. Raises ``invalid_request`` for a cursor that is none."""
        return self._reader.sums(_checked(which), by, cursor, limit)

    def outlay(self, which: Which) -> Outlay:
        """All of them together."""
        return self._reader.outlay(_checked(which))

    def of_job(self, owner_id: str, job_id: str) -> JobCosts:
        """Raises ``not_found``."""
        with self._db.read() as tx:
            job = tx.jobs.get(job_id, owner_id)
            if job is None:
                raise Refused("not_found")
            calls = tx.calls.of_job(job_id)
            spent = tx.calls.spent(job_id=job_id)
        outlay = Outlay(money.usd(spent.cost_usd), money.usd(spent.reserved_usd), spent.unknown)
        return JobCosts(job, outlay, self._budget.of_job(job.budget_usd).job, calls)

    def usage(self, which: Which) -> Usage:
        """What the owner used in the time."""
        use = self._reader.use(_checked(which))
        if self._budget.day is None:
            return Usage(use, None, None)
        today = self._reader.outlay(Which(None, since=money.day_of(self._clock.now())))
        left = max(0.0, self._budget.day - today.cost_usd - today.reserved_usd)
        return Usage(use, self._budget.day, money.usd(left))

    def records(self) -> Mapping[str, Record]:
        """How engines did in the last seven days, by name."""
        now = self._clock.monotonic()
        if self._seen is None or now - self._seen[0] > KEPT_S:
            self._seen = (now, self._reader.records(self._clock.now() - LATELY))
        return self._seen[1]


def _checked(which: Which) -> Which:
    if which.since is not None and which.until is not None and which.since > which.until:
        raise Refused("invalid_request", "since lies after until.", "Exchange them.")
    return which
