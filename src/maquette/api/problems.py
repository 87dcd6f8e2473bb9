"""Every error as ``application/problem+json`` (RFC 9457), made from the one table of codes."""

import asyncio
import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from maquette.domain.batches import BatchInvalid
from maquette.domain.errors import CODES, MaquetteError, Refused

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
DRAIN_BYTES = 1024 * 1024
DRAIN_S = 2.0
_logger = logging.getLogger(__name__)


class ProblemResponse(Response):
    """One error as the caller sees it. Equal errors give equal bytes: no id or path of the request is in it."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        error: MaquetteError,
        *,
        headers: Mapping[str, str] | None = None,
        instance: str | None = None,
        errors: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        entry = error.entry
        body: dict[str, Any] = {
            "type": f"urn:maquette:problem:{error.code}",
            "title": entry.title,
            "status": entry.status,
            "code": error.code,
            "detail": error.message,
            "hint": error.hint,
        }
        if instance:
            body["instance"] = instance
        if errors:
            body["errors"] = list(errors)
        if isinstance(error, BatchInvalid):
            body["problems"] = [asdict(problem) for problem in error.problems]
        more = {"cache-control": "no-store", **(headers or {})}
        if entry.status == 401:
            more["www-authenticate"] = "Bearer"
        if entry.retryable and entry.status in (429, 503):
            more["retry-after"] = str(RETRY_AFTER_S)
        super().__init__(json.dumps(body, ensure_ascii=False), status_code=entry.status, headers=more)


async def refuse(error: MaquetteError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers instead of the application. A body is read on for a moment: who sends before reading shall meet the
    answer and not a reset."""
    ended = scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS") or await _ends(receive)
    await ProblemResponse(error, headers={} if ended else {"connection": "close"})(scope, receive, send)


async def _ends(receive: Receive) -> bool:
    left = DRAIN_BYTES
    try:
        async with asyncio.timeout(DRAIN_S):
            while left >= 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return True
    except TimeoutError:
        return False
    return False


def install(app: FastAPI) -> None:
    """Makes every error of the application a problem."""
    app.add_exception_handler(MaquetteError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_router)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, unexpected)


async def unexpected(request: Request, error: Exception) -> Response:
    """A bug: the caller gets an id, the log the traceback under the same id."""
    instance = uuid.uuid4().urn
    _logger.error("%s %s failed, %s", request.method, request.url.path, instance, exc_info=error)
    told = MaquetteError("internal", hint="Tell the operator this error's instance.")
    return ProblemResponse(told, instance=instance)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, MaquetteError)
    if error.entry.status >= 500:
        _logger.warning("%s %s: %s", request.method, request.url.path, error)
    # an upload that was refused before its end leaves bytes in the connection that are no request
    unread = getattr(request.state, "body_unread", False)
    return ProblemResponse(error, headers={"connection": "close"} if unread else None)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"field": ".".join(str(part) for part in entry["loc"]), "message": str(entry["msg"]), "type": entry["type"]}
        for entry in error.errors()
    ]
    first = f"{errors[0]['field']}: {errors[0]['message']}" if errors else ""
    return ProblemResponse(Refused("invalid_request", first), errors=errors)


async def _of_router(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return not_allowed(*_allowed(request))
    codes = {404: "not_found"}
    code = codes.get(error.status_code, "invalid_request" if error.status_code < 500 else "internal")
    return ProblemResponse(MaquetteError(code))


def not_allowed(*methods: str) -> ProblemResponse:
    """The answer to a method that a place does not know, with those that it does."""
    return ProblemResponse(Refused("method_not_allowed"), headers={"allow": ", ".join(methods)})


def _allowed(request: Request) -> list[str]:
    """The router names only the methods of the first route at a path; there may be several routes.

    A place with a name of its own is no id, although the pattern of the places of ids fits it too.
    """
    named = request.app.openapi()["paths"].get(request.url.path)
    routes = request.app.routes

    def takes(method: str) -> bool:
        if named is not None:
            return method.lower() in named
        return any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)

    found = [method for method in ("GET", "POST", "PUT", "PATCH", "DELETE") if takes(method)]
    return [*found, "HEAD"] if "GET" in found else found


async def _gone(_: Request, __: Exception) -> Response:
    """Nobody reads this: the client has closed the connection."""
    return Response(status_code=400)


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route for its OpenAPI description."""
    grouped: dict[int | str, dict[str, Any]] = {}
    for code in (*codes, "invalid_request", "forbidden", "host_refused", "internal", "not_ready"):
        entry = CODES[code]
        known = grouped.setdefault(entry.status, {"description": "", "x-codes": []})
        if code not in known["x-codes"]:
            known["x-codes"].append(code)
            known["description"] = "; ".join(f"{CODES[name].title} (`{name}`)" for name in known["x-codes"])
    return grouped
