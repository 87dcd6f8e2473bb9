"""Follows the events of jobs for many readers with one reader of the database.

Every 0.25 s one thread looks for new events of all watched jobs. What it finds is kept for a moment in a short list
per job that all readers of that job share; a reader that fell behind the list reads the database itself. The events
of a job are numbered without gaps, so each reader knows by itself whether it has missed something.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager

from maquette.domain.errors import MaquetteError
from maquette.domain.jobs import Event

POLL_S = 0.25
KEPT = 256
"""Events of one job that are kept for its readers."""

ReadEvents = Callable[[str, str, int], tuple[Event, ...]]
"""Owner, job and sequence number to the events after it, blocking."""
_logger = logging.getLogger(__name__)


class _Channel:
    """What is new of one job, for all its readers."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.recent: deque[Event] = deque(maxlen=KEPT)
        self.readers = 0
        self.closed = False
        self._news = asyncio.Event()

    def add(self, events: tuple[Event, ...]) -> None:
        self.recent.extend(events)
        self.seq = events[-1].seq
        self._wake()

    def close(self) -> None:
        self.closed = True
        self._wake()

    def after(self, seq: int) -> tuple[Event, ...] | None:
        """The kept events after ``seq``; None when some of them are no longer kept."""
        if seq >= self.seq:
            return ()
        if not self.recent or self.recent[0].seq > seq + 1:
            return None
        return tuple(event for event in self.recent if event.seq > seq)

    async def wait(self, seq: int, seconds: float) -> None:
        """Until there is something after ``seq``, or the time is over."""
        if seq < self.seq or self.closed:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


class Tail:
    """All watched jobs. Belongs to one event loop; its poller lives only while somebody watches."""

    def __init__(self, read: ReadEvents) -> None:
        self._read = read
        self._channels: dict[tuple[str, str], _Channel] = {}
        self._poller: asyncio.Task[None] | None = None

    async def follow(self, owner_id: str, job_id: str, seq: int, ping_s: float) -> AsyncGenerator[tuple[Event, ...]]:
        """The events after ``seq``, as they come; an empty tuple after ``ping_s`` seconds without any.

        Ends when the job is gone or the server stops.
        """
        with self._watched(owner_id, job_id, seq) as channel:
            while not channel.closed:
                events = channel.after(seq)
                if events is None:
                    events = await asyncio.to_thread(self._read, owner_id, job_id, seq)
                if events:
                    seq = events[-1].seq
                    yield events
                    continue
                await channel.wait(seq, ping_s)
                if seq >= channel.seq and not channel.closed:
                    yield ()

    def close(self) -> None:
        """Ends every stream."""
        for channel in self._channels.values():
            channel.close()

    @contextmanager
    def _watched(self, owner_id: str, job_id: str, seq: int) -> Generator[_Channel]:
        key = (owner_id, job_id)
        channel = self._channels.setdefault(key, _Channel(seq))
        channel.readers += 1
        if self._poller is None or self._poller.done():
            self._poller = asyncio.get_running_loop().create_task(self._poll())
        try:
            yield channel
        finally:
            channel.readers -= 1
            if not channel.readers and self._channels.get(key) is channel:
                del self._channels[key]

    async def _poll(self) -> None:
        try:
            while self._channels:
                cursors = {key: channel.seq for key, channel in self._channels.items()}
                news = await asyncio.to_thread(self._look, cursors)
                for key, events in news.items():
                    self._tell(key, events)
                await asyncio.sleep(POLL_S)
        finally:
            # a poller that broke must not leave readers waiting: they end, and their clients come back
            self.close()

    def _tell(self, key: tuple[str, str], events: tuple[Event, ...] | None) -> None:
        channel = self._channels.get(key)
        if channel is None:
            return
        if events is None:
            channel.close()
        elif events and events[0].seq == channel.seq + 1:
            channel.add(events)

    def _look(self, cursors: dict[tuple[str, str], int]) -> dict[tuple[str, str], tuple[Event, ...] | None]:
        """The new events by job; None for a job that is gone."""
        found: dict[tuple[str, str], tuple[Event, ...] | None] = {}
        for (owner_id, job_id), seq in cursors.items():
            try:
                found[owner_id, job_id] = self._read(owner_id, job_id, seq)
            except MaquetteError as error:
                if error.code == "not_found":
                    found[owner_id, job_id] = None
                else:
                    _logger.warning("The events of %s cannot be read now: %s", job_id, error)
        return found
