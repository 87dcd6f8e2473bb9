"""From where one may talk to the server, the headers that every answer carries, and bodies within limits."""

import asyncio
import re
from collections.abc import Callable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maquette.api.origins import SAFE_METHODS, Origins
from maquette.api.problems import ProblemResponse, refuse
from maquette.domain.errors import MaquetteError, Refused

MAX_BODY = 1024 * 1024
"""Bytes of a body that is not an upload."""
BODY_SECONDS = 30.0

CORS_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
CORS_EXPOSED = "location, retry-after, etag, content-range, content-disposition, ratelimit, ratelimit-policy"
CORS_SECONDS = "600"
_ASKED_METHOD = b"access-control-request-method"
_ASKED_HEADERS = b"access-control-request-headers"
_HEADER_NAMES = re.compile(r"[A-Za-z0-9_-]{1,60}(?:\s*,\s*[A-Za-z0-9_-]{1,60}){0,30}")

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
    """Refuses foreign hosts and origins before anything else looks at the request; answers preflights."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, str] = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get(b"origin", "")
        invited = bool(origin) and self._origins.is_invited(origin)
        sender = _told_to(origin, send) if invited else send
        refusal = self._refusal(scope, headers, origin, invited)
        if refusal is not None:
            await refuse(refusal, scope, receive, with_headers(sender))
        elif invited and scope["type"] == "http" and scope["method"] == "OPTIONS" and _ASKED_METHOD in headers:
            await _preflight(headers)(scope, receive, with_headers(sender))
        else:
            await self._app(scope, receive, sender)

    def _refusal(self, scope: Scope, headers: Mapping[bytes, str], origin: str, invited: bool) -> MaquetteError | None:
        if not self._origins.names(headers.get(b"host", "")):
            return Refused("host_refused")
        if invited or (scope["type"] == "http" and scope["method"] in SAFE_METHODS):
            return None
        foreign = bool(origin) and not self._origins.is_own(origin, scope)
        if foreign or headers.get(b"sec-fetch-site") == "cross-site":
            hint = "The operator can name the page's origin in cors_origins (MAQUETTE_CORS_ORIGINS)."
            return Refused("forbidden", "The request comes from another site's page.", hint)
        return None


def _preflight(headers: Mapping[bytes, str]) -> Response:
    asked = headers.get(_ASKED_HEADERS, "")
    allowed = {"access-control-allow-methods": CORS_METHODS, "access-control-max-age": CORS_SECONDS}
    if asked and _HEADER_NAMES.fullmatch(asked):
        allowed["access-control-allow-headers"] = asked
    return Response(status_code=204, headers=allowed)


def _told_to(origin: str, send: Send) -> Send:
    """Lets a front end elsewhere read the answer. Never with cookies: ``allow-credentials`` is not among these."""

    async def send_told(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            headers = MutableHeaders(scope=message)
            headers["access-control-allow-origin"] = origin
            headers["access-control-expose-headers"] = CORS_EXPOSED
            headers["cross-origin-resource-policy"] = "cross-origin"
            headers.add_vary_header("origin")
        await send(message)

    return send_told


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

    def __init__(self, app: ASGIApp, is_upload: Callable[[str, str], bool]) -> None:
        """``is_upload`` tells by method and path."""
        self._app = app
        self._is_upload = is_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bodiless = scope["type"] != "http" or scope["method"] in SAFE_METHODS
        if bodiless or self._is_upload(scope["method"], scope["path"]):
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
