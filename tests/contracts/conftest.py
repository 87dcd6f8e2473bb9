"""Every implementation of the ports that keep things. A new one adds itself to a table here and runs every suite.

Postgres takes part where MAQUETTE_TEST_POSTGRES names a database that may be emptied.
"""

import os
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
from maquette.adapters.sql import schema
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.domain.assets import Asset, Role
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job, Task
from maquette.domain.states import Stage
from maquette.ports.blobs import BlobStore, UploadDepot
from maquette.ports.stores import Database
from maquette.testing import ManualClock

from ..swift import S3

POSTGRES = "MAQUETTE_TEST_POSTGRES"
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


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "maquette.db"
    schema.migrate(sqlite_url(path))
    return path


def _sqlite(folder: Path, template: Path) -> str:
    path = folder / "maquette.db"
    shutil.copyfile(template, path)
    return sqlite_url(path)


def _postgres(folder: Path, template: Path) -> str:
    url = os.environ[POSTGRES]
    schema.migrate(url)
    schema.downgrade(url)
    schema.migrate(url)
    return url


DATABASES: dict[str, Callable[[Path, Path], str]] = {"sqlite": _sqlite}
if POSTGRES in os.environ:
    DATABASES["postgres"] = _postgres
BLOBS = ("local", "s3")


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[Database]:
    database = SqlDatabase(DATABASES[request.param](tmp_path, migrated))
    yield database
    database.close()


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
