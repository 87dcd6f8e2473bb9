"""Signatures of calls between servers, as https://www.standardwebhooks.com (version 1) orders them.

A secret is ``whsec_`` and the base64 of 24 to 64 random bytes. What is signed is ``id.timestamp.body``, and a receiver
refuses timestamps that are further than five minutes from its own clock.
"""

import base64
import hashlib
import hmac
import secrets

MARK = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A secret of 256 random bits."""
    return MARK + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(secret: str, message_id: str, at: int, body: bytes) -> str:
    """The value of ``webhook-signature`` (symmetric, ``v1``); ``at`` is in Unix seconds."""
    key = base64.b64decode(secret.removeprefix(MARK))
    signed = b".".join((message_id.encode(), str(at).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers_for(secret: str, message_id: str, at: int, body: bytes) -> dict[str, str]:
    """The three headers that a call carries."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": sign(secret, message_id, at, body),
    }
