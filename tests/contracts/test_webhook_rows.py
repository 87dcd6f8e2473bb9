"""What every store of webhooks and their deliveries does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from maquette.domain import jobs as moves
from maquette.domain.ids import new_id
from maquette.domain.states import Pipeline, Stage, Step
from maquette.domain.webhooks import Delivery, DeliveryStatus, Webhook
from maquette.pipelines.catalog import CATALOG

from .conftest import START

PIPELINE = CATALOG["photo_to_model"].pipeline
WIDE = Pipeline("photo_to_model", "", (Step(Stage.UPLOADING, 5, 50),))
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
    # in this order: what happened before an address was there is none of its business
    tx.jobs.add(job)
    tx.webhooks.add(webhook)
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
    assert tx.deliveries.waiting(START) == (webhook.id,)
    assert tx.deliveries.waiting(START - 2 * MINUTE) == ()
    assert tx.deliveries.next_of(webhook.id, START) == early
    tried = replace(early, tries=1, next_at=START + MINUTE, last_status=500, last_error="remote_failed")
    assert tx.deliveries.save(tried, DeliveryStatus.PENDING, 0)
    assert not tx.deliveries.save(tried, DeliveryStatus.PENDING, 0)
    done = replace(tried, status=DeliveryStatus.DELIVERED, tries=2, next_at=None, delivered_at=START)
    assert not tx.deliveries.save(done, DeliveryStatus.DEAD, 1)
    assert tx.deliveries.save(done, DeliveryStatus.PENDING, 1)
    assert tx.deliveries.get(early.id) == done
    assert tx.deliveries.next_of(webhook.id, START) == late
    assert tx.deliveries.last_dead(webhook.id) == dead
    tx.webhooks.save(replace(webhook, enabled=False))
    assert tx.deliveries.next_of(webhook.id, START) is None
    assert tx.deliveries.waiting(START) == ()


def test_addresses_wait_by_turns_whatever_is_due_for_each(tx, pair, sample):
    webhook, job = pair
    second = webhook_of(sample)
    tx.webhooks.add(second)
    for seq in range(1, 6):
        tx.deliveries.add(delivery_of(webhook, job, seq))
    tx.deliveries.add(delivery_of(second, job, 1, next_at=START + MINUTE))
    assert tx.deliveries.waiting(START + MINUTE) == (webhook.id, second.id)
    assert tx.deliveries.waiting(START + MINUTE, limit=1) == (webhook.id,)
    tx.webhooks.delete(webhook.id, sample.owner, START)
    assert tx.deliveries.waiting(START + MINUTE) == (second.id,)


def test_old_deliveries_are_swept_but_never_those_still_to_be_made(tx, pair):
    webhook, job = pair
    done = delivery_of(webhook, job, 1, status=DeliveryStatus.DELIVERED)
    waiting = delivery_of(webhook, job, 2)
    for delivery in (done, waiting):
        tx.deliveries.add(delivery)
    assert tx.deliveries.sweep(START) == 0
    assert tx.deliveries.sweep(START + MINUTE) == 1
    assert tx.deliveries.get(done.id) is None
    assert tx.deliveries.get(waiting.id) == waiting


def test_what_happens_to_a_job_is_announced_with_it_or_not_at_all(database, sample, other):
    job = sample.job()
    chosen, all_of_it = webhook_of(sample, events=("job.canceled",)), webhook_of(sample, 1)
    with database.write() as tx:
        for webhook in (chosen, all_of_it, webhook_of(other), webhook_of(sample, 2, enabled=False)):
            tx.webhooks.add(webhook)
        tx.jobs.add(job)
    with pytest.raises(ZeroDivisionError), database.write() as tx:
        tx.jobs.apply(moves.cancel(job, START))
        raise ZeroDivisionError
    with database.read() as tx:
        assert [one.type for one in tx.deliveries.list(sample.owner).items] == ["job.created"]
    with database.write() as tx:
        entered = tx.jobs.apply(moves.enter(job, PIPELINE, Stage.UPLOADING, START))
        tx.jobs.apply(moves.advance(entered, WIDE, 0.5, START))
        tx.jobs.apply(moves.cancel(tx.jobs.get(job.id), START))
    with database.read() as tx:
        told = tx.deliveries.list(sample.owner).items
        assert tx.deliveries.list(other.owner).items == ()
    assert sorted(one.type for one in told if one.webhook_id == all_of_it.id) == [
        "job.canceled",
        "job.created",
        "stage.started",
    ]
    (canceled,) = [one for one in told if one.webhook_id == chosen.id]
    assert (canceled.type, canceled.next_at) == ("job.canceled", START)
    assert canceled.payload["type"] == "job.canceled"
    about = canceled.payload["data"]
    assert (about["job_id"], about["status"], about["pipeline"]) == (job.id, "canceled", job.pipeline)


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
