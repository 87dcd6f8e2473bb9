"""From taking the lease to giving it back: the time in which this process works on jobs."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from dbos import DBOS, DBOSConfig

from maquette.adapters.dbos.caretaker import LOOK_EVERY_S, Caretaker
from maquette.adapters.dbos.handover import Handover
from maquette.adapters.dbos.lease import BEATS, Lease
from maquette.adapters.dbos.names import APPLICATION, QUEUES, WALK_VERSION
from maquette.adapters.dbos.reaper import WATCH_EVERY_S, Reaper
from maquette.adapters.dbos.rounds import Rounds
from maquette.adapters.dbos.slots import NONE, Slots
from maquette.adapters.dbos.walks import Walks
from maquette.domain.fleet import Queue, Worker
from maquette.pipelines.runner import Runner
from maquette.ports.stores import Database

POLL_S = 0.25
"""Seconds between two looks into a queue: a tenth of a core idle would buy 0.1."""
PAUSES_EVERY_S = 1.0
REMEMBERED = timedelta(days=1)
"""How long the rows of workers that are gone are kept, for people to see."""


class Shift:
    """Begins once and ends once. The library allows one at a time in a process."""

    def __init__(
        self,
        handover: Handover,
        runner: Runner,
        database: Database,
        worker: Worker,
        slots: Mapping[Queue, int],
        lost: Callable[[], None],
    ) -> None:
        self._handover = handover
        self._db = database
        self._lease = Lease(database, worker, lost)
        own = {QUEUES[queue]: count for queue, count in slots.items()}
        self._slots = Slots(own, Pauses(database).now)
        self._reaper = Reaper(handover.client, database, worker.id, self._slots)
        self._caretaker = Caretaker(handover.client, database, runner, handover.enqueue)
        self._rounds = Rounds("caretaker", min(WATCH_EVERY_S, worker.lease_s / BEATS), self._look)
        self._looked = time.monotonic() - LOOK_EVERY_S
        try:
            self._launch(runner, worker.id, tuple(own))
        except BaseException:
            self.end()
            raise

    def drain(self, seconds: float) -> bool:
        """Takes nothing new and lets running stages end. True if they did so in time."""
        self._lease.drain()
        return self._slots.drain(seconds)

    def end(self) -> None:
        """Stages that still run are stopped, which kills their processes; they go on elsewhere, or here next time."""
        self._slots.drain(0)
        self._rounds.stop()
        DBOS.destroy(destroy_registry=True)
        self._lease.give_back()

    def _launch(self, runner: Runner, executor_id: str, queues: tuple[str, ...]) -> None:
        for name in QUEUES.values():
            self._handover.client.register_queue(name, worker_concurrency=NONE, polling_interval_sec=POLL_S)
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_engine": self._handover.engine,
            "serializer": self._handover.serializer,
            "application_version": WALK_VERSION,
            "executor_id": executor_id,
            "log_level": "WARNING",
            "enable_otlp": False,
            "use_listen_notify": False,
            "scheduler_polling_interval_sec": 3600.0,
        }
        # the lease comes first: what belongs to somebody without one is taken over at once
        self._lease.take()
        library = DBOS(config=config)
        Walks(runner, self._slots)
        DBOS.listen_queues(queues)
        # from a thread without an event loop, lest the library runs our steps on the caller's
        with ThreadPoolExecutor(1) as aside:
            aside.submit(DBOS.launch).result()
        self._slots.install(library._sys_db)  # pyright: ignore[reportPrivateUsage]
        self._rounds.start()

    def _look(self) -> None:
        self._reaper.look()
        if self._reaper.is_first and time.monotonic() - self._looked >= LOOK_EVERY_S:
            self._caretaker.look()
            self._forget_the_dead()
            self._looked = time.monotonic()

    def _forget_the_dead(self) -> None:
        with self._db.write(durable=False) as tx:
            tx.workers.forget(datetime.now(UTC) - REMEMBERED)


class Pauses:
    """Which of the library's queues are paused, not asked more than once a second."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._known: frozenset[str] = frozenset()
        self._asked = float("-inf")

    def now(self) -> frozenset[str]:
        """Blocks for a moment."""
        if time.monotonic() - self._asked >= PAUSES_EVERY_S:
            with self._db.read() as tx:
                self._known = frozenset(QUEUES[state.name] for state in tx.queues.all() if state.paused)
            self._asked = time.monotonic()
        return self._known
