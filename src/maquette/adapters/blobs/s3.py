"""Blobs in a bucket: ``<prefix>/objects/<key>``. What arrives waits in a folder of this machine until it is checked.

Every request carries the SHA-256 of its body in its signature, and the store refuses bytes that differ. ETags are not
compared: with some kinds of encryption they are no MD5.
"""

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore

from maquette.adapters.blobs.bucket import Bucket
from maquette.adapters.blobs.durability import full_disk_reported
from maquette.adapters.blobs.incoming import LocalWriter, sweep
from maquette.adapters.blobs.keys import checked
from maquette.adapters.blobs.reading import PIECE_BYTES, pieces
from maquette.domain.errors import Unavailable
from maquette.ports.blobs import StoredBlob

PART_BYTES = 5 * 1024**2
"""The least that S3 takes as a part; a file has at most 10,000 of them."""
PARTS_AT_ONCE = 1
"""Bounds the memory of one upload to about 10 MiB: a part under way and the next one being filled."""
TRIES = 3
"""How often a file is sent that a sweep removes as soon as it is there."""
RECENT = timedelta(minutes=10)
CHECK_S = 10.0


class S3Blobs:
    """Implements ``BlobStore`` in a bucket; ``waiting_room`` is a local folder, made if need be."""

    def __init__(self, bucket: Bucket, waiting_room: Path) -> None:
        self._bucket = bucket
        self._store = bucket.connect()
        self._incoming = waiting_room.absolute()
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._checked_until = 0.0
        self._problem: Unavailable | None = None

    def sweep(self) -> int:
        """Removes what earlier processes left in the waiting room, and says how many files."""
        return sweep(self._incoming)

    def receive(self) -> LocalWriter:
        return LocalWriter(self._incoming)

    def keep(self, key: str, source: Path) -> None:
        """See the port. Memory is bounded whatever the size; a large file goes up in parts."""
        path, size = self._path(key), source.stat().st_size
        with self._bucket.faults():
            if self._is_fresh(path, size):
                return
            stored = None
            for _ in range(TRIES):
                stored = self._put(path, source, size)
                if stored is not None:
                    break
        if stored != size:
            raise Unavailable("storage_unavailable", f"The bucket kept {stored or 0} of {size} bytes.")

    def fetch(self, key: str, target: Path) -> None:
        path = self._path(key)
        try:
            with self._bucket.faults(), full_disk_reported():
                found = obstore.get(self._store, path)
                with target.open("wb") as file:
                    for piece in found.stream(min_chunk_size=PIECE_BYTES):
                        file.write(piece)
        except FileNotFoundError as error:
            raise Unavailable("data_missing") from error
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """See the port; every error comes with the first piece or later."""
        path = self._path(key)
        with self._bucket.faults():
            async for piece in pieces(self._store, path, start, end):
                yield piece

    def exists(self, key: str) -> bool:
        with self._bucket.faults(), suppress(FileNotFoundError):
            obstore.head(self._store, self._path(key))
            return True
        return False

    def remove(self, key: str) -> None:
        with self._bucket.faults(), suppress(FileNotFoundError):
            obstore.delete(self._store, self._path(key))

    def keys(self) -> Iterator[StoredBlob]:
        folder = self._bucket.path("objects")
        with self._bucket.faults():
            for page in obstore.list(self._store, folder):
                for found in page:
                    key = found["path"].removeprefix(f"{folder}/")
                    yield StoredBlob(key, found["size"], found["last_modified"])

    def check(self) -> None:
        """An answer, good or bad, counts for ten seconds."""
        if time.monotonic() >= self._checked_until:
            self._problem = None
            try:
                self._bucket.ask()
            except Unavailable as problem:
                self._problem = problem
            self._checked_until = time.monotonic() + CHECK_S
        if self._problem is not None:
            raise Unavailable(self._problem.code, self._problem.message, self._problem.hint)

    def _path(self, key: str) -> str:
        return self._bucket.path("objects", checked(key))

    def _put(self, path: str, source: Path, size: int) -> int | None:
        """The size of what was stored; None when a sweep took it for nobody's in that very moment."""
        # given the path of a large file, the library reads another part ahead, besides the two that it holds
        content = source if size <= PART_BYTES else _pieces_of(source)
        try:
            obstore.put(self._store, path, content, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE)
        except FileNotFoundError as error:
            raise Unavailable("storage_unavailable", f"The bucket {self._bucket.name} does not exist.") from error
        with suppress(FileNotFoundError):
            return obstore.head(self._store, path)["size"]
        return None

    def _is_fresh(self, path: str, size: int) -> bool:
        """Whether these bytes were stored a moment ago. Older ones are stored anew, which makes them recent."""
        try:
            found = obstore.head(self._store, path)
        except FileNotFoundError:
            return False
        return found["size"] == size and datetime.now(UTC) - found["last_modified"] < RECENT


def _pieces_of(source: Path) -> Iterator[bytes]:
    with source.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece
