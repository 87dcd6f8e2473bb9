"""Connections that dawdle are cut, and only those."""

import socket
import threading
import time

import pytest

from maquette.cli import connections
from maquette.cli.serving import server_for

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


class App:
    """Answers with what the path asks for: little, or bytes without end."""

    def __init__(self):
        self.left = threading.Event()

    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"b")]})
        if scope["path"] == "/endless":
            # sending is quick to return once the client has gone
            started = time.monotonic()
            while time.monotonic() - started < 20 and not self.left.is_set():
                await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
                message = await receive_now(receive)
                if message == "http.disconnect":
                    self.left.set()
        await send({"type": "http.response.body", "body": b"done"})


async def receive_now(receive):
    import asyncio

    try:
        async with asyncio.timeout(0.005):
            return (await receive())["type"]
    except TimeoutError:
        return None


@pytest.fixture
def served(monkeypatch):
    monkeypatch.setattr(connections.Http, "head_s", 0.4)
    monkeypatch.setattr(connections.Unstalled, "stall_s", 0.4)
    app = App()
    server = server_for(app)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield app, listening.getsockname()
    server.should_exit = server.force_exit = True
    thread.join(10)
    listening.close()


def ended(client):
    """Whether the server ends the connection within ten seconds."""
    client.settimeout(10)
    try:
        return client.recv(100) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("part", [b"", b"G", HEAD, HEAD + b"X: y\r\n"])
def test_a_head_that_never_ends(served, part):
    with socket.create_connection(served[1]) as client:
        client.sendall(part)
        assert ended(client)


def test_a_later_head_that_never_ends(served):
    with socket.create_connection(served[1]) as client:
        client.sendall(HEAD + b"\r\n")
        answer = client.recv(4096)
        while b"done" not in answer:
            answer += client.recv(4096)
        client.sendall(HEAD)
        time.sleep(0.1)
        client.sendall(b"X: y\r\n")
        while (rest := client.recv(4096)).strip(b"\r\n0"):
            answer += rest
        assert ended(client)


def test_a_client_that_takes_nothing(served):
    app, address = served
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(address)
        client.sendall(HEAD.replace(b"/", b"/endless", 1) + b"\r\n")
        assert app.left.wait(15)


def test_a_client_that_is_slow_but_steady(served):
    app, address = served
    with socket.create_connection(address) as client:
        client.sendall(HEAD.replace(b"/", b"/endless", 1) + b"\r\n")
        taken, until = 0, time.monotonic() + 2
        while time.monotonic() < until:
            taken += len(client.recv(65536))
            time.sleep(0.01)
        assert not app.left.is_set() and taken > 1_000_000
