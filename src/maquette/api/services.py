"""What the API needs of the rest, handed over by whoever composes the program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
from maquette.app.keys import Keys
from maquette.app.offers import Offers
from maquette.app.portable.carrier import Carrier
from maquette.app.products import Products
from maquette.app.projects import Projects
from maquette.app.queues import Queues
from maquette.app.results import Results
from maquette.app.sessions import Sessions
from maquette.app.tickets import Tickets
from maquette.app.transfers import Transfers
from maquette.app.uploads import Uploads
from maquette.app.webhooks.callbacks import Callbacks
from maquette.app.webhooks.webhooks import Webhooks
from maquette.domain.money import Price
from maquette.ports.blobs import BlobLinks, BlobStore, UrlSigner
from maquette.ports.engines import EngineShelf, Readiness
from maquette.ports.meters import Meter
from maquette.ports.status import StatusReader
from maquette.ports.tracing import Silent, Tracer


@dataclass(frozen=True, slots=True)
class Access:
    """Who knows what proves what. ``required`` is whether somebody without any proof is turned away."""

    keys: Keys
    sessions: Sessions
    tickets: Tickets
    required: bool = False


@dataclass(frozen=True, slots=True)
class Spending:
    """What is known of money: the ledger, what jobs would cost, and what one unit of an engine does."""

    costs: Costs
    offers: Offers
    prices: Mapping[str, Price] = field(default_factory=dict[str, Price])


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases, the ports that bytes are served from, and a few settings.

    ``ready`` blocks; it looks at the database, the job engine and the disk. ``allowed_hosts`` are host names beyond
    the loopback ones, without port. ``webui`` is the folder of the built page, None when there is none.
    ``upload_seconds`` is how long one upload may take in all, ``max_sockets`` how many WebSockets one owner may hold.
    ``public_url`` is the scheme and host by which a proxy in front is reached; ``cors_origins`` are the origins of
    other pages that may call. ``links`` are the store's own links, None where it makes none; with
    ``redirect_downloads`` they serve downloads too.
    """

    uploads: Uploads
    transfers: Transfers
    fetching: Fetching
    jobs: Jobs
    calls: Calls
    approvals: Approvals
    joining: Joining
    products: Products
    estimates: Estimates
    spending: Spending
    events: Events
    projects: Projects
    results: Results
    queues: Queues
    batches: Batches
    care: Care
    carrier: Carrier
    webhooks: Webhooks
    callbacks: Callbacks
    blobs: BlobStore
    signer: UrlSigner
    engines: EngineShelf
    access: Access
    status_reader: StatusReader
    ready: Callable[[], Readiness]
    meter: Meter
    version: str
    allowed_hosts: frozenset[str] = frozenset()
    webui: Path | None = None
    upload_seconds: float = 120.0
    max_sockets: int = 1000
    public_url: str = ""
    cors_origins: frozenset[str] = frozenset()
    tracer: Tracer = field(default_factory=Silent)
    links: BlobLinks | None = None
    redirect_downloads: bool = False

    @property
    def redirects(self) -> BlobLinks | None:
        """The links that downloads are answered with, if they are."""
        return self.links if self.redirect_downloads else None
