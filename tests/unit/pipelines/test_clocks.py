"""When to ask a provider again, and when to give it up."""

import pytest

from maquette.domain.hosting import CallState, Clocks, Snapshot
from maquette.pipelines.clocks import Pace, Stopwatch

CLOCKS = Clocks(queue_s=10, run_s=20, stall_s=15, total_s=60)


def test_waits_grow_to_half_a_minute_and_never_overflow() -> None:
    waits = [Pace(jitter=0.0).wait(polls, None, 0.5) for polls in (0, 1, 2, 9, 10_000)]
    assert waits == [2.0, 3.0, 4.5, 30.0, 30.0]


def test_chance_keeps_many_from_asking_at_once() -> None:
    assert Pace().wait(9, None, 0.0) == pytest.approx(25.5)
    assert Pace().wait(9, None, 1.0) == pytest.approx(34.5)


@pytest.mark.parametrize(("hint", "wait"), [(5.0, 5.0), (0.0, 0.2), (9000.0, 120.0)])
def test_a_provider_s_hint_goes_before_within_reason(hint: float, wait: float) -> None:
    assert Pace().wait(9, hint, 0.3) == wait


def test_each_clock_runs_out_by_itself() -> None:
    queued, running = Snapshot(CallState.QUEUED), Snapshot(CallState.RUNNING, progress=5)
    watch = Stopwatch(CLOCKS, 100.0)
    watch.see(queued, 100.0)
    assert (watch.run_out(110.0), watch.run_out(110.1)) == ("", "queue")
    watch.see(running, 105.0)
    assert (watch.run_out(120.0), watch.run_out(120.1)) == ("", "stall")
    watch.see(Snapshot(CallState.RUNNING, progress=6), 120.0)
    assert (watch.run_out(125.0), watch.run_out(125.1)) == ("", "run")
    assert Stopwatch(Clocks(99, 99, 99, 60), 0.0).run_out(60.1) == "total"
    assert Stopwatch(CLOCKS, 0.0, left_s=3.0).run_out(3.1) == "deadline"


def test_the_same_answer_again_is_no_change() -> None:
    watch = Stopwatch(Clocks(99, 99, 15, 99), 0.0)
    for second in range(20):
        watch.see(Snapshot(CallState.RUNNING, "busy", 99), float(second))
    assert watch.run_out(16.0) == "stall"
