"""Puts together what fetches from elsewhere and what goes on with batches."""

from collections.abc import Callable

import maquette
from maquette.adapters.clocks import SystemClock
from maquette.adapters.outbound.late import LateFetcher
from maquette.app.batches.feeder import Feeder
from maquette.app.fetching import Fetching
from maquette.app.jobs import Jobs
from maquette.app.uploads import Uploads
from maquette.app.webhooks.postman import Postman
from maquette.app.webhooks.sending import Sender
from maquette.domain.fleet import Worker
from maquette.ports.outbound import Fetcher
from maquette.ports.stores import Database
from maquette.settings import Settings


def fetcher() -> Fetcher:
    """What speaks to other servers."""
    return LateFetcher(SystemClock(), maquette.__version__)


def hire_feeder(
    database: Database, jobs: Jobs, uploads: Uploads, settings: Settings, here: Callable[[], Worker | None]
) -> Feeder:
    """``here`` is the worker of this process, while it works. Of several the first one feeds for all."""
    # it has an event loop of its own, hence also what fetches
    fetching = Fetching(fetcher(), uploads, at_once=settings.fetches, seconds=settings.fetch_seconds)
    return Feeder(database, jobs, fetching, SystemClock(), _first(database, here))


def sender(settings: Settings) -> Sender:
    """What calls the addresses that want to be told."""
    return Sender(fetcher(), SystemClock(), loopback=settings.webhook_loopback)


def hire_postman(database: Database, settings: Settings, here: Callable[[], Worker | None]) -> Postman:
    """As with the feeder: of several workers the first one is postman for all."""
    return Postman(database, sender(settings), SystemClock(), _first(database, here))


def _first(database: Database, here: Callable[[], Worker | None]) -> Callable[[], bool]:
    def is_mine() -> bool:
        worker = here()
        with database.read() as tx:
            living = tx.workers.living()
        return worker is not None and bool(living) and living[0].id == worker.id

    return is_mine
