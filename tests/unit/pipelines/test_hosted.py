"""Stages whose engine is a provider: a real server, a real database and real files; only the stages are made up."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hosted_house import GLB, OWNER, PRICES, House, stand_ins
from maquette.app.calls import Calls
from maquette.domain.assets import Role
from maquette.domain.errors import Refused
from maquette.domain.hosting import Billed, CallState, Clocks
from maquette.domain.ids import token_hash
from maquette.domain.jobs import Job
from maquette.domain.money import Budget
from maquette.domain.states import Stage, Status, WaitingFor
from maquette.pipelines import catalog
from maquette.pipelines.clocks import Pace
from maquette.pipelines.ledger import Purse
from task_provider import PRICE, Tasks


@pytest.fixture(autouse=True)
def stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "SPECS", stand_ins())
    monkeypatch.setattr("maquette.pipelines.tries.BACKOFF_S", (0.0, 0.0, 0.0))


@pytest.fixture
def provider() -> Iterator[Tasks]:
    with Tasks({"model": GLB}) as tasks:
        yield tasks


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError


@pytest.fixture
def house(tmp_path: Path, provider: Tasks) -> Iterator[House]:
    made = House(tmp_path, provider)
    yield made
    made.database.close()


def test_a_model_is_ordered_fetched_and_settled(house: House, provider: Tasks) -> None:
    job = house.accept()
    done = house.run(job)
    assert done.status is Status.COMPLETED
    (call,) = house.calls(job)
    assert (call.state, call.external_id, call.billed) == (CallState.SUCCEEDED, "task-1", Billed.YES)
    assert (call.cost_usd, call.units, call.unit, call.price_at) == (0.1, PRICE, "credit", "2026-11-01")
    assert call.is_test
    assert not call.is_open
    assert done.cost_usd == 0.1
    assert [charge.units for charge in provider.bill] == [PRICE]
    assert provider.key not in repr(call)
    (task,) = [task for task in house.jobs.tasks(OWNER, job.id) if task.stage is Stage.GENERATING]
    assert (task.engine, task.external_task_id, task.cost_usd) == ("tasks", "task-1", 0.1)
    with house.database.read() as tx:
        (parcel,) = call.parcels
        asset = tx.assets.get(parcel["asset_id"], OWNER)
    assert (asset.role, asset.bytes, asset.is_test) == (Role.MODEL, len(GLB), True)


def test_progress_rises_and_ends_below_a_hundred(house: House, provider: Tasks) -> None:
    provider.polls = 8
    job = house.accept()
    house.run(job)
    shown = [event.data["progress"] for event in house.jobs.events(OWNER, job.id, 0)]
    assert shown == sorted(shown)
    assert 100 not in shown[:-1]


@pytest.mark.parametrize("fault", ["error", "garbage", "reset", "busy"])
def test_polls_that_fail_do_not_fail_the_commission(house: House, provider: Tasks, fault: str) -> None:
    provider.faults.add(fault, "poll", times=1 if fault == "busy" else 3)
    assert house.run(house.accept()).status is Status.COMPLETED
    assert len(provider.seen("submit")) == 1


def test_a_submit_without_an_answer_is_found_and_not_sent_again(house: House, provider: Tasks) -> None:
    provider.faults.add("reset", "submit")
    job = house.accept()
    assert house.run(job).status is Status.COMPLETED
    assert len(provider.seen("submit")) == len(provider.bill) == 1
    assert [call.number for call in house.calls(job)] == [1]


def test_what_is_found_by_its_time_alone_may_not_be_another_commissions(tmp_path: Path, provider: Tasks) -> None:
    house = House(tmp_path, provider, finds_by_time=True)
    first = house.accept()
    house.run(first)
    provider.faults.add("error", "submit")
    second = house.accept()
    assert house.run(second).status is Status.COMPLETED
    assert [house.calls(job)[0].external_id for job in (first, second)] == ["task-1", "task-2"]
    assert len(provider.bill) == 2
    house.database.close()


def test_of_two_that_wait_for_an_answer_time_alone_tells_nothing(tmp_path: Path, provider: Tasks) -> None:
    house = House(tmp_path, provider, finds_by_time=True)
    provider.faults.add("reset", "submit", times=2)
    provider.faults.add("error", "list", times=100)
    unanswered = house.accept()
    assert house.run(unanswered).status is Status.FAILED
    provider.faults.clear()
    provider.faults.add("reset", "submit")
    held = house.run(house.accept())
    assert (held.status, held.waiting_for) == (Status.WAITING, WaitingFor.UNCERTAIN)
    assert len(provider.seen("submit")) == len(provider.bill) == 2
    house.database.close()


def test_what_may_be_that_of_a_commission_that_a_person_decides_about_is_not_taken(
    tmp_path: Path, provider: Tasks
) -> None:
    house = House(tmp_path, provider, finds_by_time=True, reconciles=False)
    provider.faults.add("reset", "submit")
    house.run(house.accept())
    house.database.close()
    house = House(tmp_path, provider, finds_by_time=True)
    provider.faults.add("error", "submit")
    held = house.run(house.accept())
    assert (held.status, held.waiting_for) == (Status.WAITING, WaitingFor.UNCERTAIN)
    assert len(provider.bill) == 1
    house.database.close()


def test_a_result_that_could_not_be_fetched_takes_nobodys_place(tmp_path: Path, provider: Tasks) -> None:
    house = House(tmp_path, provider, max_parallel=1)
    provider.faults.add("drop", "result", times=100)
    first = house.accept()
    assert house.run(first).status is Status.FAILED
    provider.faults.clear()
    second = house.accept()

    async def soon() -> Job:
        return await asyncio.wait_for(house.walked(second), 20)

    assert asyncio.run(soon()).status is Status.COMPLETED
    house.jobs.retry(OWNER, first.id)
    assert house.run(first).status is Status.COMPLETED
    assert len(provider.bill) == 2
    house.database.close()


def test_a_submit_that_never_arrived_is_sent_again(house: House, provider: Tasks) -> None:
    provider.faults.add("error", "submit")
    assert house.run(house.accept()).status is Status.COMPLETED
    assert (len(provider.seen("submit")), len(provider.bill)) == (2, 1)


def test_without_a_list_to_look_at_a_person_decides(tmp_path: Path, provider: Tasks) -> None:
    house = House(tmp_path, provider, reconciles=False)
    provider.faults.add("reset", "submit")
    job = house.accept()
    held = house.run(job)
    assert (held.status, held.waiting_for) == (Status.WAITING, WaitingFor.UNCERTAIN)
    (call,) = house.calls(job)
    assert (call.state, call.billed, call.handle, call.void) == (CallState.LOST, Billed.UNKNOWN, None, False)
    assert len(provider.bill) == 1
    house.database.close()


def test_a_provider_that_has_no_credit_is_told_and_not_asked_again(house: House, provider: Tasks) -> None:
    provider.faults.add("broke", "submit")
    failed = house.run(house.accept())
    assert failed.status is Status.FAILED
    assert failed.error.code == "provider_quota"
    assert len(provider.seen("submit")) == 1


def test_what_passes_is_tried_again_and_each_try_has_its_row(house: House, provider: Tasks) -> None:
    provider.faults.add("busy", "submit", times=2)
    job = house.accept()
    assert house.run(job).status is Status.COMPLETED
    calls = house.calls(job)
    assert [(call.number, call.void, call.state) for call in calls] == [
        (1, True, CallState.FAILED),
        (2, True, CallState.FAILED),
        (3, False, CallState.SUCCEEDED),
    ]
    assert len({task["key"] for task in provider.tasks.values()}) == 1


def test_refused_content_is_told_as_such(house: House, provider: Tasks) -> None:
    provider.faults.add("fails", "fate")
    failed = house.run(house.accept())
    assert failed.error.code == "content_refused"
    (call,) = house.calls(failed)
    assert (call.state, call.void, call.cost_usd) == (CallState.FAILED, True, 0.0)


@pytest.mark.parametrize("fault", ["expired", "truncated"])
def test_an_address_that_fails_is_asked_for_again_once(house: House, provider: Tasks, fault: str) -> None:
    provider.faults.add(fault, "file")
    assert house.run(house.accept()).status is Status.COMPLETED
    assert (len(provider.seen("result")), len(provider.bill)) == (2, 1)


def test_a_result_that_is_gone_is_expired_and_paid(house: House, provider: Tasks) -> None:
    provider.faults.add("expired", "file", times=9)
    failed = house.run(house.accept())
    assert failed.error.code == "provider_expired"
    (call,) = house.calls(failed)
    assert (call.state, call.cost_usd) == (CallState.EXPIRED, 0.1)


def test_a_torn_model_is_fetched_again_by_a_retry_and_not_bought_again(house: House, provider: Tasks) -> None:
    provider.faults.add("truncated", "file", times=2)
    job = house.accept()
    assert house.run(job).error.code == "provider_output"
    house.jobs.retry(OWNER, job.id)
    assert house.run(job).status is Status.COMPLETED
    assert len(provider.bill) == 1


def test_what_was_delivered_answers_another_attempt(house: House, provider: Tasks) -> None:
    job = house.accept()
    runner = house.runner
    broken = replace(catalog.SPECS[Stage.GENERATING], work=lambda desk: 1 / 0)
    catalog.SPECS[Stage.GENERATING], right = broken, catalog.SPECS[Stage.GENERATING]  # type: ignore[index]
    assert house.run(job).status is Status.FAILED
    catalog.SPECS[Stage.GENERATING] = right  # type: ignore[index]
    house.jobs.retry(OWNER, job.id)
    assert house.run(job).status is Status.COMPLETED
    assert len(provider.bill) == 1
    assert runner is house.runner
    # asked for anew, it is made anew
    again = house.accept()
    house.run(again)
    assert len(provider.bill) == 2


def test_a_job_beyond_its_budget_waits_and_goes_on_when_it_may(tmp_path: Path, provider: Tasks) -> None:
    house = House(tmp_path, provider, purse=Purse(PRICES, Budget(day=0.15)))
    assert house.run(house.accept()).status is Status.COMPLETED
    job = house.accept()
    held = house.run(job)
    assert (held.status, held.waiting_for) == (Status.WAITING, WaitingFor.BUDGET)
    assert house.calls(job) == []
    assert len(provider.bill) == 1
    house.purse = Purse(PRICES, Budget(day=0.25))
    house.runner = house.runner_with()
    house.jobs.resume(OWNER, job.id)
    assert house.run(job).status is Status.COMPLETED
    house.database.close()


def test_a_job_with_a_budget_waits_where_nobody_knows_the_price(tmp_path: Path, provider: Tasks) -> None:
    house = House(tmp_path, provider, purse=Purse())
    held = house.run(house.accept(budget_usd=5.0))
    assert held.waiting_for is WaitingFor.BUDGET
    free = house.accept()
    assert house.run(free).status is Status.COMPLETED
    assert house.calls(free)[0].cost_usd is None
    house.database.close()


def test_a_commission_that_does_not_get_on_is_given_up(tmp_path: Path, provider: Tasks) -> None:
    house = House(tmp_path, provider, clocks=Clocks(9, 9, 0.3, 9))
    provider.faults.add("stuck", "fate")
    job = house.accept()
    failed = house.run(job)
    assert failed.error.code == "provider_timeout"
    assert provider.tasks["task-1"]["state"] == "canceled"
    (call,) = house.calls(job)
    assert (call.state, call.billed) == (CallState.CANCELED, Billed.UNKNOWN)
    house.database.close()


def test_the_next_engine_is_tried_and_in_the_end_a_local_one(tmp_path: Path, provider: Tasks) -> None:
    with Tasks({"model": GLB}) as second:
        house = House(tmp_path, provider, second)
        provider.faults.add("broke", "submit")
        second.faults.add("denied", "submit")
        job = house.accept("tasks,others,carved")
        done = house.run(job)
        assert done.status is Status.COMPLETED
        tried = [task.engine for task in house.jobs.tasks(OWNER, job.id) if task.stage is Stage.GENERATING]
        assert tried == ["tasks", "others", "carved"]
        assert provider.bill == second.bill == []
        house.database.close()


def test_no_other_engine_is_asked_where_this_one_may_be_paid(tmp_path: Path, provider: Tasks) -> None:
    house = House(tmp_path, provider, reconciles=False)
    provider.faults.add("reset", "submit")
    held = house.run(house.accept("tasks,carved"))
    assert held.waiting_for is WaitingFor.UNCERTAIN
    house.database.close()


def test_a_cancel_reaches_the_provider(house: House, provider: Tasks) -> None:
    provider.polls = 10_000
    job = house.accept()

    async def scene() -> None:
        work = asyncio.ensure_future(house.walked(job))
        await until(lambda: bool(provider.seen("poll")))
        house.jobs.cancel(OWNER, job.id)
        await work
        await until(lambda: bool(provider.seen("cancel")))
        await asyncio.sleep(0.1)

    asyncio.run(scene())
    (call,) = house.calls(job)
    assert (call.state, call.void) == (CallState.CANCELED, True)
    assert len(provider.seen("submit")) == 1


def test_a_cancel_amid_the_submit_still_learns_the_number_and_cancels_it(house: House, provider: Tasks) -> None:
    job = house.accept()
    create = Tasks.create.routes[0].answer

    def slowly(self: Tasks, call: Any) -> Any:
        time.sleep(1.5)
        return create(self, call)

    provider._routes = [
        replace(entry, answer=slowly) if entry.phase == "submit" else entry for entry in provider._routes
    ]

    async def scene() -> None:
        work = asyncio.ensure_future(house.walked(job))
        await until(lambda: bool(house.calls(job)))
        house.jobs.cancel(OWNER, job.id)
        await work
        await until(lambda: bool(provider.seen("cancel")))
        await asyncio.sleep(0.1)

    asyncio.run(scene())
    (call,) = house.calls(job)
    assert (call.external_id, call.state, call.billed) == ("task-1", CallState.CANCELED, Billed.NO)


def test_no_more_than_its_limit_is_open_with_an_engine(tmp_path: Path, provider: Tasks) -> None:
    house = House(tmp_path, provider, max_parallel=2)
    provider.polls = 6
    most = [0]

    async def look() -> None:
        while True:
            with house.database.read() as tx:
                most[0] = max(most[0], tx.calls.open_count("tasks"))
            await asyncio.sleep(0.01)

    async def scene() -> None:
        looking = asyncio.ensure_future(look())
        done = await asyncio.gather(*(house.walked(house.accept()) for _ in range(4)))
        looking.cancel()
        assert {job.status for job in done} == {Status.COMPLETED}

    asyncio.run(scene())
    assert most[0] == 2
    assert len(provider.bill) == 4
    house.database.close()


def test_a_call_back_wakes_whoever_waits(house: House, provider: Tasks) -> None:
    provider.polls = 1
    slow = Pace(first_s=60.0, most_s=60.0, look_s=0.02)
    house.runner = house.runner_with(pace=slow, callback=lambda engine, secret: f"https://x.example/{engine}/{secret}")
    job = house.accept()

    async def scene() -> Job:
        work = asyncio.ensure_future(house.walked(job))
        await until(lambda: bool(provider.tasks))
        address = provider.tasks["task-1"]["asked"]["callback"]
        assert address.startswith("https://x.example/tasks/")
        with house.database.write() as tx:
            assert tx.calls.wake(token_hash(address.rpartition("/")[2])) is not None
        return await asyncio.wait_for(work, 20)

    assert asyncio.run(scene()).status is Status.COMPLETED


def test_a_huge_answer_is_cut_off(house: House, provider: Tasks) -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    provider.faults.add("huge", "poll")
    provider.faults.add("huge", "result")
    assert house.run(house.accept()).status is Status.COMPLETED
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024
    assert len(provider.bill) == 1


def uncertain(folder: Path, provider: Tasks) -> tuple[House, Job, Any]:
    house = House(folder, provider, reconciles=False)
    provider.faults.add("reset", "submit")
    job = house.accept()
    house.run(job)
    (call,) = house.calls(job)
    return house, job, call


def test_an_adopted_commission_is_followed_and_not_sent_again(tmp_path: Path, provider: Tasks) -> None:
    house, job, call = uncertain(tmp_path, provider)
    Calls(house.database, house.handed, house.clock).adopt(OWNER, job.id, call.id, "task-1")
    assert house.run(job).status is Status.COMPLETED
    assert len(provider.seen("submit")) == len(provider.bill) == 1
    house.database.close()


def test_the_number_of_another_commission_cannot_be_adopted(tmp_path: Path, provider: Tasks) -> None:
    house, job, call = uncertain(tmp_path, provider)
    house.run(house.accept())
    with pytest.raises(Refused) as caught:
        Calls(house.database, house.handed, house.clock).adopt(OWNER, job.id, call.id, "task-2")
    assert caught.value.code == "conflict"
    house.database.close()


def test_a_repeated_commission_is_another_one(tmp_path: Path, provider: Tasks) -> None:
    house, job, call = uncertain(tmp_path, provider)
    Calls(house.database, house.handed, house.clock).repeat(OWNER, job.id, call.id)
    assert house.run(job).status is Status.COMPLETED
    assert len(provider.bill) == 2
    assert len({task["key"] for task in provider.tasks.values()}) == 2
    house.database.close()


def test_a_forgotten_commission_is_made_anew_by_a_retry(tmp_path: Path, provider: Tasks) -> None:
    house, job, call = uncertain(tmp_path, provider)
    assert Calls(house.database, house.handed, house.clock).forget(OWNER, job.id, call.id).status is Status.FAILED
    house.jobs.retry(OWNER, job.id)
    assert house.run(job).status is Status.COMPLETED
    assert len(provider.bill) == 2
    house.database.close()


def test_what_a_dead_process_left_open_for_a_canceled_job_is_canceled_there(house: House, provider: Tasks) -> None:
    provider.polls = 10_000
    job = house.accept()

    async def scene() -> None:
        work = asyncio.ensure_future(house.walked(job))
        await until(lambda: bool(provider.seen("poll")))
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    asyncio.run(scene())
    assert house.calls(job)[0].is_open
    house.jobs.cancel(OWNER, job.id)
    provider.polls = 1
    house.runner = house.runner_with()
    house.run(house.accept())
    assert house.calls(job)[0].state is CallState.CANCELED
    assert provider.tasks["task-1"]["state"] == "canceled"
