"""What every store of webhooks and their deliveries does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from maquette.domain.ids import new_id
from maquette.domain.webhooks import Delivery, DeliveryStatus, Webhook

from .conftest import START

MINUTE = timedelta(minutes=1)


def webhook_of(sample, minute=0, **fields):
    made = Webhook(new_id("hook"), sample.owner, "https://shop.example/hook", START + minute * MINUTE, "whsec_x")
    return replace(made, **fields)


def delivery_of(webhook, job, seq=1, **fields):
    made = Delivery(new_id("dlv"), webhook.id, webhook.owner_id, job.id, seq, "job.completed", START, {"seq": seq})
    return replace(made, next_at=START, **fields) if "next_at" not in fields else replace(made, **fields)


@pytest.fixture
def tx(database):
    with database.write() as tx:
        yield tx


@pytest.fixture
def pair(tx, sample):
    """A webhook and a job."""
    webhook, job = webhook_of(sample), sample.job()
    tx.webhooks.add(webhook)
    tx.jobs.add(job)
    return webhook, job


def test_webhooks_come_back_newest_first(tx, sample, other):
    first = webhook_of(sample, events=("job.completed", "job.failed"))
    off = webhook_of(sample, 1, enabled=False)
    for webhook in (first, off, webhook_of(other)):
        tx.webhooks.add(webhook)
    assert tx.webhooks.get(first.id, sample.owner) == tx.webhooks.get(first.id) == first
    assert tx.webhooks.get(first.id, other.owner) is None
    assert tx.webhooks.list(sample.owner).items == (off, first)
    assert tx.webhooks.enabled(sample.owner) == (first,)
    changed = replace(off, enabled=True, failures=3, url="https://other.example")
    tx.webhooks.save(changed)
    assert tx.webhooks.enabled(sample.owner) == (first, changed)


def test_a_deleted_webhook_is_missing(tx, sample, other):
    webhook = webhook_of(sample)
    tx.webhooks.add(webhook)
    assert not tx.webhooks.delete(webhook.id, other.owner, START)
    assert tx.webhooks.delete(webhook.id, sample.owner, START)
    assert not tx.webhooks.delete(webhook.id, sample.owner, START)
    assert tx.webhooks.get(webhook.id) is None
    assert tx.webhooks.list(sample.owner).items == tx.webhooks.enabled(sample.owner) == ()


def test_an_event_goes_to_an_address_once(tx, pair, other):
    webhook, job = pair
    delivery = delivery_of(webhook, job)
    assert tx.deliveries.add(delivery)
    assert not tx.deliveries.add(replace(delivery, id=new_id("dlv")))
    assert tx.deliveries.add(delivery_of(webhook, job, 2))
    assert tx.deliveries.get(delivery.id, webhook.owner_id) == delivery
    assert tx.deliveries.get(delivery.id, other.owner) is None


def test_what_is_due_is_given_out_and_written_once(tx, pair):
    webhook, job = pair
    late, early, later, dead = (
        delivery_of(webhook, job, 1, next_at=START),
        delivery_of(webhook, job, 2, next_at=START - MINUTE),
        delivery_of(webhook, job, 3, next_at=START + MINUTE),
        delivery_of(webhook, job, 4, status=DeliveryStatus.DEAD),
    )
    for delivery in (late, early, later, dead):
        tx.deliveries.add(delivery)
    assert tx.deliveries.due(START) == (early, late)
    assert tx.deliveries.due(START, limit=1) == (early,)
    tried = replace(early, tries=1, next_at=START + MINUTE, last_status=500, last_error="remote_failed")
    assert tx.deliveries.save(tried, DeliveryStatus.PENDING, 0)
    assert not tx.deliveries.save(tried, DeliveryStatus.PENDING, 0)
    done = replace(tried, status=DeliveryStatus.DELIVERED, tries=2, next_at=None, delivered_at=START)
    assert not tx.deliveries.save(done, DeliveryStatus.DEAD, 1)
    assert tx.deliveries.save(done, DeliveryStatus.PENDING, 1)
    assert tx.deliveries.get(early.id) == done
    assert tx.deliveries.due(START) == (late,)


def test_deliveries_are_listed_newest_first(tx, pair, sample, other):
    webhook, job = pair
    second = webhook_of(sample)
    tx.webhooks.add(second)
    old = delivery_of(webhook, job)
    new = delivery_of(second, job, created_at=START + MINUTE)
    for delivery in (old, new):
        tx.deliveries.add(delivery)
    assert tx.deliveries.list(sample.owner).items == (new, old)
    assert tx.deliveries.list(sample.owner, webhook_id=webhook.id).items == (old,)
    assert tx.deliveries.list(other.owner).items == ()
