"""The composition root: the only place that chooses an implementation for every port.

A data folder has at most one holder: the process that has its lock, migrates its database and works on its jobs.
Everybody else is a guest, who reads, accepts jobs and leaves the work to the holder. A guest that stays (a ``make``
beside a ``serve``) asks for the lock now and then, and becomes the holder when the other one goes.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

import maquette
from maquette.adapters.blobs.local import LocalBlobs
from maquette.adapters.blobs.signing import HmacSigner
from maquette.adapters.dbos.jobs import DbosJobs
from maquette.adapters.dbos.lock import FolderLock, Holder, executor_id
from maquette.adapters.processes.forked import ForkedProcesses
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_path, sqlite_url
from maquette.adapters.sql.schema import migrate, pending
from maquette.adapters.sql.statistics import SqlStatistics
from maquette.adapters.sql.status import StatusReader
from maquette.adapters.sql.status_anywhere import DatabaseStatusReader
from maquette.adapters.telemetry.prometheus import PrometheusMeter
from maquette.app.jobs import Jobs
from maquette.app.projects import Projects
from maquette.app.queues import Queues
from maquette.app.results import Results
from maquette.app.uploads import Uploads
from maquette.domain.errors import Refused, Unavailable
from maquette.domain.ids import LOCAL_OWNER
from maquette.pipelines.runner import Runner
from maquette.plugins import Shelf
from maquette.ports.engines import Readiness
from maquette.settings import Settings

if TYPE_CHECKING:
    from maquette.api.server import Application

MIGRATION_PATIENCE_S = 30.0
"""How long a guest waits for the holder to migrate."""
LEAST_DISK = 200 * 1024**2
"""Bytes. Below this a server says that it is not ready: the next job would most likely meet a full disk."""


class SystemClock:
    """Implements ``Clock``."""

    def now(self) -> datetime:
        """The wall clock in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The system's monotonic clock."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where everything lies that must outlive a process."""

    root: Path

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def scratch(self) -> Path:
        """Files of stages that are running; nothing in it is worth keeping."""
        return self.root / "scratch"

    def prepare(self) -> None:
        """Raises ``Refused`` when it cannot be made."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.scratch.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            hint = "Choose another with --data or MAQUETTE_DATA."
            raise Refused("invalid_setting", f"{self.root} cannot be used: {error.strerror}.", hint) from error

    def secret(self) -> bytes:
        """What links are signed with: made once, for the owner's eyes only."""
        return self._once("secret", secrets.token_hex(32)).encode()

    def sweep(self) -> None:
        """Removes what stages of a dead holder left."""
        for entry in self.scratch.iterdir():
            shutil.rmtree(entry, ignore_errors=True)

    def _once(self, name: str, text: str) -> str:
        """The content of a small file that exactly one process gets to write."""
        path = self.root / name
        if not path.exists():
            fresh = self.root / f".{name}.{secrets.token_hex(8)}"
            descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            # a link, unlike a rename, loses against a file that is there already
            with contextlib.suppress(FileExistsError):
                os.link(fresh, path)
            fresh.unlink()
        return path.read_text(encoding="utf-8")


class Maquette:
    """Everything that a program needs, composed. Open it with one of the functions below."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.holds = False
        self.webui = page_folder()
        self.engines = Shelf()
        self.clock = SystemClock()
        self._folder = DataFolder(settings.data)
        self._folder.prepare()
        self._url = database_url(settings)
        self._lock = FolderLock(settings.data)
        self._worker = DbosJobs(self._url, concurrency=settings.concurrency)
        self._processes = ForkedProcesses(threads=settings.threads)
        self._database = SqlDatabase(self._url)
        self.blobs = LocalBlobs(self._folder.blobs)
        self.results = Results(self._database)
        self.projects = Projects(self._database, self.clock)
        self.uploads = Uploads(self._database, self.blobs, self._processes, self.clock, settings.max_photo_bytes)
        self.queues = Queues(self._database, self._worker, self.clock)
        self.jobs = Jobs(self._database, self._worker, self.engines, self.clock, settings.max_queued)

    async def take_over(self, address: str = "") -> bool:
        """Becomes the holder unless somebody else is. True when this process holds the folder, now or before.

        Raises ``data_folder_busy`` when the holder is of another version.
        """
        if self.holds or not self._lock.try_lock(address):
            return self.holds
        try:
            await asyncio.to_thread(self._start_work)
        except BaseException:
            self._lock.release()
            raise
        self.holds = True
        return True

    async def be_guest(self) -> None:
        """Waits until the holder has migrated the database. Raises ``needs_migration`` when it does not."""
        patience = self.clock.monotonic() + MIGRATION_PATIENCE_S
        while await asyncio.to_thread(is_behind, self.settings):
            if self.clock.monotonic() > patience:
                hint = "Stop the server that holds the data folder, then: maquette migrate"
                raise Unavailable("needs_migration", hint=hint)
            await asyncio.sleep(0.2)

    async def prepare_to_enqueue(self) -> None:
        """For a guest that will hand over work, or stop some. Takes a second: it loads the job engine's library."""
        await asyncio.to_thread(self._worker.prepare)

    def readiness(self) -> Readiness:
        """Whether new jobs can be taken and worked on. Blocks for some milliseconds."""
        if not self.holds:
            return Readiness(False, "The job engine does not run.", "Wait a moment.")
        free = self._free_bytes()
        if free < LEAST_DISK:
            return Readiness(False, f"Only {free // 1024**2} MiB of disk are free.", "Free some space.")
        try:
            with self._database.read() as tx:
                tx.projects.list(LOCAL_OWNER, limit=1)
        except Exception as error:  # noqa: BLE001 - whatever keeps the database from answering is the answer
            return Readiness(False, f"The database does not answer: {type(error).__name__}.", "maquette doctor")
        return Readiness(True)

    def application(self) -> "Application":
        """The HTTP application over all of this. For a holder."""
        from maquette.api.server import create_app
        from maquette.api.services import Services

        services = Services(
            uploads=self.uploads,
            jobs=self.jobs,
            projects=self.projects,
            results=self.results,
            queues=self.queues,
            blobs=self.blobs,
            signer=HmacSigner(self._folder.secret(), self.clock),
            engines=self.engines,
            status_reader=self._status_reader(),
            ready=self.readiness,
            meter=self._meter(),
            version=maquette.__version__,
            allowed_hosts=self.settings.allowed_hosts,
            webui=self.webui,
            upload_seconds=self.settings.upload_seconds,
        )
        return create_app(services)

    async def close(self) -> None:
        """Ends in order: the work, the processes that did it, the database, and last the lock."""
        try:
            await asyncio.to_thread(self._worker.close)
            await self._processes.close()
        finally:
            self._database.close()
            self._lock.release()
            self.holds = False

    def _meter(self) -> PrometheusMeter:
        statistics = SqlStatistics(self._database, self._worker.waiting, self.clock)
        return PrometheusMeter(statistics, self.clock, self._free_bytes, maquette.__version__)

    def _free_bytes(self) -> int:
        return shutil.disk_usage(self.settings.data).free

    def _status_reader(self) -> StatusReader | DatabaseStatusReader:
        file = sqlite_path(self._url)
        return DatabaseStatusReader(self._database) if file is None else StatusReader(file)

    def _start_work(self) -> None:
        if is_behind(self.settings):
            migrate(self._url)
        self._folder.sweep()
        self.blobs.sweep()
        runner = Runner(self._database, self.blobs, self._processes, self.engines, self.clock, self._folder.scratch)
        self._worker.launch(runner, self._database, executor_id(self.settings.data))


@contextlib.asynccontextmanager
async def open_for_serving(settings: Settings, address: str) -> AsyncGenerator[Maquette, None]:
    """As the holder, or not at all: raises ``data_folder_busy`` with the holder's address."""
    async with _opened(settings) as house:
        if not await house.take_over(address):
            raise _busy(settings)
        yield house


@contextlib.asynccontextmanager
async def open_for_work(settings: Settings) -> AsyncGenerator[Maquette, None]:
    """As the holder if nobody is, else as a guest that may take over later."""
    async with _opened(settings) as house:
        if not await house.take_over():
            await house.be_guest()
            await house.prepare_to_enqueue()
        yield house


@contextlib.asynccontextmanager
async def open_for_looking(settings: Settings, *, steering: bool = False) -> AsyncGenerator[Maquette, None]:
    """As a guest who stays for a moment, and with ``steering`` may hand work over or stop some.

    A database that nobody has made yet is made.
    """
    if await asyncio.to_thread(is_behind, settings):
        with contextlib.suppress(Refused):
            await asyncio.to_thread(migrate_database, settings)
    async with _opened(settings) as house:
        await house.be_guest()
        if steering:
            await house.prepare_to_enqueue()
        yield house


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[Maquette, None]:
    house = Maquette(settings)
    try:
        yield house
    finally:
        await house.close()


def is_behind(settings: Settings) -> bool:
    """Whether the database is older than this version, or not there yet. Changes nothing.

    Raises ``not_ready`` when it cannot be reached.
    """
    try:
        return pending(database_url(settings))
    except (SQLAlchemyError, ImportError) as error:
        reason = str(error).splitlines()[0]
        hint = "Check MAQUETTE_DATABASE_URL: postgresql+psycopg://user@host/name, or nothing for SQLite."
        raise Unavailable("not_ready", f"The database cannot be used: {reason}", hint) from error


def migrate_database(settings: Settings) -> None:
    """Brings the database to this version. Raises ``data_folder_busy`` while somebody works with it."""
    DataFolder(settings.data).prepare()
    lock = FolderLock(settings.data)
    if not lock.try_lock():
        raise _busy(settings)
    try:
        migrate(database_url(settings))
    finally:
        lock.release()


def holder(settings: Settings) -> Holder | None:
    """The process that works on the data folder, if there is one."""
    return FolderLock(settings.data).holder() if settings.data.is_dir() else None


def database_url(settings: Settings) -> str:
    """The given database, or SQLite in the data folder."""
    return settings.database_url or sqlite_url(_sqlite_file(settings))


def page_folder() -> Path | None:
    """The built page, if there is one."""
    folder = Path(maquette.__file__).parent / "webui"
    return folder if (folder / "index.html").is_file() else None


def _sqlite_file(settings: Settings) -> Path:
    return settings.data / "maquette.db"


def _busy(settings: Settings) -> Refused:
    found = holder(settings)
    who = f"process {found.pid}" if found else "another process"
    where = f" at {found.url}" if found and found.url else ""
    ways = f"stop {who}, or take another folder with --data."
    hint = f"Use {found.url}, {ways}" if found and found.url else f"S{ways[1:]}"
    return Refused("data_folder_busy", f"{settings.data} is in use by {who}{where}.", hint)
