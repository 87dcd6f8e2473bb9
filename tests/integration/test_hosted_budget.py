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
from maquette.domain.states import ENDED, Stage, Status, WaitingFor
from maquette.settings import Settings
from maquette.testing.loopbacks.plain import UNITS, PlainLoopback

PRICE = 0.30
"""Of one commission, in US dollars."""


def settings(folder: Path, painter: PlainLoopback, day: float) -> Settings:
    table = {"adapter": "http", "base_url": painter.url, "key": painter.key, "capability": "editor", "is_test": True}
    return Settings(
        data=folder,
        concurrency=5,
        engines={"painter": table | {"more": {"unit": "credit", "units": UNITS}}},
        prices={"painter": {"at": "2026-11-01", "unit": "credit", "usd": PRICE / UNITS}},
        budget={"day_usd": day},
    )


async def photographed(house: Maquette, path: Path) -> Asset:
    Image.new("RGB", (96, 64), (200, 120, 40)).save(path)
    writer = house.uploads.receive()
    writer.write(path.read_bytes())
    return await house.uploads.add(LOCAL_OWNER, writer.finish(), PhotoInfo(path.name))


def ordered(house: Maquette, photo: Asset, number: int) -> Job:
    """A picture by the hosted painter. Each is another work, so that none is answered from what was made before; what
    comes after the painting costs nothing and is not waited for."""
    asked = {"editor": "painter", "prompt": f"Paint it in colour {number}"}
    return house.jobs.create(
        LOCAL_OWNER, NewJob("image", (JobInput(photo.id, None),), asked, hold_after=(Stage.GENERATING,))
    ).job


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


async def more_allowed(settings: Settings, waiting: Sequence[Job]) -> list[Job]:
    async with open_for_work(settings) as house:
        for job in waiting:
            await asyncio.to_thread(house.jobs.resume, LOCAL_OWNER, job.id)
        return await rested(house, waiting)


@pytest.mark.timeout(240)
def test_three_of_five_jobs_are_paid_from_the_days_budget_and_the_others_once_it_is_raised(tmp_path: Path) -> None:
    with PlainLoopback(polls=1) as painter:
        rest = asyncio.run(first_day(settings(tmp_path / "data", painter, 1.00), tmp_path / "photo.png"))
        waiting = [job for job in rest if job.waiting_for is WaitingFor.BUDGET]
        painted = [job for job in rest if job.waiting_for is WaitingFor.INPUT]
        assert (len(painted), len(waiting)) == (3, 2), [(job.status, job.error) for job in rest]
        assert [job.cost_usd for job in painted] == [pytest.approx(PRICE)] * 3
        assert len(painter.seen("submit")) == len(painter.bill) == 3
        gone_on = asyncio.run(more_allowed(settings(tmp_path / "data", painter, 2.00), waiting))
        assert [job.waiting_for for job in gone_on] == [WaitingFor.INPUT] * 2
        assert len(painter.bill) == 5
