"""The queues in which work waits for workers: look at them, pause them, resume them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from maquette.domain.fleet import Queue, QueueState, Waiting
from maquette.ports.clock import Clock
from maquette.ports.jobs import JobEngine
from maquette.ports.stores import Database


@dataclass(frozen=True, slots=True)
class QueueView:
    """How a queue stands. ``changed_at`` is when somebody paused or resumed it last, if ever."""

    name: Queue
    paused: bool
    changed_at: datetime | None
    waiting: Waiting


class Queues:
    """All methods block. A paused queue keeps what waits in it; what has begun goes on."""

    def __init__(self, database: Database, engine: JobEngine, clock: Clock) -> None:
        self._db = database
        self._engine = engine
        self._clock = clock

    def list(self) -> tuple[QueueView, ...]:
        """Every queue, in the order of ``Queue``."""
        with self._db.read() as tx:
            states = {state.name: state for state in tx.queues.all()}
            waiting = self._engine.waiting(tx)
        return tuple(_view(queue, states, waiting) for queue in Queue)

    def pause(self, name: Queue) -> QueueView:
        """From now on, within about a second, nothing in the queue begins. Doing so twice changes nothing."""
        return self._set(name, paused=True)

    def resume(self, name: Queue) -> QueueView:
        """Lets work begin again."""
        return self._set(name, paused=False)

    def _set(self, name: Queue, *, paused: bool) -> QueueView:
        with self._db.write() as tx:
            states = {state.name: state for state in tx.queues.all()}
            if name not in states or states[name].paused != paused:
                states[name] = QueueState(name, self._clock.now(), paused)
                tx.queues.save(states[name])
            return _view(name, states, self._engine.waiting(tx))


def _view(queue: Queue, states: Mapping[Queue, QueueState], waiting: Mapping[Queue, Waiting]) -> QueueView:
    state = states.get(queue)
    return QueueView(queue, state is not None and state.paused, state and state.changed_at, waiting[queue])
