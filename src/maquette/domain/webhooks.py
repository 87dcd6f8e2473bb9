"""Addresses that want to be told what becomes of jobs, and what they were told."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from maquette.domain.jobs import Event, EventType


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address of an owner's. ``events`` names the types that it wants, none for all; ``secret`` signs them.

    ``failures`` counts the deliveries that were given up since the last one that arrived.
    """

    id: str
    owner_id: str
    url: str
    created_at: datetime
    secret: str = field(default="", repr=False)
    events: tuple[str, ...] = ()
    enabled: bool = True
    deleted_at: datetime | None = None
    failures: int = 0


class DeliveryStatus(StrEnum):
    """How one delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up after many tries; it can be sent again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event of one job on its way to one address. ``next_at`` is when it is tried next."""

    id: str
    webhook_id: str
    owner_id: str
    job_id: str
    seq: int
    type: str
    created_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])
    status: DeliveryStatus = DeliveryStatus.PENDING
    tries: int = 0
    next_at: datetime | None = None
    last_status: int | None = None
    last_error: str = ""
    delivered_at: datetime | None = None


TEST = "webhook.test"
"""The type of what is sent to try an address out."""
EVENTS = tuple(event.value for event in EventType if event is not EventType.PROGRESS)
"""The types that addresses may ask for. Progress is for streams: nobody wants four calls a second."""
SCHEDULE_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""How long to wait after the first try, the second… After the last one a delivery is given up."""
LONGEST_WAIT_S = 86_400.0
MOST_FAILURES = 3
"""So many deliveries given up in a row, each after days of trying, end an address."""
GONE = 410
"""The status by which a receiver says that it wants nothing more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try: the receiver's HTTP status, or the code of what kept us from having one."""

    status: int | None = None
    error: str = ""
    retry_after: float | None = None

    @property
    def arrived(self) -> bool:
        """Whether the receiver said that it has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def reason(self) -> str:
        """In words, without any of the receiver's own."""
        return "" if self.arrived else f"http_{self.status}" if self.status is not None else self.error


def wants(webhook: Webhook, event: Event) -> bool:
    """Whether the address is to be told of it."""
    return event.type.value in EVENTS and (not webhook.events or event.type.value in webhook.events)


def delivery_of(webhook: Webhook, event: Event, delivery_id: str, about: Mapping[str, Any]) -> Delivery:
    """What is to be sent of an event; ``about`` is what the event itself does not say of its job."""
    return Delivery(
        id=delivery_id,
        webhook_id=webhook.id,
        owner_id=webhook.owner_id,
        job_id=event.job_id,
        seq=event.seq,
        type=event.type.value,
        created_at=event.at,
        payload=message(event.type.value, event.at, {"job_id": event.job_id, "seq": event.seq, **about, **event.data}),
        next_at=event.at,
    )


def message(kind: str, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a call, in the form that https://www.standardwebhooks.com recommends."""
    return {"type": kind, "timestamp": at.astimezone(UTC).isoformat(), "data": dict(data)}


def after_try(delivery: Delivery, outcome: Outcome, now: datetime) -> Delivery:
    """The delivery once it was tried: arrived, waiting for its next try, or given up."""
    tried = replace(delivery, tries=delivery.tries + 1, last_status=outcome.status, last_error=outcome.reason)
    if outcome.arrived:
        return replace(tried, status=DeliveryStatus.DELIVERED, next_at=None, delivered_at=now)
    if outcome.status == GONE or tried.tries > len(SCHEDULE_S):
        return replace(tried, status=DeliveryStatus.DEAD, next_at=None)
    asked = min(outcome.retry_after or 0.0, LONGEST_WAIT_S)
    return replace(tried, next_at=now + timedelta(seconds=max(SCHEDULE_S[tried.tries - 1], asked)))


def after_delivery(webhook: Webhook, tried: Delivery) -> Webhook:
    """The address once a delivery was tried: off when it is gone, or has taken nothing for too long."""
    if tried.status is DeliveryStatus.DELIVERED:
        return replace(webhook, failures=0)
    if tried.status is not DeliveryStatus.DEAD:
        return webhook
    failures = webhook.failures + 1
    ends = tried.last_status == GONE or failures >= MOST_FAILURES
    return replace(webhook, failures=failures, enabled=webhook.enabled and not ends)
