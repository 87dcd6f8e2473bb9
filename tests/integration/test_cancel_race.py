"""Eight people cancel a job at once while it runs to its end: what is said first stays, and nothing begins after it.

A service that was told to stop a job may have sent a stage on its way at that very moment: one second is allowed.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from workshop import OWNER, Workshop, opened

from maquette.domain.errors import Refused
from maquette.domain.jobs import EventType, Job
from maquette.domain.states import ENDED, Status
from postgres import FreshDatabase

MOMENTS = (0, 20, 45, 80, 95, 95)
"""The progress at which the jobs are canceled; near the end both ends are possible."""
CANCELS = 8
GRACE_S = 1.0


@pytest.fixture
def shop(tmp_path: Path, fresh_store: FreshDatabase) -> Iterator[Workshop]:
    with opened(tmp_path / "data", url=fresh_store(), seconds=0.05) as workshop:
        workshop.launch()
        yield workshop


class Race:
    """One job and those who cancel it."""

    def __init__(self, shop: Workshop, job: Job) -> None:
        self.job = job
        self.photo = job.inputs[0].asset_id
        self.said: list[str] = []
        self.first_ack = float("inf")
        self._shop = shop
        self._start = threading.Barrier(CANCELS)
        self._threads = [threading.Thread(target=self._cancel) for _ in range(CANCELS)]

    def run(self) -> None:
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()

    def _cancel(self) -> None:
        self._start.wait()
        try:
            self.said.append(self._shop.jobs.cancel(OWNER, self.job.id).status)
            self.first_ack = min(self.first_ack, time.monotonic())
        except Refused as refusal:
            self.said.append(refusal.code)


def test_an_end_is_an_end(shop: Workshop) -> None:
    races = []
    for moment in MOMENTS:
        races.append(Race(shop, shop.accept()))
        while shop.job(races[-1].job.id).progress < moment:
            time.sleep(0.005)
        races[-1].run()
    ended = {race.job.id: shop.wait(race.job.id, *ENDED) for race in races}
    time.sleep(1.5 * GRACE_S)
    diary = [line.split() for line in (shop.folder / "diary").read_text().splitlines()]
    for race in races:
        status = ended[race.job.id].status
        assert set(race.said) == ({"canceled"} if status is Status.CANCELED else {"job_finished"})
        assert shop.job(race.job.id) == ended[race.job.id]
        kinds = [event.type for event in shop.jobs.events(OWNER, race.job.id, 0)]
        assert [kind for kind in kinds if kind in (EventType.CANCELED, EventType.COMPLETED)] == [kinds[-1]]
        assert not [line for line in diary if line[0] == race.photo and float(line[3]) > race.first_ack + GRACE_S]
    assert Status.CANCELED in {job.status for job in ended.values()}
