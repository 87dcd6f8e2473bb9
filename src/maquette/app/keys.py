"""API keys and the browsers that they sign in: make, list, revoke, recognise."""

from dataclasses import dataclass
from datetime import timedelta

from maquette.domain.access import SHOWN, ApiKey, How, Principal, SignIn, is_key, is_owner_id, is_token, new_key
from maquette.domain.errors import Refused
from maquette.domain.ids import LOCAL_OWNER, new_id, new_token, token_hash
from maquette.ports.clock import Clock
from maquette.ports.stores import Database, Page

SIGN_IN_DAYS = 30
MAX_NAME = 100
NOTED_EVERY = timedelta(hours=1)
"""How exact ``last_used_at`` is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a new key is to be. ``owner_id`` is whose things it opens."""

    name: str
    owner_id: str = LOCAL_OWNER
    is_admin: bool = False
    expires_days: int | None = None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret, which is shown this once."""

    key: ApiKey
    secret: str


@dataclass(frozen=True, slots=True)
class Recognised:
    """Whom a secret belongs to, and whether the use of the key behind it should be noted."""

    principal: Principal
    note: bool = False


class Keys:
    """The use cases around keys and sign-ins. All methods block."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def create(self, asked: Asked) -> NewKey:
        """Raises ``invalid_request`` for a name, an owner or a term that cannot be."""
        _check(asked)
        secret, at = new_key(), self._clock.now()
        key = ApiKey(
            id=new_id("key"),
            owner_id=asked.owner_id,
            name=asked.name,
            key_hash=token_hash(secret),
            prefix=secret[:SHOWN],
            is_admin=asked.is_admin,
            created_at=at,
            expires_at=at + timedelta(days=asked.expires_days) if asked.expires_days else None,
        )
        with self._db.write() as tx:
            tx.keys.add(key)
        return NewKey(key, secret)

    def list(self, cursor: str | None = None, limit: int = 50) -> Page[ApiKey]:
        """The keys of all owners, newest first, revoked ones included."""
        with self._db.read() as tx:
            return tx.keys.list(cursor=cursor, limit=limit)

    def revoke(self, key_id: str) -> None:
        """Ends a key and what it signed in. Raises ``not_found``, also for one that is revoked already."""
        with self._db.write() as tx:
            if not tx.keys.revoke(key_id, self._clock.now()):
                raise Refused("not_found")

    def exist(self) -> bool:
        """Whether anybody can get in with a key."""
        with self._db.read() as tx:
            return tx.keys.opening(self._clock.now())

    def still_opens(self, key_id: str) -> bool:
        """Whether a key that opened something is neither revoked nor expired by now."""
        with self._db.read() as tx:
            key = tx.keys.get(key_id)
        return key is not None and key.opens(self._clock.now())

    def recognise(self, secret: str) -> Recognised | None:
        """Whom a key belongs to; None for one that is unknown, revoked or expired."""
        if not is_key(secret):
            return None
        with self._db.read() as tx:
            return self._recognised(tx.keys.by_hash(token_hash(secret)), How.KEY)

    def note_use(self, key_id: str) -> None:
        """Sets ``last_used_at``, at most once an hour."""
        now = self._clock.now()
        with self._db.write(durable=False) as tx:
            tx.keys.used(key_id, now, now - NOTED_EVERY)

    def sign_in(self, secret: str) -> tuple[str, Principal]:
        """The token of a new sign-in. Raises ``unauthorized``."""
        token, now = new_token(), self._clock.now()
        with self._db.write() as tx:
            key = tx.keys.by_hash(token_hash(secret)) if is_key(secret) else None
            found = self._recognised(key, How.SIGN_IN)
            if key is None or found is None:
                raise Refused("unauthorized", "This key opens nothing.", "Look for a typing error, or ask for a key.")
            tx.sign_ins.sweep(now)
            until = now + timedelta(days=SIGN_IN_DAYS)
            tx.sign_ins.add(SignIn(token_hash(token), key.id, key.owner_id, now, until))
        return token, found.principal

    def signed_in(self, token: str) -> Recognised | None:
        """Who signed in; None when the sign-in or its key has ended."""
        if not is_token(token):
            return None
        with self._db.read() as tx:
            found = tx.sign_ins.find(token_hash(token))
        if found is None or self._clock.now() >= found[0].expires_at:
            return None
        return self._recognised(found[1], How.SIGN_IN)

    def sign_out(self, token: str) -> None:
        """Ends a sign-in, if there is one."""
        with self._db.write() as tx:
            tx.sign_ins.end(token_hash(token))

    def _recognised(self, key: ApiKey | None, how: How) -> Recognised | None:
        now = self._clock.now()
        if key is None or not key.opens(now):
            return None
        note = key.last_used_at is None or key.last_used_at <= now - NOTED_EVERY
        return Recognised(Principal(key.owner_id, key.is_admin, how, key_id=key.id), note)


def _check(asked: Asked) -> None:
    if not 1 <= len(asked.name) <= MAX_NAME or not asked.name.isprintable():
        raise Refused("invalid_request", f"A key's name has 1 to {MAX_NAME} printable characters.")
    if not is_owner_id(asked.owner_id):
        hint = "Up to 64 letters, digits, dots, dashes and underscores; a letter or digit first."
        raise Refused("invalid_request", f"{asked.owner_id!r} cannot name an owner.", hint)
    if asked.expires_days is not None and not 1 <= asked.expires_days <= 3650:
        raise Refused("invalid_request", "A key lasts 1 to 3650 days, or without an end.")
