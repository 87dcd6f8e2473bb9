"""Addresses that want to be told, and what they were told."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from maquette.adapters.sql.paging import page
from maquette.adapters.sql.rows import load, values
from maquette.adapters.sql.tables import DELIVERIES, WEBHOOKS
from maquette.domain.webhooks import Delivery, DeliveryStatus, Webhook
from maquette.ports.pages import Page

_W, _D = WEBHOOKS.c, DELIVERIES.c
_FIXED = frozenset({"id", "owner_id", "created_at"})


class SqlWebhooks:
    """Implements ``WebhookRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, webhook: Webhook) -> None:
        self._connection.execute(insert(WEBHOOKS).values(values(webhook)))

    def save(self, webhook: Webhook) -> None:
        changed = {name: value for name, value in values(webhook).items() if name not in _FIXED}
        self._connection.execute(update(WEBHOOKS).where(_W.id == webhook.id).values(changed))

    def get(self, webhook_id: str, owner_id: str | None = None) -> Webhook | None:
        query = select(WEBHOOKS).where(_W.id == webhook_id, _W.deleted_at.is_(None))
        row = self._connection.execute(_of(query, _W.owner_id, owner_id)).one_or_none()
        return None if row is None else load(Webhook, row)

    def list(self, owner_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[Webhook]:
        query = select(WEBHOOKS).where(_W.owner_id == owner_id, _W.deleted_at.is_(None))
        return page(self._connection, query, WEBHOOKS, Webhook, cursor, limit)

    def enabled(self, owner_id: str) -> tuple[Webhook, ...]:
        query = select(WEBHOOKS).where(_W.owner_id == owner_id, _W.deleted_at.is_(None), _W.enabled)
        found = self._connection.execute(query.order_by(_W.created_at, _W.id))
        return tuple(load(Webhook, row) for row in found)

    def delete(self, webhook_id: str, owner_id: str, at: datetime) -> bool:
        mine = (_W.id == webhook_id, _W.owner_id == owner_id, _W.deleted_at.is_(None))
        return self._connection.execute(update(WEBHOOKS).where(*mine).values(deleted_at=at)).rowcount == 1


class SqlDeliveries:
    """Implements ``DeliveryRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, delivery: Delivery) -> bool:
        try:
            # within a savepoint: on Postgres a refused row would end the whole transaction
            with self._connection.begin_nested():
                self._connection.execute(insert(DELIVERIES).values(values(delivery)))
        except IntegrityError as error:
            # SQLite names the columns, Postgres the constraint
            if "seq" in str(error.orig):
                return False
            raise
        return True

    def save(self, delivery: Delivery, was: DeliveryStatus, tries: int) -> bool:
        changed = {name: value for name, value in values(delivery).items() if name not in _FIXED}
        mine = (_D.id == delivery.id, _D.status == was, _D.tries == tries)
        return self._connection.execute(update(DELIVERIES).where(*mine).values(changed)).rowcount == 1

    def get(self, delivery_id: str, owner_id: str | None = None) -> Delivery | None:
        query = _of(select(DELIVERIES).where(_D.id == delivery_id), _D.owner_id, owner_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else load(Delivery, row)

    def due(self, now: datetime, limit: int = 50) -> tuple[Delivery, ...]:
        waiting = (_D.status == DeliveryStatus.PENDING, _D.next_at <= now)
        query = select(DELIVERIES).where(*waiting).order_by(_D.next_at, _D.id).limit(limit)
        return tuple(load(Delivery, row) for row in self._connection.execute(query))

    def list(
        self, owner_id: str, *, webhook_id: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Delivery]:
        query = _of(select(DELIVERIES).where(_D.owner_id == owner_id), _D.webhook_id, webhook_id)
        return page(self._connection, query, DELIVERIES, Delivery, cursor, limit)


def _of(query: Select[Any], column: Any, value: str | None) -> Select[Any]:
    return query if value is None else query.where(column == value)
