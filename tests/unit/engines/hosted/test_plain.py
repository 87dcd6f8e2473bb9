"""Anybody's own server, in each form that the plain contract allows."""

import asyncio
import base64
import io
import json
from typing import ClassVar

import pytest
from PIL import Image

from commissions import carry, made, mask, order
from maquette.domain.hosting import Amount, Billed, CallState, Cancelled, Fault, Handle, Trouble
from maquette.engines.hosted.plain import Plain
from maquette.ports.engines import Capability
from maquette.testing.loopbacks.plain import PlainLoopback
from maquette.testing.loopbacks.server import Call, Loopback, Reply, route
from maquette.testing.loopbacks.wares import sent_form

PICTURES = (Capability.CUTTER, Capability.EDITOR)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("capability", list(Capability))
def test_each_capability_delivers_its_file(tmp_path, capability: Capability, at_once: bool):
    with PlainLoopback(at_once=at_once) as server:
        came = carry(made(Plain, server, capability), order(tmp_path, capability), tmp_path / "into", server.url)
    assert len(came.parcels) == 1
    content = came.contents[0]
    if capability in PICTURES:
        assert Image.open(io.BytesIO(content)).size == (96, 72)
    elif capability is Capability.TRANSCRIBER:
        assert content == b"a walnut chair"
    else:
        assert content[:4] == b"glTF"
    assert came.snapshots[-1].spent == Amount(2, "credit")
    assert server.bill[0].units == 2


def test_a_commission_of_which_only_the_number_is_known_is_followed(tmp_path):
    with PlainLoopback() as server:
        engine = made(Plain, server, Capability.CUTTER)
        known = Handle(asyncio.run(engine.submit(order(tmp_path), tmp_path)).external_id)
        assert [asyncio.run(engine.poll(known)).state for _ in range(2)] == [CallState.RUNNING, CallState.SUCCEEDED]
        assert asyncio.run(engine.result(known, tmp_path))


def test_progress_is_told_and_the_order_is_whole(tmp_path):
    wanted = order(tmp_path, Capability.EDITOR, prompt="a red chair", mask=mask(tmp_path), wants={"seed": 7})
    with PlainLoopback() as server:
        came = carry(made(Plain, server, Capability.EDITOR, model="my-model"), wanted, tmp_path / "into", server.url)
        parts = {part.name: part for part in sent_form(server.seen("submit")[0])}
    assert [snapshot.progress for snapshot in came.snapshots] == [47, 100]
    assert set(parts) == {"order", "picture", "mask"}
    for told in (b'"prompt": "a red chair"', b'"seed": 7', b'"model": "my-model"', b'"capability": "editor"'):
        assert told in parts["order"].content


def test_a_second_submit_under_one_key_is_the_same_commission(tmp_path):
    with PlainLoopback() as server:
        engine = made(Plain, server)
        first = carry(engine, order(tmp_path), tmp_path / "a", server.url)
        again = carry(engine, order(tmp_path), tmp_path / "b", server.url)
    assert first.handle.external_id == again.handle.external_id
    assert len(server.bill) == 1
    assert engine.abilities.idempotent


def test_it_can_be_cancelled_until_it_is_done(tmp_path):
    with PlainLoopback() as server:
        engine = made(Plain, server)
        handle = asyncio.run(engine.submit(order(tmp_path), tmp_path))
        assert asyncio.run(engine.cancel(handle)) is Cancelled.ACCEPTED
        assert asyncio.run(engine.poll(handle)).state is CallState.CANCELED
        done = carry(engine, order(tmp_path, key="other"), tmp_path / "into", server.url)
        assert asyncio.run(engine.cancel(done.handle)) is Cancelled.TOO_LATE


@pytest.mark.parametrize(
    ("fault", "phase", "meant", "billed"),
    [
        ("busy", "submit", Fault.RATE_LIMITED, Billed.NO),
        ("crowded", "submit", Fault.CAPACITY, Billed.NO),
        ("broke", "submit", Fault.QUOTA, Billed.NO),
        ("denied", "submit", Fault.AUTH, Billed.NO),
        ("error", "submit", Fault.PROVIDER, Billed.UNKNOWN),
        ("garbage", "submit", Fault.BAD_OUTPUT, Billed.UNKNOWN),
        ("reset", "submit", Fault.TRANSPORT, Billed.UNKNOWN),
        ("refused", "task", Fault.REFUSED, Billed.NO),
        ("fails", "task", Fault.PROVIDER, Billed.NO),
        ("garbage", "poll", Fault.PROVIDER, Billed.NO),
    ],
)
def test_what_goes_wrong_is_told_in_our_words(tmp_path, fault: str, phase: str, meant: Fault, billed: Billed):
    with PlainLoopback() as server:
        server.faults.add(fault, phase)
        with pytest.raises(Trouble) as caught:
            carry(made(Plain, server), order(tmp_path), tmp_path / "into", server.url)
    assert (caught.value.fault, caught.value.billed) == (meant, billed)
    assert server.key not in str(caught.value)


def test_it_tells_its_balance_and_that_it_lacks_an_address(tmp_path):
    with PlainLoopback() as server:
        assert asyncio.run(made(Plain, server).balance()) == Amount(100, "credit")
    assert made(Plain, server).check().ready
    assert not made(Plain, server, base_url="").check().ready


class Odd(Loopback):
    """Says whatever a test wants it to say."""

    told: ClassVar[dict[str, object]] = {}
    status: ClassVar[int] = 200

    @route("POST", "/?", "submit")
    def submit(self, call: Call) -> Reply:
        return Reply(self.told, self.status)

    @route("GET", "/{id}", "poll")
    def look(self, call: Call) -> Reply:
        return Reply(self.told)


def odd(told: dict[str, object], status: int = 200) -> Odd:
    return type("Odd", (Odd,), {"told": told, "status": status})()


def test_outputs_may_come_within_the_answer(tmp_path):
    data = base64.b64encode(order(tmp_path).pictures[0].path.read_bytes()).decode()
    told = {"outputs": [{"data": data}, {"role": "mask", "url": "files/1"}], "cost": {"units": 3, "unit": "credit"}}
    with odd(told) as server:
        engine = made(Plain, server)
        handle = asyncio.run(engine.submit(order(tmp_path), tmp_path))
        parcels = asyncio.run(engine.result(handle, tmp_path))
        assert asyncio.run(engine.poll(handle)).spent == Amount(3, "credit")
        assert [parcel.role for parcel in parcels] == ["picture", "mask"]
        assert parcels[0].path.read_bytes()[:4] == b"\x89PNG"
        assert parcels[1].url == f"{server.url}/files/1"
        assert parcels[1].headers
        assert data not in json.dumps(handle.document())


@pytest.mark.parametrize(
    ("told", "status", "billed"),
    [
        ({"id": "1", "status_url": "https://elsewhere.example/1"}, 202, Billed.UNKNOWN),
        ({"outputs": []}, 200, Billed.YES),
        ({"outputs": [{"data": "!"}]}, 200, Billed.YES),
        ({"state": "failed", "error": {"fault": "nonsense", "message": "<script>"}}, 200, Billed.NO),
    ],
)
def test_an_answer_outside_the_contract_is_no_outcome(tmp_path, told, status, billed):
    with odd(told, status) as server, pytest.raises(Trouble) as caught:
        asyncio.run(made(Plain, server).submit(order(tmp_path), tmp_path))
    assert caught.value.billed is billed
    assert "<script>" not in str(caught.value)


def test_a_state_that_the_contract_does_not_know_is_not_learnt(tmp_path):
    with odd({"id": "1"}, 202) as server:
        engine = made(Plain, server)
        handle = asyncio.run(engine.submit(order(tmp_path), tmp_path))
        with pytest.raises(Trouble) as caught:
            asyncio.run(engine.poll(handle))
    assert caught.value.fault is Fault.PROVIDER


def test_the_key_is_not_sent_to_another_server(tmp_path):
    with odd({"outputs": [{"url": "https://cdn.example/file.png"}]}) as server:
        engine = made(Plain, server)
        parcels = asyncio.run(engine.result(asyncio.run(engine.submit(order(tmp_path), tmp_path)), tmp_path))
    assert (parcels[0].url, dict(parcels[0].headers)) == ("https://cdn.example/file.png", {})
