"""What the API needs of the rest, handed over by whoever composes the program."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from maquette.app.jobs import Jobs
from maquette.app.projects import Projects
from maquette.app.queues import Queues
from maquette.app.results import Results
from maquette.app.uploads import Uploads
from maquette.ports.blobs import BlobStore, UrlSigner
from maquette.ports.engines import EngineShelf, Readiness
from maquette.ports.meters import Meter
from maquette.ports.status import StatusReader
from maquette.ports.tracing import Silent, Tracer


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases, the ports that bytes are served from, and a few settings.

    ``ready`` blocks; it looks at the database, the job engine and the disk. ``allowed_hosts`` are host names beyond
    the loopback ones, without port. ``webui`` is the folder of the built page, None when there is none.
    ``upload_seconds`` is how long one upload may take in all.
    """

    uploads: Uploads
    jobs: Jobs
    projects: Projects
    results: Results
    queues: Queues
    blobs: BlobStore
    signer: UrlSigner
    engines: EngineShelf
    status_reader: StatusReader
    ready: Callable[[], Readiness]
    meter: Meter
    version: str
    allowed_hosts: frozenset[str] = frozenset()
    webui: Path | None = None
    upload_seconds: float = 120.0
    tracer: Tracer = field(default_factory=Silent)
