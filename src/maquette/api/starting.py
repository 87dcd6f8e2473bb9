"""What answers while the server is still starting: the health check at once, everything else with "not ready".

Loading the libraries and taking up old jobs takes seconds, in which a supervisor should already see that the process
lives, and a client should be told to wait instead of being refused a connection. Imports next to nothing.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from maquette import __version__
from maquette.domain.errors import CODES

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

HEALTH_PATH = "/healthz"
WAIT_S = 1
OK = 200


class Starting:
    """An ASGI application that stands in until ``app`` is set, and then only passes on."""

    def __init__(self) -> None:
        self.app: App | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if self.app is not None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1013})
        elif scope["type"] == "http":
            healthy = scope["path"] == HEALTH_PATH
            await _answer(send, *(_health() if healthy else _not_ready()))


def _health() -> tuple[int, str, dict[str, Any]]:
    return OK, "application/json", {"status": "ok", "version": __version__}


def _not_ready() -> tuple[int, str, dict[str, Any]]:
    code = CODES["not_ready"]
    problem = {
        "type": f"urn:maquette:problem:{code.name}",
        "title": code.title,
        "status": code.status,
        "code": code.name,
        "detail": "The server is starting.",
        "hint": code.hint,
    }
    return code.status, "application/problem+json", problem


async def _answer(send: Send, status: int, media_type: str, body: dict[str, Any]) -> None:
    content = json.dumps(body).encode()
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if status != OK:
        headers.append((b"retry-after", str(WAIT_S).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
