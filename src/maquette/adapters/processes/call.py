"""One call from the service's side: the conversation with the process, and what became of it."""

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from maquette.adapters.processes.wire import OUT_OF_MEMORY, raised
from maquette.domain.errors import MaquetteError, Permanent, Temporary
from maquette.ports.processes import Crashed

_LONGEST_LINE = 16 * 1024 * 1024
"""Bytes that a process may send in one message: results are small JSON, and a hostile one must not fill us up."""

_BEGIN_WITHIN = 120.0
"""Seconds for a server to load its libraries and fork; a cold disk takes some twenty."""


class NeverStarted(Temporary):
    """The server died before it forked."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took, as the system counted it."""

    status: int
    cpu_seconds: float
    peak_bytes: int


class Call:
    """A process that was asked for. Used by one task."""

    def __init__(self, number: int, talk: socket.socket, told: socket.socket) -> None:
        self.number = number
        self._talk = _Lines(talk)
        self._told = _Lines(told)
        self._pid = 0
        self._usage: Usage | None = None

    async def begin(self) -> None:
        """Returns when the process exists."""
        try:
            async with asyncio.timeout(_BEGIN_WITHIN):
                message = await self._told.next()
        except TimeoutError:
            raise Temporary("worker_lost", "A worker process did not start in time.") from None
        if message is None:
            raise NeverStarted("worker_lost", "The server of worker processes died.")
        self._pid = message["pid"]

    async def converse(
        self, request: bytes, seconds: float, progress: Callable[[float], None] | None
    ) -> dict[str, Any] | None:
        """What the function returned, or None when the process ended without a word. Raises what it raised."""
        clock = asyncio.timeout(seconds)
        try:
            async with clock:
                await self._talk.send(request)
                while message := await self._talk.next():
                    if "value" in message:
                        return message["value"]
                    if "progress" not in message:
                        raise raised(message)
                    if progress is not None:
                        progress(message["progress"])
        except TimeoutError:
            if clock.expired():
                raise Permanent("stage_timeout", f"It took longer than {seconds:g} seconds.") from None
            raise
        return None

    async def gone(self) -> None:
        """Returns when the process is dead and reaped, even if this task is cancelled meanwhile."""
        ending = asyncio.ensure_future(self._until_gone())
        cancelled: asyncio.CancelledError | None = None
        while not ending.done():
            try:
                await asyncio.wait({ending})
            except asyncio.CancelledError as error:
                cancelled = error
        ending.result()
        if cancelled is not None:
            raise cancelled

    @property
    def usage(self) -> Usage:
        """What the process took; zeros if the server died with it."""
        return self._usage or Usage(signal.SIGKILL, 0.0, 0)

    def verdict(self) -> MaquetteError:
        """Why a process ended without a word."""
        status = self.usage.status
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == OUT_OF_MEMORY:
            return Permanent("out_of_memory")
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
            return Permanent("stage_timeout", "It used more processor time than it may.")
        return Temporary("worker_lost", f"The worker process died (wait status {status}).")

    async def _until_gone(self) -> None:
        try:
            while message := await self._told.next():
                if "pid" in message:
                    self._pid = message["pid"]
                else:
                    self._usage = Usage(message["status"], message["cpu"], message["peak"])
        finally:
            self._talk.close()  # its watchdog takes this as the end, should the server have died
            self._told.close()
        if self._usage is None and self._pid:
            await _dead(self._pid)


async def _dead(pid: int) -> None:
    """Kills a process that has lost its server, and gives init a moment to reap it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        for _ in range(200):
            os.killpg(pid, signal.SIGKILL)
            await asyncio.sleep(0.01)


class _Lines:
    """JSON lines from a socket, read in whichever event loop is running."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._unread = bytearray()

    async def send(self, data: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # a process that is gone says nothing: that is told by `next`
            await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def next(self) -> dict[str, Any] | None:
        """The next message, or None at the end."""
        loop = asyncio.get_running_loop()
        while (end := self._unread.find(b"\n")) < 0:
            data = b""
            with contextlib.suppress(ConnectionError):
                data = await loop.sock_recv(self._socket, 65536)
            if not data:
                return None
            self._unread += data
            if len(self._unread) > _LONGEST_LINE:
                raise Crashed("The worker process said too much.", "")
        message = json.loads(self._unread[:end])
        del self._unread[: end + 1]
        return message

    def close(self) -> None:
        self._socket.close()
