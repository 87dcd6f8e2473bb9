"""Who may talk to the server, and the headers that every answer carries.

A server on loopback is reachable from every web page that its user visits. Checking ``Host`` stops names that an
attacker points at 127.0.0.1 (DNS rebinding); checking ``Origin`` stops foreign pages from posting forms here.
"""

import asyncio
from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maquette.api.problems import ProblemResponse
from maquette.domain.errors import MaquetteError, Refused

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY = 1024 * 1024
"""Bytes of a body that is not an upload."""
BODY_SECONDS = 30.0

HEADERS: tuple[tuple[str, str], ...] = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
)
"""Set unless the answer has its own."""


class Guard:
    """Refuses foreign hosts and origins before anything else looks at the request."""

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = LOOPBACK | {host.lower() for host in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await ProblemResponse(refusal, headers={"connection": "close"})(scope, receive, with_headers(send))

    def _refusal(self, scope: Scope) -> MaquetteError | None:
        host = origin = site = b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"origin":
                origin = value
            elif name == b"sec-fetch-site":
                site = value
        if host_name(host.decode("latin-1")) not in self._hosts:
            return Refused("host_refused")
        if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
            return None
        if site == b"cross-site" or (origin and origin.partition(b"://")[2] != host):
            return Refused("forbidden", "The request comes from another site's page.")
        return None


def host_name(header: str) -> str:
    """The name in a ``Host`` header, lower-case, without port, brackets and final dot."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower().removesuffix(".")


def with_headers(send: Send) -> Send:
    """Adds ``HEADERS`` to an answer."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS:
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers


class SmallBodies:
    """Takes bodies that are not uploads whole, within limits, before the framework parses them.

    FastAPI itself would collect a JSON body of any size for any time.
    """

    def __init__(self, app: ASGIApp, uploads: frozenset[tuple[str, str]]) -> None:
        self._app = app
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bodiless = scope["type"] != "http" or scope["method"] in SAFE_METHODS
        if bodiless or (scope["method"], scope["path"]) in self._uploads:
            await self._app(scope, receive, send)
            return
        try:
            body = await _collect(scope, receive)
        except Refused as refusal:
            await ProblemResponse(refusal, headers={"connection": "close"})(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


async def _collect(scope: Scope, receive: Receive) -> bytes:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            more = True
            while more:
                if len(body) > MAX_BODY or int(length) > MAX_BODY:
                    raise Refused("file_too_large", "The request's body is too large.", "Send at most 1 MiB.")
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
    except TimeoutError:
        raise Refused("upload_timeout", "The request's body took too long.") from None
    return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    pending = [body]

    async def receive_again() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return receive_again
