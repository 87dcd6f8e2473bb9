"""Budgets as an operator sets them: what would pass them waits, however many ask at once, and goes on when it may."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from maquette.app.jobs import NewJob
from maquette.app.uploads import PhotoInfo
from maquette.bootstrap import Maquette, open_for_work
from maquette.domain.assets import Asset
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Job, JobInput
from maquette.domain.states import ENDED, Status, WaitingFor
from maquette.settings import Settings
from maquette.testing.loopbacks.plain import UNITS, PlainLoopback

PRICE = 0.30
"""Of one commission, in US dollars."""


def settings(folder: Path, painter: PlainLoopback, day: float) -> Settings:
    table = {"adapter": "http", "base_url": painter.url, "key": painter.key, "capability": "editor", "is_test": True}
    return Settings(
        data=folder,
        concurrency=2,
        engines={"painter": table | {"more": {"unit": "credit", "units": UNITS}}},
        prices={"painter": {"at": "2026-11-01", "unit": "credit", "usd": PRICE / UNITS}},
        budget={"day_usd": day},
    )


async def photographed(house: Maquette, path: Path) -> Asset:
    Image.new("RGB", (96, 64), (200, 120, 40)).save(path)
    writer = house.uploads.receive()
    writer.write(path.read_bytes())
    return await house.uploads.add(LOCAL_OWNER, writer.finish(), PhotoInfo(path.name))


def ordered(house: Maquette, photo: Asset, number: int, budget: float | None = None) -> Job:
    """A picture by the hosted painter. Each is another work, so that none is answered from what was made before."""
    asked = {"editor": "painter", "prompt": f"Paint it in colour {number}"}
    new = NewJob("image", (JobInput(photo.id, None),), asked, budget_usd=budget)
    return house.jobs.create(LOCAL_OWNER, new).job


async def rested(house: Maquette, jobs: Sequence[Job]) -> list[Job]:
    """All of them, ended or waiting."""
    now: list[Job] = []
    for _ in range(1200):
        now = [await asyncio.to_thread(house.jobs.get, LOCAL_OWNER, job.id) for job in jobs]
        if all(job.status in ENDED or job.status is Status.WAITING for job in now):
            return now
        await asyncio.sleep(0.05)
    raise AssertionError([(job.status, job.stage) for job in now])


async def first_day(settings: Settings, photo: Path) -> list[Job]:
    async with open_for_work(settings) as house:
        asset = await photographed(house, photo)
        jobs = [await asyncio.to_thread(ordered, house, asset, number) for number in range(5)]
        return await rested(house, jobs)


async def more_allowed(settings: Settings, waiting: Sequence[Job], photo: Path) -> tuple[list[Job], Job, Job]:
    async with open_for_work(settings) as house:
        for job in waiting:
            await asyncio.to_thread(house.jobs.resume, LOCAL_OWNER, job.id)
        gone_on = await rested(house, waiting)
        asset = await photographed(house, photo)
        (short,) = await rested(house, [await asyncio.to_thread(ordered, house, asset, 5, PRICE - 0.01)])
        await asyncio.to_thread(house.jobs.resume, LOCAL_OWNER, short.id, PRICE)
        (enough,) = await rested(house, [short])
        return gone_on, short, enough


@pytest.mark.timeout(240)
def test_three_of_five_jobs_are_paid_from_the_days_budget_and_the_others_once_it_is_raised(tmp_path: Path) -> None:
    with PlainLoopback() as painter:
        ended = asyncio.run(first_day(settings(tmp_path / "data", painter, 1.00), tmp_path / "one.png"))
        waiting = [job for job in ended if job.status is Status.WAITING]
        assert [job.waiting_for for job in waiting] == [WaitingFor.BUDGET] * 2
        assert [job.status for job in ended].count(Status.COMPLETED) == 3, [job.error for job in ended]
        assert len(painter.seen("submit")) == len(painter.bill) == 3
        raised = settings(tmp_path / "data", painter, 2.00)
        gone_on, short, enough = asyncio.run(more_allowed(raised, waiting, tmp_path / "two.png"))
        assert [job.status for job in gone_on] == [Status.COMPLETED] * 2
        assert (short.status, short.waiting_for) == (Status.WAITING, WaitingFor.BUDGET)
        assert (enough.status, enough.cost_usd) == (Status.COMPLETED, pytest.approx(PRICE))
        assert len(painter.bill) == 6
