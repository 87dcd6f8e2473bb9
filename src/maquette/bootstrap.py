"""The composition root: the only place that chooses an implementation for every port.

A data folder has at most one holder: the process that has its lock, migrates its database and works on its jobs.
Everybody else is a guest, who reads, accepts jobs and leaves the work to the holder. A guest that stays (a ``make``
beside a ``serve``) asks for the lock now and then, and becomes the holder when the other one goes.
"""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import time
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import maquette
from maquette.adapters.blobs.local import LocalBlobs
from maquette.adapters.blobs.signing import HmacSigner
from maquette.adapters.dbos import DbosGuest, DbosJobs, FolderLock
from maquette.adapters.processes.forked import ForkedProcesses
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.adapters.sql.schema import migrate, pending
from maquette.adapters.sql.status import StatusReader
from maquette.app.jobs import Jobs
from maquette.app.projects import Projects
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

    @property
    def holder(self) -> Path:
        """Who holds the folder, for people: the lock itself says only that somebody does."""
        return self.root / "holder.json"

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

    def identity(self) -> str:
        """The folder's own uuid: the executor of its jobs goes by it, in whichever process that runs."""
        return self._once("folder-id", str(uuid.uuid4()))

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
        self.webui = page_folder()
        self.engines = Shelf()
        self.clock = SystemClock()
        self._folder = DataFolder(settings.data)
        self._folder.prepare()
        self._url = database_url(settings)
        self._lock = FolderLock(settings.data)
        self.database = SqlDatabase(self._url)
        self.blobs = LocalBlobs(self._folder.blobs)
        self.processes = ForkedProcesses(threads=settings.threads)
        self.results = Results(self.database)
        self.projects = Projects(self.database, self.clock)
        self.uploads = Uploads(self.database, self.blobs, self.processes, self.clock, settings.max_photo_bytes)
        self._guest = DbosGuest(self._url)
        self._worker: DbosJobs | None = None

    @property
    def holds(self) -> bool:
        """Whether this process holds the data folder and works on its jobs."""
        return self._worker is not None

    @property
    def jobs(self) -> Jobs:
        """The use cases around jobs, over the job engine that this process has at the moment."""
        return Jobs(self.database, self._worker or self._guest, self.engines, self.clock, self.settings.max_queued)

    async def take_over(self, address: str | None = None) -> bool:
        """Becomes the holder unless somebody else is. True when this process holds the folder."""
        if self.holds:
            return True
        if not await asyncio.to_thread(self._lock.acquire):
            return False
        try:
            await asyncio.to_thread(self._make_ready, address)
            self._worker = await self._launch()
        except BaseException:
            self._lock.release()
            raise
        return True

    async def wait_for_schema(self) -> None:
        """For a guest: waits until the database is of this version. Raises ``needs_migration``."""
        patience = time.monotonic() + MIGRATION_PATIENCE_S
        while await asyncio.to_thread(pending, self._url):
            if time.monotonic() > patience:
                hint = "Stop the server that holds the data folder, then: maquette migrate"
                raise Unavailable("needs_migration", hint=hint)
            await asyncio.sleep(0.2)

    def readiness(self) -> Readiness:
        """Whether new jobs can be taken and worked on. Blocks for some milliseconds."""
        if not self.holds:
            return Readiness(False, "The job engine does not run.", "Wait a moment.")
        free = shutil.disk_usage(self.settings.data).free
        if free < LEAST_DISK:
            return Readiness(False, f"Only {free // 1024**2} MiB of disk are free.", "Free some space.")
        try:
            with self.database.read() as tx:
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
            blobs=self.blobs,
            signer=HmacSigner(self._folder.secret(), self.clock),
            engines=self.engines,
            status_reader=StatusReader(self._folder.root / "maquette.db"),
            ready=self.readiness,
            version=maquette.__version__,
            allowed_hosts=self.settings.allowed_hosts,
            webui=self.webui,
            upload_seconds=self.settings.upload_seconds,
        )
        return create_app(services)

    async def close(self) -> None:
        """Ends in order: the work, then the processes that did it, the database, and last the lock."""
        try:
            if self._worker is not None:
                await self._worker.close()
            await self.processes.close()
        finally:
            self._guest.close()
            self.database.close()
            if self.holds:
                self._folder.holder.unlink(missing_ok=True)
            self._lock.release()

    def _make_ready(self, address: str | None) -> None:
        migrate(self._url)
        self._folder.sweep()
        self.blobs.sweep()
        about = {"pid": os.getpid(), "url": address}
        self._folder.holder.write_text(json.dumps(about), encoding="utf-8")

    async def _launch(self) -> "DbosJobs":
        runner = Runner(self.database, self.blobs, self.processes, self.engines, self.clock, self._folder.scratch)
        worker = DbosJobs(
            self._url, f"embedded:{self._folder.identity()}", runner, self.database, self.settings.concurrency
        )
        await worker.launch()
        return worker


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
            await house.wait_for_schema()
        yield house


@contextlib.asynccontextmanager
async def open_for_looking(settings: Settings) -> AsyncGenerator[Maquette, None]:
    """As a guest who stays for a moment. A database that nobody has made yet is made."""
    if is_behind(settings):
        with contextlib.suppress(Refused):
            migrate_database(settings)
    async with _opened(settings) as house:
        await house.wait_for_schema()
        yield house


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[Maquette, None]:
    house = Maquette(settings)
    try:
        yield house
    finally:
        await house.close()


def is_behind(settings: Settings) -> bool:
    """Whether the database is older than this version, or not there yet. Changes nothing."""
    return pending(database_url(settings))


def migrate_database(settings: Settings) -> None:
    """Brings the database to this version. Raises ``data_folder_busy`` while somebody works with it."""
    DataFolder(settings.data).prepare()
    lock = FolderLock(settings.data)
    if not lock.acquire():
        raise _busy(settings)
    try:
        migrate(database_url(settings))
    finally:
        lock.release()


def holder_address(settings: Settings) -> str | None:
    """Where the server of this data folder answers; a process id for a holder that is no server; None for no holder."""
    if not settings.data.is_dir():
        return None
    lock = FolderLock(settings.data)
    if lock.acquire():
        lock.release()
        return None
    try:
        about = json.loads(DataFolder(settings.data).holder.read_text(encoding="utf-8"))
        return str(about["url"] or f"process {about['pid']}")
    except (OSError, ValueError, KeyError):
        return "another process"


def database_url(settings: Settings) -> str:
    """The given database, or SQLite in the data folder."""
    return settings.database_url or sqlite_url(settings.data / "maquette.db")


def page_folder() -> Path | None:
    """The built page, if there is one."""
    folder = Path(maquette.__file__).parent / "webui"
    return folder if (folder / "index.html").is_file() else None


def _busy(settings: Settings) -> Refused:
    holder = holder_address(settings) or "another process"
    hint = f"Use {holder}, stop it, or take another folder with --data."
    return Refused("data_folder_busy", f"{settings.data} is in use by {holder}.", hint)
