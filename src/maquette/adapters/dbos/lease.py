"""A working process's lease: a row with a counter that it raises while it lives.

Nobody compares clocks. Whoever watches the counter times its silence with a clock of its own (``reaper``).
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy.exc import DBAPIError

from maquette.adapters.dbos.rounds import Rounds
from maquette.domain.errors import MaquetteError
from maquette.domain.fleet import Worker
from maquette.ports.stores import Database

BEATS = 6
"""In the time of a lease."""

_log = logging.getLogger(__name__)


class Lease:
    """Beats from ``take`` to ``give_back``.

    ``lost`` is called once, in a thread of its own, when somebody else gave this process up: whatever it had is being
    done elsewhere, and nothing that it still writes counts.
    """

    def __init__(self, database: Database, worker: Worker, lost: Callable[[], None]) -> None:
        self._db = database
        self._worker = worker
        self._lost = lost
        self._rounds = Rounds("heartbeat", worker.lease_s / BEATS, self._beat)
        self._held = False

    def take(self) -> None:
        with self._db.write() as tx:
            tx.workers.join(self._worker)
        self._held = True
        self._rounds.start()

    def drain(self) -> None:
        """Lets everybody see that nothing new begins here."""
        with self._db.write() as tx:
            tx.workers.drain(self._worker.id)

    def give_back(self) -> None:
        """Says goodbye, so that others need not wait for the end of the lease."""
        self._rounds.stop()
        if not self._held:
            return
        self._held = False
        try:
            with self._db.write() as tx:
                tx.workers.bury(self._worker.id)
        except (MaquetteError, DBAPIError):
            _log.warning("The goodbye could not be written; the others wait for the end of the lease.", exc_info=True)

    def _beat(self) -> None:
        if not self._held:
            return
        with self._db.write(durable=False) as tx:
            self._held = tx.workers.beat(self._worker.id, datetime.now(UTC))
        if not self._held:
            threading.Thread(target=self._lost, name="lease lost", daemon=True).start()
