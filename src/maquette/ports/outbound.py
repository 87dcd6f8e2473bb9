"""Requests to other servers. Whoever needs the network asks for this port; nothing else in Maquette opens a connection
to a place that a URL names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Sink = Callable[[bytes], object]
"""Takes a download piece by piece: ``BlobWriter.write``, or a file's own."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Where a request may go.

    Everywhere public, on ports 80 and 443; with ``base_url``, which only an operator may set, also to exactly its
    scheme, host and port, private or not. URLs of users, of providers' answers and of webhooks get ``PUBLIC``, or the
    policy of the operator's server that handed them out.
    """

    base_url: str = ""


PUBLIC = Policy()


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an exchange may take, redirects included.

    ``bytes`` of the answer's body once it is unpacked; ``seconds`` from the first look-up to the last byte, however
    they arrive; ``connect_seconds`` for each address that is tried.
    """

    bytes: int = 1_000_000
    seconds: float = 30.0
    connect_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class File:
    """One file of a form."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries: raw ``content``, or a ``json`` document, or a form of ``fields`` and ``files``."""

    content: bytes | None = None
    json: Any = None
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    files: Mapping[str, File] = field(default_factory=dict[str, File])


EMPTY = Body()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other server said. Names of headers are in lower case; ``retry_after`` is in seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that has arrived. ``media_type`` is what the server claims, in lower case, or empty."""

    media_type: str
    bytes: int


class Fetcher(Protocol):
    """Speaks HTTP to other servers. No cookies, no proxies, nothing from the environment.

    Both methods raise ``Refused("url_refused")`` for a URL that the policy does not allow, redirects included, and for
    a public name that cannot be resolved: both look the same, or else names behind a firewall could be guessed.
    ``Temporary("remote_unreachable")``: nothing was sent. ``Temporary("remote_busy")``: 429 or 503, with
    ``retry_after`` where the server gave one. ``Temporary("remote_failed")``: anything else that went wrong, after
    which the server may have acted. ``Permanent("remote_too_large")``. No text names the server or its answer.
    """

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body = EMPTY,
        policy: Policy = PUBLIC,
        bounds: Bounds | None = None,
        any_status: bool = False,
    ) -> Answer:
        """Any answer below 500 but 429 is the caller's to judge, with ``any_status`` those too.

        Only GET and HEAD follow redirects, at most three. ``headers`` go to the URL's own server only: with a
        ``base_url`` in the policy to no other than that one.
        """
        ...

    async def download(
        self,
        url: str,
        into: Sink,
        *,
        headers: Mapping[str, str] | None = None,
        policy: Policy = PUBLIC,
        bounds: Bounds | None = None,
    ) -> Downloaded:
        """Gets a file in constant memory; ``into`` is called in threads. Raises what ``into`` raises, and
        ``Permanent("remote_refused")`` for any answer below 500 but 200 and 429."""
        ...
