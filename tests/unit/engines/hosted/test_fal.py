"""fal's queue: its own addresses, failures that are called completed, what is billed, signed call backs."""

import asyncio
import base64
import hashlib
import io
import json

import pytest
from PIL import Image

from commissions import carry, made, mask, order
from maquette.domain.errors import Refused
from maquette.domain.hosting import Amount, Billed, Calling, CallState, Cancelled, Fault, Handle, Spread, Trouble
from maquette.engines.hosted.fal import Fal
from maquette.ports.engines import Capability
from maquette.testing.loopbacks.fal import FalLoopback
from maquette.testing.loopbacks.server import Reply, route

CUT = {"model": "fal-ai/birefnet/v2", "more": {"inputs": {"image": "image_url"}, "outputs": "image"}}
EDIT = {
    "model": "fal-ai/flux/edit",
    "capability": Capability.EDITOR,
    "more": {
        "inputs": {"images": "image_urls", "prompt": "prompt", "seed": "seed"},
        "constants": {"output_format": "png"},
        "outputs": "images.*",
        "units": [1, 2],
    },
}
MESH = {
    "model": "fal-ai/hunyuan3d/mesh",
    "capability": Capability.MESHER,
    "more": {"inputs": {"image": "input_image_url"}},
}


def test_a_cut_out_comes_with_its_cost_and_by_the_addresses_that_fal_gave(tmp_path):
    with FalLoopback(polls=3) as fal:
        came = carry(made(Fal, fal, **CUT), order(tmp_path), tmp_path / "into", fal.url)
        asked = fal.seen("submit")[0].json()
    assert [snapshot.state for snapshot in came.snapshots] == ["queued", "running", "succeeded"]
    assert (came.snapshots[0].queue_position, came.snapshots[1].progress) == (1, 63)
    assert came.snapshots[-1].spent == Amount(1, "unit")
    assert Image.open(io.BytesIO(came.contents[0])).mode == "RGBA"
    assert list(asked) == ["image_url"]
    assert asked["image_url"].startswith("data:image/png;base64,")
    # the second part of the model's path is not in them
    assert all("/v2" not in url for url in came.handle.urls.values())


def test_the_mapping_names_inputs_constants_and_outputs(tmp_path):
    wanted = order(tmp_path, Capability.EDITOR, prompt="a red chair", wants={"seed": 7, "width": 512})
    with FalLoopback() as fal:
        engine = made(Fal, fal, **EDIT)
        came = carry(engine, wanted, tmp_path / "into", fal.url)
        asked = fal.seen("submit")[0].json()
    assert {name: asked[name] for name in ("prompt", "seed", "output_format")} == {
        "prompt": "a red chair", "seed": 7, "output_format": "png"}  # fmt: skip
    assert len(asked["image_urls"]) == 1
    assert "width" not in asked
    assert [parcel.role for parcel in came.parcels] == ["picture"]
    assert engine.spread(wanted) == Spread(1, 2, "unit")


def test_usual_outputs_are_found_without_a_mapping(tmp_path):
    with FalLoopback() as fal:
        came = carry(made(Fal, fal, **MESH), order(tmp_path, Capability.MESHER), tmp_path / "into", fal.url)
    assert came.contents[0][:4] == b"glTF"
    assert came.parcels[0].role == "model"


def test_the_key_is_not_sent_along_for_files_and_files_are_not_kept_for_ever(tmp_path):
    with FalLoopback() as fal:
        carry(made(Fal, fal, **CUT), order(tmp_path), tmp_path / "into", fal.url)
        assert "authorization" not in fal.seen("file")[0].headers
        sent = fal.seen("submit")[0].headers
    assert json.loads(sent["x-fal-object-lifecycle-preference"]) == {"expiration_duration_seconds": 86_400}


@pytest.mark.parametrize(
    ("fault", "phase", "meant", "raw"),
    [
        ("refused", "task", Fault.REFUSED, "content_policy_violation"),
        ("fails", "task", Fault.PROVIDER, "runner_server_error"),
        ("broke", "submit", Fault.QUOTA, ""),
        ("denied", "submit", Fault.AUTH, ""),
        ("busy", "submit", Fault.RATE_LIMITED, ""),
        ("error", "submit", Fault.PROVIDER, "internal_error"),
        ("garbage", "poll", Fault.PROVIDER, ""),
    ],
)
def test_what_goes_wrong_is_told_in_our_words(tmp_path, fault: str, phase: str, meant: Fault, raw: str):
    with FalLoopback() as fal:
        fal.faults.add(fault, phase)
        with pytest.raises(Trouble) as caught:
            carry(made(Fal, fal, **CUT), order(tmp_path), tmp_path / "into", fal.url)
    assert (caught.value.fault, caught.value.raw) == (meant, raw)


def test_a_submit_that_breaks_may_be_paid_and_is_not_repeated(tmp_path):
    with FalLoopback() as fal:
        fal.faults.add("reset")
        with pytest.raises(Trouble) as caught:
            carry(made(Fal, fal, **CUT), order(tmp_path), tmp_path / "into", fal.url)
    assert caught.value.billed is Billed.UNKNOWN
    assert len(fal.bill) == 1


def test_a_request_that_a_person_named_is_found_by_its_number(tmp_path):
    with FalLoopback(polls=1) as fal:
        engine = made(Fal, fal, **CUT)
        named = Handle(asyncio.run(engine.submit(order(tmp_path), tmp_path)).external_id)
        while asyncio.run(engine.poll(named)).state is not CallState.SUCCEEDED:
            assert len(fal.calls) < 10
        (parcel,) = asyncio.run(engine.result(named, tmp_path))
        assert parcel.role == "picture"
        assert asyncio.run(engine.cancel(named)) is Cancelled.TOO_LATE


def test_cancelling_is_asked_for_and_shows(tmp_path):
    with FalLoopback() as fal:
        engine = made(Fal, fal, **CUT)
        handle = asyncio.run(engine.submit(order(tmp_path), tmp_path))
        assert asyncio.run(engine.cancel(handle)) is Cancelled.ACCEPTED
        assert asyncio.run(engine.poll(handle)).state is CallState.CANCELED
        done = carry(engine, order(tmp_path), tmp_path / "into", fal.url)
        assert asyncio.run(engine.cancel(done.handle)) is Cancelled.TOO_LATE


def test_a_mask_without_a_place_is_refused_before_anything_is_sent(tmp_path):
    with FalLoopback() as fal, pytest.raises(Trouble) as caught:
        asyncio.run(made(Fal, fal, **EDIT).submit(order(tmp_path, Capability.EDITOR, mask=mask(tmp_path)), tmp_path))
    assert (caught.value.fault, fal.calls) == (Fault.UNSUPPORTED, [])


@pytest.mark.parametrize("more", [{"outputs": [3]}, {"inputs": ["image"]}, {"constants": 1}, {"pictures": "many"}])
def test_options_that_cannot_be_are_refused(more):
    with FalLoopback() as fal, pytest.raises(Refused) as caught:
        made(Fal, fal, model="a/b", more=more)
    assert caught.value.code == "invalid_setting"


def test_an_input_that_the_model_does_not_like_is_a_failure_and_not_asked_for_for_ever(tmp_path):
    class Picky(FalLoopback):
        """Refuses in prose, as models without types of errors do."""

        @route("GET", "/{owner}/{app}/requests/{id}", "result")
        def result(self, call):
            return Reply({"detail": "The image has three ears."}, 400)

    with Picky() as fal, pytest.raises(Trouble) as caught:
        carry(made(Fal, fal, **CUT), order(tmp_path), tmp_path / "into", fal.url)
    assert caught.value.fault is Fault.INVALID_INPUT
    assert "ears" not in str(caught.value)


def test_call_backs_are_checked_against_fals_keys(tmp_path):
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    private = ed25519.Ed25519PrivateKey.generate()
    public = base64.urlsafe_b64encode(private.public_key().public_bytes_raw()).decode().rstrip("=")
    body = json.dumps({"request_id": "r1", "status": "OK", "payload": {}}).encode()
    signed = "\n".join(["r1", "u1", "1000", hashlib.sha256(body).hexdigest()]).encode()
    headers = {
        "x-fal-webhook-request-id": "r1",
        "x-fal-webhook-user-id": "u1",
        "x-fal-webhook-timestamp": "1000",
        "x-fal-webhook-signature": private.sign(signed).hex(),
    }
    with FalLoopback() as fal:
        engine = made(Fal, fal, model="a/b", more={"webhook_keys": [public]})
        handle = asyncio.run(engine.submit(order(tmp_path, callback="https://shop.example/hooks/s3cret"), tmp_path))
        assert fal.works[handle.external_id].asked["callback"] == "https://shop.example/hooks/s3cret"
        assert made(Fal, fal, model="a/b").abilities.calling is Calling.UNSIGNED
    assert engine.abilities.calling is Calling.ED25519
    assert engine.called_by(headers, body, 1100) == "r1"
    for forged, sent, now in (
        (headers, body + b" ", 1100.0),
        (headers, body, 1400.0),
        ({**headers, "x-fal-webhook-user-id": "u2"}, body, 1100.0),
        ({**headers, "x-fal-webhook-signature": "zz"}, body, 1100.0),
        ({}, body, 1100.0),
    ):
        with pytest.raises(Trouble) as caught:
            engine.called_by(forged, sent, now)
        assert caught.value.fault is Fault.AUTH


def test_without_a_key_or_a_model_it_says_what_is_missing():
    with FalLoopback() as fal:
        assert "key" in made(Fal, fal, key="", base_url="", model="a/b").check().message
        assert "model" in made(Fal, fal).check().message
        assert made(Fal, fal, model="a/b").check().ready
        assert made(Fal, fal, model="a/b").info.version != made(Fal, fal, model="a/c").info.version


def test_behind_a_proxy_the_addresses_are_asked_for_there(tmp_path):
    class Behind(FalLoopback):
        """Knows itself by its public name only."""

        url = "https://queue.fal.run"

    with Behind() as fal:
        engine = made(Fal, fal, base_url=f"http://127.0.0.1:{fal.port}", **CUT)
        handle = asyncio.run(engine.submit(order(tmp_path), tmp_path))
        assert asyncio.run(engine.poll(handle)).state is CallState.RUNNING
