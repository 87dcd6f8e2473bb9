"""Where addresses that want to be told, and what they were told, are kept."""

from datetime import datetime
from typing import Protocol

from maquette.domain.webhooks import Delivery, DeliveryStatus, Webhook
from maquette.ports.pages import Page


class WebhookRows(Protocol):
    def add(self, webhook: Webhook) -> None: ...

    def save(self, webhook: Webhook) -> None: ...

    def get(self, webhook_id: str, owner_id: str | None = None) -> Webhook | None:
        """A deleted one is missing. With ``owner_id`` None only for the server's own work, never for a person."""
        ...

    def list(self, owner_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[Webhook]:
        """Newest first."""
        ...

    def enabled(self, owner_id: str) -> tuple[Webhook, ...]:
        """Those that want to be told now."""
        ...

    def delete(self, webhook_id: str, owner_id: str, at: datetime) -> bool: ...

    def delete_all(self, owner_id: str, at: datetime) -> int:
        """Says how many."""
        ...

    def sweep(self, before: datetime) -> int:
        """Removes those that were deleted before then, with their deliveries; says how many."""
        ...


class DeliveryRows(Protocol):
    def add(self, delivery: Delivery) -> bool:
        """False, and nothing is written, where this address has this event of the job already."""
        ...

    def save(self, delivery: Delivery, was: DeliveryStatus, tries: int) -> bool:
        """Writes one that still has that status and that many tries; False where somebody else was first."""
        ...

    def get(self, delivery_id: str, owner_id: str | None = None) -> Delivery | None: ...

    def waiting(self, now: datetime, limit: int = 50) -> tuple[str, ...]:
        """The addresses, of all owners and not switched off, for which something is due; the longest waiting first."""
        ...

    def next_of(self, webhook_id: str, now: datetime) -> Delivery | None:
        """What is due for this address, the longest waiting first; None also for one that is switched off."""
        ...

    def last_dead(self, webhook_id: str) -> Delivery | None:
        """The newest that was given up."""
        ...

    def sweep(self, before: datetime) -> int:
        """Removes those of an earlier day that nobody tries any more; says how many."""
        ...

    def list(
        self, owner_id: str, *, webhook_id: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Delivery]:
        """Newest first."""
        ...
