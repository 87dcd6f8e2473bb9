"""What answers and failures mean to whoever asked."""

import asyncio
import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore

from maquette.adapters.outbound.targets import Unfit
from maquette.adapters.outbound.unpacking import Garbled, TooLarge
from maquette.domain.errors import MaquetteError, Permanent, Refused, StageError, Temporary
from maquette.ports.outbound import Sink

LONGEST_WAIT_S = 3600.0
PIECE = 256 * 1024
"""Bytes that are handed to a thread at a time."""
_ASKS_TO_WAIT = frozenset({429, 503})

FAILURES = (
    *(Unfit, TooLarge, Garbled, TimeoutError, OSError),
    *(httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError),
)
"""What may come up while we wait for another server."""


def failure_of(error: Exception, *, connected: bool) -> MaquetteError:
    """The error that may be told, without a word of the other server. ``connected``: some hop got a connection."""
    if isinstance(error, Unfit):
        return Refused("url_refused")
    if isinstance(error, TooLarge):
        return Permanent("remote_too_large")
    if isinstance(error, httpcore.LocalProtocolError):
        # its text repeats the header that cannot be sent
        return Permanent("remote_refused")
    # also when TLS fails: nothing was sent
    unsent = not connected or isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout)
    return Temporary("remote_unreachable" if unsent else "remote_failed")


def judged(status: int, retry_after_s: float | None) -> StageError | None:
    """What is wrong with an answer whoever asked."""
    if status in _ASKS_TO_WAIT:
        return Temporary("remote_busy", retry_after=retry_after_s)
    if status >= 500:
        return Temporary("remote_failed", retry_after=retry_after_s)
    return None


def retry_after(header: str, now: datetime) -> float | None:
    """Seconds to wait (RFC 9110, 10.2.3: a number or a date), at most an hour. None where nothing sensible is said."""
    try:
        seconds = float(header) if header.strip()[:1].isdigit() else _until(header, now)
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_S) if math.isfinite(seconds) else None


def _until(header: str, now: datetime) -> float:
    at = parsedate_to_datetime(header)
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()


class Pouring:
    """Hands pieces to a sink in threads, a quarter of a megabyte at a time."""

    def __init__(self, into: Sink) -> None:
        self._into = into
        self._waiting = bytearray()
        self.bytes = 0

    async def take(self, piece: bytes) -> None:
        """Raises what the sink raises."""
        self.bytes += len(piece)
        self._waiting += piece
        if len(self._waiting) >= PIECE:
            await self.flush()

    async def flush(self) -> None:
        """For the last piece."""
        if self._waiting:
            data = bytes(self._waiting)
            self._waiting.clear()
            await asyncio.to_thread(self._into, data)
