"""Every implementation of the ports that keep things. A new one adds itself here and runs every suite."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.blobs.bucket import parse
from maquette.adapters.blobs.depots import LocalDepot, S3Depot
from maquette.adapters.blobs.local import LocalBlobs
from maquette.adapters.blobs.s3 import S3Blobs
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.adapters.sql.tables import METADATA
from maquette.domain.assets import Asset, Role
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job, Task
from maquette.domain.states import Stage
from maquette.ports.blobs import BlobStore, UploadDepot
from maquette.ports.stores import Database
from maquette.testing import ManualClock
from postgres import TEMPLATE, Server
from s3server import S3

START = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of one owner whom no other test knows."""

    owner: str

    def job(self, minute: int = 0, **fields: Any) -> Job:
        at = START + timedelta(minutes=minute)
        return replace(Job(new_id("job"), self.owner, "photo_to_model", at, at), **fields)

    def asset(self, minute: int = 0, **fields: Any) -> Asset:
        at = START + timedelta(minutes=minute)
        asset = Asset(new_id("ast"), self.owner, Role.ORIGINAL, "image/jpeg", "a" * 64, 7, at)
        return replace(asset, **fields)

    def task(self, job: Job, number: int = 1, **fields: Any) -> Task:
        task = Task(new_id("tsk"), job.id, job.owner_id, Stage.VALIDATING, 1, number, START + timedelta(seconds=number))
        return replace(task, **fields)


@pytest.fixture
def sample() -> Sample:
    return Sample(new_id("own"))


@pytest.fixture
def other() -> Sample:
    return Sample(new_id("own"))


BLOBS = ("local", "s3")


@pytest.fixture(scope="session")
def postgres_url(postgres: Server) -> str:
    return postgres.create(TEMPLATE)


def _sqlite(request: pytest.FixtureRequest) -> Iterator[Database]:
    path: Path = request.getfixturevalue("tmp_path") / "maquette.db"
    shutil.copyfile(request.getfixturevalue("migrated_file"), path)
    database = SqlDatabase(sqlite_url(path))
    yield database
    database.close()


def _postgres(request: pytest.FixtureRequest) -> Iterator[Database]:
    """One database for all tests of a run: emptying its tables is quicker than making another."""
    database = SqlDatabase(request.getfixturevalue("postgres_url"))
    yield database
    with database.write() as tx:
        tx.connection.exec_driver_sql(f"TRUNCATE {', '.join(METADATA.tables)}")
    database.close()


DATABASES: dict[str, Callable[[pytest.FixtureRequest], Iterator[Database]]] = {"sqlite": _sqlite, "postgres": _postgres}


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    yield from DATABASES[request.param](request)


@pytest.fixture(params=BLOBS)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "local":
        return LocalBlobs(tmp_path / "blobs")
    s3: S3 = request.getfixturevalue("s3")
    return S3Blobs(parse(s3.url, s3.access_key, s3.secret_key), tmp_path / "waiting")


@pytest.fixture(params=BLOBS)
def depot(request: pytest.FixtureRequest, tmp_path: Path) -> UploadDepot:
    if request.param == "local":
        return LocalDepot(tmp_path / "announced")
    s3: S3 = request.getfixturevalue("s3")
    return S3Depot(parse(s3.url, s3.access_key, s3.secret_key), ManualClock(datetime.now(UTC)))
