"""Who is taken for dead, and when; on a real database, with a clock that the test turns."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from maquette.adapters.dbos import reaper as reaping
from maquette.adapters.dbos.reaper import Reaper
from maquette.adapters.dbos.slots import Slots
from maquette.adapters.sql.database import SqlDatabase
from maquette.domain.fleet import Worker, WorkerState
from maquette.testing import ManualClock

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Workflows:
    """The library's client, as far as a reaper asks it."""

    def __init__(self) -> None:
        self.pending: dict[str, str] = {}
        self.resumed: list[tuple[str, str]] = []

    def list_workflows(self, **wanted: Any) -> list[Any]:
        assert wanted["status"] == "PENDING"
        return [
            SimpleNamespace(workflow_id=name, executor_id=executor, queue_name="net")
            for name, executor in self.pending.items()
        ]

    def resume_workflow(self, name: str, *, queue_name: str) -> None:
        self.resumed.append((name, queue_name))


class Scene:
    """A reaper, what it watches, and what it had recovered."""

    def __init__(self, database: SqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
        self.database = database
        self.clock = ManualClock()
        self.workflows = Workflows()
        self.slots = Slots({"pipelines": 1}, frozenset)
        self.recovered: list[str] = []
        monkeypatch.setattr(reaping, "recover", self.recovered.extend)
        self.join("me")
        client: Any = self.workflows
        self.reaper = Reaper(client, database, "me", self.slots, self.clock.monotonic)

    def join(self, name: str, **fields: Any) -> None:
        row = Worker(name, "host", 1, "1", ("cpu",), 1, AT, AT, lease_s=10.0)
        with self.database.write() as tx:
            tx.workers.join(replace(row, **fields))

    def beat(self, *names: str) -> None:
        with self.database.write() as tx:
            for name in names:
                tx.workers.beat(name, AT)

    def state(self, name: str) -> WorkerState:
        with self.database.read() as tx:
            return next(worker.state for worker in tx.workers.all() if worker.id == name)

    def look(self, seconds: float, step: float = 1.0) -> None:
        """Looks each second for so long."""
        for _ in range(int(seconds / step)):
            self.clock.turn(step)
            self.reaper.look()


@pytest.fixture
def scene(migrated_file: Path, tmp_path: Path, fresh_store: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    database = SqlDatabase(fresh_store())
    yield Scene(database, monkeypatch)
    database.close()


def test_whoever_beats_lives_and_whoever_is_silent_for_its_lease_does_not(scene):
    scene.join("other")
    scene.join("patient", lease_s=60.0)
    scene.workflows.pending = {"job:1": "other", "job:2": "patient"}
    for _ in range(4):
        scene.look(5)
        scene.beat("other")
    scene.look(10)
    assert scene.state("other") is WorkerState.RUNNING
    scene.look(2)
    assert scene.state("other") is WorkerState.GONE
    assert scene.state("patient") is WorkerState.RUNNING
    assert set(scene.recovered) == {"other"}


def test_jumps_of_the_wall_clock_mean_nothing(scene):
    scene.join("other")
    scene.look(3)
    scene.clock.jump(365 * 24 * 3600)
    scene.look(3)
    scene.clock.jump(-2 * 365 * 24 * 3600)
    scene.look(3)
    assert scene.state("other") is WorkerState.RUNNING


def test_a_reaper_that_stood_still_itself_gives_everybody_a_fresh_lease(scene):
    scene.join("other")
    scene.look(3)
    scene.look(3600, step=3600)
    assert scene.state("other") is WorkerState.RUNNING
    scene.look(12)
    assert scene.state("other") is WorkerState.GONE


def test_a_beat_at_the_last_moment_counts(scene, monkeypatch):
    scene.join("other")
    scene.look(10)
    read = scene.reaper._read

    def late():
        found = read()
        scene.beat("other")
        return found

    monkeypatch.setattr(scene.reaper, "_read", late)
    scene.look(1)
    assert scene.state("other") is WorkerState.RUNNING


def test_who_says_goodbye_is_taken_over_at_once(scene):
    scene.join("other")
    scene.look(2)
    scene.workflows.pending = {"job:1": "other"}
    with scene.database.write() as tx:
        tx.workers.bury("other")
    scene.look(1)
    assert scene.recovered == ["other"]


def test_what_nobody_known_has_is_recovered_and_what_the_living_have_is_not(scene):
    scene.join("other")
    scene.workflows.pending = {"job:1": "unheard of", "job:2": "other", "job:3": "me"}
    scene.look(1)
    assert scene.recovered == ["unheard of"]


def test_own_work_that_does_not_run_is_resumed_in_its_queue_when_seen_twice(scene):
    scene.workflows.pending = {"here": "me", "left": "me"}
    with scene.slots.presence("here"):
        scene.look(1)
        assert scene.workflows.resumed == []
        scene.look(5)
    assert scene.workflows.resumed == [("left", "net")]


def test_one_of_all_is_the_first(scene):
    assert scene.reaper.is_first
    scene.join("aaa")
    scene.look(1)
    assert not scene.reaper.is_first
    with scene.database.write() as tx:
        tx.workers.bury("aaa")
    scene.look(1)
    assert scene.reaper.is_first
