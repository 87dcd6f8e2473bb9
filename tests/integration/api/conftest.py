"""The application over real parts: SQLite, blobs on disk, processes, uvicorn. Only the job engine merely records."""

import asyncio
import io
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from internet import Internet
from maquette.adapters.blobs.local import LocalBlobs
from maquette.adapters.blobs.s3 import S3Blobs
from maquette.adapters.blobs.signing import HmacSigner
from maquette.adapters.blobs.storage import Address, open_storage
from maquette.adapters.outbound.late import LateFetcher
from maquette.adapters.processes.forked import ForkedProcesses
from maquette.adapters.sql.costs import SqlCosts
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_path, sqlite_url
from maquette.adapters.sql.paces import SqlPaces
from maquette.adapters.sql.schema import migrate
from maquette.adapters.sql.statistics import SqlStatistics
from maquette.adapters.sql.status import StatusReader
from maquette.adapters.sql.status_postgres import PostgresStatusReader
from maquette.adapters.telemetry.prometheus import PrometheusMeter
from maquette.api.server import create_app
from maquette.api.services import Access, Services, Spending
from maquette.app.approvals import Approvals
from maquette.app.batches.batches import Batches
from maquette.app.calls import Calls
from maquette.app.care import Care
from maquette.app.costs import Costs
from maquette.app.estimates import Estimates
from maquette.app.events import Events
from maquette.app.fetching import Fetching
from maquette.app.jobs import Jobs
from maquette.app.joining import Joining
from maquette.app.keys import Asked, Keys
from maquette.app.offers import Offers
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
from maquette.app.webhooks.sending import Sender
from maquette.app.webhooks.webhooks import Webhooks
from maquette.cli.serving import server_for
from maquette.domain import jobs as moves
from maquette.domain.assets import Asset, Role, View
from maquette.domain.calls import ProviderCall
from maquette.domain.errors import Refused
from maquette.domain.hosting import Billed, CallState
from maquette.domain.ids import LOCAL_OWNER, new_id
from maquette.domain.jobs import Job, Move, Result
from maquette.domain.money import Budget
from maquette.domain.states import Pipeline, Stage
from maquette.pipelines.catalog import CATALOG
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, Readiness
from maquette.testing import RecordingJobs, Shelf

MAX_PHOTO = 3_000_000
LOCAL = Address("")


class SystemClock:
    """The machine's own."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def shelf() -> Shelf:
    """One engine of each kind, and two that cannot work here."""

    def info(name: str, capability: Capability) -> EngineInfo:
        return EngineInfo(name, "1", capability, name.title(), "Apache-2.0", True)

    ready, lacking = Readiness(True), Readiness(False, "It needs a GPU.", "Buy one.")
    return Shelf(
        (
            EngineRecord("scissors", "none:None", ready, info("scissors", Capability.CUTTER)),
            EngineRecord("chisel", "none:None", ready, info("chisel", Capability.MESHER)),
            EngineRecord("laser", "none:None", lacking, info("laser", Capability.CUTTER)),
            EngineRecord("broken", "none:None", lacking),
        )
    )


@dataclass
class World:
    """A served application and its insides."""

    services: Services
    database: SqlDatabase
    blobs: LocalBlobs | S3Blobs
    engine: RecordingJobs
    processes: ForkedProcesses
    folder: Path
    internet: Internet
    url: str = ""
    app: Any = None
    http: httpx.Client = field(default_factory=httpx.Client)

    @property
    def enqueued(self) -> list[str]:
        """The jobs that were handed to the job engine, as often as they were."""
        return [job_id for job_id, _, _ in self.engine.enqueued]

    def photo(self, view: str | None = "front", colour: str = "red", **more: Any) -> dict[str, Any]:
        data = {"view": view} if view else {}
        answer = self.http.post("/api/v1/assets", files={"file": ("a.png", png(colour))}, data=data | more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def job(self, pipeline: str = "cutout", **asked: Any) -> dict[str, Any]:
        body = {"pipeline": pipeline, "inputs": [{"asset_id": self.photo()["id"]}]} | asked
        answer = self.http.post("/api/v1/jobs", json=body)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def move(self, job_id: str, make: Any, *args: Any, **more: Any) -> Job:
        """Makes one of ``domain.jobs``' moves; those that need the pipeline get it."""
        with self.database.write() as tx:
            job = tx.jobs.get(job_id)
            assert job is not None
            takes_pipeline = "pipeline" in make.__code__.co_varnames[: make.__code__.co_argcount]
            before: tuple[Pipeline, ...] = (CATALOG[job.pipeline].pipeline,) if takes_pipeline else ()
            move: Move | None = make(job, *before, *args, at=datetime.now(UTC), **more)
            return tx.jobs.apply(move) if move else job

    def store(
        self,
        data: bytes,
        role: Role,
        media_type: str,
        name: str,
        view: View | None = None,
        owner_id: str = LOCAL_OWNER,
    ) -> Asset:
        """An asset as a stage would make it."""
        writer = self.blobs.receive()
        writer.write(data)
        received = writer.finish()
        asset = Asset(
            new_id("ast"), owner_id, role, media_type, received.sha256, received.bytes, datetime.now(UTC), name, view
        )
        self.blobs.keep(asset.blob_key, received.path)
        writer.discard()
        with self.database.write() as tx:
            tx.assets.add(asset)
        return asset

    def call(self, job_id: str, owner_id: str = LOCAL_OWNER, **fields: Any) -> str:
        """A commission of which nobody knows whether its provider got it."""
        at, engine = datetime.now(UTC), {"engine": "meshy", "capability": "mesher", "order_key": new_id("key")}
        call = ProviderCall(
            new_id("call"), owner_id, job_id, Stage.GENERATING, 1, created_at=at, updated_at=at, **engine
        )
        lost = {"state": CallState.LOST, "billed": Billed.UNKNOWN, "request_digest": "secret-digest", "wake_hash": "s3"}
        call = replace(call, **lost | fields)
        with self.database.write() as tx:
            tx.calls.add(call)
        return call.id

    def finish(self, job_id: str, assets: dict[str, tuple[Asset, ...]], report: dict[str, Any]) -> str:
        """Ends a job with a result."""
        result_id = new_id("res")
        named = {name: tuple(asset.id for asset in group) for name, group in assets.items()}
        self.move(job_id, moves.enter, stage=CATALOG[self.pipeline(job_id)].pipeline.stages[-1])
        with self.database.write() as tx:
            job = tx.jobs.get(job_id)
            assert job is not None
            tx.results.add(Result(result_id, job_id, job.owner_id, "model", datetime.now(UTC), named, report))
        self.move(job_id, moves.complete, result_id)
        return result_id

    def pipeline(self, job_id: str) -> str:
        with self.database.read() as tx:
            job = tx.jobs.get(job_id)
            assert job is not None
            return job.pipeline


def png(colour: str = "red", size: tuple[int, int] = (96, 96)) -> bytes:
    picture = Image.new("RGB", size, colour)
    picture.paste("white", (20, 20, 60, 60))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def spending(database: SqlDatabase, clock: SystemClock, engines: Any, estimates: Estimates) -> Spending:
    """Without a price and without a limit."""
    offers = Offers(database, Quotes(engines, {}), estimates, clock, Budget())
    return Spending(Costs(SqlCosts(database), database, clock, Budget()), offers)


def make_world(folder: Path, url: str = "", address: Address = LOCAL) -> World:
    """Over a SQLite file of its own, or over a migrated database that others may use too."""
    file = sqlite_path(url or sqlite_url(folder / "maquette.db"))
    if not url:
        url = sqlite_url(folder / "maquette.db")
        migrate(url)
    database, clock = SqlDatabase(url), SystemClock()
    storage = open_storage(address, folder / "blobs", clock)
    blobs = storage.blobs
    engine, processes, engines = RecordingJobs(), ForkedProcesses(), shelf()
    uploads = Uploads(database, blobs, processes, clock, MAX_PHOTO)
    internet = Internet()
    jobs = Jobs(database, engine, engines, clock, max_queued=1000)
    estimates = Estimates(SqlPaces(database), clock)
    services = Services(
        uploads=uploads,
        transfers=Transfers(database, storage.depot, uploads, clock),
        fetching=Fetching(internet.fetcher(), uploads, at_once=2, seconds=2),
        events=Events(database),
        jobs=jobs,
        calls=Calls(database, engine, clock),
        approvals=Approvals(database, engine, clock),
        products=Products(database, clock),
        estimates=estimates,
        spending=spending(database, clock, engines, estimates),
        joining=Joining(database, engine, clock, jobs),
        batches=Batches(database, jobs, engines, clock),
        projects=Projects(database, clock),
        results=Results(database),
        care=Care(database, engine, clock, undo_days=7),
        carrier=Carrier(database, blobs, processes, clock, Limits(20_000_000, 100, 5000)),
        queues=Queues(database, engine, clock),
        webhooks=Webhooks(database, Sender(LateFetcher(clock, "0"), clock, loopback=True), clock),
        callbacks=Callbacks(database, _no_engine, clock),
        blobs=blobs,
        links=storage.links,
        signer=HmacSigner(b"s" * 32, clock),
        engines=engines,
        access=Access(Keys(database, clock), Sessions(database), Tickets(database, clock)),
        status_reader=StatusReader(file) if file else PostgresStatusReader(url),
        ready=lambda: Readiness(True),
        meter=PrometheusMeter(SqlStatistics(database, engine.waiting, clock), clock, lambda: 10**9, "0.0.test"),
        version="0.0.test",
    )
    return World(services, database, blobs, engine, processes, folder, internet)


def _no_engine(name: str) -> Any:
    raise Refused("unknown_engine", f"There is no {name}.")


class Served:
    """A uvicorn in a thread, on a free port of loopback."""

    def __init__(self, app: Any) -> None:
        # with its protocol, for asyncio sets TCP_NODELAY on no other
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(128)
        self.port = self.socket.getsockname()[1]
        self.app = app
        self.server = server_for(app)
        self.server.config.timeout_graceful_shutdown = 2
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self.server.serve(sockets=[self.socket]))

    def __enter__(self) -> "Served":
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """As ``maquette serve`` stops."""
        close = getattr(self.app, "close_streams", None)
        if close is not None and self.thread.is_alive():
            self.loop.call_soon_threadsafe(close)
        self.server.should_exit = True
        self.thread.join(20)
        self.socket.close()


@contextmanager
def serve(world: World, **changes: Any) -> Iterator[World]:
    world.services = replace(world.services, **changes)
    world.app = create_app(world.services)
    try:
        with Served(world.app) as served:
            world.url = f"http://127.0.0.1:{served.port}"
            with httpx.Client(base_url=world.url, timeout=30) as client:
                world.http = client
                yield world
    finally:
        world.internet.close()
        asyncio.run(world.processes.close())
        world.database.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serve(make_world(tmp_path_factory.mktemp("world"))) as served:
        yield served


@dataclass
class Locked:
    """A world that turns everybody away who has no key."""

    world: World
    clients: ExitStack

    def key(self, owner_id: str = "own_a", *, is_admin: bool = False) -> str:
        """A new key's secret."""
        return self.world.services.access.keys.create(Asked("test", owner_id, is_admin)).secret

    def client(self, key: str | None = None, **headers: str) -> httpx.Client:
        """A caller with this key, or with other headers."""
        given = {"Authorization": f"Bearer {key}"} if key else {}
        client = httpx.Client(base_url=self.world.url, timeout=30, headers=given | headers)
        self.clients.callback(client.close)
        return client

    def owner(self, owner_id: str = "own_a") -> World:
        """The world as an owner meets it."""
        return replace(self.world, http=self.client(self.key(owner_id)))


@contextmanager
def lock(folder: Path, **changes: Any) -> Iterator[Locked]:
    """Serves a world that turns everybody away who has no key."""
    world = make_world(folder)
    access = replace(world.services.access, required=True)
    with ExitStack() as clients, serve(world, access=access, **changes) as served:
        yield Locked(served, clients)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locked]:
    with lock(tmp_path_factory.mktemp("locked")) as served:
        yield served


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Any]:
    """Serves another world with other settings; for tests that break things."""
    with ExitStack() as running:

        def start(address: Address = LOCAL, **changes: Any) -> World:
            folder = Path(tempfile.mkdtemp(dir=tmp_path))
            return running.enter_context(serve(make_world(folder, address=address), **changes))

        yield start


@pytest.fixture
def nobody(locked):
    with locked.client() as client:
        yield client


@pytest.fixture
def admin(locked):
    with locked.client(locked.key("own_admin", is_admin=True)) as client:
        yield client
