"""Which process works on a data folder: the one that holds the lock on a file in it.

The kernel gives the lock back when its holder dies, however it dies. Inside the file the holder says who it is.
"""

import contextlib
import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from maquette import __version__
from maquette.domain.errors import Refused

LOCK_FILE = "serving.lock"
ID_FILE = "folder.id"

_TRIES = 3
"""Somebody who only looks who the holder is has the lock for a moment, too."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that works on the folder. ``url`` is empty if it serves nobody."""

    pid: int
    url: str
    version: str


class FolderLock:
    """The right to work on ``folder``, which must exist. Used by one thread."""

    def __init__(self, folder: Path, version: str = __version__) -> None:
        self._path = folder / LOCK_FILE
        self._version = version
        self._file: int | None = None

    def try_lock(self, url: str = "") -> bool:
        """Whether this process holds the lock now.

        Raises ``data_folder_busy`` if a process of another version holds it: that one would not understand our jobs.
        """
        if self._file is None and not self._take():
            holder = self.holder()
            if holder is not None and holder.version != self._version:
                raise _busy(holder, f"It is version {holder.version}, this is {self._version}.")
            return False
        self.announce(url)
        return True

    def lock(self, url: str = "") -> None:
        """Takes the lock, or raises ``data_folder_busy`` with the holder's address."""
        if not self.try_lock(url):
            raise _busy(self.holder(), "")

    def announce(self, url: str) -> None:
        """Says where this process serves; it must hold the lock."""
        if self._file is None:
            raise RuntimeError("the lock is not held")
        text = json.dumps(asdict(Holder(os.getpid(), url, self._version))).encode()
        os.pwrite(self._file, text, 0)
        os.ftruncate(self._file, len(text))

    def holder(self) -> Holder | None:
        """Who holds the lock, as far as the file tells; None when nobody does."""
        with contextlib.suppress(FileNotFoundError):
            file = os.open(self._path, os.O_RDONLY)
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(file)
            finally:
                os.close(file)
        return None

    def release(self) -> None:
        """Lets another process have it."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def _take(self) -> bool:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        for _ in range(_TRIES):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._file = file
                return True
            time.sleep(0.02)
        os.close(file)
        return False


def executor_id(folder: Path) -> str:
    """The name under which whoever holds the lock works: the same after a crash, so that it takes up its own jobs."""
    path = folder / ID_FILE
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.write_text(str(uuid4()), encoding="ascii")
        fresh.replace(path)
    return f"embedded:{path.read_text(encoding='ascii').strip()}"


def _read(file: int) -> Holder | None:
    # the holder may be writing this very moment: what cannot be read is unknown
    with contextlib.suppress(ValueError, KeyError, TypeError):
        said = json.loads(os.pread(file, 4096, 0))
        return Holder(said["pid"], said["url"], said["version"])
    return None


def _busy(holder: Holder | None, detail: str) -> Refused:
    if holder is None:
        return Refused("data_folder_busy")
    where = f" at {holder.url}" if holder.url else ""
    message = f"Process {holder.pid} works on this data folder already{where}. {detail}".strip()
    hint = f"Use {holder.url}, or stop process {holder.pid}." if holder.url else f"Stop process {holder.pid}."
    return Refused("data_folder_busy", message, hint)
