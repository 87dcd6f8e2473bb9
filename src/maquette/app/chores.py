"""Chores that are done every hour or so, by one process of a fleet at a time.

There is no lease on the wall clock: clocks jump. Each thing that a chore does raises the chore's counter, by
compare-and-set in the very transaction that does it. Others time the counter's silence with their own monotonic
clocks; whoever takes over raises it too, and from then on nothing that the one before still tries gets through.
"""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from maquette.domain.errors import Refused
from maquette.ports.clock import Clock
from maquette.ports.stores import Database, Transaction

EVERY_S = 3600.0
SILENCE_S = 180.0
"""Seconds without a sign after which whoever was at it is taken for dead."""


class Chore:
    """One process's view of one chore."""

    def __init__(
        self, database: Database, clock: Clock, name: str, *, every_s: float = EVERY_S, silence_s: float = SILENCE_S
    ) -> None:
        self._db = database
        self._clock = clock
        self._name = name
        self._every_s = every_s
        self._silence_s = silence_s
        self._seen: int | None = None
        self._since = 0.0
        self._turn = 0

    def is_due(self) -> bool:
        """Whether it is time to ``take`` it. The wall clock may make a chore come early, never two at a time."""
        with self._db.read() as tx:
            state = tx.chores.get(self._name)
        now, turn = self._clock.monotonic(), state.turn if state else 0
        if turn != self._seen:
            self._seen, self._since = turn, now
        silent = now - self._since
        if silent < self._silence_s or silent >= self._every_s:
            return silent >= self._silence_s
        return state is None or self._clock.now() - state.done_at >= timedelta(seconds=self._every_s)

    def take(self) -> bool:
        """Makes it this process's turn; False when another one was quicker."""
        with self._db.write() as tx:
            state = tx.chores.get(self._name)
            turn = state.turn if state else 0
            if not tx.chores.take(self._name, turn):
                return False
        self._turn = turn + 1
        return True

    @contextmanager
    def batch(self) -> Generator[Transaction, None, None]:
        """A transaction for a part of the work. Raises ``conflict`` when another process has taken over."""
        with self._db.write() as tx:
            if not tx.chores.take(self._name, self._turn):
                raise Refused("conflict", f"Another process took over the chore {self._name}.")
            yield tx
        self._turn += 1

    def done(self) -> None:
        """Writes down that it was done now."""
        with self.batch() as tx:
            tx.chores.done(self._name, self._clock.now())
