"""Blobs in a folder: ``objects/<key>`` for good, ``incoming/`` for what is on its way.

Storing is: a finished, flushed file in ``incoming``, then its name in ``objects``, then the flushed folders. obstore's
LocalStore writes without any flush (0.12, seen with strace), hence this is ours; reading goes through obstore, whose
threads keep file access out of the event loop, and through which other stores can be read alike.
"""

import os
import shutil
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from obstore.store import LocalStore

from maquette.adapters.blobs.durability import flush_folder, full_disk_reported
from maquette.adapters.blobs.incoming import LocalWriter, sweep
from maquette.adapters.blobs.keys import checked
from maquette.adapters.blobs.reading import pieces
from maquette.domain.errors import Unavailable
from maquette.ports.blobs import StoredBlob

_COPY_BYTES = 1 << 20


class LocalBlobs:
    """Implements ``BlobStore`` in the folder ``root``, which it makes if need be."""

    def __init__(self, root: Path) -> None:
        self._objects = root.absolute() / "objects"
        self._incoming = root.absolute() / "incoming"
        for folder in (self._objects, self._incoming):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flush_folder(root.absolute())
        flush_folder(root.absolute().parent)
        self._store = LocalStore(self._objects)

    def sweep(self) -> int:
        """Removes what earlier processes left in ``incoming``, and says how many files. For the server's start."""
        return sweep(self._incoming)

    def receive(self) -> LocalWriter:
        """Opens the waiting room for one upload."""
        return LocalWriter(self._incoming)

    def keep(self, key: str, source: Path) -> None:
        """See the port. What ``receive`` has flushed already is linked, not copied."""
        target = self._path(key)
        with full_disk_reported():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _refreshed(target, source) and not self._linked(source, target):
                self._copy(source, target)
            # also when it was there before: whoever stored it may have died before this line
            for folder in target.parents:
                flush_folder(folder)
                if folder == self._objects:
                    break

    def fetch(self, key: str, target: Path) -> None:
        path = self._path(key)
        if not path.is_file():
            raise Unavailable("data_missing")
        with full_disk_reported():
            shutil.copyfile(path, target)

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """See the port; the error of a missing blob comes with the first piece."""
        self._path(key)
        return pieces(self._store, key, start, end)

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def remove(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def keys(self) -> Iterator[StoredBlob]:
        for path in self._objects.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file():
                    stat = path.stat()
                    modified_at = datetime.fromtimestamp(stat.st_mtime, UTC)
                    yield StoredBlob(path.relative_to(self._objects).as_posix(), stat.st_size, modified_at)

    def check(self) -> None:
        if not self._objects.is_dir() or not self._incoming.is_dir():
            raise Unavailable("storage_unavailable", f"{self._objects.parent} is gone.", "Is the disk mounted?")

    def _path(self, key: str) -> Path:
        """Raises ``Refused("invalid_request")`` for anything that is not plainly one of our keys."""
        return self._objects / checked(key)

    def _linked(self, source: Path, target: Path) -> bool:
        if source.parent != self._incoming:
            return False
        # not every file system has hard links; a copy will do there
        with suppress(OSError):
            os.link(source, target)
            return True
        return False

    def _copy(self, source: Path, target: Path) -> None:
        writer = self.receive()
        try:
            with source.open("rb") as file:
                while data := file.read(_COPY_BYTES):
                    writer.write(data)
            writer.finish().path.replace(target)
        finally:
            writer.discard()


def _refreshed(target: Path, source: Path) -> bool:
    """Whether the blob is there already; then it counts as stored now.

    A file of another length was damaged from outside and is stored anew.
    """
    with suppress(FileNotFoundError):
        if target.is_file() and target.stat().st_size == source.stat().st_size:
            os.utime(target)
            return True
    return False
