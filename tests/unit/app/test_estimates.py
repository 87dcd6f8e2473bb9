"""How much longer a job takes, by what was measured here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maquette.app.estimates import LOAD_KEPT_S, PACES_KEPT_S, Estimates
from maquette.domain.jobs import Job, Task
from maquette.domain.states import Stage, Status
from maquette.ports.paces import Load, Pace
from maquette.testing import ManualClock

AT = datetime(2026, 1, 1, tzinfo=UTC)
JOB = Job("job_1", "own", "cutout", AT, AT, settings={"cutter": None})
AT_WORK = replace(JOB, status=Status.PROCESSING, stage=Stage.VALIDATING)


class Figures:
    def __init__(self, *paces, jobs=None, working=1, slots=1):
        self.looks = {"paces": 0, "load": 0}
        self._paces, self._load = paces, Load({"cutout": 3} if jobs is None else jobs, working, slots)

    def paces(self):
        self.looks["paces"] += 1
        return self._paces

    def load(self):
        self.looks["load"] += 1
        return self._load


def took(stage, seconds, engine=None, newest=AT):
    return Pace(stage, engine, seconds, 3, newest)


ALL = (
    took("uploading", 1),
    took("validating", 2),
    took("removing_background", 15, "slow", AT + timedelta(hours=1)),
    took("removing_background", 1, "quick"),
)


def estimate(job=JOB, position=None, figures=None, tasks=()):
    return Estimates(figures or Figures(*ALL), ManualClock(AT)).seconds(job, position, tasks)


def test_the_usual_times_of_the_stages_that_are_left():
    assert estimate() == 1 + 2 + 15  # with the engine that worked last
    assert estimate(AT_WORK) == 2 + 15
    assert estimate(replace(AT_WORK, settings={"cutter": "quick"})) == 2 + 1


def test_what_the_present_stage_has_taken_is_taken_off():
    begun = Task("tsk_1", "job_1", "own", Stage.VALIDATING, 1, 1, AT - timedelta(seconds=1.5))
    assert estimate(AT_WORK, tasks=[begun]) == 0.5 + 15
    overdue = replace(begun, started_at=AT - timedelta(minutes=9))
    assert estimate(AT_WORK, tasks=[overdue]) == 15


@pytest.mark.parametrize(
    ("slots", "working", "position", "expected"),
    [(1, 1, 1, 18 + 18), (1, 1, 3, 18 + 54), (2, 2, 3, 18 + 27), (4, 1, 3, 18), (4, 3, 3, 18 + 9)],
)
def test_those_in_front_go_first(slots, working, position, expected):
    assert estimate(position=position, figures=Figures(*ALL, working=working, slots=slots)) == expected


def test_those_in_front_count_by_what_they_are():
    optimizing = (took("storing", 2), took("optimizing", 57))
    figures = Figures(*ALL, *optimizing, jobs={"cutout": 1, "optimize": 1})
    assert estimate(position=2, figures=figures) == 18 + 2 * (18 + 60) / 2
    assert estimate(position=2, figures=Figures(*ALL, jobs={"cutout": 1, "optimize": 1})) is None


@pytest.mark.parametrize("status", [Status.WAITING, Status.COMPLETED, Status.FAILED, Status.CANCELED, Status.DRAFT])
def test_nobody_knows_how_long_a_person_takes(status):
    assert estimate(replace(JOB, status=status)) is None


def test_a_job_that_will_wait_for_a_person_is_told_until_then():
    assert estimate(replace(JOB, hold_after=(Stage.VALIDATING,))) == 1 + 2
    choosing = (took("selecting", 4), took("approving", 8))
    product = replace(JOB, pipeline="product_to_model", settings={"approve": "manual"})
    assert estimate(product, figures=Figures(*ALL, *choosing)) == 1 + 2 + 4 + 15 + 8
    assert estimate(replace(product, settings={"approve": "never"}), figures=Figures(*ALL, *choosing)) is None


def test_what_never_ran_here_is_not_guessed():
    assert estimate(figures=Figures(*ALL[:2])) is None
    assert estimate(replace(JOB, settings={"cutter": "new"})) is None


def test_nothing_is_done_while_nobody_works():
    assert estimate(figures=Figures(*ALL, slots=0)) is None
    assert estimate(position=2, figures=Figures(*ALL, slots=0)) is None


def test_the_time_of_arrival_follows_the_clock():
    clock = ManualClock(AT)
    estimates = Estimates(Figures(*ALL), clock)
    assert estimates.eta(JOB) == AT + timedelta(seconds=18)
    clock.turn(60)
    assert estimates.eta(JOB) == AT + timedelta(seconds=78)
    assert estimates.eta(replace(JOB, status=Status.WAITING)) is None


def test_one_look_serves_for_a_while():
    figures, clock = Figures(*ALL), ManualClock()
    estimates = Estimates(figures, clock)
    for _ in range(3):
        estimates.seconds(JOB)
    assert figures.looks == {"paces": 1, "load": 1}
    clock.turn(LOAD_KEPT_S + 1)
    estimates.seconds(JOB)
    assert figures.looks == {"paces": 1, "load": 2}
    clock.turn(PACES_KEPT_S + 1)
    estimates.seconds(JOB)
    assert figures.looks == {"paces": 2, "load": 3}
