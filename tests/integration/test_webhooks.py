"""Webhooks out: real rows, real calls over loopback, receivers that fail, hang, lie and come back."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from maquette.adapters.outbound.late import LateFetcher
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.schema import migrate
from maquette.app.webhooks.postman import KEPT, Postman
from maquette.app.webhooks.sending import Sender
from maquette.app.webhooks.webhooks import MOST, Webhooks
from maquette.domain import jobs as moves
from maquette.domain.errors import Refused
from maquette.domain.ids import new_id
from maquette.domain.jobs import Job
from maquette.domain.states import Stage
from maquette.domain.webhooks import SCHEDULE_S, Delivery, DeliveryStatus, Webhook
from maquette.pipelines.catalog import CATALOG
from maquette.testing import ManualClock
from maquette.testing.loopbacks.server import Reply
from receivers import Receiver

OWNER = "local"
PIPELINE = CATALOG["cutout"].pipeline


class Office:
    """The database of a server, and whoever sends from it; ``reopen`` is another process on the same database."""

    def __init__(self, url: str, clock: ManualClock, *, loopback: bool = True) -> None:
        self.url = url
        self.clock = clock
        self.database = SqlDatabase(url)
        self.sender = Sender(LateFetcher(clock, "0"), clock, loopback=loopback)
        self.webhooks = Webhooks(self.database, self.sender, clock)
        self.postman = Postman(self.database, self.sender, clock, lambda: True)

    def deliver(self) -> int:
        return asyncio.run(self.postman.deliver())

    def add(self, receiver: Receiver, *events: str) -> Webhook:
        made = self.webhooks.add(OWNER, receiver.address, events)
        receiver.secret = made.secret
        return made

    def job(self) -> Job:
        job = Job(new_id("job"), OWNER, "cutout", self.clock.now(), self.clock.now())
        with self.database.write() as tx:
            tx.jobs.add(job)
        return job

    def move(self, job: Job, make: Any, *more: Any) -> Job:
        with self.database.write() as tx:
            return tx.jobs.apply(make(job, *more, at=self.clock.now()))

    def deliveries(self, webhook: Webhook) -> list[Delivery]:
        return list(self.webhooks.deliveries(OWNER, webhook.id).items)

    def close(self) -> None:
        self.postman.stop()
        self.database.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SimpleNamespace]:
    url = f"sqlite:///{tmp_path / 'maquette.db'}"
    migrate(url)
    # a receiver looks at its own clock
    clock = ManualClock(datetime.now(UTC))
    with ExitStack() as opened:

        def office(**more: Any) -> Office:
            made = Office(url, clock, **more)
            opened.callback(made.close)
            return made

        def receiver() -> Receiver:
            return opened.enter_context(Receiver())

        yield SimpleNamespace(clock=clock, office=office, receiver=receiver)


def test_every_event_of_a_job_arrives_signed_and_in_order(house):
    office, receiver = house.office(), house.receiver()
    webhook = office.add(receiver)
    job = office.job()
    job = office.move(job, moves.enter, PIPELINE, Stage.UPLOADING)
    office.move(job, moves.cancel)
    assert office.deliver() == 3
    assert receiver.types == ["job.created", "stage.started", "job.canceled"]
    _, last = receiver.heard[-1]
    assert (last["data"]["job_id"], last["data"]["status"], last["data"]["seq"]) == (job.id, "canceled", 3)
    assert last["data"]["pipeline"] == "cutout"
    assert all(one.status is DeliveryStatus.DELIVERED and one.tries == 1 for one in office.deliveries(webhook))
    assert office.deliver() == 0


def test_only_what_was_asked_for_arrives(house):
    office, receiver = house.office(), house.receiver()
    office.add(receiver, "job.canceled")
    office.move(office.job(), moves.cancel)
    office.deliver()
    assert receiver.types == ["job.canceled"]


def test_what_does_not_arrive_is_tried_again_under_its_id_whoever_died_meanwhile(house):
    office, receiver = house.office(), house.receiver()
    webhook = office.add(receiver, "job.created")
    office.job()
    receiver.answers = [Reply({}, 500), Reply({}, 302, {"Location": receiver.address})]
    assert office.deliver() == 0
    assert office.deliver() == 0, "not before its time"
    assert receiver.refused == 1
    house.clock.turn(SCHEDULE_S[0])
    # the next process knows only what stands in the database
    assert house.office().deliver() == 0
    assert receiver.refused == 2
    (waiting,) = office.deliveries(webhook)
    assert (waiting.tries, waiting.last_status, waiting.last_error) == (2, 302, "http_302")
    house.clock.turn(200)
    assert house.office().deliver() == 0
    assert len(receiver.calls) == 2
    house.office().webhooks.resend(OWNER, webhook.id, waiting.id)
    assert house.office().deliver() == 1
    assert receiver.ids == [waiting.id]


def test_a_try_that_was_made_and_not_written_down_is_made_again_under_the_same_id(house):
    office, receiver = house.office(), house.receiver()
    webhook = office.add(receiver, "job.created")
    office.job()
    (waiting,) = office.deliveries(webhook)
    # this is as far as the process came that was killed
    assert asyncio.run(office.sender.send(webhook, waiting.id, waiting.payload)).arrived
    assert house.office().deliver() == 1
    assert receiver.ids == [waiting.id] * 2
    assert receiver.heard[0] == receiver.heard[1]


def test_what_is_being_sent_when_a_server_stops_is_sent_by_the_next(house):
    office, receiver = house.office(), house.receiver()
    webhook = office.add(receiver, "job.created")
    receiver.faults.add("hang", "hook")
    office.job()
    office.postman.start()
    while not receiver.calls:
        pass
    office.postman.stop()
    (waiting,) = office.deliveries(webhook)
    assert (waiting.status, waiting.tries) == (DeliveryStatus.PENDING, 0)
    next_one = house.office()
    next_one.postman.start()
    receiver.wait(1)
    assert receiver.ids == [waiting.id]


def test_a_dead_receiver_delays_no_other(house):
    office, dead, alive = house.office(), house.receiver(), house.receiver()
    office.add(dead, "job.created")
    office.add(alive, "job.created")
    dead.faults.add("hang", "hook", times=1000)
    office.postman.start()
    for _ in range(20):
        office.job()
    alive.wait(20, seconds=10)
    assert len(dead.calls) == 1
    assert alive.types == ["job.created"] * 20


def test_an_address_that_is_gone_is_switched_off_with_the_reason_and_on_again_by_its_owner(house):
    office, receiver = house.office(), house.receiver()
    webhook = office.add(receiver, "job.created")
    receiver.answers = [Reply({}, 410)]
    office.job()
    office.deliver()
    seen = office.webhooks.get(OWNER, webhook.id)
    assert (seen.webhook.enabled, seen.reason) == (False, "http_410 after 1 tries")
    office.job()
    assert office.deliver() == 0
    (dead,) = office.deliveries(webhook)
    with pytest.raises(Refused) as caught:
        office.webhooks.resend(OWNER, webhook.id, dead.id)
    assert caught.value.code == "webhook_disabled"
    office.webhooks.enable(OWNER, webhook.id)
    office.webhooks.resend(OWNER, webhook.id, dead.id)
    assert office.deliver() == 1
    assert receiver.ids == [dead.id]


def test_an_address_that_takes_nothing_for_days_is_switched_off(house):
    office, receiver = house.office(), house.receiver()
    webhook = office.add(receiver, "job.created")
    receiver.answers = [Reply({}, 500)] * 100
    receiver.secret = webhook.secret
    for _ in range(3):
        office.job()
    tries = 0
    while office.webhooks.get(OWNER, webhook.id).webhook.enabled:
        office.deliver()
        house.clock.jump(SCHEDULE_S[-1])
        tries += 1
        assert tries < 60
    reason = office.webhooks.get(OWNER, webhook.id).reason
    assert reason.endswith("after 10 tries")
    assert all(one.status is DeliveryStatus.DEAD for one in office.deliveries(webhook))


def test_a_receiver_that_asks_for_time_gets_it(house):
    office, receiver = house.office(), house.receiver()
    webhook = office.add(receiver, "job.created")
    receiver.answers = [Reply({}, 429, {"Retry-After": "60"})]
    office.job()
    office.deliver()
    (waiting,) = office.deliveries(webhook)
    assert waiting.last_status == 429
    assert (waiting.next_at - house.clock.now()).total_seconds() == 60


def test_a_receiver_that_talks_without_end_is_not_listened_to(house):
    office, receiver = house.office(), house.receiver()
    webhook = office.add(receiver, "job.created")
    receiver.faults.add("huge", "hook")
    office.job()
    office.deliver()
    (waiting,) = office.deliveries(webhook)
    assert (waiting.status, waiting.last_error) == (DeliveryStatus.PENDING, "remote_too_large")


def test_a_removed_address_gets_nothing_more(house):
    office, receiver = house.office(), house.receiver()
    webhook = office.add(receiver)
    office.job()
    office.webhooks.remove(OWNER, webhook.id)
    assert office.deliver() == 0
    assert not receiver.calls
    with pytest.raises(Refused):
        office.webhooks.get(OWNER, webhook.id)


def test_an_address_can_be_tried_out(house):
    office, receiver = house.office(), house.receiver()
    webhook = office.add(receiver, "job.failed")
    outcome = asyncio.run(office.webhooks.test(webhook))
    assert (outcome.arrived, outcome.status) == (True, 204)
    ((_, message),) = receiver.heard
    assert (message["type"], message["data"]) == ("webhook.test", {"webhook_id": webhook.id})
    assert office.deliveries(webhook) == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://shop.example/hook",
        "https://user:word@shop.example/hook",
        "https:///hook",
        "hook",
        "http://[::1/hook",
        "https://shop.example/#part",
        f"https://shop.example/{'x' * 2000}",
        "http://localhost:9/hook",
        "http://127.0.0.1:9/hook",
    ],
)
def test_addresses_that_nobody_may_be_made_to_call_are_refused(house, url):
    with pytest.raises(Refused) as caught:
        house.office(loopback=False).webhooks.add(OWNER, url)
    assert caught.value.code == "url_refused"


@pytest.mark.parametrize("url", ["http://10.0.0.7/hook", "http://169.254.169.254/latest", "https://127.1/hook"])
def test_private_addresses_are_never_called(house, url):
    office = house.office()
    webhook = office.webhooks.add(OWNER, url)
    outcome = asyncio.run(office.webhooks.test(webhook))
    assert (outcome.status, outcome.error) == (None, "url_refused")


def test_loopback_is_not_called_once_the_operator_forbids_it(house):
    receiver = house.receiver()
    webhook = house.office().add(receiver)
    outcome = asyncio.run(house.office(loopback=False).webhooks.test(webhook))
    assert outcome.error == "url_refused"
    assert not receiver.calls


def test_unknown_events_and_too_many_addresses_are_refused(house):
    office = house.office()
    for events, code in ((["job.exploded"], "unknown_event"), (["stage.progress"], "unknown_event")):
        with pytest.raises(Refused) as caught:
            office.webhooks.add(OWNER, "https://shop.example/hook", events)
        assert caught.value.code == code
    for _ in range(MOST):
        office.webhooks.add(OWNER, "https://shop.example/hook")
    with pytest.raises(Refused) as caught:
        office.webhooks.add(OWNER, "https://shop.example/hook")
    assert caught.value.code == "too_many_webhooks"
    office.webhooks.add("own_b", "https://shop.example/hook")


def test_what_is_old_is_forgotten(house):
    office, receiver = house.office(), house.receiver()
    webhook = office.add(receiver, "job.created")
    office.job()
    office.deliver()
    assert office.postman.sweep() == 0
    house.clock.jump(KEPT.total_seconds() + 1)
    assert office.postman.sweep() == 1
    assert office.deliveries(webhook) == []
