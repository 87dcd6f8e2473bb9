"""Whose turn it is: exactly one process at a time, by monotonic clocks, whatever the wall clock says."""

import threading

import pytest

from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.adapters.sql.schema import migrate
from maquette.app.chores import Chore
from maquette.domain.errors import Refused
from maquette.testing import ManualClock

YEAR = 365 * 86_400.0


@pytest.fixture
def database(tmp_path):
    url = sqlite_url(tmp_path / "maquette.db")
    migrate(url)
    database = SqlDatabase(url)
    yield database
    database.close()


@pytest.fixture
def clock():
    return ManualClock()


def _chore(database, clock):
    return Chore(database, clock, "sweeping", every_s=3600, silence_s=180)


def _due_after(chore, clock, seconds):
    chore.is_due()
    clock.turn(seconds)
    return chore.is_due()


def test_it_is_due_after_a_silence_when_nobody_ever_did_it(database, clock):
    chore = _chore(database, clock)
    assert not _due_after(chore, clock, 179)
    assert _due_after(chore, clock, 2)


def test_it_is_due_each_hour(database, clock):
    chore = _chore(database, clock)
    assert chore.take()
    chore.done()
    assert not _due_after(chore, clock, 3590)
    assert _due_after(chore, clock, 11)


def test_a_process_that_starts_anew_finds_what_is_overdue(database, clock):
    first = _chore(database, clock)
    first.take()
    first.done()
    clock.turn(4000)
    assert _due_after(_chore(database, clock), clock, 181)


@pytest.mark.parametrize("jump", [-YEAR, -3600, 3600, YEAR])
def test_a_jump_of_the_clock_makes_no_two_of_them(database, clock, jump):
    first, second = _chore(database, clock), _chore(database, clock)
    second.is_due()
    assert first.take()
    clock.jump(jump)
    assert not _due_after(second, clock, 100)  # one sign each three minutes is enough
    with first.batch():
        pass
    assert not _due_after(second, clock, 100)
    assert _due_after(second, clock, 3600)


def test_whoever_was_overtaken_gets_nothing_through(database, clock):
    first, second = _chore(database, clock), _chore(database, clock)
    assert first.take()
    assert second.take()
    with pytest.raises(Refused) as refusal, first.batch() as tx:
        tx.chores.take("never", 0)
    assert refusal.value.code == "conflict"
    with second.batch() as tx:
        assert tx.chores.get("never") is None


def test_a_batch_that_breaks_leaves_the_turn_as_it_was(database, clock):
    chore = _chore(database, clock)
    chore.take()
    with pytest.raises(ZeroDivisionError), chore.batch():
        raise ZeroDivisionError
    chore.done()


def test_of_many_that_take_it_at_once_one_gets_each_turn(database, clock):
    chores = [_chore(database, clock) for _ in range(6)]
    taken = []
    barrier = threading.Barrier(len(chores))

    def take(chore):
        with database.read() as tx:
            state = tx.chores.get("sweeping")
        barrier.wait()
        with database.write() as tx:
            taken.append(tx.chores.take("sweeping", state.turn if state else 0))

    threads = [threading.Thread(target=take, args=(chore,)) for chore in chores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 5 + [True]
