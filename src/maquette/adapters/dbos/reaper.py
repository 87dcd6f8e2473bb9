"""Takes over what a process had that works no more.

The library itself only recovers the workflows of a process that comes back under the same name.
"""

import logging
import time
from collections.abc import Callable, Collection, Sequence

from dbos import DBOS, DBOSClient, WorkflowStatus

from maquette.adapters.dbos.slots import Slots
from maquette.domain.fleet import Worker
from maquette.ports.stores import Database

WATCH_EVERY_S = 1.0
ADOPT_EVERY_S = 5.0
STANDSTILL_S = 5.0
"""Between two looks of a process that is well."""

_log = logging.getLogger(__name__)


def recover(executors: Collection[str]) -> None:
    """Puts what dead processes had under way back into its queues. Doing so twice, or in two places, changes nothing.

    The only use of the library's internals for this: no public way keeps attempts, deadlines and cancellations.
    """
    DBOS._recover_pending_workflows(list(executors))  # pyright: ignore[reportPrivateUsage]


class Reaper:
    """Watches the others' counters. Every process that works has one, and they may all do the same at once."""

    def __init__(
        self,
        client: DBOSClient,
        database: Database,
        own_id: str,
        slots: Slots,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._db = database
        self._own_id = own_id
        self._slots = slots
        self._monotonic = monotonic
        self._heard: dict[str, tuple[int, float]] = {}
        self._living: tuple[str, ...] = ()
        self._looked = monotonic()
        self._adopted = self._looked - ADOPT_EVERY_S
        self._idle: set[str] = set()

    @property
    def is_first(self) -> bool:
        """Whether what one process has to do for all falls to this one."""
        return self._living[:1] in ((), (self._own_id,))

    def look(self) -> None:
        """One round. Raises what the database raises."""
        now = self._monotonic()
        workers = self._read()
        if now - self._looked > STANDSTILL_S:
            # it was us who heard nothing, or the whole machine or the database stood still: silence tells nothing
            self._heard.clear()
        self._looked = now
        living = self._without_silent(workers, now)
        somebody_left = not set(self._living) <= set(living)
        self._living = living
        if somebody_left or now - self._adopted >= ADOPT_EVERY_S:
            self._adopted = now
            self._adopt()

    def _read(self) -> Sequence[Worker]:
        with self._db.read() as tx:
            return tx.workers.living()

    def _without_silent(self, workers: Sequence[Worker], now: float) -> tuple[str, ...]:
        heard = {worker.id: self._last_heard(worker, now) for worker in workers}
        self._heard = heard
        silent = [worker for worker in workers if now - heard[worker.id][1] > worker.lease_s]
        gone = {worker.id for worker in silent if worker.id != self._own_id and self._bury(worker)}
        return tuple(worker.id for worker in workers if worker.id not in gone)

    def _last_heard(self, worker: Worker, now: float) -> tuple[int, float]:
        known = self._heard.get(worker.id)
        return known if known and known[0] == worker.beat else (worker.beat, now)

    def _bury(self, worker: Worker) -> bool:
        with self._db.write() as tx:
            buried = tx.workers.bury(worker.id, worker.beat)
        if buried:
            _log.warning("Worker %s on %s (process %d) is silent; its work goes on here.", *_named(worker))
        return buried

    def _adopt(self) -> None:
        """Recovers what has no living owner, and resumes what should run here but does not."""
        pending: list[WorkflowStatus] = self._client.list_workflows(
            status="PENDING", load_input=False, load_output=False
        )
        # read after the workflows: whoever begins to work is in the list of the living before it takes the first one
        living = {worker.id for worker in self._read()}
        orphaned = {status.executor_id for status in pending if status.executor_id} - living
        if orphaned:
            recover(orphaned)
        self._resume([status for status in pending if status.executor_id == self._own_id])

    def _resume(self, own: Sequence[WorkflowStatus]) -> None:
        """A full disk may have kept a walk's end from being written down."""
        idle = {status.workflow_id: status for status in own if status.workflow_id not in self._slots.present}
        for name in idle.keys() & self._idle:  # seen twice: the first time it may have been about to begin
            _log.warning("Walk %s was not running; it goes on.", name)
            self._client.resume_workflow(name, queue_name=idle[name].queue_name)
        self._idle = idle.keys() - self._idle


def _named(worker: Worker) -> tuple[str, str, int]:
    return worker.id, worker.host, worker.pid
