"""Costs, usage and estimates on the wire. Money is in US dollars; null is a sum that nobody can say."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from maquette.api.schemas.common import Answer, Instant
from maquette.app.costs import JobCosts, Usage
from maquette.app.offers import Offer
from maquette.app.quotes import StageQuote
from maquette.domain.calls import ProviderCall
from maquette.domain.hosting import Billed, CallState
from maquette.domain.money import Price, Range
from maquette.domain.states import Stage
from maquette.ports.costs import ESTIMATED, CostSum, EngineUse


class Grouping(StrEnum):
    """What costs are listed by: single commissions, or sums."""

    CALL = "call"
    DAY = "day"
    ENGINE = "engine"
    JOB = "job"


class PriceOut(Answer):
    """What one unit cost on the day when the price was read."""

    usd: float
    unit: str
    at: date

    @classmethod
    def of(cls, price: Price) -> "PriceOut":
        """As configured."""
        return cls(usd=price.usd, unit=price.unit, at=price.at)


class CostOut(Answer):
    """One commission to a provider. `reserved_usd` counts while it is open, or while nobody knows whether it is paid.

    `estimated`: the provider did not say what it took; the cost is the middle of what its list says.
    """

    id: str
    at: Instant
    ended_at: Instant | None
    job_id: str
    batch_id: str | None
    task_id: str | None
    stage: Stage
    attempt: int
    engine: str
    capability: str
    state: CallState
    external_id: str | None
    cost_usd: float | None
    reserved_usd: float | None
    units: float | None
    unit: str
    billed: Billed
    estimated: bool
    price_at: str | None
    is_test: bool

    @classmethod
    def of(cls, call: ProviderCall) -> "CostOut":
        """As its owner sees it."""
        held = call.is_open or (call.cost_usd is None and call.billed is Billed.UNKNOWN)
        own = ("at", "reserved_usd", "estimated")
        told = {name: getattr(call, name) for name in cls.model_fields if name not in own}
        also = {"at": call.created_at, "reserved_usd": call.reserved_usd if held else None}
        return cls.model_validate(told | also | {"estimated": bool(call.response.get(ESTIMATED))})


class CostSumOut(Answer):
    """Some commissions together: those of the day, the engine or the job that `key` names.

    `unknown` counts ended ones whose cost nobody can say: it is not in `cost_usd`.
    """

    key: str
    since: Instant
    calls: int
    succeeded: int
    cost_usd: float
    reserved_usd: float
    unknown: int

    @classmethod
    def of(cls, one: CostSum) -> "CostSumOut":
        """As summed."""
        outlay = one.outlay
        return cls(
            key=one.key,
            since=one.since,
            calls=one.calls,
            succeeded=one.succeeded,
            cost_usd=outlay.cost_usd,
            reserved_usd=outlay.reserved_usd,
            unknown=outlay.unknown,
        )


class CostPage(Answer):
    """Some of the commissions, or of the sums, newest first; the three totals are over all that was asked about."""

    by: Grouping
    items: list[CostOut] | list[CostSumOut]
    cost_usd: float
    reserved_usd: float
    unknown: int
    next_cursor: str | None


class JobCostsOut(Answer):
    """What a job has cost up to now. `budget_usd` is the lower of its own and the operator's."""

    job_id: str
    estimate_usd: float | None
    cost_usd: float
    reserved_usd: float
    unknown: int
    budget_usd: float | None
    items: list[CostOut]

    @classmethod
    def of(cls, costs: JobCosts) -> "JobCostsOut":
        """As its owner sees it."""
        return cls(
            job_id=costs.job.id,
            estimate_usd=costs.job.estimate_usd,
            cost_usd=costs.outlay.cost_usd,
            reserved_usd=costs.outlay.reserved_usd,
            unknown=costs.outlay.unknown,
            budget_usd=costs.limit,
            items=[CostOut.of(call) for call in costs.calls],
        )


class EngineUseOut(Answer):
    """What one engine did. `units` are the provider's own, by name."""

    engine: str
    hosted: bool
    tries: int
    succeeded: int
    seconds: float
    units: dict[str, float]
    cost_usd: float

    @classmethod
    def of(cls, use: EngineUse) -> "EngineUseOut":
        """As counted."""
        told = {name: getattr(use, name) for name in cls.model_fields}
        return cls.model_validate(told | {"units": dict(use.units)})


class UsageOut(Answer):
    """What you used in the time. `assets` and `bytes` are what is kept now. `day_left_usd` is what everybody together
    may still spend today (UTC), null where there is no such limit."""

    since: Instant | None
    until: Instant | None
    jobs: dict[str, int]
    engines: list[EngineUseOut]
    cost_usd: float
    reserved_usd: float
    unknown: int
    assets: int
    bytes: int
    day_usd: float | None
    day_left_usd: float | None

    @classmethod
    def of(cls, usage: Usage, since: datetime | None, until: datetime | None) -> "UsageOut":
        """As its owner sees it."""
        use = usage.use
        return cls(
            since=since,
            until=until,
            jobs=dict(use.jobs),
            engines=[EngineUseOut.of(one) for one in use.engines],
            cost_usd=use.outlay.cost_usd,
            reserved_usd=use.outlay.reserved_usd,
            unknown=use.outlay.unknown,
            assets=use.assets,
            bytes=use.bytes,
            day_usd=usage.day_usd,
            day_left_usd=usage.day_left_usd,
        )


class RangeOut(Answer):
    """At least and at most so many US dollars."""

    low_usd: float
    high_usd: float

    @classmethod
    def of(cls, cost: Range | None) -> "RangeOut | None":
        """None stays None."""
        return cls(low_usd=cost.low, high_usd=cost.high) if cost else None


class StageQuoteOut(Answer):
    """What one stage costs, whichever of `engines` does it; they are tried in this order. `hint` says what lacks."""

    stage: Stage
    engines: list[str]
    hosted: bool
    cost: RangeOut | None
    prices: list[PriceOut]
    hint: str

    @classmethod
    def of(cls, quote: StageQuote) -> "StageQuoteOut":
        """As reckoned."""
        return cls(
            stage=quote.stage,
            engines=list(quote.engines),
            hosted=quote.hosted,
            cost=RangeOut.of(quote.cost),
            prices=[PriceOut.of(price) for price in quote.prices],
            hint=quote.hint,
        )


class EstimateOut(Answer):
    """What a job would cost if nothing can be taken over from an earlier one. `seconds` is null where a stage never ran
    here. `waits`: the job would have to wait for a higher budget; `obstacle` says why."""

    pipeline: str
    cost: RangeOut | None
    seconds: Annotated[float, Field(ge=0)] | None
    waits: bool
    obstacle: str
    stages: list[StageQuoteOut]

    @classmethod
    def of(cls, pipeline: str, offer: Offer) -> "EstimateOut":
        """As reckoned."""
        stages: Sequence[StageQuote] = offer.quote.stages
        return cls(
            pipeline=pipeline,
            cost=RangeOut.of(offer.quote.cost),
            seconds=offer.seconds,
            waits=not offer.verdict.may,
            obstacle=offer.obstacle,
            stages=[StageQuoteOut.of(stage) for stage in stages],
        )
