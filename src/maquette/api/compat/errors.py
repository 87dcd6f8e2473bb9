"""Errors as the older front ends read them: our problem (RFC 9457) with ``success`` and ``error`` added.

One body serves them all. The e-commerce front end reads ``detail``, the photo front ends ``error.code``; whoever
reads problems finds one.
"""

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maquette.api.problems import MEDIA_TYPE

CANONICAL = "/api/v1/"
UPLOAD = "/api/upload-photo"
STATUS = "/api/status"


class OldErrors:
    """Around everything that answers with problems."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_old(scope["path"]):
            send = _Rewriter(send, scope["path"]).send
        await self._app(scope, receive, send)


def is_old(path: str) -> bool:
    """Whether its errors are told in this shape. The status route has a shape of its own."""
    return path.startswith("/api/") and not path.startswith((CANONICAL, STATUS))


def rewritten(problem: dict[str, Any], path: str) -> dict[str, Any]:
    """The body for a problem. An upload that failed left no job behind that could say so: the answer does."""
    error = {"code": problem["code"].upper(), "message": problem["detail"], "hint": problem["hint"]}
    failed = {"generationStatus": "upload_failed"} if path == UPLOAD else {}
    return {"success": False, "error": error, **failed, **problem}


class _Rewriter:
    """Holds a problem back until it is whole."""

    def __init__(self, send: Send, path: str) -> None:
        self._send = send
        self._path = path
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Passes on whatever is no problem."""
        if message["type"] == "http.response.start" and _is_problem(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        self._start = None
        if not self._body:
            # the answer to HEAD has none
            await self._send(start)
            await self._send({"type": "http.response.body", "body": b""})
            return
        body = json.dumps(rewritten(json.loads(self._body), self._path), ensure_ascii=False).encode()
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        await self._send({**start, "headers": [*headers, (b"content-length", b"%d" % len(body))]})
        await self._send({"type": "http.response.body", "body": body})


def _is_problem(start: Message) -> bool:
    return any(name == b"content-type" and value.startswith(MEDIA_TYPE.encode()) for name, value in start["headers"])
