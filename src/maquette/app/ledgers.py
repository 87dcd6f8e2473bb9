"""The ledger as a table, for spreadsheets and bookkeeping."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from maquette.app.batches import sheet
from maquette.app.costs import Costs
from maquette.domain.calls import ProviderCall
from maquette.ports.costs import ESTIMATED, By, CostSum, Which
from maquette.ports.pages import Page

T = TypeVar("T")
MANY = 500
CALLS = (
    "id", "at", "ended_at", "job_id", "batch_id", "stage", "attempt", "engine", "state", "cost_usd", "reserved_usd",
    "units", "unit", "billed", "estimated", "price_at", "external_id", "is_test",
)  # fmt: skip
SUMS = ("key", "since", "calls", "succeeded", "cost_usd", "reserved_usd", "unknown")


def lines(costs: Costs, which: Which, by: By | None) -> Iterator[str]:
    """CSV line by line, all that was asked about, newest first; single commissions where ``by`` is None. Blocks."""
    if by is None:
        return sheet.write(CALLS, (_call(one) for one in _all(lambda cursor: costs.calls(which, cursor, MANY))))
    return sheet.write(SUMS, (_sum(one) for one in _all(lambda cursor: costs.sums(which, by, cursor, MANY))))


def _all(read: Callable[[str | None], Page[T]]) -> Iterator[T]:
    page = read(None)
    yield from page.items
    while page.next_cursor is not None:
        page = read(page.next_cursor)
        yield from page.items


def _call(call: ProviderCall) -> list[object]:
    ended = call.ended_at.isoformat() if call.ended_at else None
    return [
        call.id, call.created_at.isoformat(), ended, call.job_id, call.batch_id, call.stage.value, call.attempt,
        call.engine, call.state.value, call.cost_usd, call.reserved_usd if call.is_open else None, call.units,
        call.unit, call.billed.value, bool(call.response.get(ESTIMATED)), call.price_at, call.external_id, call.is_test,
    ]  # fmt: skip


def _sum(one: CostSum) -> list[object]:
    outlay = one.outlay
    return [
        one.key, one.since.isoformat(), one.calls, one.succeeded, outlay.cost_usd, outlay.reserved_usd, outlay.unknown
    ]  # fmt: skip
