"""The process that runs stages: its shifts, one after another, and how it stops."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from maquette.domain.errors import MaquetteError
from maquette.domain.fleet import Queue, Worker
from maquette.pipelines.runner import Runner
from maquette.ports.stores import Database

AGAIN_AFTER_S = 5.0
"""How long to wait before another try to begin, when the database cannot be reached."""

_log = logging.getLogger(__name__)


class ShiftEngine(Protocol):
    """What a worker needs of the job engine."""

    def launch(
        self,
        runner: Runner,
        database: Database,
        worker: Worker,
        slots: Mapping[Queue, int],
        lost: Callable[[], None],
    ) -> None: ...

    def drain(self, seconds: float) -> bool: ...

    def stop(self) -> None: ...


class Work:
    """This process's part in the work: ``slots`` of each queue at a time.

    ``hire`` makes a worker of a name that no other living process has, and the runner that works under it.

    When the others have given this process up, since it stood still for longer than its lease, what it had under way
    is stopped and it begins anew under a fresh name. All methods block and may be called from any thread.
    """

    def __init__(
        self,
        engine: ShiftEngine,
        database: Database,
        slots: Mapping[Queue, int],
        hire: Callable[[], tuple[Worker, Runner]],
    ) -> None:
        self._engine = engine
        self._db = database
        self._slots = slots
        self._hire = hire
        self._turn = threading.RLock()
        self._over = threading.Event()
        self.worker: Worker | None = None

    def begin(self) -> None:
        """Starts to work, first on what a crash left behind. Takes a second. Raises what the database raises."""
        with self._turn:
            self.worker, runner = self._hire()
            self._engine.launch(runner, self._db, self.worker, self._slots, self._begin_again)

    def drain(self, seconds: float) -> bool:
        """Takes nothing new and lets running stages end. True if they ended within ``seconds``."""
        return self._engine.drain(seconds)

    def end(self) -> None:
        """Stops what still runs, which goes on elsewhere or later, and says goodbye."""
        self._over.set()
        with self._turn:
            self._engine.stop()
            self.worker = None

    def _begin_again(self) -> None:
        with self._turn:
            if self._over.is_set():
                return
            _log.warning("Silent for longer than the lease: the others go on with this work. Starting anew.")
            self._engine.stop()
            while not self._over.is_set() and not self._began():
                self._over.wait(AGAIN_AFTER_S)

    def _began(self) -> bool:
        try:
            self.begin()
        except (MaquetteError, OSError):
            _log.exception("Cannot begin; trying again.")
            return False
        return True


class Signals:
    """SIGTERM and Ctrl-C, counted: the first asks to drain, the second not to."""

    def __init__(self) -> None:
        self.first = asyncio.Event()
        self.second = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._come)

    def _come(self) -> None:
        (self.second if self.first.is_set() else self.first).set()


async def stay(work: Work, drain_s: float, say: Callable[[str], None], signals: "Signals | None" = None) -> None:
    """Lets it work until a signal comes, then drains for at most ``drain_s`` seconds; a second signal ends that."""
    signals = signals or Signals()
    await signals.first.wait()
    say(f"Draining: nothing new begins, running stages may take {drain_s:g} s to end. A second signal stops them.")
    draining = asyncio.ensure_future(asyncio.to_thread(work.drain, drain_s))
    told = asyncio.ensure_future(signals.second.wait())
    await asyncio.wait({draining, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    ended = draining.done() and draining.result()
    say("All stages have ended." if ended else "Stopping stages that still run; they go on elsewhere.")
