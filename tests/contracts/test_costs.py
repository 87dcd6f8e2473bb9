"""What commissions have cost, on every database: sums that agree with the rows, and each owner's own."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from maquette.adapters.sql.costs import SqlCosts
from maquette.adapters.sql.database import SqlDatabase
from maquette.domain.calls import Outlay, ProviderCall
from maquette.domain.hosting import Billed, CallState
from maquette.domain.ids import new_id
from maquette.domain.jobs import TaskStatus
from maquette.domain.states import Stage, Status
from maquette.ports.costs import By, Which

from .conftest import START

DAY = 24 * 60


@pytest.fixture
def ledger(database: SqlDatabase, sample: Any) -> Any:
    """Writes commissions of the sample's owner."""

    def write(minute: int = 0, **fields: Any) -> ProviderCall:
        at = START + timedelta(minutes=minute)
        given = {"job_id": "job_1", "engine": "meshy", "state": CallState.SUCCEEDED, "billed": Billed.YES, **fields}
        owner = given.pop("owner", sample.owner)
        known = {"order_key": new_id("key"), "stage": Stage.GENERATING, "attempt": 1, "capability": "mesher"}
        call = ProviderCall(new_id("call"), owner, created_at=at, updated_at=at, **known | given)
        with database.write() as tx:
            tx.calls.add(call)
        return call

    return write


@pytest.fixture
def costs(database: SqlDatabase) -> SqlCosts:
    return SqlCosts(database)


def test_single_commissions_come_newest_first_in_pages(ledger: Any, costs: SqlCosts, sample: Any) -> None:
    made = [ledger(minute, cost_usd=0.1) for minute in range(5)]
    which, seen, cursor = Which(sample.owner), [], None
    while True:
        page = costs.calls(which, cursor, 2)
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [call.id for call in seen] == [call.id for call in reversed(made)]


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        (By.DAY, ["2026-11-22", "2026-11-21", "2026-11-20"]),
        (By.ENGINE, ["tripo", "meshy"]),
        (By.JOB, ["job_2", "job_1"]),
    ],
)
def test_sums_agree_with_the_rows_and_come_in_pages(
    ledger: Any, costs: SqlCosts, sample: Any, by: By, keys: list[str]
) -> None:
    ledger(0, cost_usd=0.1)
    ledger(1, cost_usd=0.2)
    ledger(DAY, cost_usd=0.7, engine="tripo")
    ledger(2 * DAY, cost_usd=0.4, engine="tripo", job_id="job_2")
    which = Which(sample.owner)
    whole = costs.sums(which, by).items
    assert [one.key for one in whole] == keys
    assert sum(one.calls for one in whole) == 4
    assert round(sum(one.outlay.cost_usd for one in whole), 6) == costs.outlay(which).cost_usd == 1.4
    first = costs.sums(which, by, None, 1)
    rest = costs.sums(which, by, first.next_cursor, 10)
    assert (*first.items, *rest.items) == whole
    assert rest.next_cursor is None


def test_a_day_is_one_of_utc(ledger: Any, costs: SqlCosts, sample: Any) -> None:
    """The sample begins at 12:00:00.123456; its last moment of the day is 719 minutes and a bit later."""
    ledger(719)
    ledger(720)
    assert [one.key for one in costs.sums(Which(sample.owner), By.DAY).items] == ["2026-11-21", "2026-11-20"]


def test_what_is_open_is_reserved_and_what_is_unknown_is_counted(ledger: Any, costs: SqlCosts, sample: Any) -> None:
    ledger(cost_usd=0.5)
    ledger(1, state=CallState.RUNNING, billed=Billed.NO, reserved_usd=0.3)
    ledger(2, state=CallState.LOST, billed=Billed.UNKNOWN, reserved_usd=0.2)
    ledger(3, state=CallState.FAILED, billed=Billed.NO, reserved_usd=0.9)
    ledger(4)
    which = Which(sample.owner)
    assert costs.outlay(which) == Outlay(0.5, 0.5, 2)
    (day,) = costs.sums(which, By.DAY).items
    assert (day.calls, day.succeeded, day.outlay) == (5, 2, Outlay(0.5, 0.5, 2))


def test_sums_are_of_what_was_asked_for(ledger: Any, costs: SqlCosts, sample: Any, other: Any) -> None:
    ledger(0, cost_usd=1.0)
    ledger(10, cost_usd=2.0, engine="tripo")
    ledger(20, cost_usd=4.0, job_id="job_2")
    ledger(0, cost_usd=8.0, owner=other.owner)
    owner = sample.owner
    assert costs.outlay(Which(owner)).cost_usd == 7.0
    assert costs.outlay(Which(other.owner)).cost_usd == 8.0
    assert costs.outlay(Which(owner, engine="meshy")).cost_usd == 5.0
    assert costs.outlay(Which(owner, job_id="job_2")).cost_usd == 4.0
    assert costs.outlay(Which(owner, since=START + timedelta(minutes=10))).cost_usd == 6.0
    assert costs.outlay(Which(owner, until=START + timedelta(minutes=10))).cost_usd == 1.0
    assert {call.owner_id for call in costs.calls(Which(owner)).items} == {owner}


def test_use_is_told_by_engine_without_counting_a_commission_twice(
    database: SqlDatabase, ledger: Any, costs: SqlCosts, sample: Any
) -> None:
    job = sample.job(status=Status.COMPLETED, result_id="res_1", ended_at=START)
    local = sample.task(job, engine="carve", status=TaskStatus.FINISHED, duration_ms=1500, ended_at=START)
    broken = replace(local, id=new_id("tsk"), number=2, status=TaskStatus.FAILED, duration_ms=500)
    reused = replace(local, id=new_id("tsk"), number=3, reused=True)
    far = replace(local, id=new_id("tsk"), number=4, engine="meshy", duration_ms=9000)
    with database.write() as tx:
        tx.jobs.add(job)
        tx.assets.add(sample.asset())
        for task in (local, broken, reused, far):
            tx.tasks.add(task)
    ended = START + timedelta(seconds=30)
    ledger(task_id=far.id, job_id=job.id, cost_usd=0.6, units=30.0, unit="credit", ended_at=ended)
    used = costs.use(Which(sample.owner))
    assert used.jobs == {"completed": 1}
    assert (used.assets, used.bytes) == (1, 7)
    assert used.outlay == Outlay(0.6, 0.0, 0)
    carve, meshy = used.engines
    assert (carve.engine, carve.hosted, carve.tries, carve.succeeded, carve.seconds) == ("carve", False, 2, 1, 2.0)
    assert (meshy.engine, meshy.hosted, meshy.tries, meshy.seconds) == ("meshy", True, 1, 30.0)
    assert (meshy.units, meshy.cost_usd) == ({"credit": 30.0}, 0.6)
    assert costs.use(Which(new_id("own"))).engines == ()


def test_an_engine_is_known_by_its_latest_tries(
    database: SqlDatabase, ledger: Any, costs: SqlCosts, sample: Any
) -> None:
    """The names are this test's own: records are of all owners."""
    cloud, chisel = new_id("cloud"), new_id("chisel")
    for minute, (state, seconds) in enumerate(
        [(CallState.SUCCEEDED, 10), (CallState.SUCCEEDED, 20), (CallState.SUCCEEDED, 60), (CallState.FAILED, 1)]
    ):
        ledger(minute, engine=cloud, state=state, ended_at=START + timedelta(minutes=minute, seconds=seconds))
    ledger(0, engine=cloud, state=CallState.RUNNING)
    ledger(-8 * DAY, engine=cloud, state=CallState.FAILED)
    job = sample.job()
    with database.write() as tx:
        tx.jobs.add(job)
        tx.tasks.add(sample.task(job, engine=chisel, status=TaskStatus.FAILED, duration_ms=5))
    records = costs.records(START - timedelta(days=7))
    assert (records[cloud].tries, records[cloud].rate, records[cloud].median_s) == (4, 0.75, 20.0)
    assert (records[chisel].tries, records[chisel].rate, records[chisel].median_s) == (1, 0.0, None)
