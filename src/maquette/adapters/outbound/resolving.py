"""Names to addresses, without holding up anything else.

The system's resolver blocks and cannot be stopped, and whoever owns a name decides how long it takes. So each look-up
has a thread that nobody waits for at the end of the process, and only so many run at once.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Sequence
from typing import Protocol

AT_ONCE = 32


class Resolver(Protocol):
    """Gives the addresses of a name."""

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """Numeric addresses, the best first, at least one. Raises ``OSError``."""
        ...


class SystemResolver:
    """Implements ``Resolver`` with ``getaddrinfo``."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = threading.BoundedSemaphore(at_once)

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        if not self._free.acquire(blocking=False):
            raise OSError("too many names are being looked up")
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[str]] = loop.create_future()
        threading.Thread(target=self._look_up, args=(host, port, loop, found), daemon=True).start()
        return await found

    def _look_up(
        self, host: str, port: int, loop: asyncio.AbstractEventLoop, found: "asyncio.Future[list[str]]"
    ) -> None:
        answer: list[str] | OSError
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
        except (OSError, UnicodeError) as error:
            answer = OSError(f"no address: {error}")
        finally:
            self._free.release()
        # the loop may have ended meanwhile
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell, found, answer)


def _tell(found: "asyncio.Future[list[str]]", answer: list[str] | OSError) -> None:
    if found.done():
        return
    if isinstance(answer, OSError):
        found.set_exception(answer)
    else:
        found.set_result(answer)
