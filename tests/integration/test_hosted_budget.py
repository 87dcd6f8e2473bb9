"""Budgets as an operator sets them: what would pass them waits, however many jobs ask at once, and goes on when it may."""

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


def photo(house: Maquette, path: Path) -> Asset:
    Image.new("RGB", (96, 64), (200, 120, 40)).save(path)
    writer = house.uploads.receive()
    writer.write(path.read_bytes())
    return asyncio.run_coroutine_threadsafe(
        house.uploads.add(LOCAL_OWNER, writer.finish(), PhotoInfo(path.name)), asyncio.get_running_loop()
    )


async def rested(house: Maquette, jobs: Sequence[Job]) -> list[Job]:
    """All of them, ended or waiting."""
    for _ in range(1200):
        now = [await asyncio.to_thread(house.jobs.get, LOCAL_OWNER, job.id) for job in jobs]
        if all(job.status in ENDED or job.status is Status.WAITING for job in now):
            return now
        await asyncio.sleep(0.1)
    raise AssertionError([(job.status, job.stage) for job in now])
