"""The composition root: the only place that chooses an implementation for every port.

With SQLite a data folder has at most one holder: the process that has its lock, migrates its database and works on
its jobs. Everybody else is a guest, who reads, accepts jobs and leaves the work to the holder. A guest that stays (a
``make`` beside a ``serve``) asks for the lock now and then, and becomes the holder when the other one goes. A
``worker`` works beside the holder.

With Postgres there is no holder: any number of processes on any number of machines work side by side, each under a
name of its own with a lease in the database.
"""

import asyncio
import contextlib
import os
import platform
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import maquette
from maquette.adapters.blobs.signing import HmacSigner
from maquette.adapters.blobs.storage import open_storage
from maquette.adapters.clocks import SteadyClock, SystemClock
from maquette.adapters.dbos.jobs import DbosJobs
from maquette.adapters.dbos.lock import FolderLock, executor_id
from maquette.adapters.dbos.retention import DbosArchive
from maquette.adapters.folder.data import DataFolder
from maquette.adapters.folder.scratch import Scratch
from maquette.adapters.processes.forked import ForkedProcesses
from maquette.adapters.sql.costs import SqlCosts
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_path
from maquette.adapters.sql.fleet import FleetShelf, ready_engines
from maquette.adapters.sql.paces import SqlPaces
from maquette.adapters.sql.schema import migrate
from maquette.adapters.sql.statistics import SqlStatistics
from maquette.adapters.sql.status import StatusReader
from maquette.adapters.sql.status_postgres import PostgresStatusReader
from maquette.adapters.telemetry.prometheus import PrometheusMeter
from maquette.adapters.telemetry.spans import open_tracer
from maquette.app.approvals import Approvals
from maquette.app.batches.batches import Batches
from maquette.app.calls import Calls
from maquette.app.care import Care
from maquette.app.costs import Costs
from maquette.app.estimates import Estimates
from maquette.app.events import Events
from maquette.app.fetching import Fetching
from maquette.app.janitor import Janitor, Retention
from maquette.app.jobs import Jobs
from maquette.app.joining import Joining
from maquette.app.keys import Keys
from maquette.app.offers import Offers
from maquette.app.old_photos.importing import OldPhotos
from maquette.app.orphans import Orphans
from maquette.app.portable.archive import Limits
from maquette.app.portable.carrier import Carrier
from maquette.app.products import Products
from maquette.app.projects import Projects
from maquette.app.queues import Queues
from maquette.app.quotes import Quotes
from maquette.app.results import Results
from maquette.app.sessions import Sessions
from maquette.app.tickets import Tickets
from maquette.app.transfers import Transfers
from maquette.app.uploads import Uploads
from maquette.app.webhooks.callbacks import Callbacks
from maquette.app.webhooks.webhooks import Webhooks
from maquette.app.weights import WeightStore
from maquette.bootstrap.feeding import fetcher, hire_feeder, hire_postman, sender
from maquette.bootstrap.opening import open_for_looking, open_for_serving, open_for_work, open_for_worker
from maquette.bootstrap.place import (
    backup_database,
    busy,
    check_keys,
    check_storage,
    database_revision,
    database_url,
    holder,
    is_behind,
    migrate_database,
    page_folder,
    store_address,
)
from maquette.bootstrap.shelving import agency, budget, hosting, lately, preferred, prices, shelf
from maquette.domain.errors import Refused, Unavailable
from maquette.domain.fleet import Queue, Worker
from maquette.pipelines.runner import Runner
from maquette.ports.engines import Readiness
from maquette.settings import Settings
from maquette.worker import Work

if TYPE_CHECKING:
    from maquette.api.server import Application

__all__ = [
    "Maquette",
    "SystemClock",
    "agency",
    "backup_database",
    "check_keys",
    "check_storage",
    "database_revision",
    "database_url",
    "fetcher",
    "holder",
    "is_behind",
    "lately",
    "migrate_database",
    "open_for_looking",
    "open_for_serving",
    "open_for_work",
    "open_for_worker",
    "page_folder",
    "prices",
    "processes",
    "shelf",
    "weight_store",
]

MIGRATION_PATIENCE_S = 30.0
"""How long a guest waits for the holder to migrate."""
LEAST_DISK = 200 * 1024**2
"""Bytes. Below this a server says that it is not ready: the next job would most likely meet a full disk."""


class Maquette:
    """Everything that a program needs, composed. Open it with one of the functions below."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.works = False
        self.webui = page_folder()
        self.clock = SystemClock()
        self._folder = DataFolder(settings.data)
        self._folder.prepare()
        self._url = database_url(settings)
        self._alone = sqlite_path(self._url) is not None
        self._lock = FolderLock(settings.data)
        self._fresh_name = not self._alone
        self._scratch = Scratch(self._folder.scratch)
        self._engine = DbosJobs(self._url)
        self._processes = ForkedProcesses(threads=settings.threads)
        self._database = SqlDatabase(self._url)
        self._here = shelf(settings)
        self.engines = FleetShelf(self._here, self._database, preferred(settings))
        self._status = self._status_reader()
        self.storage = open_storage(store_address(settings), self._folder.blobs, self.clock)
        self.blobs = self.storage.blobs
        self.work = Work(self._engine, self._database, settings.slots, self._hire)
        self.results = Results(self._database)
        self.keys = Keys(self._database, SteadyClock())
        self.projects = Projects(self._database, self.clock)
        self.uploads = Uploads(self._database, self.blobs, self._processes, self.clock, settings.max_photo_bytes)
        self.transfers = Transfers(self._database, self.storage.depot, self.uploads, self.clock)
        self.fetching = Fetching(fetcher(), self.uploads, at_once=settings.fetches, seconds=settings.fetch_seconds)
        self.care = Care(self._database, self._engine, self.clock, settings.undo_days)
        limits = Limits(settings.import_bytes, settings.import_files, settings.import_rows)
        self.carrier = Carrier(self._database, self.blobs, self._processes, self.clock, limits)
        self._archive = DbosArchive(self._url)
        retention = Retention(settings.undo_days, settings.keep_days, settings.draft_days)
        orphans = Orphans(self._database, self.blobs)
        self.janitor = Janitor(self._database, orphans, self.transfers, self._archive, self.clock, retention)
        self.quotes = Quotes(self.engines, prices(settings))
        self.queues = Queues(self._database, self._engine, self.clock)
        self.tracer = open_tracer(settings.otlp_endpoint, maquette.__version__)
        parts = (self._database, self._engine, self.engines, self.clock)
        self.jobs = Jobs(*parts, settings.max_queued, self.tracer, self.quotes)
        self.costs = Costs(SqlCosts(self._database), self._database, self.clock, budget(settings))
        self.calls = Calls(self._database, self._engine, self.clock)
        self.approvals = Approvals(self._database, self._engine, self.clock)
        self.estimates = Estimates(SqlPaces(self._database), self.clock)
        self.offers = Offers(self._database, self.quotes, self.estimates, self.clock, budget(settings))
        self.batches = Batches(self._database, self.jobs, self.engines, self.clock, settings.max_batch_rows)
        self._feeder = hire_feeder(self._database, self.jobs, self.uploads, settings, lambda: self.work.worker)
        self.webhooks = Webhooks(self._database, sender(settings), self.clock)
        self._postman = hire_postman(self._database, settings, lambda: self.work.worker)

    async def take_over(self, address: str = "", *, work: bool = True) -> bool:
        """Becomes the holder unless somebody else is. True when this process holds the folder, now or before.

        With Postgres nobody holds anything, and everybody may. ``work`` says whether to work on jobs then. Raises
        ``data_folder_busy`` when the holder is of another version.
        """
        if self.works or (self._alone and not self._lock.try_lock(address)):
            return self.works
        try:
            await asyncio.to_thread(self._make_ready)
            if work:
                await self.begin_work()
        except BaseException:
            self._lock.release()
            raise
        return True

    async def begin_work(self) -> None:
        """Works from now on, until it is closed."""
        await asyncio.to_thread(self.work.begin)
        self.works = True
        self.janitor.start()
        self._feeder.start()
        self._postman.start()

    async def work_beside(self) -> None:
        """Works beside whoever holds the folder, under a fresh name. Raises ``data_folder_busy``, ``not_ready``."""
        found = holder(self.settings) if self._alone else None
        if found is not None and found.version != maquette.__version__:
            raise busy(self.settings)
        self._fresh_name = True
        if await asyncio.to_thread(is_behind, self.settings):
            with contextlib.suppress(Refused):
                await asyncio.to_thread(migrate_database, self.settings)
        await self.be_guest()
        await asyncio.to_thread(self._make_ready)
        await self.begin_work()

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
        await asyncio.to_thread(self._engine.prepare)

    def old_photos(self, files: Path | None, *, dry: bool) -> OldPhotos:
        """What imports the rows of an older system; see there."""
        return OldPhotos(self._database, self.uploads, self.fetching, self.clock, files, dry=dry)

    def readiness(self) -> Readiness:
        """Whether new jobs can be taken; the message says when nobody is there to work on them. Blocks for a moment."""
        if self.settings.serve_works and not self.works:
            return Readiness(False, "The job engine does not run.", "Wait a moment.")
        free = self._folder.free_bytes()
        if free < LEAST_DISK:
            return Readiness(False, f"Only {free // 1024**2} MiB of disk are free.", "Free some space.")
        try:
            with self._database.read() as tx:
                workers = tx.workers.living()
        except Exception as error:  # noqa: BLE001 - whatever keeps the database from answering is the answer
            return Readiness(False, f"The database does not answer: {type(error).__name__}.", "maquette doctor")
        try:
            self.blobs.check()
        except Unavailable as error:
            return Readiness(False, error.message, error.hint)
        if not any(Queue.CPU in worker.queues for worker in workers):
            return Readiness(True, "No worker runs: jobs are kept until one does.", "maquette worker")
        return Readiness(True)

    def application(self) -> "Application":
        """The HTTP application over all of this. For a holder."""
        from maquette.api.server import create_app
        from maquette.api.services import Access, Services, Spending

        tickets = Tickets(self._database, SteadyClock())
        access = Access(self.keys, Sessions(self._database), tickets, self.settings.needs_key)
        statistics = SqlStatistics(self._database, self._engine.waiting, self.clock)
        services = Services(
            uploads=self.uploads,
            spending=Spending(self.costs, self.offers, prices(self.settings)),
            fetching=self.fetching,
            jobs=self.jobs,
            calls=self.calls,
            approvals=self.approvals,
            products=Products(self._database, self.clock),
            estimates=self.estimates,
            joining=Joining(self._database, self._engine, self.clock, self.jobs),
            events=Events(self._database),
            projects=self.projects,
            results=self.results,
            queues=self.queues,
            transfers=self.transfers,
            batches=self.batches,
            care=self.care,
            carrier=self.carrier,
            webhooks=self.webhooks,
            callbacks=Callbacks(self._database, self._here.hosted, self.clock),
            blobs=self.blobs,
            links=self.storage.links,
            redirect_downloads=self.settings.redirect_downloads,
            signer=HmacSigner(self._link_secret(), self.clock),
            engines=self.engines,
            access=access,
            status_reader=self._status,
            ready=self.readiness,
            meter=PrometheusMeter(statistics, self.clock, self._folder.free_bytes, maquette.__version__),
            version=maquette.__version__,
            allowed_hosts=self.settings.host_names,
            webui=self.webui,
            upload_seconds=self.settings.upload_seconds,
            max_sockets=self.settings.max_sockets,
            public_url=self.settings.public_url,
            cors_origins=self.settings.cors_origins,
            tracer=self.tracer,
        )
        return create_app(services)

    async def close(self) -> None:
        """Ends in order: the work, the processes that did it, the database, and last the lock."""
        try:
            await asyncio.to_thread(self.janitor.stop)
            await asyncio.to_thread(self._feeder.stop)
            await asyncio.to_thread(self._postman.stop)
            await asyncio.to_thread(self.work.end)
            await asyncio.to_thread(self._engine.close)
            await self._processes.close()
            await self._status.close()
            await asyncio.to_thread(self.tracer.close)
        finally:
            self.works = False
            self._archive.close()
            self._database.close()
            self._scratch.release()
            self._lock.release()

    def _status_reader(self) -> StatusReader | PostgresStatusReader:
        file = sqlite_path(self._url)
        return PostgresStatusReader(self._url) if file is None else StatusReader(file)

    def _link_secret(self) -> bytes:
        return self.settings.link_secret.get_secret_value().encode() or self._folder.secret()

    def _make_ready(self) -> None:
        if is_behind(self.settings):
            migrate(self._url)
        self._engine.prepare()
        self.blobs.sweep()

    def _hire(self) -> tuple[Worker, Runner]:
        """A worker of this process, and the runner that works under its name."""
        self._bury_the_dead()
        name = f"worker:{uuid.uuid4()}" if self._fresh_name else executor_id(self.settings.data)
        at, slots = self.clock.now(), self.settings.slots
        worker = Worker(
            id=name,
            host=platform.node(),
            pid=os.getpid(),
            version=maquette.__version__,
            queues=tuple(slots),
            concurrency=self.settings.concurrency,
            started_at=at,
            seen_at=at,
            engines=ready_engines(self._here),
            lease_s=self.settings.lease_seconds,
        )
        folder = self._scratch.take(name)
        parts = (self._database, self.blobs, self._processes, self._here, self.clock)
        return worker, Runner(*parts, folder, self.engines, name, self.tracer, hosting(self.settings))

    def _bury_the_dead(self) -> None:
        """Nobody need wait for the lease of a process of this machine that is known to have died."""
        for name in self._scratch.sweep():
            with self._database.write() as tx:
                tx.workers.bury(name)


def weight_store(settings: Settings) -> WeightStore:
    """For a command that needs no data folder."""
    return WeightStore(settings.weights_folder, fetcher(), SystemClock())


def processes(settings: Settings) -> ForkedProcesses:
    """For a command that needs no data folder. Close them."""
    return ForkedProcesses(threads=settings.threads)
