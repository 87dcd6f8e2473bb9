"""uvicorn's connections with an end to patience: for heads that do not come, and for clients that take nothing.

uvicorn itself waits for ever for the rest of a request's head, and for a client to read what was sent. Either holds
memory and a file descriptor, and no application can end it: a connection that still has something to send is closed
only when all of it was taken. So it is cut here, where it can be aborted.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HEAD_S = 15.0
"""From the first byte of a connection, or of a later request, to the end of the request's head."""
STALL_S = 30.0
LEAST = 16 * 1024
"""Bytes that a client must take in ``STALL_S`` while more than ``BUFFER`` waits for it."""
BUFFER = 32 * 1024
"""Bytes that wait for a client in this process before whoever sends has to wait too."""


class Unstalled(asyncio.Protocol):
    """Aborts a connection whose client takes next to nothing of what waits for it."""

    stall_s = STALL_S
    transport: asyncio.Transport
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=BUFFER)

    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        self._calm()
        super().resume_writing()

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        self._stalled = loop.call_later(self.stall_s, self._judge, self.transport.get_write_buffer_size())

    def _judge(self, before: int) -> None:
        if before - self.transport.get_write_buffer_size() < LEAST:
            self.transport.abort()
        else:
            self._watch()

    def _calm(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


class Http(Unstalled, H11Protocol):
    """HTTP/1.1. Aborts a connection that is slow to say what it wants."""

    head_s = HEAD_S
    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._have_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        is_asked = not getattr(self.cycle, "response_complete", True)
        if is_asked or self.transport.get_protocol() is not self:
            self._have_head()
        elif self._overdue is None:
            self._expect_head()

    def _expect_head(self) -> None:
        self._overdue = asyncio.get_running_loop().call_later(self.head_s, self.transport.abort)

    def _have_head(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None


class WebSocket(Unstalled, WebSocketsSansIOProtocol):
    """A WebSocket, without a task of its own."""

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            # uvicorn takes a handshake that was refused with a body for one that was forgotten, and logs an error
            self.handshake_complete = True
