"""Follows the events of jobs for many readers with one look at the database.

While anybody watches, one thread asks ten times a second, and twice as often while there is news, for what is new of
all watched jobs, in one query. What it finds is encoded once and kept for a moment in a short list per job that all
readers of that job share. A reader has no queue of its own, only the number up to which it has each of its jobs: one
that fell behind the list reads the database itself, so that a slow reader costs no memory and misses nothing. While
the database does not answer, readers wait.
"""

import asyncio
import logging
from collections.abc import Collection, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from time import monotonic, thread_time

from maquette.api.reader import PORTION, Channel, Reader
from maquette.api.told import Told, tell
from maquette.app.events import Events
from maquette.domain.jobs import Event
from maquette.ports.stores import Head

POLL_S = 0.1
BUSY_POLL_S = 0.05
"""The pause after a look that found something: more is on its way, and half as much goes out at once."""
LONGEST_POLL_S = 1.0
BUDGET = 0.05
"""How much of a processor looking in vain may take: when it takes more, it is done less often."""
AT_ONCE = 1000
"""Events that one look takes at most; if there are more, the next look follows at once."""
CHECK_S = 1.0
"""How often it is checked whether watched jobs still exist."""
PATIENCE_S = 1.0
"""The wait before the next try while the database does not answer."""
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Found:
    """What one look found, and how long to wait before the next, in seconds."""

    news: Mapping[str, Sequence[Told]]
    gone: frozenset[str]
    pause: float


class Tail:
    """All watched jobs. Belongs to one event loop; what runs in it lives only while somebody watches.

    A reader is woken ``ping_s`` seconds after it last got something.
    """

    def __init__(self, events: Events, ping_s: float) -> None:
        self._events = events
        self._ping_s = ping_s
        self._channels: dict[str, Channel] = {}
        self._readers: set[Reader] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="events")
        self._poller: asyncio.Task[None] | None = None
        self._pinger: asyncio.TimerHandle | None = None
        self._check_at = 0.0
        self._closed = False
        self._is_down = False

    async def heads(self, owner_id: str, job_ids: Collection[str]) -> dict[str, Head]:
        """How far those of the jobs have come that exist and are the owner's."""
        return await asyncio.to_thread(self._events.heads, owner_id, job_ids)

    @contextmanager
    def reader(self) -> Generator[Reader]:
        """A reader that follows nothing yet."""
        reader = Reader(self)
        reader.closed = self._closed
        self._readers.add(reader)
        if self._pinger is None:
            self._ping()
        try:
            yield reader
        finally:
            reader.leave_all()
            self._readers.discard(reader)

    def close(self) -> None:
        """Ends every reader, now and from now on."""
        self._closed = True
        for reader in self._readers:
            reader.close()
        self._thread.shutdown(wait=False)

    def join(self, reader: Reader, job_id: str, head: int) -> Channel:
        """The channel of a job, with one reader more."""
        channel = self._channels.setdefault(job_id, Channel(head))
        channel.readers.add(reader)
        if self._poller is None or self._poller.done():
            self._poller = asyncio.get_running_loop().create_task(self._poll())
        return channel

    def part(self, reader: Reader, job_id: str, channel: Channel) -> None:
        """One reader less."""
        channel.readers.discard(reader)
        if not channel.readers and self._channels.get(job_id) is channel:
            del self._channels[job_id]

    async def read(self, job_id: str, seq: int) -> Sequence[Told] | None:
        """The next events from the database itself; None, after a pause, when it does not answer."""
        try:
            return [tell(event) for event in await asyncio.to_thread(self._events.after, job_id, seq, PORTION)]
        except Exception as error:  # noqa: BLE001 - whatever ails the database, the stream outlives it
            self._miss(error)
            await asyncio.sleep(PATIENCE_S)
            return None

    def _ping(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for reader in self._readers:
            reader.ping(now, self._ping_s)
        self._pinger = loop.call_later(min(1.0, self._ping_s / 2), self._ping) if self._readers else None

    async def _poll(self) -> None:
        while self._channels and not self._closed:
            cursors = {job_id: channel.seq for job_id, channel in self._channels.items()}
            try:
                found = await asyncio.get_running_loop().run_in_executor(self._thread, self._look, cursors)
            except Exception as error:  # noqa: BLE001 - whatever ails the database, the streams outlive it
                self._miss(error)
                await asyncio.sleep(PATIENCE_S)
                continue
            self._is_down = False
            self._spread(found)
            await asyncio.sleep(found.pause)

    def _look(self, cursors: Mapping[str, int]) -> _Found:
        """In the thread: what is new, and now and then what is gone."""
        began = thread_time()
        events = self._events.news(cursors, AT_ONCE)
        news = {job_id: [tell(event) for event in group] for job_id, group in groupby(events, _job_of)}
        gone: frozenset[str] = frozenset()
        if monotonic() >= self._check_at:
            gone = self._events.gone(cursors)
            self._check_at = monotonic() + CHECK_S
        spent = thread_time() - began
        return _Found(news, gone, _pause(len(events), spent))

    def _spread(self, found: _Found) -> None:
        for job_id, told in found.news.items():
            channel = self._channels.get(job_id)
            if channel is not None and channel.add(told):
                for reader in channel.readers:
                    reader.tell(job_id)
        for job_id in found.gone & self._channels.keys():
            channel = self._channels[job_id]
            channel.gone = True
            for reader in channel.readers:
                reader.tell(job_id)

    def _miss(self, error: Exception) -> None:
        """Says once that the database does not answer."""
        if not self._is_down:
            _logger.warning("The events cannot be read now, streams wait: %s", error)
        self._is_down = True


def _pause(found: int, spent: float) -> float:
    """Seconds until the next look, after one that took ``spent`` seconds of a processor."""
    if found:
        return 0.0 if found == AT_ONCE else BUSY_POLL_S
    return min(max(POLL_S, spent / BUDGET), LONGEST_POLL_S)


def _job_of(event: Event) -> str:
    return event.job_id
