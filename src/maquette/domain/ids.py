"""Identifiers and secrets."""

import hashlib
import secrets
import uuid

LOCAL_OWNER = "local"
"""Who everything belongs to while the server listens on loopback only and nobody signs in."""


def new_id(kind: str) -> str:
    """A random, unguessable id that says what it names: ``job_5f0c…``. 122 random bits."""
    return f"{kind}_{uuid.uuid4().hex}"


def new_token() -> str:
    """A session token: 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token. A plain SHA-256 suffices for 256 random bits: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
