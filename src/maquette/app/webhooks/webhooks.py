"""Addresses that want to be told: add, list, remove, try out; and what they were told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from maquette.app.webhooks.sending import Sender
from maquette.domain.errors import Refused
from maquette.domain.ids import new_id
from maquette.domain.signatures import new_secret
from maquette.domain.webhooks import EVENTS, TEST, Delivery, DeliveryStatus, Outcome, Webhook, message
from maquette.ports.clock import Clock
from maquette.ports.stores import Database, Page, Transaction

MOST = 20
"""Addresses that one owner may have."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An address as its owner sees it; ``reason`` says why it is off, if it is."""

    webhook: Webhook
    reason: str = ""


class Webhooks:
    """The use cases around addresses and deliveries. All methods but ``test`` block."""

    def __init__(self, database: Database, sender: Sender, clock: Clock) -> None:
        self._db = database
        self._sender = sender
        self._clock = clock

    def add(self, owner_id: str, url: str, events: Sequence[str] = ()) -> Webhook:
        """With its secret, which is shown this once. No ``events`` stand for all.

        Raises ``url_refused``, ``unknown_event`` and ``too_many_webhooks``.
        """
        self._sender.check(url)
        if unknown := sorted(set(events) - set(EVENTS)):
            raise Refused("unknown_event", f"There is no event {unknown[0]!r}.", f"Choose from: {', '.join(EVENTS)}.")
        chosen = tuple(name for name in EVENTS if name in events)
        made = Webhook(new_id("hook"), owner_id, url, self._clock.now(), new_secret(), chosen)
        with self._db.write() as tx:
            if len(tx.webhooks.list(owner_id, limit=MOST).items) >= MOST:
                raise Refused("too_many_webhooks", f"{MOST} addresses are there already.")
            tx.webhooks.add(made)
        return made

    def list(self, owner_id: str, cursor: str | None = None, limit: int = 50) -> Page[Seen]:
        """The newest first."""
        with self._db.read() as tx:
            page = tx.webhooks.list(owner_id, cursor=cursor, limit=limit)
            return Page(tuple(_seen(tx, webhook) for webhook in page.items), page.next_cursor)

    def get(self, owner_id: str, webhook_id: str) -> Seen:
        """Raises ``not_found``."""
        with self._db.read() as tx:
            return _seen(tx, _owned(tx, owner_id, webhook_id))

    def remove(self, owner_id: str, webhook_id: str) -> None:
        """Nothing is sent there from now on, not even what was waiting. Raises ``not_found``."""
        with self._db.write() as tx:
            if not tx.webhooks.delete(webhook_id, owner_id, self._clock.now()):
                raise Refused("not_found")

    def enable(self, owner_id: str, webhook_id: str) -> Seen:
        """Switches an address on again; what was waiting for it is sent. Raises ``not_found``."""
        with self._db.write() as tx:
            webhook = replace(_owned(tx, owner_id, webhook_id), enabled=True, failures=0)
            tx.webhooks.save(webhook)
        return Seen(webhook)

    def deliveries(self, owner_id: str, webhook_id: str, cursor: str | None = None, limit: int = 50) -> Page[Delivery]:
        """What was sent there and is to be, the newest first. Raises ``not_found``."""
        with self._db.read() as tx:
            _owned(tx, owner_id, webhook_id)
            return tx.deliveries.list(owner_id, webhook_id=webhook_id, cursor=cursor, limit=limit)

    def resend(self, owner_id: str, webhook_id: str, delivery_id: str) -> Delivery:
        """Sends one again, under its own id, with all its tries before it.

        Raises ``not_found``, and ``webhook_disabled`` for an address that is off.
        """
        with self._db.write() as tx:
            webhook, found = _owned(tx, owner_id, webhook_id), tx.deliveries.get(delivery_id, owner_id)
            if found is None or found.webhook_id != webhook.id:
                raise Refused("not_found")
            if not webhook.enabled:
                raise Refused("webhook_disabled")
            again = replace(found, status=DeliveryStatus.PENDING, tries=0, next_at=self._clock.now())
            if not tx.deliveries.save(again, found.status, found.tries):
                raise Refused("conflict")
        return again

    async def test(self, webhook: Webhook) -> Outcome:
        """Sends one message of the type ``webhook.test`` at once, and only once."""
        told = message(TEST, self._clock.now(), {"webhook_id": webhook.id})
        return await self._sender.send(webhook, new_id("msg"), told)


def _owned(tx: Transaction, owner_id: str, webhook_id: str) -> Webhook:
    webhook = tx.webhooks.get(webhook_id, owner_id)
    if webhook is None:
        raise Refused("not_found")
    return webhook


def _seen(tx: Transaction, webhook: Webhook) -> Seen:
    dead = None if webhook.enabled else tx.deliveries.last_dead(webhook.id)
    return Seen(webhook, f"{dead.last_error} after {dead.tries} tries" if dead else "")
