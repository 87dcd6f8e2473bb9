"""The real resolver and the real network, as the product composes them."""

import asyncio
import threading

import pytest

from internet import Server, reply
from maquette.adapters.outbound.fetcher import HttpxFetcher
from maquette.adapters.outbound.resolving import SystemResolver
from maquette.domain.errors import Refused
from maquette.ports.outbound import Policy
from maquette.testing import ManualClock


def test_names_of_the_system() -> None:
    found = asyncio.run(SystemResolver().addresses("localhost", 80))
    assert set(found) <= {"127.0.0.1", "::1"}
    assert found


@pytest.mark.parametrize("name", ["nobody.invalid", "a" * 64, "\udcff.invalid"])
def test_names_that_nobody_has(name: str) -> None:
    with pytest.raises(OSError, match="no address"):
        asyncio.run(SystemResolver().addresses(name, 80))


def test_look_ups_that_hang_hold_up_neither_the_loop_nor_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: go.wait(60) and [])
    resolver = SystemResolver(at_once=2)

    async def ask() -> None:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await resolver.addresses("slow.example", 80)
        with pytest.raises(OSError, match="too many"):
            await resolver.addresses("slow.example", 80)

    asyncio.run(ask())
    go.set()


def test_as_it_is_composed() -> None:
    """Without any seam: loopback is the operator's to name, and nobody else's."""
    server = Server(reply(b"here"))
    try:
        fetcher = HttpxFetcher(ManualClock(), "1")
        for host in ("localhost", "127.0.0.1"):
            base = f"http://{host}:{server.port}"
            answer = asyncio.run(fetcher.request("GET", f"{base}/x", policy=Policy(base)))
            assert answer.body == b"here"
            for url in (f"{base}/x", f"http://{host}/", f"https://{host}/"):
                with pytest.raises(Refused):
                    asyncio.run(fetcher.request("GET", url))
        assert server.connections == 2
    finally:
        server.close()
