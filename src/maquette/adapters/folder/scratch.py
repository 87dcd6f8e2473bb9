"""Where running stages have their files: a folder for each process that works, and who of them still lives.

Beside each folder lies a file that its process keeps locked (``flock``). The kernel gives the lock back when the
process dies, however it dies, so that everybody can tell a dead process's folder from a living one's.
"""

import fcntl
import os
import shutil
from pathlib import Path
from uuid import uuid4

_LOCK = ".lock"


class Scratch:
    """Nothing in ``root`` is worth keeping."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._held: dict[Path, int] = {}

    def take(self, worker_id: str) -> Path:
        """An empty folder for this process, until ``release`` or its death."""
        path = self._root / uuid4().hex
        descriptor = os.open(path.with_suffix(_LOCK), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, worker_id.encode())
        self._held[path] = descriptor
        path.mkdir(mode=0o700)
        return path

    def release(self) -> None:
        """Removes what this process took."""
        for path, descriptor in self._held.items():
            shutil.rmtree(path, ignore_errors=True)
            path.with_suffix(_LOCK).unlink(missing_ok=True)
            os.close(descriptor)
        self._held.clear()

    def sweep(self) -> tuple[str, ...]:
        """Removes what dead processes left. Returns the worker ids of those that died without a goodbye."""
        dead = tuple(filter(None, (self._bury(lock) for lock in self._root.glob(f"*{_LOCK}"))))
        for entry in self._root.iterdir():
            if entry.is_dir() and not entry.with_suffix(_LOCK).exists():
                shutil.rmtree(entry, ignore_errors=True)
        return dead

    def _bury(self, lock: Path) -> str:
        """The worker id in a lock that nobody holds; the folder goes before the lock does."""
        try:
            descriptor = os.open(lock, os.O_RDWR)
        except FileNotFoundError:
            return ""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)
            return os.pread(descriptor, 200, 0).decode()
        except BlockingIOError:
            return ""
        finally:
            os.close(descriptor)
