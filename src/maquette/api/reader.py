"""One client that follows jobs, and the channels that it reads, one per job and shared by all who follow that job."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from maquette.api.told import Told

KEPT = 32
"""Events of one job that are kept for its readers."""
PORTION = 64
"""Events that a reader takes at a time."""


class Channel:
    """What is new of one job."""

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
        """The events after ``seq``; None when some of them are no longer kept."""
        missed = self.seq - seq
        if missed <= 0:
            return ()
        return None if missed > len(self.recent) else self.recent[-missed:]


@dataclass(frozen=True, slots=True)
class News:
    """What a reader did not have yet of one job. ``ended``: the job has, and this is all. ``gone``: there is no job."""

    job_id: str
    told: Sequence[Told] = ()
    ended: bool = False
    gone: bool = False


class Hub(Protocol):
    """Where readers find channels."""

    def join(self, reader: "Reader", job_id: str, head: int) -> Channel:
        """The channel of a job, with one reader more; ``head`` is the number of the job's newest event."""
        ...

    def part(self, reader: "Reader", job_id: str, channel: Channel) -> None:
        """One reader less."""
        ...

    async def read(self, job_id: str, seq: int) -> Sequence[Told] | None:
        """Events that are no longer kept; None when they cannot be had just now."""
        ...


@dataclass(slots=True)
class _Place:
    """Up to where a reader has a job, and how far the job had come when it began."""

    channel: Channel
    seq: int
    head: int


class Reader:
    """One client and its place in each of the jobs that it follows. Made by ``Tail.reader``."""

    __slots__ = ("_dirty", "_hub", "_places", "_quiet_since", "_waiter", "closed", "is_due")

    def __init__(self, hub: Hub) -> None:
        self.closed = False
        self.is_due = False
        """Whether it is time for a sign of life. Whoever gives it sets this back."""
        self._quiet_since = asyncio.get_running_loop().time()
        self._hub = hub
        self._places: dict[str, _Place] = {}
        self._dirty: dict[str, None] = {}
        self._waiter: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._places

    def follow(self, job_id: str, seq: int, head: int) -> None:
        """From the event after ``seq`` on; anew if it follows the job already."""
        self.leave(job_id)
        channel = self._hub.join(self, job_id, head)
        self._places[job_id] = _Place(channel, seq, head)
        if seq < max(head, channel.seq):
            self.tell(job_id)

    def leave(self, job_id: str) -> None:
        """Follows a job no longer."""
        place = self._places.pop(job_id, None)
        if place is not None:
            self._dirty.pop(job_id, None)
            self._hub.part(self, job_id, place.channel)

    def leave_all(self) -> None:
        """Follows nothing any more."""
        for job_id in list(self._places):
            self.leave(job_id)

    def tell(self, job_id: str) -> None:
        """There is something new of a job."""
        self._dirty[job_id] = None
        self.wake()

    def wake(self) -> None:
        """Ends ``wait``."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def ping(self, now: float, after: float) -> None:
        """Wakes a reader that got nothing for ``after`` seconds. ``now`` is the event loop's time."""
        if now - self._quiet_since >= after:
            self._quiet_since = now
            self.is_due = True
            self.wake()

    def close(self) -> None:
        """There will be no more."""
        self.closed = True
        self.wake()

    async def wait(self) -> None:
        """Until there is something to take, or somebody wakes or closes the reader."""
        if not self._dirty and not self.closed:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    async def take(self) -> News | None:
        """The next events of one job, at most ``PORTION``; None when there is nothing to take just now."""
        return await self._next() if self._dirty and not self.closed else None

    async def _next(self) -> News | None:
        job_id = next(iter(self._dirty))
        del self._dirty[job_id]
        place = self._places[job_id]
        told = place.channel.after(place.seq)
        if told is None:
            told = await self._hub.read(job_id, place.seq)
            if self._places.get(job_id) is not place:
                return None
        if told is None:
            self._dirty[job_id] = None
            return None
        return self._taken(job_id, place, told[:PORTION])

    def _taken(self, job_id: str, place: _Place, told: Sequence[Told]) -> News | None:
        channel = place.channel
        if not told:
            return News(job_id, gone=True) if channel.gone else None
        place.seq = told[-1].seq
        self._quiet_since = asyncio.get_running_loop().time()
        if place.seq < channel.seq or channel.gone:
            self._dirty[job_id] = None
        return News(job_id, told, ended=told[-1].is_last and place.seq >= max(channel.seq, place.head))
