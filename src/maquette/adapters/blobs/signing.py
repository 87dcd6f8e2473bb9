"""Short-lived links, signed with a secret of this server."""

import base64
import hashlib
import hmac
from datetime import timedelta

from maquette.domain.errors import Refused
from maquette.ports.clock import Clock

MAX_SECONDS = 15 * 60
_SECRET_BYTES = 32


class HmacSigner:
    """Implements ``UrlSigner`` with HMAC-SHA256 over method, path and expiry.

    Time is the wall clock's reading at construction, carried on by the monotonic clock: a jump of the wall clock
    neither revives an expired link nor kills a fresh one.
    """

    def __init__(self, secret: bytes, clock: Clock) -> None:
        if len(secret) < _SECRET_BYTES:
            raise Refused("invalid_request", f"The signing secret needs at least {_SECRET_BYTES} random bytes.")
        self._secret = secret
        self._clock = clock
        self._origin = clock.now() - timedelta(seconds=clock.monotonic())

    def sign(self, path: str, method: str = "GET", seconds: int = MAX_SECONDS) -> str:
        """``<path>?expires=<Unix seconds>&signature=<base64url>``. The path has no query of its own."""
        if not 1 <= seconds <= MAX_SECONDS or not _is_plain(path):
            raise Refused("invalid_request", f"A link is made for a plain path and 1 to {MAX_SECONDS} seconds.")
        expires = str(int(self._now()) + seconds)
        return f"{path}?expires={expires}&signature={self._signature(path, method, expires)}"

    def check(self, path: str, method: str, expires: str, signature: str) -> None:
        """Says the same of every bad link."""
        expected = self._signature(path, method, expires)
        # compared as bytes: compare_digest refuses text beyond ASCII
        genuine = hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
        if not genuine or self._now() >= int(expires):
            raise Refused("link_invalid")

    def _now(self) -> float:
        return (self._origin + timedelta(seconds=self._clock.monotonic())).timestamp()

    def _signature(self, path: str, method: str, expires: str) -> str:
        message = "\n".join((method.upper(), path, expires)).encode("utf-8", "replace")
        digest = hmac.new(self._secret, message, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _is_plain(path: str) -> bool:
    return path.startswith("/") and path.isprintable() and not any(character in path for character in "?#")
