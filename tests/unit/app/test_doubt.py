"""When the wall clock is believed."""

import pytest

from maquette.app.doubt import Doubt
from maquette.testing import ManualClock

DAY = 86_400.0


@pytest.mark.parametrize("days", [-365, -1, 0, 1, 30])
def test_a_clock_near_the_last_sign_of_life_is_believed(days):
    clock = ManualClock()
    last = clock.now()
    clock.jump(days * DAY)
    assert Doubt(clock).about(last) is None


def test_without_any_sign_of_life_there_is_nothing_to_lose():
    assert Doubt(ManualClock()).about(None) is None


def test_a_leap_is_doubted_until_the_clock_ran_evenly_for_a_week():
    clock = ManualClock()
    last, doubt = clock.now(), Doubt(clock)
    clock.jump(365 * DAY)
    ahead = doubt.about(last)
    assert ahead and ahead.days == 365
    for _ in range(7):
        assert doubt.about(last)
        clock.turn(DAY)
    assert doubt.about(last) is None


def test_another_leap_starts_the_week_anew():
    clock = ManualClock()
    last, doubt = clock.now(), Doubt(clock)
    clock.jump(365 * DAY)
    doubt.about(last)
    clock.turn(6 * DAY)
    clock.jump(2 * DAY)
    assert doubt.about(last)
    clock.turn(6 * DAY)
    assert doubt.about(last)
    clock.turn(DAY)
    assert doubt.about(last) is None


def test_a_clock_that_was_set_right_again_is_believed_at_once():
    clock = ManualClock()
    last, doubt = clock.now(), Doubt(clock)
    clock.jump(365 * DAY)
    assert doubt.about(last)
    clock.jump(-365 * DAY)
    assert doubt.about(last) is None
