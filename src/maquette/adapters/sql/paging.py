"""Pages by key, newest first: rows that arrive meanwhile neither shift nor repeat what follows."""

import base64
import binascii
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, tuple_
from sqlalchemy.sql import bindparam

from maquette.adapters.sql.columns import UtcTime
from maquette.adapters.sql.rows import load
from maquette.domain.errors import Refused
from maquette.ports.stores import Page

T = TypeVar("T")
MAX_LIMIT = 500


def page(
    connection: Connection, query: Select[Any], table: Table, kind: type[T], cursor: str | None, limit: int
) -> Page[T]:
    """Runs ``query`` over ``table`` (which has ``created_at`` and ``id``) for one page of at most 500 rows."""
    limit = max(1, min(limit, MAX_LIMIT))
    key = tuple_(table.c.created_at, table.c.id)
    if cursor is not None:
        at, last = decode(cursor)
        query = query.where(key < tuple_(bindparam("at", at, UtcTime), bindparam("last", last)))
    query = query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit + 1)
    rows = connection.execute(query).all()
    more = rows[limit - 1] if len(rows) > limit else None
    items = tuple(load(kind, row) for row in rows[:limit])
    return Page(items, None if more is None else encode(more.created_at, more.id))


def encode(at: datetime, last: str) -> str:
    """The cursor behind a row."""
    return base64.urlsafe_b64encode(f"{at.isoformat()} {last}".encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[datetime, str]:
    """What ``encode`` made it of. Raises ``invalid_request``."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, last = text.partition(" ")
        moment = datetime.fromisoformat(at)
    except (binascii.Error, ValueError) as error:
        raise Refused("invalid_request", "The cursor is not one of ours.", "Start again without a cursor.") from error
    if moment.tzinfo is None:
        raise Refused("invalid_request", "The cursor is not one of ours.", "Start again without a cursor.")
    return moment, last
