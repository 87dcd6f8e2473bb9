"""The places where a process touches the world: each write, flush, new name, commit, process and outgoing call.

``install`` counts them in this process and makes the Nth go wrong: ``kill`` ends the process there as the kernel would,
``full`` says "no space left" there and at the next few. Whatever moves bytes counts only inside ``folder``.
"""

import errno
import json
import os
import re
import signal
import sqlite3
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpcore
import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect

from maquette.adapters.processes.forked import ForkedProcesses

KILL, FULL = "kill", "full"
_FULL_FOR = 3
_SPACE = frozenset({"create", "mkdir", "write", "fsync", "link", "replace", "sendfile", "commit"})
"""Kinds of points that need space on the disk."""
_CHANGE = re.compile(r"\s*(WITH\b.*\b)?(INSERT|UPDATE|DELETE)\b", re.IGNORECASE | re.DOTALL)
_CHANGED = "changed in this transaction"
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

    def reach(self, kind: str, database: str = "") -> None:
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
            raise _no_space(database)

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


def _no_space(database: str) -> Exception:
    if database == "postgresql":
        return psycopg.errors.DiskFull("could not extend file")
    if database:
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
    event.listen(Engine, "after_cursor_execute", _note_change)
    real_commit, real_rollback = DefaultDialect.do_commit, DefaultDialect.do_rollback

    def commit(self: DefaultDialect, connection: Any) -> None:
        writes = connection.info.pop(_CHANGED, False)
        if writes:
            points.reach("commit", self.name)
        real_commit(self, connection)
        if writes:
            points.reach("committed")

    def rollback(self: DefaultDialect, connection: Any) -> None:
        connection.info.pop(_CHANGED, None)
        real_rollback(self, connection)

    DefaultDialect.do_commit = commit  # type: ignore[method-assign]
    DefaultDialect.do_rollback = rollback  # type: ignore[method-assign]


def _note_change(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
    # what returns rows is counted only when they have been read
    if (cursor.rowcount != 0 or cursor.description) and _CHANGE.match(statement):
        connection.info[_CHANGED] = True


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
