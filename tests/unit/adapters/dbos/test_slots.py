"""What a process takes from the queues."""

import asyncio
from types import SimpleNamespace
from typing import Any

from maquette.adapters.dbos.slots import Slots

OWN = {"pipelines": 2, "gpu": 1}


def slots(paused: frozenset[str] = frozenset()) -> Slots:
    return Slots(OWN, lambda: paused)


class Database:
    """The part of the library's database that its queue threads read."""

    def get_queue(self, name: str, **options: Any) -> Any:
        return None if name == "unknown" else SimpleNamespace(name=name, _worker_concurrency=0, options=options)


def test_each_queue_has_its_own_number() -> None:
    assert (slots().of("pipelines"), slots().of("gpu")) == (2, 1)


def test_a_parked_walk_keeps_no_slot() -> None:
    some = slots()
    with some.presence("a"), some.parked("pipelines"):
        assert some.of("pipelines") == 3
        assert some.of("gpu") == 1
    assert some.of("pipelines") == 2


def test_nothing_is_taken_from_a_paused_queue() -> None:
    some = slots(frozenset({"gpu"}))
    assert (some.of("pipelines"), some.of("gpu")) == (2, 0)


def test_a_process_that_drains_takes_nothing_however_much_is_parked() -> None:
    some = slots()
    with some.presence("a"), some.parked("pipelines"):
        assert some.drain(0)
        assert some.of("pipelines") == 0


def test_what_the_library_reads_is_corrected() -> None:
    database = Database()
    some = slots()
    some.install(database)
    assert database.get_queue("pipelines", shard=1)._worker_concurrency == 2
    assert database.get_queue("pipelines", shard=1).options == {"shard": 1}
    assert database.get_queue("net")._worker_concurrency == 0
    assert database.get_queue("unknown") is None


def test_draining_waits_for_work_and_not_for_what_is_parked() -> None:
    some = slots()
    with some.presence("parked"), some.parked("pipelines"):
        with some.presence("working"):
            assert not some.drain(0.05)
        assert some.drain(0)
    assert some.present == frozenset()


def test_no_more_stages_than_slots_work_at_a_time() -> None:
    async def work() -> int:
        some, at_work, most = slots(), 0, 0

        async def stage() -> None:
            nonlocal at_work, most
            async with some.turn("pipelines"):
                at_work += 1
                most = max(most, at_work)
                await asyncio.sleep(0.01)
                at_work -= 1

        await asyncio.gather(*(stage() for _ in range(6)))
        return most

    assert asyncio.run(work()) == 2


def test_while_draining_no_stage_begins() -> None:
    async def work() -> list[str]:
        some, begun = slots(), list[str]()

        async def stage(name: str) -> None:
            with some.presence(name):
                async with some.turn("pipelines"):
                    begun.append(name)
                    await asyncio.sleep(0.05)

        first = asyncio.ensure_future(stage("first"))
        await asyncio.sleep(0.01)
        assert not some.drain(0)
        second = asyncio.ensure_future(stage("second"))
        await first
        await asyncio.sleep(0.05)
        assert some.drain(0)
        assert some.present == {"second"}
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        return begun

    assert asyncio.run(work()) == ["first"]
