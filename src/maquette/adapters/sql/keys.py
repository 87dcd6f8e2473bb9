"""API keys, sign-ins and tickets: only the hashes of their secrets."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select, update

from maquette.adapters.sql.paging import page
from maquette.adapters.sql.rows import load, values
from maquette.adapters.sql.tables import API_KEYS, SIGN_INS, TICKETS
from maquette.domain.access import ApiKey, SignIn, Ticket
from maquette.ports.stores import Page

_K = API_KEYS.c
_S = SIGN_INS.c
_T = TICKETS.c


class SqlKeys:
    """Implements ``KeyRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key: ApiKey) -> None:
        self._connection.execute(insert(API_KEYS).values(values(key)))

    def by_hash(self, key_hash: str) -> ApiKey | None:
        row = self._connection.execute(select(API_KEYS).where(_K.key_hash == key_hash)).one_or_none()
        return None if row is None else load(ApiKey, row)

    def get(self, key_id: str) -> ApiKey | None:
        row = self._connection.execute(select(API_KEYS).where(_K.id == key_id)).one_or_none()
        return None if row is None else load(ApiKey, row)

    def list(self, *, cursor: str | None = None, limit: int = 50) -> Page[ApiKey]:
        return page(self._connection, select(API_KEYS), API_KEYS, ApiKey, cursor, limit)

    def revoke(self, key_id: str, at: datetime) -> bool:
        statement = update(API_KEYS).where(_K.id == key_id, _K.revoked_at.is_(None)).values(revoked_at=at)
        if self._connection.execute(statement).rowcount == 0:
            return False
        self._connection.execute(delete(SIGN_INS).where(_S.key_id == key_id))
        self._connection.execute(delete(TICKETS).where(_T.key_id == key_id))
        return True

    def used(self, key_id: str, at: datetime, unless_after: datetime) -> None:
        stale = or_(_K.last_used_at.is_(None), _K.last_used_at <= unless_after)
        self._connection.execute(update(API_KEYS).where(_K.id == key_id, stale).values(last_used_at=at))

    def opening(self, now: datetime) -> bool:
        lasting = or_(_K.expires_at.is_(None), _K.expires_at > now)
        query = select(_K.id).where(_K.revoked_at.is_(None), lasting).limit(1)
        return self._connection.execute(query).one_or_none() is not None


class SqlSignIns:
    """Implements ``SignInRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, sign_in: SignIn) -> None:
        self._connection.execute(insert(SIGN_INS).values(values(sign_in)))

    def find(self, token_hash: str) -> tuple[SignIn, ApiKey] | None:
        row = self._connection.execute(select(SIGN_INS).where(_S.token_hash == token_hash)).one_or_none()
        if row is None:
            return None
        key = self._connection.execute(select(API_KEYS).where(_K.id == row.key_id)).one()
        return load(SignIn, row), load(ApiKey, key)

    def end(self, token_hash: str) -> None:
        self._connection.execute(delete(SIGN_INS).where(_S.token_hash == token_hash))

    def sweep(self, now: datetime) -> None:
        self._connection.execute(delete(SIGN_INS).where(_S.expires_at <= now))


class SqlTickets:
    """Implements ``TicketRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, ticket: Ticket) -> None:
        self._connection.execute(insert(TICKETS).values(values(ticket)))

    def take(self, token_hash: str, path: str) -> Ticket | None:
        statement = delete(TICKETS).where(_T.token_hash == token_hash, _T.path == path).returning(*_T)
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else load(Ticket, row)

    def sweep(self, now: datetime) -> None:
        self._connection.execute(delete(TICKETS).where(_T.expires_at <= now))
