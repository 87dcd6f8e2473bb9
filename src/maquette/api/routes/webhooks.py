"""Addresses that want to be told what becomes of jobs."""

import asyncio

from fastapi import APIRouter, Response

from maquette.api.dependencies import Cursor, Limit, OwnerDep, ServicesDep
from maquette.api.problems import documented
from maquette.api.schemas.webhooks import (
    DeliveryOut,
    DeliveryPage,
    NewWebhookIn,
    NewWebhookOut,
    TriedOut,
    WebhookOut,
    WebhookPage,
)

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])


@router.post(
    "",
    status_code=201,
    response_model=NewWebhookOut,
    responses=documented("url_refused", "unknown_event", "too_many_webhooks", "storage_full"),
)
def create_webhook(asked: NewWebhookIn, response: Response, services: ServicesDep, owner: OwnerDep) -> NewWebhookOut:
    """Has an address called at each event of your jobs, signed as Standard Webhooks order. The secret is shown once."""
    made = services.webhooks.add(owner, asked.url, asked.events)
    response.headers["cache-control"] = "no-store"
    response.headers["location"] = f"/api/v1/webhooks/{made.id}"
    return NewWebhookOut.of_new(made)


@router.get("", response_model=WebhookPage, responses=documented())
def list_webhooks(services: ServicesDep, owner: OwnerDep, cursor: Cursor = None, limit: Limit = 50) -> WebhookPage:
    """Your addresses, the newest first."""
    page = services.webhooks.list(owner, cursor, limit)
    return WebhookPage(items=[WebhookOut.of(seen) for seen in page.items], next_cursor=page.next_cursor)


@router.get("/{webhook_id}", response_model=WebhookOut, responses=documented("not_found"))
def get_webhook(webhook_id: str, services: ServicesDep, owner: OwnerDep) -> WebhookOut:
    """One address, and why it is off if it is."""
    return WebhookOut.of(services.webhooks.get(owner, webhook_id))


@router.delete("/{webhook_id}", status_code=204, responses=documented("not_found", "storage_full"))
def delete_webhook(webhook_id: str, services: ServicesDep, owner: OwnerDep) -> None:
    """Sends nothing more there, not even what was waiting."""
    services.webhooks.remove(owner, webhook_id)


@router.post("/{webhook_id}/enable", response_model=WebhookOut, responses=documented("not_found", "storage_full"))
def enable_webhook(webhook_id: str, services: ServicesDep, owner: OwnerDep) -> WebhookOut:
    """Switches an address on again; what was waiting for it is sent."""
    return WebhookOut.of(services.webhooks.enable(owner, webhook_id))


@router.post("/{webhook_id}/test", response_model=TriedOut, responses=documented("not_found"))
async def test_webhook(webhook_id: str, services: ServicesDep, owner: OwnerDep) -> TriedOut:
    """Calls the address once, now, with an event of the type `webhook.test`, and says what came of it."""
    seen = await asyncio.to_thread(services.webhooks.get, owner, webhook_id)
    return TriedOut.of(await services.webhooks.test(seen.webhook))


@router.get("/{webhook_id}/deliveries", response_model=DeliveryPage, responses=documented("not_found"))
def list_deliveries(
    webhook_id: str, services: ServicesDep, owner: OwnerDep, cursor: Cursor = None, limit: Limit = 50
) -> DeliveryPage:
    """What was sent there and is to be, the newest first. Ended ones are kept for 30 days."""
    page = services.webhooks.deliveries(owner, webhook_id, cursor, limit)
    return DeliveryPage(items=[DeliveryOut.of(one) for one in page.items], next_cursor=page.next_cursor)


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/resend",
    status_code=202,
    response_model=DeliveryOut,
    responses=documented("not_found", "webhook_disabled", "conflict", "storage_full"),
)
def resend_delivery(webhook_id: str, delivery_id: str, services: ServicesDep, owner: OwnerDep) -> DeliveryOut:
    """Sends one again, whatever became of it, under the same id."""
    return DeliveryOut.of(services.webhooks.resend(owner, webhook_id, delivery_id))
