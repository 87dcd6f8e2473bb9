"""What answers before the server is ready."""

import asyncio
import json
from typing import Any

import pytest

from maquette.api.starting import Starting


def ask(app: Starting, path: str, kind: str = "http") -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        raise AssertionError("nobody needs the body")

    async def send(message: Any) -> None:
        sent.append(dict(message))

    asyncio.run(app({"type": kind, "path": path}, receive, send))
    return sent


def test_the_health_check_is_answered_at_once() -> None:
    start, body = ask(Starting(), "/healthz")
    assert start["status"] == 200
    assert json.loads(body["body"])["status"] == "ok"


@pytest.mark.parametrize("path", ["/", "/readyz", "/api/v1/jobs"])
def test_everything_else_is_told_to_wait(path: str) -> None:
    start, body = ask(Starting(), path)
    headers = dict(start["headers"])
    assert start["status"] == 503
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"retry-after"]
    problem = json.loads(body["body"])
    assert (problem["status"], problem["code"]) == (503, "not_ready")
    assert problem["hint"]


def test_a_socket_is_closed() -> None:
    assert [message["type"] for message in ask(Starting(), "/ws", "websocket")] == ["websocket.close"]


def test_afterwards_it_only_passes_on() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "seen", "path": scope["path"]})

    starting = Starting()
    starting.app = app
    assert ask(starting, "/healthz") == [{"type": "seen", "path": "/healthz"}]
