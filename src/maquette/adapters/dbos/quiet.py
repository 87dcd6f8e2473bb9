"""Keeps the library's log from the console: warnings go the way of all logs, tracebacks of cancels nowhere."""

import asyncio
import logging


def quieten(*expected: type[BaseException]) -> None:
    """Must come before the library sets up its own console handler. ``expected`` are exceptions not worth a line, as
    are warnings that something was cancelled, or that a walk which ended because of that was: we cancelled it."""
    log = logging.getLogger("dbos")
    if not any(isinstance(kept, _Expected) for kept in log.filters):
        log.addFilter(_Expected((*expected, asyncio.CancelledError)))
        log.addHandler(logging.NullHandler())  # with a handler there the library adds none, and lets lines propagate


_OURS = ("cancelled", "no longer owned by this execution")


class _Expected(logging.Filter):
    def __init__(self, expected: tuple[type[BaseException], ...]) -> None:
        super().__init__()
        self._expected = expected

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], self._expected):
            return False
        return record.levelno > logging.WARNING or not any(word in record.getMessage() for word in _OURS)
