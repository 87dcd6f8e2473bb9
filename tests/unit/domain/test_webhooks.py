"""When a delivery is tried, when it and its address are given up; signatures that other people's code accepts."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from maquette.domain.jobs import Event, EventType
from maquette.domain.signatures import headers_for, new_secret, sign
from maquette.domain.webhooks import (
    EVENTS,
    SCHEDULE_S,
    Delivery,
    DeliveryStatus,
    Outcome,
    Webhook,
    after_delivery,
    after_try,
    delivery_of,
    wants,
)

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
WEBHOOK = Webhook("hook_1", "own_a", "https://shop.example/hook", AT, "whsec_x")
DELIVERY = Delivery("msg_1", "hook_1", "own_a", "job_1", 1, "job.completed", AT, next_at=AT)
BODY = '{"type":"job.completed","name":"Müller"}'.encode()


def test_what_is_signed_here_is_accepted_by_the_reference_library():
    secret, at = new_secret(), int(datetime.now(UTC).timestamp())
    headers = headers_for(secret, "msg_1", at, BODY)
    assert Verifier(secret).verify(BODY, headers) == json.loads(BODY)
    assert (
        Verifier(secret).sign("msg_1", datetime.fromtimestamp(at, UTC), BODY.decode()) == headers["webhook-signature"]
    )


@pytest.mark.parametrize("forge", ["body", "id", "time", "secret", "late"])
def test_what_was_changed_on_the_way_is_not(forge):
    secret, at = new_secret(), int(datetime.now(UTC).timestamp())
    sent_at = at - 600 if forge == "late" else at
    headers = headers_for(new_secret() if forge == "secret" else secret, "msg_1", sent_at, BODY)
    headers |= {"id": {"webhook-id": "msg_2"}, "time": {"webhook-timestamp": str(at + 1)}}.get(forge, {})
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(BODY + b" " if forge == "body" else BODY, headers)


def test_the_example_of_the_standard():
    """https://github.com/standard-webhooks/standard-webhooks, the libraries' own test vector."""
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_are_never_the_same():
    assert len({new_secret() for _ in range(100)}) == 100


def test_tries_follow_the_schedule_and_then_end():
    delivery, now = DELIVERY, AT
    for wait in SCHEDULE_S:
        delivery = after_try(delivery, Outcome(500), now)
        assert (delivery.status, delivery.last_error) == (DeliveryStatus.PENDING, "http_500")
        assert delivery.next_at == now + timedelta(seconds=wait)
        now = delivery.next_at
    ended = after_try(delivery, Outcome(error="remote_unreachable"), now)
    assert (ended.status, ended.tries, ended.next_at) == (DeliveryStatus.DEAD, 10, None)
    assert (ended.last_status, ended.last_error) == (None, "remote_unreachable")
    assert timedelta(days=2) < now - AT < timedelta(days=5)


def test_a_delivery_that_arrives_ends_at_once():
    done = after_try(replace(DELIVERY, tries=3, last_error="http_500"), Outcome(204), AT)
    assert (done.status, done.tries, done.delivered_at) == (DeliveryStatus.DELIVERED, 4, AT)
    assert (done.next_at, done.last_status, done.last_error) == (None, 204, "")


@pytest.mark.parametrize("status", [301, 302, 400, 404, 500])
def test_anything_else_than_yes_is_no(status):
    assert not Outcome(status).arrived
    assert after_try(DELIVERY, Outcome(status), AT).status is DeliveryStatus.PENDING


@pytest.mark.parametrize(("asked", "waited"), [(1, 5), (90, 90), (10**9, 86_400)])
def test_a_receiver_may_ask_for_more_time_within_reason(asked, waited):
    tried = after_try(DELIVERY, Outcome(503, retry_after=asked), AT)
    assert tried.next_at == AT + timedelta(seconds=waited)


def test_an_address_that_is_gone_is_not_asked_again():
    tried = after_try(DELIVERY, Outcome(410), AT)
    assert tried.status is DeliveryStatus.DEAD
    assert not after_delivery(WEBHOOK, tried).enabled


def test_an_address_that_takes_nothing_for_long_is_switched_off_and_one_arrival_forgives():
    dead = replace(DELIVERY, status=DeliveryStatus.DEAD, last_status=500)
    webhook = WEBHOOK
    for _ in range(2):
        webhook = after_delivery(webhook, dead)
        assert webhook.enabled
    assert not after_delivery(webhook, dead).enabled
    forgiven = after_delivery(webhook, replace(DELIVERY, status=DeliveryStatus.DELIVERED))
    assert forgiven.failures == 0
    assert after_delivery(webhook, DELIVERY) == webhook


def test_an_address_gets_what_it_asked_for_and_never_progress():
    events = {kind: Event("job_1", 1, kind, AT, {}) for kind in EventType}
    assert {kind.value for kind, event in events.items() if wants(WEBHOOK, event)} == set(EVENTS)
    assert "stage.progress" not in EVENTS
    few = replace(WEBHOOK, events=("job.failed", "job.completed"))
    assert [kind.value for kind, event in events.items() if wants(few, event)] == ["job.failed", "job.completed"]


def test_a_message_has_the_recommended_form():
    event = Event("job_1", 7, EventType.COMPLETED, AT, {"status": "completed", "result_id": "res_1"})
    made = delivery_of(WEBHOOK, event, "msg_1", {"pipeline": "image"})
    assert made.payload == {
        "type": "job.completed",
        "timestamp": "2026-11-01T12:00:00+00:00",
        "data": {"job_id": "job_1", "seq": 7, "pipeline": "image", "status": "completed", "result_id": "res_1"},
    }
    assert (made.webhook_id, made.owner_id, made.next_at, made.tries) == ("hook_1", "own_a", AT, 0)
