"""The waiting room: files that are being received and that no row knows yet.

Each is locked (``flock``) for as long as its writer lives. The system drops the lock when a process dies, whatever
killed it, so that ``sweep`` can tell an orphan from an upload in progress, in whichever process that runs.
"""

import fcntl
import hashlib
import os
import uuid
from contextlib import suppress
from pathlib import Path

from maquette.adapters.blobs.durability import flush, full_disk_reported
from maquette.domain.errors import Refused
from maquette.ports.blobs import Received


class LocalWriter:
    """Implements ``BlobWriter``. Holds one file descriptor until ``discard``."""

    def __init__(self, folder: Path) -> None:
        self._path, self._descriptor = _open_locked(folder)
        self._hash = hashlib.sha256()
        self._bytes = 0
        self._received: Received | None = None

    def write(self, data: bytes) -> None:
        if self._descriptor is None or self._received is not None:
            raise Refused("invalid_request", "The upload has ended already.")
        rest = memoryview(data)
        with full_disk_reported():
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        self._hash.update(data)
        self._bytes += len(data)

    def finish(self) -> Received:
        """May be called again; nothing can be written afterwards."""
        if self._received is None:
            if self._descriptor is None:
                raise Refused("invalid_request", "The upload was discarded.")
            with full_disk_reported():
                flush(self._descriptor)
            self._received = Received(self._path, self._hash.hexdigest(), self._bytes)
        return self._received

    def discard(self) -> None:
        self._path.unlink(missing_ok=True)
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self) -> None:
        # forgotten without discard: the file becomes an orphan for the next sweep
        descriptor = getattr(self, "_descriptor", None)
        if descriptor is not None:
            os.close(descriptor)


def sweep(folder: Path) -> int:
    """Deletes what dead processes left behind and says how many files that were. Safe at any time."""
    removed = 0
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                removed += 1
            except BlockingIOError:
                continue
            finally:
                os.close(descriptor)
    return removed


def _open_locked(folder: Path) -> tuple[Path, int | None]:
    while True:
        path = folder / uuid.uuid4().hex
        with full_disk_reported():
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return path, descriptor
        # a sweep came between the two calls
        os.close(descriptor)
