"""What a provider bills lies within what its adapter said beforehand, in units and in dollars."""

from datetime import date
from pathlib import Path

import pytest

from commissions import carry
from conformance.subjects import SUBJECTS
from maquette.adapters.clocks import SystemClock
from maquette.adapters.outbound.fetcher import HttpxFetcher
from maquette.domain.money import Price, estimate, settle
from maquette.testing.hosting import Subject


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_the_cost_lies_within_the_estimate(subject: Subject, tmp_path: Path):
    with subject.loopback() as loopback:
        engine = subject.made(loopback, HttpxFetcher(SystemClock(), "test"))
        order = subject.order(tmp_path)
        spread, unit = engine.spread(order), engine.abilities.cost_unit
        delivery = carry(engine, order, tmp_path / "into", loopback.url)
    charges, price = bool(unit), Price(unit, 0.02, date(2026, 11, 1))
    expected = estimate(spread, price, charges=charges)
    spent = delivery.snapshots[-1].spent
    settled = settle(spent, spread, price, charges=charges)
    assert spent is None or spent.unit == unit
    if expected is None:
        # who cannot say beforehand must say afterwards, or the cost stays unknown
        assert (settled.usd is None) == (spent is None)
    else:
        assert settled.usd in expected, (spread, spent)
