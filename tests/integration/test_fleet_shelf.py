"""The engines of all machines."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.adapters.sql.fleet import FleetShelf, ready_engines
from maquette.domain.errors import Refused, Unavailable
from maquette.domain.fleet import Queue, Worker
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, Readiness
from maquette.testing import Shelf

AT = datetime(2026, 1, 1, tzinfo=UTC)


def record(name: str, *, ready: bool = True, **fields: Any) -> EngineRecord:
    info = EngineInfo(name, "1", Capability.MESHER, name, "MIT", True)
    return EngineRecord(
        name, f"made.by:{name}", Readiness(ready, "no GPU" if not ready else ""), replace(info, **fields)
    )


@pytest.fixture
def database(migrated_file: Path, tmp_path: Path) -> Iterator[SqlDatabase]:
    path = shutil.copyfile(migrated_file, tmp_path / "maquette.db")
    database = SqlDatabase(sqlite_url(path))
    yield database
    database.close()


def join(database: SqlDatabase, name: str, queues: tuple[str, ...], *records: EngineRecord) -> None:
    with database.write() as tx:
        tx.workers.join(Worker(name, f"{name}'s host", 1, "1", queues, 1, AT, AT, ready_engines(Shelf(records))))


GPU = {"queue": Queue.GPU}


def test_an_engine_that_only_a_worker_has_is_chosen_with_all_that_is_known_of_it(database):
    join(database, "strong", ("gpu",), record("cloud", **GPU), record("lame", ready=False))
    here = Shelf([record("cloud", ready=False, **GPU)])
    shelf = FleetShelf(here, database)
    with pytest.raises(Unavailable):
        here.choose(Capability.MESHER)
    chosen = shelf.choose(Capability.MESHER)
    assert chosen.info == record("cloud", **GPU).info
    assert chosen.readiness.ready
    assert [found.name for found in shelf.all() if found.readiness.ready] == ["cloud"]
    with pytest.raises(Refused):
        shelf.choose(Capability.MESHER, "lame")
    with pytest.raises(Refused):
        shelf.choose(Capability.CUTTER, "cloud")


def test_this_machines_own_engines_come_first(database):
    join(database, "strong", ("gpu",), record("cloud", **GPU))
    shelf = FleetShelf(Shelf([record("own")]), database)
    assert shelf.choose(Capability.MESHER).name == "own"
    assert shelf.choose(Capability.MESHER, "cloud").name == "cloud"
    assert [found.name for found in shelf.all()] == ["own", "cloud"]


def test_an_engine_of_a_worker_that_is_gone_or_serves_another_queue_is_none(database):
    join(database, "gone", ("gpu",), record("cloud", **GPU))
    join(database, "walking", ("cpu",), record("other", **GPU))
    with database.write() as tx:
        tx.workers.bury("gone")
    shelf = FleetShelf(Shelf([]), database)
    assert shelf.all() == ()
    with pytest.raises(Refused):
        shelf.choose(Capability.MESHER, "cloud")


def test_a_simulated_engine_elsewhere_is_chosen_only_by_its_name(database):
    join(database, "strong", ("gpu",), record("fake", is_test=True, **GPU))
    shelf = FleetShelf(Shelf([]), database)
    with pytest.raises(Refused):
        shelf.choose(Capability.MESHER)
    assert shelf.choose(Capability.MESHER, "fake").info.is_test


def test_what_a_newer_version_says_of_itself_harms_nobody(database):
    join(database, "newer", ("gpu", "quantum"), record("cloud", **GPU))
    with database.write() as tx:
        (worker,) = tx.workers.living()
        said = worker.engines["cloud"]
        engines = {
            "cloud": said | {"mood": "good"},
            "odd": said | {"queue": "quantum"},
            "new": said | {"capability": "x"},
        }
        tx.workers.join(replace(worker, engines=engines))
    assert [found.name for found in FleetShelf(Shelf([]), database).all()] == ["cloud"]


def test_a_list_is_followed_over_all_machines(database):
    join(database, "strong", ("gpu", "net"), record("cloud", **GPU), record("far", queue=Queue.NET))
    shelf = FleetShelf(Shelf([record("own"), record("lame", ready=False)]), database)
    assert [one.name for one in shelf.order_of(Capability.MESHER, "lame,far,own,gone,cloud")] == ["far", "own", "cloud"]
    assert shelf.choose(Capability.MESHER, "lame,cloud").name == "cloud"
    with pytest.raises(Refused):
        shelf.choose(Capability.MESHER, "cloud,gone")
    assert [one.name for one in shelf.order_of(Capability.MESHER)] == ["own"]


def test_the_operators_list_holds_for_the_fleet(database):
    join(database, "strong", ("gpu",), record("cloud", **GPU))
    shelf = FleetShelf(Shelf([record("own")]), database, {Capability.MESHER: ("cloud", "own")})
    assert [one.name for one in shelf.order_of(Capability.MESHER)] == ["cloud", "own"]
    assert shelf.choose(Capability.MESHER, "own").name == "own"


def test_another_machines_hosted_engine_is_known_as_hosted(database):
    join(database, "strong", ("net",), replace(record("cloud", queue=Queue.NET), hosted=True), record("own"))
    (found,) = [one for one in FleetShelf(Shelf([]), database).all() if one.name == "cloud"]
    assert found.hosted
