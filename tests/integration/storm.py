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
from typing import Any

import psutil
from workshop import OWNER, Workshop, opened

from maquette.domain.jobs import TaskStatus
from maquette.domain.states import ENDED, WaitingFor

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
    questions: int
    """How often a job waited for a person, since nobody could know whether something was bought."""
    healthy_s: list[float]
    """Seconds from each start of the service until it works."""


class Service:
    """The service as a process group of its own."""

    def __init__(self, folder: Path, stage_s: float, url: str, provider: str, forgetful: bool, *more: str) -> None:
        started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, str(SERVICE), str(folder), str(stage_s), url, provider, str(int(forgetful)), *more],
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
    forgetful: bool = False,
) -> Report:
    """Accepts ``jobs``, lets a service work on them, kills it ``kills`` times, and lets the last one finish.

    Every second kill takes the whole process group, the others leave the children to notice. A ``forgetful`` provider
    honours no key: whoever is asked whether to order once more says yes.
    """
    chance = random.Random(seed)
    started = time.monotonic()
    orphans: list[int] = []
    healthy: list[float] = []
    questions = 0
    with opened(folder, url=url, provider=provider, forgetful=forgetful) as shop:
        ids = [shop.accept().id for _ in range(jobs)]
        for number in range(kills):
            service = Service(folder, stage_s, url, provider, forgetful)
            healthy.append(service.healthy_s)
            questions += _answer(shop, ids)
            time.sleep(chance.uniform(*between))
            orphans += _still_alive(service.kill(whole=bool(number % 2)))
        service = Service(folder, stage_s, url, provider, forgetful)
        healthy.append(service.healthy_s)
        questions += _wait(shop, ids)
        orphans += _still_alive(service.kill())
        seconds = time.monotonic() - started
        return _report(shop, ids, kills=kills, seconds=seconds, questions=questions, orphans=orphans, healthy_s=healthy)


def _wait(shop: Workshop, ids: list[str]) -> int:
    until, questions = time.monotonic() + 60 + 10 * len(ids), 0
    while any(shop.job(job_id).status not in ENDED for job_id in ids):
        assert time.monotonic() < until, [shop.job(job_id) for job_id in ids]
        time.sleep(0.2)
        questions += _answer(shop, ids)
    return questions


def _answer(shop: Workshop, ids: list[str]) -> int:
    """Lets all go on that wait for a person; how many did."""
    waiting = [job_id for job_id in ids if shop.job(job_id).waiting_for is WaitingFor.UNCERTAIN]
    for job_id in waiting:
        shop.jobs.resume(OWNER, job_id)
    return len(waiting)


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


def _report(shop: Workshop, ids: list[str], **figures: Any) -> Report:
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
        lost_tasks=sum(task.status is TaskStatus.LOST for job_id in ids for task in tasks[job_id]),
        finished_twice=twice,
        started_after_finish=late,
        went_back=back,
        **figures,
    )
