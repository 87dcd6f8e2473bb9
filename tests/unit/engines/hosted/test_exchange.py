"""One request to a provider over a real connection, and what each failure of it means."""

import asyncio

import pytest

from maquette.adapters.clocks import SystemClock
from maquette.adapters.outbound.fetcher import HttpxFetcher
from maquette.domain.hosting import Billed, Fault, Trouble
from maquette.engines.hosted.exchange import Exchange
from maquette.ports.outbound import Bounds
from maquette.testing.loopbacks.server import Call, Loopback, Reply, route


class Echo(Loopback):
    """Accepts work and says a number."""

    @route("POST", "/jobs", "submit")
    def submit(self, call: Call) -> Reply:
        if not self.allows(call):
            return self.trouble("denied")
        self.charge("1", 5, "credit")
        return Reply({"id": "1", "said": call.json()})


def ask(server: Loopback, fault: str = "", *, key: str = Loopback.key, path: str = "/jobs", seconds: float = 2.0):
    if fault:
        server.faults.add(fault)
    fetcher = HttpxFetcher(SystemClock(), "test")
    exchange = Exchange(fetcher, "https://example.com", server.url, {"Authorization": f"Bearer {key}"})
    bounds = Bounds(bytes=100_000, seconds=seconds)
    return asyncio.run(exchange.ask("POST", path, {"a": 1}, submits=True, bounds=bounds))


def test_an_answer_comes_back_and_the_key_went_along():
    with Echo() as server:
        assert ask(server) == {"id": "1", "said": {"a": 1}}
        assert [charge.units for charge in server.bill] == [5]


@pytest.mark.parametrize(
    ("fault", "meant", "billed"),
    [
        ("busy", Fault.RATE_LIMITED, Billed.NO),
        ("broke", Fault.QUOTA, Billed.NO),
        ("denied", Fault.AUTH, Billed.NO),
        ("error", Fault.PROVIDER, Billed.UNKNOWN),
        ("garbage", Fault.PROVIDER, Billed.UNKNOWN),
        ("hang", Fault.TRANSPORT, Billed.UNKNOWN),
        ("trickle", Fault.TRANSPORT, Billed.UNKNOWN),
        ("huge", Fault.BAD_OUTPUT, Billed.UNKNOWN),
        ("reset", Fault.TRANSPORT, Billed.UNKNOWN),
    ],
)
def test_each_failure_of_a_submit_says_whether_it_may_be_paid(fault: str, meant: Fault, billed: Billed):
    with Echo() as server, pytest.raises(Trouble) as caught:
        ask(server, fault, seconds=0.7)
    assert (caught.value.fault, caught.value.billed) == (meant, billed)
    assert Loopback.key not in str(caught.value)


def test_the_wait_that_a_provider_asks_for_is_told():
    with Echo() as server, pytest.raises(Trouble) as caught:
        ask(server, "busy")
    assert caught.value.retry_after == 1


def test_nobody_there_costs_nothing():
    with Echo() as server:
        gone = server
    with pytest.raises(Trouble) as caught:
        ask(gone)
    assert (caught.value.fault, caught.value.billed) == (Fault.TRANSPORT, Billed.NO)


def test_the_key_goes_to_no_other_server():
    with Echo() as server, pytest.raises(Trouble) as caught:
        ask(server, path="https://elsewhere.example/jobs")
    assert caught.value.fault is Fault.PROVIDER
    assert server.calls == []
