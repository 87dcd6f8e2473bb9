"""Sees every request from its first byte to its last: counts it, logs it, gives it an id, and opens its span.

Requests are known by the template of their route, never by their address: an address holds ids, and has no bounds.
"""

import asyncio
import logging
import re
import uuid
from contextlib import nullcontext
from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maquette.ports.meters import Meter
from maquette.ports.tracing import Tracer

SEEN = "maquette.seen"
"""The key in a request's scope of a dict that its copies share; ``see`` writes the route and the owner into it."""
PRINCIPAL = "maquette.principal"
"""Where the scope says whose request it is, once somebody has found out."""
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines every few seconds: logged at ``debug`` only, and no trace is made."""
STATUS_PLACES = ("/api/status/", "/api/status")
STATUS_ROUTE = "/api/status/{job_id}"
UNKNOWN = "(unknown)"
LAG_EVERY_S = 0.5
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_logger = logging.getLogger("maquette.requests")


def see(scope: Scope, route: str) -> None:
    """Says which route answers the request, and with it whose request it is."""
    seen: dict[str, str] = scope.get(SEEN, {})
    seen["route"] = route
    owner = getattr(scope.get(PRINCIPAL), "owner_id", None)
    if owner is not None:
        seen["owner"] = owner


def seeing(app: ASGIApp) -> ASGIApp:
    """Around a framework that leaves the route it chose in the scope."""

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        finally:
            path = getattr(scope.get("route"), "path", None)
            if path:
                see(scope, path)

    return watched


class Observed:
    """Around everything else."""

    def __init__(self, app: ASGIApp, meter: Meter, tracer: Tracer) -> None:
        self._app = app
        self._meter = meter
        self._tracer = tracer
        self._lag: _Lag | None = None

    def close(self) -> None:
        """Stops watching the event loop."""
        if self._lag is not None:
            self._lag.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._lag is None:
            self._lag = _Lag(self._meter)
        if scope["path"].startswith(STATUS_PLACES[0]) or scope["path"] == STATUS_PLACES[1]:
            await self._poll(scope, receive, send)
        else:
            await self._request(scope, receive, send)

    async def _poll(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The busiest route by far gets a count and nothing else."""
        status = 0

        async def passed_on(message: Message) -> None:
            nonlocal status
            if status == 0:
                status = message.get("status", 0)
            await send(message)

        began = perf_counter()
        try:
            await self._app(scope, receive, passed_on)
        finally:
            self._meter.count(STATUS_ROUTE, scope.get("method", "GET"), status, perf_counter() - began)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[SEEN] = seen = dict[str, str]()
        headers = {name: value for name, value in scope["headers"] if name in (b"x-request-id", b"traceparent")}
        answer = _Answer(send, _request_id(headers.get(b"x-request-id")), self._meter)
        method = scope.get("method", "WEBSOCKET")
        parent = headers.get(b"traceparent", b"").decode("latin-1") or None
        quiet = scope["path"] in QUIET
        facts = {"request_id": answer.request_id, "method": method}
        with nullcontext() if quiet else self._tracer.span("request", parent, **facts):
            try:
                await self._app(scope, receive, answer.send)
            finally:
                answer.end()
                route = seen.get("route", UNKNOWN)
                self._meter.count(route, method, answer.status, answer.seconds)
                if not quiet:
                    self._tracer.note(route=route, status=answer.status)
                _tell(method, route, answer, seen.get("owner"))


class _Answer:
    """What became of one request."""

    def __init__(self, send: Send, request_id: str, meter: Meter) -> None:
        self.request_id = request_id
        self.status = 0
        self.seconds = 0.0
        self._send = send
        self._meter = meter
        self._began = perf_counter()
        self._streams = False

    async def send(self, message: Message) -> None:
        """Passes a message on; the first one carries the request's id."""
        kind = message["type"]
        if kind in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", self.request_id.encode())]}
            if any(value.startswith(b"text/event-stream") for _, value in message["headers"]):
                self._begin_stream()
        elif kind == "websocket.accept":
            self.status = 101
            self._begin_stream()
        await self._send(message)

    def end(self) -> None:
        """A stream took until it began; anything else until now."""
        if self._streams:
            self._meter.stream(-1)
        else:
            self.seconds = perf_counter() - self._began

    def _begin_stream(self) -> None:
        self._streams = True
        self.seconds = perf_counter() - self._began
        self._meter.stream(1)


class _Lag:
    """Asks the event loop to be woken and sees how late it comes. Ends with its loop."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._loop = asyncio.get_running_loop()
        self._ask()

    def stop(self) -> None:
        self._handle.cancel()

    def _ask(self) -> None:
        self._due = self._loop.time() + LAG_EVERY_S
        self._handle = self._loop.call_at(self._due, self._woken)

    def _woken(self) -> None:
        self._meter.lag(max(0.0, self._loop.time() - self._due))
        self._ask()


def _request_id(given: bytes | None) -> str:
    """The caller's, if it is one that may be repeated in a log and a header."""
    return given.decode() if given is not None and _SANE_ID.fullmatch(given) else uuid.uuid4().hex


def _tell(method: str, route: str, answer: _Answer, owner: str | None) -> None:
    level = logging.DEBUG if route in QUIET else logging.INFO
    if not _logger.isEnabledFor(level):
        return
    milliseconds = round(answer.seconds * 1000, 1)
    facts: dict[str, Any] = {
        "method": method,
        "route": route,
        "status": answer.status,
        "ms": milliseconds,
        "request_id": answer.request_id,
        "owner": owner,
    }
    _logger.log(level, "%s %s %s in %s ms", method, route, answer.status or "unanswered", milliseconds, extra=facts)
