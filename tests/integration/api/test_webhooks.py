"""Webhooks over HTTP: ours to whoever wants to be told, and the calls of providers to us."""

import base64
import hashlib
import json
import time
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from maquette.app.webhooks.callbacks import MAX_BODY, Callbacks
from maquette.domain.calls import ProviderCall
from maquette.domain.hosting import CallState
from maquette.domain.ids import LOCAL_OWNER, new_id, new_token, token_hash
from maquette.domain.signatures import headers_for, new_secret
from maquette.domain.states import Stage
from maquette.domain.webhooks import EVENTS
from maquette.engines.hosted.fal import Fal
from maquette.engines.hosted.meshy import Meshy
from maquette.engines.hosted.replicate import Replicate
from maquette.ports.engines import Capability
from maquette.ports.hosting import Options
from receivers import Receiver

from .conftest import SystemClock

SIGNING = new_secret()
FAL_KEY = Ed25519PrivateKey.generate()
HOOKS = "/api/v1/hooks"


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


def add(world, receiver, **more):
    answer = world.http.post("/api/v1/webhooks", json={"url": receiver.address, **more})
    assert answer.status_code == 201, answer.text
    receiver.secret = answer.json()["secret"]
    return answer


# -- ours


def test_a_webhook_shows_its_secret_once(world, receiver):
    answer = add(world, receiver, events=["job.completed"])
    made = answer.json()
    assert made["secret"].startswith("whsec_")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["location"] == f"/api/v1/webhooks/{made['id']}"
    shown = world.http.get(f"/api/v1/webhooks/{made['id']}").json()
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert (shown["events"], shown["enabled"], shown["failures"], shown["reason"]) == (["job.completed"], True, 0, "")
    listed = world.http.get("/api/v1/webhooks").json()
    assert shown in listed["items"]
    assert "whsec" not in json.dumps(listed)


def test_without_a_choice_all_events_are_meant(world, receiver):
    assert add(world, receiver).json()["events"] == list(EVENTS)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"url": "ftp://shop.example"}, "url_refused"),
        ({"url": "http://10.0.0.1", "events": ["job.melted"]}, "unknown_event"),
        ({"url": ""}, "invalid_request"),
        ({}, "invalid_request"),
        ({"url": "https://shop.example", "secret": "mine"}, "invalid_request"),
    ],
)
def test_wrong_addresses_are_refused(world, asked, code):
    answer = world.http.post("/api/v1/webhooks", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_what_waits_can_be_looked_at_sent_again_and_given_up(world, receiver):
    webhook = add(world, receiver, events=["job.created"]).json()["id"]
    job = world.job()
    place = f"/api/v1/webhooks/{webhook}/deliveries"
    (waiting,) = world.http.get(place).json()["items"]
    assert (waiting["job_id"], waiting["type"], waiting["status"]) == (job["id"], "job.created", "pending")
    assert waiting["payload"]["data"]["pipeline"] == "cutout"
    again = world.http.post(f"{place}/{waiting['id']}/resend")
    assert (again.status_code, again.json()["id"], again.json()["tries"]) == (202, waiting["id"], 0)
    assert world.http.post(f"{place}/msg_none/resend").status_code == 404
    assert world.http.delete(f"/api/v1/webhooks/{webhook}").status_code == 204
    assert world.http.delete(f"/api/v1/webhooks/{webhook}").status_code == 404
    assert world.http.get(place).status_code == 404


def test_an_address_can_be_tried_out_and_switched_on(world, receiver):
    webhook = add(world, receiver).json()["id"]
    assert world.http.post(f"/api/v1/webhooks/{webhook}/test").json() == {"arrived": True, "status": 204, "error": ""}
    assert receiver.types == ["webhook.test"]
    receiver.secret = new_secret()
    answer = world.http.post(f"/api/v1/webhooks/{webhook}/test").json()
    assert not answer["arrived"]
    assert world.http.post(f"/api/v1/webhooks/{webhook}/enable").json()["enabled"] is True


# -- providers'


@pytest.fixture
def served(make):
    """A server on which three providers may call, each in its own way."""
    raw = FAL_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    options = {
        "replicate": Options("replicate", key="k", webhook_secret=SIGNING, model="a/b", capability=Capability.EDITOR),
        "fal": Options(
            "fal",
            key="k",
            model="a/b",
            capability=Capability.EDITOR,
            more={"webhook_keys": [base64.urlsafe_b64encode(raw).decode()]},
        ),
        "meshy": Options("meshy", key="k"),
    }
    kinds = {"replicate": Replicate, "fal": Fal, "meshy": Meshy}
    world = make()
    engines = {name: kinds[name].configured(options[name], world.internet.fetcher()) for name in kinds}
    callbacks = Callbacks(world.database, engines.__getitem__, SystemClock())
    object.__setattr__(world.services, "callbacks", callbacks)
    return world


def commission(world, engine, external_id="t1", state=CallState.RUNNING):
    """A commission, and the secret part of the address that its provider was given."""
    secret, at = new_token(), datetime.now(UTC)
    call = ProviderCall(
        new_id("call"), LOCAL_OWNER, "job_1", Stage.GENERATING, 1, engine, "editor", new_id("key"), at, at,
        state=state, external_id=external_id, wake_hash=token_hash(secret),
    )  # fmt: skip
    with world.database.write() as tx:
        tx.calls.add(call)
    return call.id, secret


def wakes(world, call_id):
    with world.database.read() as tx:
        return tx.calls.get(call_id).wakes


def standard(body, secret=SIGNING, late=0):
    return headers_for(secret, "evt_1", int(time.time()) - late, body)


def ed25519(body, key=FAL_KEY, late=0):
    parts = ["t1", "user", str(int(time.time()) - late)]
    message = "\n".join([*parts, hashlib.sha256(body).hexdigest()]).encode()
    names = ("request-id", "user-id", "timestamp")
    signed = {f"x-fal-webhook-{name}": part for name, part in zip(names, parts, strict=True)}
    return signed | {"x-fal-webhook-signature": key.sign(message).hex()}


def unsigned(body, late=0):
    return {}


WAYS = {"replicate": ("id", standard), "fal": ("request_id", ed25519), "meshy": ("id", unsigned)}


@pytest.mark.parametrize("engine", WAYS)
def test_a_call_wakes_its_commission_once_however_often_it_comes(served, engine):
    field, signed = WAYS[engine]
    call_id, secret = commission(served, engine)
    other, _ = commission(served, engine)
    for number in range(3):
        body = json.dumps({field: "t1", "status": "succeeded"}).encode()
        answer = served.http.post(f"{HOOKS}/{engine}/{secret}", content=body, headers=signed(body))
        assert (answer.status_code, answer.content) == (204, b""), number
    assert (wakes(served, call_id), wakes(served, other)) == (1, 0)
    body = json.dumps({field: "t1", "status": "processing"}).encode()
    assert served.http.post(f"{HOOKS}/{engine}/{secret}", content=body, headers=signed(body)).status_code == 204
    assert wakes(served, call_id) == 2


@pytest.mark.parametrize("engine", ["replicate", "fal"])
@pytest.mark.parametrize("forge", ["body", "key", "late", "nothing"])
def test_a_forged_call_wakes_nobody(served, engine, forge):
    field, signed = WAYS[engine]
    call_id, secret = commission(served, engine)
    body = json.dumps({field: "t1"}).encode()
    headers = {
        "body": lambda: signed(body + b" "),
        "key": lambda: signed(body, new_secret() if engine == "replicate" else Ed25519PrivateKey.generate()),
        "late": lambda: signed(body, late=3600),
        "nothing": dict,
    }[forge]()
    answer = served.http.post(f"{HOOKS}/{engine}/{secret}", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "callback_refused")
    assert wakes(served, call_id) == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"id": 7}', b'{"id": "t2"}', b"\xff" * 100, b"[" * 5000])
def test_a_call_about_something_else_wakes_nobody(served, body):
    call_id, secret = commission(served, "meshy")
    answer = served.http.post(f"{HOOKS}/meshy/{secret}", content=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "callback_refused")
    assert wakes(served, call_id) == 0


def test_a_late_call_changes_nothing_and_is_thanked_for(served):
    call_id, secret = commission(served, "meshy", state=CallState.SUCCEEDED)
    answer = served.http.post(f"{HOOKS}/meshy/{secret}", json={"id": "t1"})
    assert answer.status_code == 204
    assert wakes(served, call_id) == 0


def test_a_provider_may_call_before_it_has_answered(served):
    call_id, secret = commission(served, "meshy", external_id=None, state=CallState.SUBMITTING)
    assert served.http.post(f"{HOOKS}/meshy/{secret}", json={"id": "t1"}).status_code == 204
    assert wakes(served, call_id) == 1


def test_an_address_that_was_never_given_out_says_nothing(served):
    _, secret = commission(served, "meshy")
    wrong = [f"{HOOKS}/meshy/{new_token()}", f"{HOOKS}/replicate/{secret}", f"{HOOKS}/none/{secret}"]
    answers = [served.http.post(place, json={"id": "t1"}) for place in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert served.http.get(f"{HOOKS}/meshy/{secret}").status_code == 405


def test_a_call_is_small(served):
    call_id, secret = commission(served, "meshy")
    body = json.dumps({"id": "t1", "more": "x" * MAX_BODY}).encode()
    answer = served.http.post(f"{HOOKS}/meshy/{secret}", content=body)
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert wakes(served, call_id) == 0


def test_nobody_needs_a_key_to_call(locked, nobody):
    assert nobody.post(f"{HOOKS}/meshy/{new_token()}", json={"id": "t1"}).status_code == 404
