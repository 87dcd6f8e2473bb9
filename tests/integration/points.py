"""The places where a process touches the world: each write, flush, new name, commit, process and outgoing call.

``install`` counts them in this process and makes the Nth go wrong: ``kill`` ends the process there as the kernel would,
``full`` says "no space left" there and at the next few. Whatever moves bytes counts only inside ``folder``.
"""

import errno
import json
import os
import signal
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpcore
from sqlalchemy.engine.default import DefaultDialect

from maquette.adapters.processes.forked import ForkedProcesses

KILL, FULL = "kill", "full"
_FULL_FOR = 3
_SPACE = frozenset({"create", "mkdir", "write", "fsync", "link", "replace", "sendfile", "commit"})
"""Kinds of points that need space on the disk."""
_write = os.write


@dataclass
class Points:
    """Counts, and strikes at ``at`` (from 1; 0 never)."""

    folder: Path
    at: int
    fault: str
    said: Path
    counts: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, kind: str) -> None:
        """Called at each point, before what it names happens. Raises, kills, or returns."""
        with self.lock:
            if self.fault == FULL and kind not in _SPACE:
                return
            self.counts.append(kind)
            number = len(self.counts)
            if number == self.at:
                self._say(kind)
                if self.fault == KILL:
                    os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == FULL and self.at and self.at <= number < self.at + _FULL_FOR:
            raise _no_space(kind)

    def _say(self, kind: str) -> None:
        descriptor = _open(self.said, os.O_CREAT | os.O_WRONLY, 0o600)
        _write(descriptor, json.dumps({"hit": kind}).encode())
        os.close(descriptor)

    def inside(self, name: Any) -> bool:
        """Whether a path, or an open file, lies in the folder."""
        try:
            path = Path(f"/proc/self/fd/{name}").readlink() if isinstance(name, int) else os.fspath(name)
        except OSError:
            return False
        return str(path).startswith(str(self.folder))


def _no_space(kind: str) -> Exception:
    if kind == "commit":
        return sqlite3.OperationalError("database or disk is full")
    return OSError(errno.ENOSPC, "No space left on device")


_open = os.open


def install(points: Points) -> None:
    """Puts the counting in. For a process that was made for this and ends with it."""
    for name, kind in {"write": "write", "fsync": "fsync", "sendfile": "sendfile", "mkdir": "mkdir"}.items():
        _wrap_os(points, name, kind, place=0)
    for name in ("link", "replace", "rename"):
        _wrap_os(points, name, "link" if name == "link" else "replace", place=1)
    _wrap_os(points, "unlink", "unlink", place=0)
    _wrap_open(points)
    _wrap_commit(points)
    _wrap_calls(points)


def _wrap_os(points: Points, name: str, kind: str, place: int) -> None:
    real = getattr(os, name)

    def reached(*arguments: Any, **more: Any) -> Any:
        if points.inside(arguments[place]):
            points.reach(kind)
        return real(*arguments, **more)

    setattr(os, name, reached)


def _wrap_open(points: Points) -> None:
    def opened(path: Any, flags: int, *arguments: Any, **more: Any) -> int:
        if flags & os.O_CREAT and points.inside(path):
            points.reach("create")
        return _open(path, flags, *arguments, **more)

    os.open = opened  # type: ignore[assignment]


def _wrap_commit(points: Points) -> None:
    """Before a commit that changes something and, for what is then acknowledged, after it."""
    real: Callable[..., None] = DefaultDialect.do_commit

    def begin(_: DefaultDialect, connection: Any) -> None:
        # a pooled connection has a past: only what changed since here is this transaction's
        connection.info["changes before"] = connection.driver_connection.total_changes

    def commit(self: DefaultDialect, connection: Any) -> None:
        writes = connection.driver_connection.total_changes != connection.info.get("changes before")
        if writes:
            points.reach("commit")
        real(self, connection)
        connection.info["changes before"] = connection.driver_connection.total_changes
        if writes:
            points.reach("committed")

    DefaultDialect.do_begin = begin  # type: ignore[method-assign]
    DefaultDialect.do_commit = commit  # type: ignore[method-assign]


def _wrap_calls(points: Points) -> None:
    _wrap_async(points, httpcore.AsyncConnectionPool, "handle_async_request", "call")
    _wrap_async(points, ForkedProcesses, "run", "process")


def _wrap_async(points: Points, owner: type, name: str, kind: str) -> None:
    real = getattr(owner, name)

    async def called(*arguments: Any, **more: Any) -> Any:
        points.reach(kind)
        answer = await real(*arguments, **more)
        points.reach(f"{kind} answered")
        return answer

    setattr(owner, name, called)
