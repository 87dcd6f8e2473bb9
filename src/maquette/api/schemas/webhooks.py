"""Webhooks and their deliveries on the wire."""

from typing import Annotated, Any

from pydantic import Field

from maquette.api.schemas.common import Answer, Asked, Instant
from maquette.app.webhooks.sending import LONGEST_URL
from maquette.app.webhooks.webhooks import Seen
from maquette.domain.webhooks import EVENTS, Delivery, DeliveryStatus, Outcome, Webhook


class NewWebhookIn(Asked):
    """Where to call, and about what. Without `events`, about all: see the list in the answer."""

    url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL)]
    events: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=50)] = Field(default=[])


class WebhookOut(Answer):
    """An address without its secret. `failures` counts deliveries given up in a row; `reason` says why it is off."""

    id: str
    url: str
    events: list[str]
    enabled: bool
    failures: int
    reason: str
    created_at: Instant

    @classmethod
    def of(cls, seen: Seen) -> "WebhookOut":
        """As its owner sees it."""
        return cls.model_validate(_told(seen))


class NewWebhookOut(WebhookOut):
    """An address that was just made. `secret` signs the calls; it is shown this once."""

    secret: str

    @classmethod
    def of_new(cls, webhook: Webhook) -> "NewWebhookOut":
        """With the secret."""
        return cls.model_validate(_told(Seen(webhook)) | {"secret": webhook.secret})


def _told(seen: Seen) -> dict[str, Any]:
    webhook = seen.webhook
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events or EVENTS),
        "enabled": webhook.enabled,
        "failures": webhook.failures,
        "reason": seen.reason,
        "created_at": webhook.created_at,
    }


class WebhookPage(Answer):
    """Webhooks, newest first."""

    items: list[WebhookOut]
    next_cursor: str | None


class DeliveryOut(Answer):
    """One event on its way. `id` is the call's `webhook-id`, the same for every try.

    `last_status` is the receiver's HTTP status, null where none came; `last_error` says what kept it from arriving.
    """

    id: str
    webhook_id: str
    job_id: str
    seq: int
    type: str
    status: DeliveryStatus
    tries: int
    next_at: Instant | None
    last_status: int | None
    last_error: str
    created_at: Instant
    delivered_at: Instant | None
    payload: dict[str, Any]

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryOut":
        """As its owner sees it."""
        named = {name: getattr(delivery, name) for name in cls.model_fields}
        return cls.model_validate(named | {"payload": dict(delivery.payload)})


class DeliveryPage(Answer):
    """Deliveries, newest first."""

    items: list[DeliveryOut]
    next_cursor: str | None


class TriedOut(Answer):
    """What came of a call to try an address out."""

    arrived: bool
    status: int | None
    error: str

    @classmethod
    def of(cls, outcome: Outcome) -> "TriedOut":
        """Without anything of what the receiver said."""
        return cls(arrived=outcome.arrived, status=outcome.status, error=outcome.reason)
