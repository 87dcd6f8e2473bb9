"""While Postgres is away a service says so and waits; when it is back everything goes on, and nothing was lost.

The longer run is ``benchmarks/postgres_outage.py``.
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from outage import endure

from maquette.adapters.dbos.reaper import Reaper
from maquette.adapters.sql.database import SqlDatabase
from maquette.domain.errors import Unavailable
from maquette.domain.fleet import Worker
from maquette.domain.jobs import TaskStatus
from maquette.domain.states import Status
from maquette.testing import ManualClock
from postgres import TEMPLATE, Server

ROUTES = {"list", "job", "accept", "cancel", "events", "create", "status", "ready"}


def test_jobs_survive_outages_and_callers_are_told_to_wait(tmp_path: Path, postgres_server: Server) -> None:
    database = postgres_server.create(TEMPLATE)
    report = endure(tmp_path, postgres_server, database, jobs=6, restarts=2, down_s=0.5)
    assert report.statuses == {"completed": 6}
    assert set(report.answers) == {f"{route} 503 with Retry-After" for route in ROUTES}
    assert report.doubles == 0
    assert report.gaps == []


def test_a_stage_that_ends_during_an_outage_is_written_down_after_it(tmp_path: Path, postgres_server: Server) -> None:
    from workshop import opened

    with opened(tmp_path / "data", url=postgres_server.create(TEMPLATE), seconds=1.0) as shop:
        shop.launch()
        job = shop.accept()
        diary = shop.folder / "diary"
        while not diary.exists():
            time.sleep(0.02)
        postgres_server.stop()
        time.sleep(2.5)
        postgres_server.start()
        shop.processes._more["seconds"] = 0.02
        assert shop.wait(job.id, Status.COMPLETED, Status.FAILED).status is Status.COMPLETED
        assert {task.status for task in shop.tasks(job.id)} == {TaskStatus.FINISHED}
        assert len(diary.read_text().splitlines()) == len(shop.tasks(job.id))


def test_nobody_is_buried_for_a_silence_that_was_the_database_s(postgres_server: Server) -> None:
    database = SqlDatabase(postgres_server.create(TEMPLATE))
    at, clock = datetime.now(UTC), ManualClock()
    with database.write() as tx:
        for name in ("one", "two"):
            tx.workers.join(Worker(name, "here", 1, "0", ("cpu",), 1, at, at, lease_s=6.0))
    idle = SimpleNamespace(list_workflows=lambda **_: [], present=frozenset())
    reaper = Reaper(idle, database, "one", idle, clock.monotonic)  # pyright: ignore[reportArgumentType]
    reaper.look()
    postgres_server.stop()
    for _ in range(10):
        clock.turn(1.0)
        with pytest.raises(Unavailable):
            reaper.look()
    postgres_server.start()
    clock.turn(1.0)
    reaper.look()
    with database.read() as tx:
        assert {worker.id for worker in tx.workers.living()} == {"one", "two"}
    for _ in range(7):
        clock.turn(1.0)
        reaper.look()
    with database.read() as tx:
        assert {worker.id for worker in tx.workers.living()} == {"one"}
    database.close()
