"""In which order waiting jobs are taken, with the real job engine."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from maquette.adapters.clocks import SystemClock
from maquette.app.queues import Queues
from maquette.domain.errors import Refused
from maquette.domain.fleet import Queue
from maquette.domain.states import Status

HERE = Path(__file__).parent
OWNER = "local"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Workshop"]:  # noqa: F821
    monkeypatch.syspath_prepend(str(HERE))
    from workshop import opened

    with opened(tmp_path / "data", concurrency=1, clock=SystemClock()) as workshop:
        yield workshop


def test_a_job_that_was_moved_forwards_is_taken_first(shop):
    jobs = [shop.accept() for _ in range(3)]
    shop.jobs.prioritise(OWNER, jobs[2].id, 10)
    shop.jobs.prioritise(OWNER, jobs[0].id, -10)
    shop.launch()
    for job in jobs:
        shop.wait(job.id, Status.COMPLETED)
    started = [shop.job(job.id).started_at for job in jobs]
    assert started[2] < started[1] < started[0]


def test_what_waits_is_counted_until_it_is_taken(shop):
    def waiting():
        with shop.database.read() as tx:
            return shop.engine.waiting(tx)

    assert waiting()[Queue.CPU].count == 0
    jobs = [shop.accept() for _ in range(2)]
    before = waiting()
    assert set(before) == set(Queue)
    assert (before[Queue.CPU].count, before[Queue.GPU].count) == (2, 0)
    assert before[Queue.CPU].oldest is not None
    shop.launch()
    for job in jobs:
        shop.wait(job.id, Status.COMPLETED)
    assert waiting()[Queue.CPU].count == 0


def test_nothing_is_taken_from_a_paused_queue_until_it_is_resumed(shop):
    queues = Queues(shop.database, shop.engine, SystemClock())
    queues.pause(Queue.CPU)
    job = shop.accept()
    shop.launch()
    time.sleep(1.0)
    assert shop.job(job.id).status is Status.PENDING
    queues.resume(Queue.CPU)
    shop.wait(job.id, Status.COMPLETED)


def test_a_job_that_waits_no_more_has_no_place(shop):
    job = shop.accept()
    shop.jobs.cancel(OWNER, job.id)
    with pytest.raises(Refused, match="illegal_move"):
        shop.jobs.prioritise(OWNER, job.id, 1)
