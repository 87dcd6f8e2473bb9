"""Where bytes live: content-addressed within an owner, written once, never altered."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that have arrived in the store's waiting room but belong to no row yet."""

    path: Path
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """What a store knows of one kept blob. ``modified_at`` is when it was stored last, in UTC."""

    key: str
    bytes: int
    modified_at: datetime


class BlobWriter(Protocol):
    """Takes an upload piece by piece, hashing as it goes. Memory stays constant whatever the size."""

    def write(self, data: bytes) -> None:
        """Raises ``Unavailable("storage_full")`` when the disk is."""
        ...

    def finish(self) -> Received:
        """Flushes the bytes to the disk (fsync)."""
        ...

    def discard(self) -> None:
        """Forgets what has arrived; safe to call at any time, also after ``finish``."""
        ...


class BlobStore(Protocol):
    """Keys are made by ``maquette.domain.assets.blob_key``, never from a user's file name.

    Every method may raise ``Unavailable("storage_unavailable")``, within a minute, when the store is out of reach.
    """

    def receive(self) -> BlobWriter:
        """Opens the waiting room for one upload."""
        ...

    def keep(self, key: str, source: Path) -> None:
        """Stores a file under ``key``; when this returns, the bytes survive a power loss.

        ``source`` stays where it is. Storing a key again changes nothing but ``modified_at``, which is recent then
        (at most some minutes old), so that whoever clears old orphans leaves it alone.
        Raises ``Unavailable("storage_full")``.
        """
        ...

    def fetch(self, key: str, target: Path) -> None:
        """Puts a private copy at ``target``. Raises ``Unavailable("data_missing")``."""
        ...

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Reads the bytes from ``start`` up to ``end`` (exclusive). Raises ``Unavailable("data_missing")``."""
        ...

    def exists(self, key: str) -> bool: ...

    def remove(self, key: str) -> None:
        """Deletes the bytes; a missing key is a no-op."""
        ...

    def keys(self) -> Iterator[StoredBlob]:
        """Every kept blob, in no order; what is stored or removed meanwhile may be told or not."""
        ...

    def check(self) -> None:
        """Raises ``Unavailable("storage_unavailable")`` when blobs can be neither kept nor read. Cheap."""
        ...


class BlobLinks(Protocol):
    """Makes links by which a store hands out its blobs itself. Not every store can."""

    @property
    def origin(self) -> str:
        """Scheme and host of all its links: what a page must be allowed to load from."""
        ...

    def link(self, key: str, *, media_type: str, disposition: str, seconds: int = 900) -> str:
        """A link to read one blob, and nothing else, for at most 15 minutes. Whether the blob exists is not asked.

        It is served with this ``Content-Type`` and ``Content-Disposition``.
        """
        ...


@dataclass(frozen=True, slots=True)
class Door:
    """Where a sender may put the bytes of one upload, and the headers that must come with them."""

    url: str = field(repr=False)
    headers: Mapping[str, str]


class UploadDepot(Protocol):
    """Holds announced uploads until they are complete. Keys are made by ``maquette.domain.uploads``.

    What lies here was sent by anybody who had the link: it is trusted in nothing, not even its length. Every method
    may raise ``Unavailable("storage_unavailable")``.
    """

    def door(self, key: str, length: int, sha256: str | None, seconds: int) -> Door | None:
        """Where the sender may put exactly these bytes; None where our own server has to take them (``put``)."""
        ...

    def put(self, key: str, source: Path) -> None:
        """Takes a file that was received, which may be moved. A later one replaces it."""
        ...

    def size(self, key: str) -> int | None:
        """How many bytes have arrived; None for none at all."""
        ...

    def read(self, key: str) -> Iterator[bytes]:
        """What has arrived, some 256 KiB at a time. Raises ``Unavailable("data_missing")``."""
        ...

    def remove(self, key: str) -> None:
        """Forgets an upload; a missing one is a no-op."""
        ...


class UrlSigner(Protocol):
    """Makes links that open one blob for a short while."""

    def sign(self, path: str, method: str = "GET", seconds: int = 900) -> str:
        """``path`` with an expiry and a signature; at most 15 minutes."""
        ...

    def check(self, path: str, method: str, expires: str, signature: str) -> None:
        """Raises ``Refused("link_invalid")`` for a forged, altered or expired link."""
        ...
