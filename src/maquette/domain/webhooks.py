"""Addresses that want to be told what becomes of jobs, and what they were told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


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
