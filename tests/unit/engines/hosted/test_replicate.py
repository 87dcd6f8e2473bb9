"""Replicate's predictions: where they are asked for, how they end, how a lost one is found again."""

import asyncio
import base64
import hashlib
import hmac
import io
import json
import time

import pytest
from PIL import Image

from commissions import carry, made, order
from maquette.domain.hosting import Amount, Billed, CallState, Cancelled, Fault, Trouble
from maquette.engines.hosted.replicate import Replicate
from maquette.ports.engines import Capability
from maquette.testing.loopbacks.replicate import ReplicateLoopback

VERSION = "f" * 64
EDIT = {
    "model": "black/kontext-edit",
    "capability": Capability.EDITOR,
    "more": {"inputs": {"image": "input_image", "prompt": "prompt"}},
}


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (VERSION, "/v1/predictions"),
        (f"owner/birefnet:{VERSION}", "/v1/predictions"),
        ("owner/birefnet", "/v1/models/owner/birefnet/predictions"),
        ("deployments/owner/birefnet", "/v1/deployments/owner/birefnet/predictions"),
    ],
)
def test_a_model_is_asked_where_its_name_says(tmp_path, model: str, path: str):
    with ReplicateLoopback() as server:
        came = carry(made(Replicate, server, model=model), order(tmp_path), tmp_path / "into", server.url)
        sent = server.seen("submit")[0]
    assert sent.path == path
    assert sent.json().get("version") == (VERSION if path == "/v1/predictions" else None)
    assert [snapshot.state for snapshot in came.snapshots] == ["running", "succeeded"]
    assert [snapshot.progress for snapshot in came.snapshots] == [47, 100]
    assert came.snapshots[-1].spent == Amount(1.5, "second")
    assert Image.open(io.BytesIO(came.contents[0])).mode == "RGBA"
    assert "authorization" not in server.seen("file")[0].headers


def test_an_edit_comes_as_a_list_and_a_mesh_as_one_file(tmp_path):
    with ReplicateLoopback() as server:
        edit = carry(
            made(Replicate, server, **EDIT), order(tmp_path, Capability.EDITOR, prompt="x"), tmp_path / "a", server.url
        )
        options = {"model": "tencent/mesh", "capability": Capability.MESHER}
        mesh = carry(made(Replicate, server, **options), order(tmp_path, Capability.MESHER), tmp_path / "b", server.url)
    assert Image.open(io.BytesIO(edit.contents[0])).size == (96, 72)
    assert mesh.contents[0][:4] == b"glTF"


@pytest.mark.parametrize(
    ("fault", "phase", "meant", "billed"),
    [
        ("refused", "task", Fault.REFUSED, Billed.NO),
        ("fails", "task", Fault.PROVIDER, Billed.NO),
        ("broke", "submit", Fault.QUOTA, Billed.NO),
        ("busy", "submit", Fault.RATE_LIMITED, Billed.NO),
        ("error", "submit", Fault.PROVIDER, Billed.UNKNOWN),
        ("reset", "submit", Fault.TRANSPORT, Billed.UNKNOWN),
    ],
)
def test_what_goes_wrong_is_told_in_our_words(tmp_path, fault: str, phase: str, meant: Fault, billed: Billed):
    with ReplicateLoopback() as server:
        server.faults.add(fault, phase)
        with pytest.raises(Trouble) as caught:
            carry(made(Replicate, server, model=VERSION), order(tmp_path), tmp_path / "into", server.url)
    assert (caught.value.fault, caught.value.billed) == (meant, billed)


def test_aborted_is_an_end(tmp_path):
    with ReplicateLoopback() as server:
        engine = made(Replicate, server, model=VERSION)
        handle = asyncio.run(engine.submit(order(tmp_path), tmp_path))
        server.abort(handle.external_id)
        assert asyncio.run(engine.poll(handle)).state is CallState.CANCELED


def test_a_result_that_was_deleted_after_its_hour_is_expired(tmp_path):
    with ReplicateLoopback(polls=1) as server:
        engine = made(Replicate, server, model=VERSION)
        handle = asyncio.run(engine.submit(order(tmp_path), tmp_path))
        assert asyncio.run(engine.poll(handle)).state is CallState.SUCCEEDED
        server.remove(handle.external_id)
        assert asyncio.run(engine.poll(handle)).state is CallState.EXPIRED
        with pytest.raises(Trouble) as caught:
            asyncio.run(engine.result(handle, tmp_path))
    assert caught.value.fault is Fault.EXPIRED


def test_a_submit_without_an_answer_is_found_again_among_others(tmp_path):
    since = time.time()
    with ReplicateLoopback() as server:
        engine = made(Replicate, server, model=VERSION)
        server.faults.add("reset")
        with pytest.raises(Trouble):
            asyncio.run(engine.submit(order(tmp_path), tmp_path))
        for seed in range(3):
            asyncio.run(
                made(Replicate, server, model=VERSION, more={"constants": {"seed": seed}}).submit(
                    order(tmp_path), tmp_path
                )
            )
        found = asyncio.run(engine.find(order(tmp_path), since))
        other = made(Replicate, server, model=VERSION, more={"constants": {"seed": 99}})
        assert asyncio.run(other.find(order(tmp_path), since)) is None
        assert asyncio.run(engine.find(order(tmp_path), since + 3600)) is None
    assert found is not None
    assert found.external_id == server.bill[0].task
    assert len(server.bill) == 4


def test_one_that_may_be_it_is_for_a_person_to_judge(tmp_path):
    with ReplicateLoopback() as server:
        engine = made(Replicate, server, model=VERSION)
        handle = asyncio.run(engine.submit(order(tmp_path), tmp_path))
        server.works[handle.external_id].asked["input"]["image"] = "https://replicate.delivery/abc/photo.png"
        with pytest.raises(Trouble) as caught:
            asyncio.run(engine.find(order(tmp_path), time.time()))
    assert caught.value.fault is Fault.LOST


def test_cancelling_is_in_time_or_too_late(tmp_path):
    with ReplicateLoopback() as server:
        engine = made(Replicate, server, model=VERSION)
        handle = asyncio.run(engine.submit(order(tmp_path), tmp_path))
        assert asyncio.run(engine.cancel(handle)) is Cancelled.ACCEPTED
        assert asyncio.run(engine.poll(handle)).state is CallState.CANCELED
        done = carry(engine, order(tmp_path), tmp_path / "into", server.url)
        assert asyncio.run(engine.cancel(done.handle)) is Cancelled.TOO_LATE


def test_call_backs_are_checked_as_standard_webhooks(tmp_path):
    secret = base64.b64encode(b"k" * 24).decode()
    body = json.dumps({"id": "p1", "status": "succeeded"}).encode()
    signature = base64.b64encode(hmac.new(b"k" * 24, b"m1.1000." + body, hashlib.sha256).digest()).decode()
    headers = {"webhook-id": "m1", "webhook-timestamp": "1000", "webhook-signature": f"v1,AAAA v1,{signature}"}
    with ReplicateLoopback() as server:
        engine = made(Replicate, server, model=VERSION, webhook_secret=f"whsec_{secret}")
        handle = asyncio.run(engine.submit(order(tmp_path, callback="https://shop.example/h"), tmp_path))
        assert server.works[handle.external_id].asked["webhook"] == "https://shop.example/h"
    assert engine.called_by(headers, body, 1100) == "p1"
    for forged, sent, now in ((headers, body + b" ", 1100), (headers, body, 2000), ({}, body, 1100)):
        with pytest.raises(Trouble) as caught:
            engine.called_by(forged, sent, now)
        assert caught.value.fault is Fault.AUTH
