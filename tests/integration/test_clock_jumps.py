"""The wall clock jumps while a job is under way: no stage is repeated, no job is left, nobody is signed out.

The clock is shifted for everything in this process, the job engine's library included.
"""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maquette.adapters.clocks import SteadyClock
from maquette.app.keys import Asked, Keys
from maquette.domain.states import Status

HERE = Path(__file__).parent
HOUR, YEAR = 3600.0, 365 * 86_400.0
PATIENCE_S = 60


class Jumping:
    """A wall clock that somebody sets; the monotonic one is the machine's."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._real = time.time

    def time(self) -> float:
        return self._real() + self.ahead

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def test_no_stage_is_repeated_and_nobody_signed_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    from workshop import opened

    clock = Jumping()
    monkeypatch.setattr(time, "time", clock.time)
    with opened(tmp_path / "shop", seconds=0.2, concurrency=1, clock=clock) as shop:
        shop.launch()
        keys = Keys(shop.database, SteadyClock())
        token, _ = keys.sign_in(keys.create(Asked("page")).secret)
        for jump in (HOUR, -HOUR, YEAR, -YEAR):
            before = shop.accept()
            shop.wait(before.id, Status.PROCESSING)
            clock.ahead += jump
            after = shop.accept()
            for job in (before, after):
                done = shop.wait(job.id, Status.COMPLETED, Status.FAILED, seconds=PATIENCE_S)
                tasks = shop.tasks(job.id)
                assert done.status is Status.COMPLETED, (jump, done.error)
                assert len({task.stage for task in tasks}) == len(tasks), (jump, tasks)
                assert all(task.duration_ms < PATIENCE_S * 1000 for task in tasks)
            assert keys.signed_in(token)
    told = [line.split()[:2] for line in (tmp_path / "shop" / "diary").read_text().splitlines()]
    assert len({tuple(line) for line in told}) == len(told)
