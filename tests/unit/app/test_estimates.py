"""How much longer a job takes, by what was measured here."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from maquette.app.estimates import KEPT_S, Estimates
from maquette.domain.jobs import Job
from maquette.domain.states import Stage, Status
from maquette.ports.statistics import StageTimes, Statistics, WorkerCount
from maquette.testing import ManualClock

AT = datetime(2026, 1, 1, tzinfo=UTC)
JOB = Job("job_1", "own", "cutout", AT, AT, settings={"cutter": None})


class Figures:
    def __init__(self, *times, workers=1):
        self.looks = 0
        self._times, self._workers = times, workers

    def read(self):
        self.looks += 1
        workers = (WorkerCount("cpu", "working", self._workers, 0.0),)
        return Statistics((), (), (), workers, (), tuple(self._times), (), (), (), ())


def took(stage, seconds, count=1, engine="none"):
    return StageTimes(stage, engine, (), count, seconds)


ALL = (
    took("uploading", 2, 2),
    took("validating", 4, 2),
    took("removing_background", 30, 2, "slow"),
    took("removing_background", 2, 2, "quick"),
)


def estimate(job=JOB, position=None, figures=None):
    return Estimates(figures or Figures(*ALL), ManualClock()).seconds(job, position)


def test_the_means_of_the_stages_that_are_left():
    assert estimate() == 1 + 2 + 8
    at_work = replace(JOB, status=Status.PROCESSING, stage=Stage.VALIDATING)
    assert estimate(at_work) == 2 + 8
    assert estimate(replace(at_work, settings={"cutter": "quick"})) == 2 + 1


@pytest.mark.parametrize(("workers", "expected"), [(1, 33), (2, 22), (0, 33)])
def test_those_in_front_go_first(workers, expected):
    assert estimate(position=3, figures=Figures(*ALL, workers=workers)) == expected


@pytest.mark.parametrize("status", [Status.WAITING, Status.COMPLETED, Status.FAILED, Status.CANCELED, Status.DRAFT])
def test_nobody_knows_how_long_a_person_takes(status):
    assert estimate(replace(JOB, status=status)) is None


def test_what_never_ran_here_is_not_guessed():
    assert estimate(figures=Figures(*ALL[:2])) is None
    assert estimate(replace(JOB, settings={"cutter": "new"})) is None


def test_one_look_serves_for_a_while():
    figures, clock = Figures(*ALL), ManualClock()
    estimates = Estimates(figures, clock)
    for _ in range(3):
        estimates.seconds(JOB)
    assert figures.looks == 1
    clock.turn(KEPT_S + 1)
    estimates.seconds(JOB)
    assert figures.looks == 2
