"""Something that is done again and again beside the work, in a thread of its own."""

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from maquette.domain.errors import MaquetteError
from maquette.pipelines.outcome import LeaseLost

_log = logging.getLogger(__name__)


class Rounds:
    """Calls ``visit`` at once and then every ``every_s`` seconds. Trouble with the database waits for a later round."""

    def __init__(self, name: str, every_s: float, visit: Callable[[], None]) -> None:
        self._every_s = every_s
        self._visit = visit
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._go, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the present round has ended; at once when called from within it."""
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _go(self) -> None:
        while not self._stopping.is_set():
            try:
                self._visit()
            except (MaquetteError, SQLAlchemyError, LeaseLost):
                _log.warning("%s: that went wrong; trying again.", self._thread.name, exc_info=True)
            self._stopping.wait(self._every_s)
