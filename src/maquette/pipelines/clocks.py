"""How long to wait for a provider: when to ask next, and when to give up. Pure: the time is told, never read."""

from dataclasses import dataclass
from typing import Any

from maquette.domain.hosting import CallState, Clocks, Snapshot

WAITING_THERE = frozenset({CallState.SUBMITTING, CallState.QUEUED})


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two polls: ``first_s``, then ``factor`` times as long up to ``most_s``, varied by ``jitter``.

    A provider's own hint goes before. ``look_s`` is how often somebody who waits looks whether he was called back,
    ``settle_s`` how long a submit without an answer may take to be seen in a provider's list.
    """

    first_s: float = 2.0
    factor: float = 1.5
    most_s: float = 30.0
    jitter: float = 0.15
    look_s: float = 1.0
    settle_s: float = 5.0

    def wait(self, polls: int, hint: float | None, chance: float) -> float:
        """Before the next poll, after so many. ``chance`` is from 0 to 1. A hint is kept between 0.2 s and 2 min."""
        if hint is not None:
            return min(max(hint, 0.2), 120.0)
        # past 40 the power only grows for nothing
        plain = min(self.first_s * self.factor ** min(polls, 40), self.most_s)
        return plain * (1 + self.jitter * (2 * chance - 1))


class Stopwatch:
    """The four clocks of one commission, in seconds of a clock that never jumps.

    After a restart they begin anew: what a dead process had measured nobody knows.
    """

    def __init__(self, clocks: Clocks, now: float, left_s: float | None = None) -> None:
        self._clocks = clocks
        self._begun = self._changed = now
        self._running: float | None = None
        self._seen: tuple[Any, ...] = ()
        self._left_s = left_s

    def see(self, snapshot: Snapshot, now: float) -> None:
        """Notes how it stands."""
        seen = snapshot.state, snapshot.words, snapshot.progress, snapshot.queue_position
        if seen != self._seen:
            self._seen, self._changed = seen, now
        if self._running is None and snapshot.state not in WAITING_THERE:
            self._running = now

    def run_out(self, now: float) -> str:
        """Which clock has run out: ``deadline``, ``total``, ``queue``, ``run`` or ``stall``; empty for none."""
        clocks = self._clocks
        if self._left_s is not None and now - self._begun > self._left_s:
            return "deadline"
        if now - self._begun > clocks.total_s:
            return "total"
        if self._running is None and now - self._begun > clocks.queue_s:
            return "queue"
        if self._running is not None and now - self._running > clocks.run_s:
            return "run"
        return "stall" if now - self._changed > clocks.stall_s else ""
