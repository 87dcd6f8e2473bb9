"""Addresses that want to be told, and what they were told."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from maquette.adapters.sql.paging import page
from maquette.adapters.sql.rows import load, values
from maquette.adapters.sql.tables import DELIVERIES, WEBHOOKS
from maquette.domain.ids import new_id
from maquette.domain.jobs import Event, Job
from maquette.domain.webhooks import EVENTS, Delivery, DeliveryStatus, Webhook, delivery_of, wants
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
        living = (_W.id == webhook.id, _W.deleted_at.is_(None))
        self._connection.execute(update(WEBHOOKS).where(*living).values(changed))

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

    def delete_all(self, owner_id: str, at: datetime) -> int:
        mine = (_W.owner_id == owner_id, _W.deleted_at.is_(None))
        return self._connection.execute(update(WEBHOOKS).where(*mine).values(deleted_at=at)).rowcount

    def sweep(self, before: datetime) -> int:
        return self._connection.execute(delete(WEBHOOKS).where(_W.deleted_at < before)).rowcount


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

    def waiting(self, now: datetime, limit: int = 50) -> tuple[str, ...]:
        first = func.min(_D.next_at)
        query = select(_D.webhook_id).join(WEBHOOKS, _W.id == _D.webhook_id).where(*_due(now))
        query = query.group_by(_D.webhook_id).order_by(first, _D.webhook_id).limit(limit)
        return tuple(self._connection.execute(query).scalars())

    def next_of(self, webhook_id: str, now: datetime) -> Delivery | None:
        query = select(DELIVERIES).join(WEBHOOKS, _W.id == _D.webhook_id)
        query = query.where(*_due(now), _D.webhook_id == webhook_id).order_by(_D.next_at, _D.created_at, _D.seq)
        row = self._connection.execute(query.limit(1)).one_or_none()
        return None if row is None else load(Delivery, row)

    def last_dead(self, webhook_id: str) -> Delivery | None:
        mine = (_D.webhook_id == webhook_id, _D.status == DeliveryStatus.DEAD)
        query = select(DELIVERIES).where(*mine).order_by(_D.created_at.desc(), _D.id.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else load(Delivery, row)

    def sweep(self, before: datetime) -> int:
        old = (_D.status != DeliveryStatus.PENDING, _D.created_at < before)
        return self._connection.execute(delete(DELIVERIES).where(*old)).rowcount

    def list(
        self, owner_id: str, *, webhook_id: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[Delivery]:
        query = _of(select(DELIVERIES).where(_D.owner_id == owner_id), _D.webhook_id, webhook_id)
        return page(self._connection, query, DELIVERIES, Delivery, cursor, limit)


def announce(connection: Connection, event: Event, job: Job) -> None:
    """Writes what of this event is to go to whom, in the transaction in which it happens."""
    if event.type.value not in EVENTS:
        return
    about = {"pipeline": job.pipeline, "project_id": job.project_id, "batch_id": job.batch_id, "is_test": job.is_test}
    rows = [
        values(delivery_of(webhook, event, new_id("msg"), about))
        for webhook in SqlWebhooks(connection).enabled(job.owner_id)
        if wants(webhook, event)
    ]
    if rows:
        connection.execute(insert(DELIVERIES), rows)


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return _D.status == DeliveryStatus.PENDING, _D.next_at <= now, _W.enabled, _W.deleted_at.is_(None)


def _of(query: Select[Any], column: Any, value: str | None) -> Select[Any]:
    return query if value is None else query.where(column == value)
