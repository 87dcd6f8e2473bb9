"""What work on other people's machines costs: an estimate before, the truth after, and how much may be spent.

Providers charge in units of their own; an operator writes down what one costs and when that was read (``Price``).
Nothing here knows a price. All sums are US dollars, rounded to a millionth.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from maquette.domain.hosting import Amount, Spread

_DIGITS = 6
_HAIR = 10**-_DIGITS / 2
"""Less than can be told apart once sums are rounded."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one unit of an engine, as somebody read it on a day."""

    unit: str
    usd: float
    at: date


@dataclass(frozen=True, slots=True)
class Range:
    """At least and at most so many US dollars."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """Half-way between."""
        return usd((self.low + self.high) / 2)

    def __contains__(self, amount: object) -> bool:
        return isinstance(amount, int | float) and self.low - _HAIR <= amount <= self.high + _HAIR


NOTHING = Range(0.0, 0.0)
"""What local work costs."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a commission cost in the end. ``usd`` is None where nobody can say.

    ``estimated``: the provider did not tell what it took; this is the middle of what its list says.
    """

    usd: float | None
    units: float | None = None
    unit: str = ""
    estimated: bool = False


class Limit(StrEnum):
    """Which limit keeps a commission from being made."""

    JOB = "job"
    BATCH = "batch"
    DAY = "day"
    UNKNOWN = "unknown"
    """There is a limit, and nobody can say whether this would keep within it: no price is configured."""


@dataclass(frozen=True, slots=True)
class Budget:
    """US dollars that may be spent at most, by one job, one batch, and all on one day (UTC). None sets no limit."""

    job: float | None = None
    batch: float | None = None
    day: float | None = None

    def of_job(self, own: float | None) -> "Budget":
        """For a job that brought a limit of its own: the lower of the two holds."""
        given = [limit for limit in (self.job, own) if limit is not None]
        return Budget(min(given, default=None), self.batch, self.day)


@dataclass(frozen=True, slots=True)
class Spent:
    """What is gone already: costs that are settled, and what is reserved for commissions still open."""

    job: float = 0.0
    batch: float = 0.0
    day: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a commission may be made; ``reserve`` is then to be set aside for it. ``limit`` says what forbids it."""

    reserve: float
    limit: Limit | None = None
    allowed: float | None = None
    """The limit in US dollars."""

    @property
    def may(self) -> bool:
        """Whether it may be made."""
        return self.limit is None


def usd(amount: float) -> float:
    """Rounded, so that sums of the same costs are the same sums."""
    return round(amount, _DIGITS)


def estimate(spread: Spread | None, price: Price | None, *, charges: bool = True) -> Range | None:
    """What a commission will cost; None where nobody can say.

    ``charges``: its provider charges for work at all (``Abilities.cost_unit`` is not empty).
    """
    if not charges:
        return NOTHING
    if spread is None:
        return None
    if spread.low == spread.high == 0:
        return NOTHING
    if price is None or price.unit != spread.unit:
        return None
    return Range(usd(min(spread.low, spread.high) * price.usd), usd(max(spread.low, spread.high) * price.usd))


def settle(spent: Amount | None, spread: Spread | None, price: Price | None, *, charges: bool = True) -> Settled:
    """What a commission that the provider bills has cost: by what it says, else by the middle of its list."""
    if spent is not None:
        return Settled(_priced(spent, price, charges=charges), spent.units, spent.unit)
    expected = estimate(spread, price, charges=charges)
    if spread is None:
        return Settled(expected and expected.middle, estimated=charges)
    middle = (spread.low + spread.high) / 2
    return Settled(None if expected is None else expected.middle, middle, spread.unit, estimated=charges)


def total(parts: Iterable[Range | None]) -> Range | None:
    """Of several estimates; None where one of them is unknown."""
    known = list(parts)
    if any(part is None for part in known):
        return None
    ranges = [part for part in known if part is not None]
    return Range(usd(sum(part.low for part in ranges)), usd(sum(part.high for part in ranges)))


def judge(expected: Range | None, spent: Spent, budget: Budget) -> Verdict:
    """Whether a commission may be made. What it may cost at most counts, so that no limit is ever passed.

    What costs nothing is always allowed. What nobody can price is allowed only where there is no limit at all.
    """
    limits = ((Limit.JOB, spent.job, budget.job), (Limit.BATCH, spent.batch, budget.batch))
    limits = (*limits, (Limit.DAY, spent.day, budget.day))
    if expected is None:
        least = min((limit for _, _, limit in limits if limit is not None), default=None)
        return Verdict(0.0) if least is None else Verdict(0.0, Limit.UNKNOWN, least)
    if expected.high <= 0:
        return Verdict(0.0)
    for name, gone, limit in limits:
        if limit is not None and gone + expected.high > limit + _HAIR:
            return Verdict(0.0, name, limit)
    return Verdict(expected.high)


def day_of(moment: datetime) -> datetime:
    """When the day of a moment began, by the clock of UTC: from then on the day's limit counts."""
    return datetime.combine(moment.astimezone(UTC).date(), time.min, UTC)


def told(verdict: Verdict, expected: Range | None) -> str:
    """Why a commission may not be made, for the person who decides. Empty where it may."""
    match verdict.limit:
        case None:
            return ""
        case Limit.UNKNOWN:
            return f"The engine's price is unknown, and at most ${verdict.allowed:.2f} may be spent."
        case Limit.JOB | Limit.BATCH | Limit.DAY:
            cost = f"${expected.high:.2f}" if expected else "it"
            whole = {"job": "by this job", "batch": "by its batch", "day": "today"}[verdict.limit.value]
            return f"It may cost {cost}, and no more than ${verdict.allowed:.2f} may be spent {whole}."


def hint(limit: Limit, engine: str) -> str:
    """What lets the commission be made."""
    match limit:
        case Limit.UNKNOWN:
            return f"Set the price in [prices.{engine}], then resume the job."
        case Limit.JOB:
            return "Resume the job with a higher budget_usd; where job_usd of [budget] is lower, raise that first."
        case Limit.BATCH:
            return "Raise batch_usd in [budget], then resume the job."
        case Limit.DAY:
            return "Resume the job tomorrow (UTC), or raise day_usd in [budget] first."


def _priced(amount: Amount, price: Price | None, *, charges: bool) -> float | None:
    if not charges or amount.units == 0:
        return 0.0
    return usd(amount.units * price.usd) if price is not None and price.unit == amount.unit else None
