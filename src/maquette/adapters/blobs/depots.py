"""Where announced uploads wait until their sender says that they are complete, apart from all kept blobs."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import obstore

from maquette.adapters.blobs.bucket import Bucket
from maquette.adapters.blobs.durability import flush_folder, full_disk_reported
from maquette.adapters.blobs.keys import checked
from maquette.adapters.blobs.presigning import Presigner, checksum
from maquette.adapters.blobs.reading import PIECE_BYTES
from maquette.adapters.blobs.s3 import PART_BYTES, PARTS_AT_ONCE
from maquette.domain.errors import Unavailable
from maquette.ports.blobs import Door
from maquette.ports.clock import Clock


class LocalDepot:
    """Implements ``UploadDepot`` in a folder, which it makes if need be; our own server is the door."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def door(self, key: str, length: int, sha256: str | None, seconds: int) -> Door | None:  # noqa: ARG002
        return None

    def put(self, key: str, source: Path) -> None:
        """See the port. ``source`` lies on the same disk and has been flushed."""
        target = self._folder / checked(key)
        with full_disk_reported():
            target.parent.mkdir(mode=0o700, exist_ok=True)
            source.replace(target)
            flush_folder(target.parent)
            flush_folder(self._folder)

    def size(self, key: str) -> int | None:
        with suppress(FileNotFoundError):
            return (self._folder / checked(key)).stat().st_size
        return None

    def read(self, key: str) -> Iterator[bytes]:
        try:
            with (self._folder / checked(key)).open("rb") as file:
                while piece := file.read(PIECE_BYTES):
                    yield piece
        except FileNotFoundError as error:
            raise Unavailable("data_missing") from error

    def remove(self, key: str) -> None:
        (self._folder / checked(key)).unlink(missing_ok=True)


class S3Depot:
    """Implements ``UploadDepot`` at ``<prefix>/incoming/`` of a bucket, which takes the bytes itself."""

    def __init__(self, bucket: Bucket, clock: Clock) -> None:
        self._bucket = bucket
        self._store = bucket.connect()
        self._signer = Presigner(bucket, clock)

    def door(self, key: str, length: int, sha256: str | None, seconds: int) -> Door | None:
        sent = {} if sha256 is None else {"x-amz-checksum-sha256": checksum(sha256)}
        signed = {**sent, "content-length": str(length)}
        return Door(self._signer.url("PUT", self._path(key), seconds, {}, signed), sent)

    def put(self, key: str, source: Path) -> None:
        with self._bucket.faults():
            obstore.put(self._store, self._path(key), source, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE)

    def size(self, key: str) -> int | None:
        with self._bucket.faults(), suppress(FileNotFoundError):
            return obstore.head(self._store, self._path(key))["size"]
        return None

    def read(self, key: str) -> Iterator[bytes]:
        try:
            with self._bucket.faults():
                for piece in obstore.get(self._store, self._path(key)).stream(min_chunk_size=PIECE_BYTES):
                    yield bytes(piece)
        except FileNotFoundError as error:
            raise Unavailable("data_missing") from error

    def remove(self, key: str) -> None:
        with self._bucket.faults(), suppress(FileNotFoundError):
            obstore.delete(self._store, self._path(key))

    def _path(self, key: str) -> str:
        return self._bucket.path("incoming", checked(key))
