"""Kills a working service again and again, and looks at what that did. Used by the test and by the benchmark."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
from workshop import Workshop, opened

from maquette.domain.jobs import TaskStatus
from maquette.domain.states import ENDED

SERVICE = Path(__file__).with_name("workshop.py")


@dataclass(frozen=True)
class Report:
    """What a storm did. Every list should be empty, and every job completed."""

    statuses: dict[str, int]
    kills: int
    seconds: float
    lost_tasks: int
    finished_twice: list[str]
    started_after_finish: list[str]
    went_back: list[str]
    orphans: list[int]
    healthy_s: list[float]
    """Seconds from each start of the service until it works."""


class Service:
    """The service as a process group of its own."""

    def __init__(self, folder: Path, stage_s: float, url: str, provider: str) -> None:
        started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, str(SERVICE), str(folder), str(stage_s), url, provider],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"working\n"
        self.healthy_s = time.monotonic() - started

    def kill(self, *, whole: bool = False) -> list[int]:
        """Kills it as the kernel would, or the ``whole`` group; returns the processes that it had started."""
        family = [child.pid for child in psutil.Process(self._process.pid).children(recursive=True)]
        if whole:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.communicate()
        return family


def rage(
    folder: Path,
    *,
    jobs: int,
    kills: int,
    stage_s: float,
    seed: int,
    between: tuple[float, float] = (0.2, 2.0),
    url: str = "",
    provider: str = "",
) -> Report:
    """Accepts ``jobs``, lets a service work on them, kills it ``kills`` times, and lets the last one finish.

    Every second kill takes the whole process group, the others leave the children to notice.
    """
    chance = random.Random(seed)
    started = time.monotonic()
    orphans: list[int] = []
    healthy: list[float] = []
    with opened(folder, url=url, provider=provider) as shop:
        ids = [shop.accept().id for _ in range(jobs)]
        for number in range(kills):
            service = Service(folder, stage_s, url, provider)
            healthy.append(service.healthy_s)
            time.sleep(chance.uniform(*between))
            orphans += _still_alive(service.kill(whole=bool(number % 2)))
        service = Service(folder, stage_s, url, provider)
        healthy.append(service.healthy_s)
        _wait(shop, ids)
        orphans += _still_alive(service.kill())
        return _report(shop, ids, kills, time.monotonic() - started, orphans, healthy)


def _wait(shop: Workshop, ids: list[str]) -> None:
    until = time.monotonic() + 60 + 10 * len(ids)
    while any(shop.job(job_id).status not in ENDED for job_id in ids):
        assert time.monotonic() < until, [shop.job(job_id) for job_id in ids]
        time.sleep(0.2)


def _still_alive(family: list[int]) -> list[int]:
    """Those that live five seconds after the death of the service."""
    until = time.monotonic() + 5
    while (alive := [pid for pid in family if _is_alive(pid)]) and time.monotonic() < until:
        time.sleep(0.05)
    return alive


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def _report(
    shop: Workshop, ids: list[str], kills: int, seconds: float, orphans: list[int], healthy: list[float]
) -> Report:
    tasks = {job_id: shop.tasks(job_id) for job_id in ids}
    twice, late, back = [], [], []
    for job_id in ids:
        finished: set[str] = set()
        for task in tasks[job_id]:
            if task.stage.value in finished:
                late.append(f"{job_id} {task.stage}")
            if task.status is TaskStatus.FINISHED:
                finished.add(task.stage.value)
        counts = Counter(task.stage.value for task in tasks[job_id] if task.status is TaskStatus.FINISHED)
        twice += [f"{job_id} {stage}" for stage, count in counts.items() if count > 1]
        events = shop.jobs.events("local", job_id, 0)
        progress = [event.data["progress"] for event in events]
        if progress != sorted(progress) or [event.seq for event in events] != list(range(1, len(events) + 1)):
            back.append(job_id)
    return Report(
        statuses=dict(Counter(shop.job(job_id).status.value for job_id in ids)),
        kills=kills,
        seconds=seconds,
        lost_tasks=sum(task.status is TaskStatus.LOST for job_id in ids for task in tasks[job_id]),
        finished_twice=twice,
        started_after_finish=late,
        went_back=back,
        orphans=orphans,
        healthy_s=healthy,
    )
