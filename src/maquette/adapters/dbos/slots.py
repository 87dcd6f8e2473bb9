"""How much this process takes from the queues.

The library keeps a queue's ``worker_concurrency`` in the database, the same for every process. Each process needs a
number of its own, that changes while it runs. So the database says 0, and what the library's queue threads read on
each poll (``SystemDatabase.get_queue``) is corrected here. Should a later version read it in another way, nothing
would be taken at all, which no test can overlook.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Container, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from maquette.adapters.dbos.names import QUEUE

NONE = 0
"""What the database says."""
FIRST_POLL_S = 0.05
"""That too is what the database says: the first poll of a queue thread, which takes nothing, should be soon over."""
WALKS_POLL_S = 0.25
"""Seconds between two looks for jobs: a tenth of a core idle would buy 0.1."""
STAGES_POLL_S = 0.5
"""And for single stages, which take longer than that."""


class Slots:
    """Who is at work here, and how many more may come.

    ``own`` maps the library's queue names to how much of each may be worked on at a time. A walk that is parked,
    because it waits for a stage elsewhere or for a while to pass, keeps no slot. ``paused`` names the queues from
    which nothing may be taken at present.
    """

    def __init__(self, own: Mapping[str, int], paused: Callable[[], Container[str]]) -> None:
        self._own = own
        self._paused = paused
        self._parked: Counter[str] = Counter()
        self._present: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._draining = False
        self._hands = {name: asyncio.Semaphore(count) for name, count in own.items()}

    def install(self, system_database: Any) -> None:
        """Corrects what this process reads of its queues from now on."""
        read = system_database.get_queue

        def get_queue(name: str, **options: Any) -> Any:
            queue = read(name, **options)
            if queue is not None and name in self._own:
                queue._worker_concurrency = self.of(name)
                queue._polling_interval_sec = WALKS_POLL_S if name == QUEUE else STAGES_POLL_S
            return queue

        system_database.get_queue = get_queue

    def of(self, queue: str) -> int:
        """How many workflows of a queue this process may have, the parked ones included."""
        if self._draining or queue in self._paused():
            return NONE
        return self._own[queue] + self._parked[queue]

    @property
    def present(self) -> frozenset[str]:
        """The names of the workflows that are here, parked or not."""
        with self._changed:
            return frozenset(self._present)

    @contextmanager
    def presence(self, workflow: str) -> Generator[None]:
        """While a workflow is here."""
        with self._changed:
            self._present[workflow] += 1
        try:
            yield
        finally:
            with self._changed:
                self._present[workflow] -= 1
                self._present = +self._present
                self._changed.notify_all()

    @contextmanager
    def parked(self, queue: str) -> Generator[None]:
        """While a workflow of the queue only waits."""
        self._park(queue, 1)
        try:
            yield
        finally:
            self._park(queue, -1)

    @asynccontextmanager
    async def turn(self, queue: str) -> AsyncGenerator[None]:
        """While a workflow of the queue works on a stage. More than may work at a time wait for each other.

        Once this process drains no stage begins: the workflow waits here until the process lets go of it.
        """
        async with self._hands[queue]:
            if not self._draining:
                yield
                return
        with self.parked(queue):
            await asyncio.Event().wait()

    def drain(self, seconds: float) -> bool:
        """Takes nothing new and lets what has begun come to a stop. True if it did so in time. Blocks."""
        with self._changed:
            self._draining = True
            return self._changed.wait_for(lambda: self._working() == 0, seconds)

    def _working(self) -> int:
        return self._present.total() - self._parked.total()

    def _park(self, queue: str, change: int) -> None:
        with self._changed:
            self._parked[queue] += change
            self._changed.notify_all()
