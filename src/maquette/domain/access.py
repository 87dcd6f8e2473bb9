"""Who somebody is, and what proves it."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from maquette.domain.ids import LOCAL_OWNER

KEY_MARK = "mq_"
"""What every API key begins with, so that scanners for lost secrets recognise it."""
SHOWN = len(KEY_MARK) + 5
"""Characters of a key that are stored as they are: enough for a person to tell keys apart."""
_KEY = re.compile(rf"{KEY_MARK}[A-Za-z0-9_-]{{43}}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class How(StrEnum):
    """What a caller proved itself with."""

    NOTHING = "nothing"
    """The server listens on loopback only and asks nobody."""
    KEY = "key"
    SIGN_IN = "sign_in"
    SESSION = "session"
    """The token that came with one job."""
    TICKET = "ticket"
    """Good for one request for one path."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever makes a request. ``job_id`` limits a session to its one job; ``key_id`` is what revoking ends."""

    owner_id: str
    is_admin: bool
    how: How
    job_id: str | None = None
    key_id: str | None = None


LOCAL = Principal(LOCAL_OWNER, True, How.NOTHING)
"""Whoever reaches a server that asks nobody."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of an owner, without its secret: only the SHA-256 of that is stored. Admins may look after the server."""

    id: str
    owner_id: str
    name: str
    key_hash: str
    prefix: str
    is_admin: bool
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def opens(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A browser that a key signed in; it ends with the key."""

    token_hash: str
    key_id: str
    owner_id: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """A secret that may stand in an address: it opens one path once, for some seconds. It ends with its key."""

    token_hash: str
    owner_id: str
    path: str
    created_at: datetime
    expires_at: datetime
    key_id: str | None = None


def new_key() -> str:
    """An API key: ``mq_`` and 256 random bits, URL-safe."""
    return KEY_MARK + secrets.token_urlsafe(32)


def is_key(text: str) -> bool:
    """Whether it has the form of a key."""
    return _KEY.fullmatch(text) is not None


def is_token(text: str) -> bool:
    """Whether it has the form of a token of ours."""
    return _TOKEN.fullmatch(text) is not None


def is_owner_id(text: str) -> bool:
    """Whether it can name an owner: up to 64 letters, digits, dots, dashes and underscores."""
    return _OWNER.fullmatch(text) is not None
