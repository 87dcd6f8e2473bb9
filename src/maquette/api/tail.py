"""Follows the events of jobs for many readers with one look at the database.

While anybody watches, one thread asks every 0.1 s for what is new of all watched jobs, in one query. What it finds is
encoded once and kept for a moment in a short list per job that all readers of that job share. A reader has no queue of
its own, only the number up to which it has each of its jobs: one that fell behind the list reads the database itself,
so that a slow reader costs no memory and misses nothing.
"""

import asyncio
import logging
from collections.abc import Collection, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from time import thread_time

from maquette.api.told import Told, tell
from maquette.app.events import Events
from maquette.ports.stores import Head

POLL_S = 0.1
LONGEST_POLL_S = 1.0
BUDGET = 0.05
"""How much of a processor the looking may take: when it takes longer, it is done less often."""
AT_ONCE = 1000
"""Events that one look takes at most; if there are more, the next look follows at once."""
KEPT = 32
"""Events of one job that are kept for its readers."""
PORTION = 64
"""Events that a reader takes at a time."""
CHECK_S = 1.0
"""How often it is checked whether watched jobs still exist, and who should be pinged."""
PATIENCE_S = 1.0
"""The wait before the next try while the database does not answer."""
_logger = logging.getLogger(__name__)


class Channel:
    """What is new of one job, for all its readers."""

    __slots__ = ("gone", "readers", "recent", "seq")

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.gone = False
        self.recent: list[Told] = []
        self.readers: set[Reader] = set()

    def add(self, told: Sequence[Told]) -> bool:
        """Whether something was new. What does not follow on what is known will be found again by the next look."""
        fresh = [one for one in told if one.seq > self.seq]
        if not fresh or fresh[0].seq != self.seq + 1:
            return False
        self.recent = [*self.recent, *fresh][-KEPT:]
        self.seq = fresh[-1].seq
        return True

    def after(self, seq: int) -> Sequence[Told] | None:
        """The first kept events after ``seq``; None when some of them are no longer kept."""
        missed = self.seq - seq
        if missed <= 0:
            return ()
        return None if missed > len(self.recent) else self.recent[-missed:]


@dataclass(slots=True)
class _Place:
    """Where a reader is in one job."""

    channel: Channel
    seq: int


@dataclass(frozen=True, slots=True)
class News:
    """What a reader did not have yet of one job. ``ended``: the job has, and this is all. ``gone``: there is no job."""

    job_id: str
    told: Sequence[Told] = ()
    ended: bool = False
    gone: bool = False


class Reader:
    """One client and its place in each of the jobs that it follows. Made by ``Tail.reader``."""

    __slots__ = ("_dirty", "_places", "_tail", "_waiter", "closed", "quiet_since")

    def __init__(self, tail: "Tail") -> None:
        self.closed = False
        self.quiet_since = 0.0
        self._tail = tail
        self._places: dict[str, _Place] = {}
        self._dirty: dict[str, None] = {}
        self._waiter: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        """How many jobs it follows."""
        return len(self._places)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._places

    def follow(self, job_id: str, seq: int, head: int) -> None:
        """From the event after ``seq`` on; anew if it follows the job already. ``head`` is the newest event's number."""
        self.leave(job_id)
        channel = self._tail.join(self, job_id, head)
        self._places[job_id] = _Place(channel, seq)
        if seq < max(head, channel.seq):
            self.tell(job_id)

    def leave(self, job_id: str) -> None:
        """Follows a job no longer."""
        place = self._places.pop(job_id, None)
        if place is not None:
            self._dirty.pop(job_id, None)
            self._tail.part(self, job_id, place.channel)

    def leave_all(self) -> None:
        """Follows nothing any more."""
        for job_id in list(self._places):
            self.leave(job_id)

    def tell(self, job_id: str) -> None:
        """There is something new of a job."""
        self._dirty[job_id] = None
        self.wake()

    def wake(self) -> None:
        """Ends ``take``, if only with nothing."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """There will be no more."""
        self.closed = True
        self.wake()

    async def take(self) -> News | None:
        """The next events of one job, at most ``PORTION``. Waits for some; None when woken without any."""
        if not self._dirty and not self.closed:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        news = None
        while self._dirty and news is None and not self.closed:
            job_id = next(iter(self._dirty))
            del self._dirty[job_id]
            news = await self._news(job_id, self._places[job_id])
        self.quiet_since = asyncio.get_running_loop().time()
        return news

    async def _news(self, job_id: str, place: _Place) -> News | None:
        channel = place.channel
        told = channel.after(place.seq)
        if told is None:
            told = await self._tail.read(job_id, place.seq)
            if self._places.get(job_id) is not place:
                return None
            if told is None:
                self._dirty[job_id] = None
                return None
        return self._taken(job_id, place, told[:PORTION])

    def _taken(self, job_id: str, place: _Place, told: Sequence[Told]) -> News | None:
        if told:
            place.seq = told[-1].seq
            if place.seq < place.channel.seq:
                self._dirty[job_id] = None
            return News(job_id, told, ended=told[-1].is_last and place.seq >= place.channel.seq)
        return News(job_id, gone=True) if place.channel.gone else None


class Tail:
    """All watched jobs. Belongs to one event loop; what runs in it lives only while somebody watches."""

    def __init__(self, events: Events, ping_s: float) -> None:
        self._events = events
        self._ping_s = ping_s
        self._channels: dict[str, Channel] = {}
        self._readers: set[Reader] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="events")
        self._running: set[asyncio.Task[None]] = set()
        self._checked = 0.0
        self._closed = False
        self._is_down = False

    async def heads(self, owner_id: str, job_ids: Collection[str]) -> dict[str, Head]:
        """How far those of the jobs have come that exist and are the owner's."""
        return await asyncio.to_thread(self._events.heads, owner_id, job_ids)

    @contextmanager
    def reader(self) -> Generator[Reader]:
        """A reader that follows nothing yet. It is woken ``ping_s`` seconds after it last got something."""
        reader = Reader(self)
        reader.closed = self._closed
        reader.quiet_since = asyncio.get_running_loop().time()
        self._readers.add(reader)
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
        if not self._running and not self._closed:
            loop = asyncio.get_running_loop()
            self._running = {loop.create_task(self._poll()), loop.create_task(self._ping())}
            for task in self._running:
                task.add_done_callback(self._running.discard)
        return channel

    def part(self, reader: Reader, job_id: str, channel: Channel) -> None:
        """One reader less."""
        channel.readers.discard(reader)
        if not channel.readers and self._channels.get(job_id) is channel:
            del self._channels[job_id]

    async def read(self, job_id: str, seq: int) -> Sequence[Told] | None:
        """Events that are no longer kept; None, after a pause, when the database does not answer."""
        try:
            events = await asyncio.to_thread(self._events.after, job_id, seq, PORTION)
        except Exception as error:  # noqa: BLE001 - whatever it is, the stream outlives it
            self._note(error)
            await asyncio.sleep(PATIENCE_S)
            return None
        return [tell(event) for event in events]
