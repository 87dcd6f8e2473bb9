"""Which host names and origins are ours, and which other origins may call us.

A server on loopback is reachable from every web page that its user visits. Checking ``Host`` stops names that an
attacker points at 127.0.0.1 (DNS rebinding); checking ``Origin`` stops foreign pages from posting forms here.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import Scope

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Origins:
    """``hosts`` are names beyond the loopback ones, ``public_url`` is what a proxy in front is reached by, and
    ``others`` are the origins of front ends elsewhere, exactly as browsers send them."""

    def __init__(self, hosts: Iterable[str] = (), public_url: str = "", others: Iterable[str] = ()) -> None:
        public = urlsplit(public_url)
        named = {public.hostname} if public.hostname else set[str]()
        self._public = public_url.rstrip("/").lower()
        self._hosts = LOOPBACK | named | {host.lower() for host in hosts}
        self._others = frozenset(others)
        self.secure = public.scheme == "https"
        # browsers take a __Host- cookie from this very host only, and only over TLS
        self.cookie = "__Host-maquette" if self.secure else "maquette"

    def names(self, host: str) -> bool:
        """Whether a ``Host`` header names this server."""
        return host_name(host) in self._hosts

    def is_own(self, origin: str, scope: Scope) -> bool:
        """Whether the page behind an ``Origin`` header came from here."""
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        return origin.partition("://")[2] == host or (bool(self._public) and origin.lower() == self._public)

    def is_invited(self, origin: str) -> bool:
        """Whether it is the origin of a front end elsewhere that may call."""
        return origin in self._others


def host_name(header: str) -> str:
    """The name in a ``Host`` header, lower-case, without port, brackets and final dot."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower().removesuffix(".")
