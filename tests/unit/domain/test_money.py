"""Money: estimates hold the truth, budgets are never passed, and what is unknown stays unknown."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maquette.domain.hosting import Amount, Spread
from maquette.domain.money import (
    NOTHING,
    Budget,
    Limit,
    Price,
    Range,
    Spent,
    day_of,
    estimate,
    hint,
    judge,
    settle,
    told,
    total,
    usd,
)

CREDIT = Price("credit", 0.02, date(2026, 11, 1))
units = st.floats(0, 10_000, allow_nan=False)
prices = st.floats(0, 1000, allow_nan=False).map(lambda value: Price("credit", value, CREDIT.at))
limits = st.none() | st.floats(0, 500, allow_nan=False)


@st.composite
def spreads(draw: st.DrawFn) -> Spread:
    low, high = sorted((draw(units), draw(units)))
    return Spread(low, high, "credit")


def test_a_spread_times_a_price_is_a_range_of_dollars() -> None:
    assert estimate(Spread(5, 35, "credit"), CREDIT) == Range(0.1, 0.7)
    assert estimate(Spread(35, 5, "credit"), CREDIT) == Range(0.1, 0.7)
    assert estimate(None, None, charges=False) == NOTHING
    assert estimate(Spread(0, 0, "credit"), None) == NOTHING


@pytest.mark.parametrize("price", [None, Price("token", 1.0, CREDIT.at)])
def test_without_a_price_for_the_unit_the_cost_is_unknown_and_not_nothing(price: Price | None) -> None:
    assert estimate(Spread(5, 35, "credit"), price) is None
    assert settle(Amount(5, "credit"), None, price).usd is None
    assert settle(None, Spread(5, 35, "credit"), price).usd is None
    assert estimate(None, CREDIT) is None


def test_what_the_provider_says_counts_else_the_middle_of_its_list() -> None:
    said = settle(Amount(20, "credit"), Spread(5, 35, "credit"), CREDIT)
    assert (said.usd, said.units, said.unit, said.estimated) == (0.4, 20, "credit", False)
    silent = settle(None, Spread(5, 35, "credit"), CREDIT)
    assert (silent.usd, silent.units, silent.estimated) == (0.4, 20, True)
    assert settle(None, None, CREDIT) == settle(None, None, None)
    assert (settle(None, None, CREDIT).usd, settle(None, None, CREDIT).estimated) == (None, True)


def test_one_that_charges_nothing_costs_nothing_whatever_it_says() -> None:
    assert settle(None, None, None, charges=False).usd == 0.0
    assert not settle(None, None, None, charges=False).estimated
    assert settle(Amount(3.5, "second"), None, None, charges=False).usd == 0.0


@given(spreads(), prices, st.floats(0, 1))
def test_a_cost_within_the_list_is_within_the_estimate(spread: Spread, price: Price, share: float) -> None:
    expected = estimate(spread, price)
    assert expected is not None
    took = min(spread.high, max(spread.low, spread.low + share * (spread.high - spread.low)))
    for settled in (settle(Amount(took, "credit"), spread, price), settle(None, spread, price)):
        assert settled.usd is not None
        assert settled.usd in expected


@given(st.lists(st.tuples(spreads(), prices), max_size=40), limits, limits, limits)
def test_no_limit_is_ever_passed_however_much_is_asked_for(
    orders: list[tuple[Spread, Price]], job: float | None, batch: float | None, day: float | None
) -> None:
    """Each commission that is allowed costs its most in the end, which is the worst that can happen."""
    budget, gone = Budget(job, batch, day), 0.0
    for spread, price in orders:
        expected = estimate(spread, price)
        verdict = judge(expected, Spent(gone, gone, gone), budget)
        assert verdict.may == (verdict.limit is None)
        if verdict.may:
            assert expected is not None and verdict.reserve == expected.high
            gone = usd(gone + expected.high)
    for limit in (job, batch, day):
        assert limit is None or gone <= limit + 1e-6


@pytest.mark.parametrize(
    ("spent", "budget", "limit"),
    [
        (Spent(job=0.5), Budget(job=1.0), Limit.JOB),
        (Spent(batch=9.5), Budget(job=1.0, batch=10.0), Limit.BATCH),
        (Spent(day=99.5), Budget(batch=10.0, day=100.0), Limit.DAY),
        (Spent(day=99.3), Budget(batch=10.0, day=100.0), None),
        (Spent(1e6, 1e6, 1e6), Budget(), None),
    ],
)
def test_each_limit_holds_by_itself(spent: Spent, budget: Budget, limit: Limit | None) -> None:
    verdict = judge(Range(0.1, 0.7), spent, budget)
    assert (verdict.limit, verdict.reserve) == (limit, 0.7 if limit is None else 0.0)
    assert bool(told(verdict, Range(0.1, 0.7))) is (limit is not None)


def test_a_limit_may_be_reached_exactly() -> None:
    assert judge(Range(0.1, 0.1), Spent(day=0.2), Budget(day=0.3)).may
    assert not judge(Range(0.1, 0.100001), Spent(day=0.2), Budget(day=0.3)).may


def test_what_cannot_be_priced_waits_where_there_is_a_limit_and_only_there() -> None:
    assert judge(None, Spent(), Budget()).may
    held = judge(None, Spent(), Budget(day=5))
    assert (held.limit, held.allowed) == (Limit.UNKNOWN, 5)
    assert "unknown" in told(held, None)
    assert "[prices.meshy]" in hint(Limit.UNKNOWN, "meshy")


def test_what_costs_nothing_goes_on_when_all_is_spent() -> None:
    assert judge(NOTHING, Spent(9, 9, 9), Budget(1, 1, 1)).may


def test_the_lower_of_two_budgets_of_a_job_holds() -> None:
    assert Budget(job=2.0, day=9.0).of_job(0.5) == Budget(job=0.5, day=9.0)
    assert Budget(job=2.0).of_job(5.0).job == 2.0
    assert Budget().of_job(0.0).job == 0.0
    assert Budget().of_job(None).job is None


@pytest.mark.parametrize("limit", list(Limit))
def test_every_limit_says_what_lets_it_go_on(limit: Limit) -> None:
    assert hint(limit, "meshy").endswith(("job.", "it.", "first."))


def test_a_day_begins_at_midnight_utc_wherever_the_clock_stands() -> None:
    east = timezone(timedelta(hours=9))
    assert day_of(datetime(2026, 11, 22, 3, tzinfo=east)) == datetime(2026, 11, 21, tzinfo=UTC)


def test_an_estimate_with_an_unknown_part_is_unknown() -> None:
    assert total([]) == NOTHING
    assert total([Range(0.1, 0.2), Range(0.2, 0.3)]) == Range(0.3, 0.5)
    assert total([Range(0.1, 0.2), None]) is None
