"""Bytes that no row refers to.

Bytes come before their row, so young ones are left alone. For older ones the order of things protects whoever brings
the same content again this very moment: the remover holds the content alone, in a transaction, while it looks for rows
and removes the bytes; whoever adds a row holds it too, from the row to the commit, and looks for the bytes in between
(``pipelines.keeping``). So either the row is seen here, or the missing bytes are seen there and stored again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from maquette.domain.assets import blob_key
from maquette.ports.blobs import BlobStore, StoredBlob
from maquette.ports.stores import Database, Transaction

YOUNG = timedelta(hours=24)
LISTED = 500
REMOVED = 20
"""Blobs in one transaction: a bucket takes some 30 ms for each, in which nobody else writes to SQLite."""

Batch = Callable[[], AbstractContextManager[Transaction]]
Pause = Callable[[], bool]
"""Waits for a moment; True when it is time to stop."""


@dataclass(frozen=True, slots=True)
class Found:
    """How many blobs, and how many bytes they have."""

    count: int
    bytes: int


class Orphans:
    """Finds and removes them."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._db = database
        self._blobs = blobs

    def find(self, now: datetime, pause: Pause) -> Found:
        """Counts them. Reads the whole list of blobs."""
        return _sum(blob for group in self._groups(now, pause) for blob in group)

    def remove(self, now: datetime, batch: Batch, pause: Pause) -> Found:
        """Removes them, some in each ``batch``, which is a writing transaction."""
        removed: list[Found] = []
        for group in self._groups(now, pause):
            for part in _parts(iter(group), REMOVED):
                with batch() as tx:
                    removed.append(_sum(blob for blob in part if self._removed(tx, blob)))
                if pause():
                    return _total(removed)
        return _total(removed)

    def _groups(self, now: datetime, pause: Pause) -> Iterator[Sequence[StoredBlob]]:
        """What looks like an orphan, group by group."""
        old = (blob for blob in self._blobs.keys() if now - blob.modified_at > YOUNG and _content(blob) is not None)
        for group in _parts(old, LISTED):
            with self._db.read() as tx:
                referred = tx.stale.referred([content for blob in group if (content := _content(blob))])
            yield [blob for blob in group if _content(blob) not in referred]
            if pause():
                return

    def _removed(self, tx: Transaction, blob: StoredBlob) -> bool:
        content = _content(blob)
        if content is None or not tx.stale.is_orphan(*content):
            return False
        self._blobs.remove(blob.key)
        return True


def _content(blob: StoredBlob) -> tuple[str, str] | None:
    """Owner and SHA-256; None for a key that is not one of an asset, which is left alone."""
    owner_id, _, rest = blob.key.partition("/")
    sha256 = rest.rpartition("/")[2]
    return (owner_id, sha256) if len(sha256) == 64 and blob_key(owner_id, sha256) == blob.key else None


def _parts(blobs: Iterator[StoredBlob], size: int) -> Iterator[list[StoredBlob]]:
    while part := list(islice(blobs, size)):
        yield part


def _sum(blobs: Iterator[StoredBlob]) -> Found:
    count = total = 0
    for blob in blobs:
        count += 1
        total += blob.bytes
    return Found(count, total)


def _total(parts: Sequence[Found]) -> Found:
    return Found(sum(part.count for part in parts), sum(part.bytes for part in parts))
