"""What loopbacks share whose work takes time: a book of tasks, signed addresses of files, and letters to a caller.

Faults of phase ``task`` are dealt out when a task is opened: ``refused``, ``fails``, ``stuck`` (at 99 for ever),
``backwards`` (progress falls before it is done), ``forever`` (at work without a sign). Those of phase ``file``:
``expired`` (the address is dead, a new one works) and ``truncated``. Those of phase ``callback``: ``duplicated``,
``late``, ``forged``.
"""

import functools
import http.client
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from maquette.testing.loopbacks.server import Answering, Call, Loopback, Reply, route

FATES = ("refused", "fails", "stuck", "backwards", "forever")


@dataclass(slots=True)
class Work:
    """One task. ``fate`` is what will go wrong with it; ``stage`` is ``queued``, ``running``, ``done``, ``failed``,
    ``refused`` or ``canceled``; ``progress`` goes from 0 to 100; times are in Unix seconds."""

    id: str
    kind: str
    asked: Mapping[str, Any]
    units: float
    unit: str
    fate: str = ""
    polls: int = 0
    stage: str = "queued"
    progress: int = 0
    created_at: float = field(default_factory=time.time)
    started_at: float = 0.0
    ended_at: float = 0.0

    @property
    def ended(self) -> bool:
        return self.stage not in ("queued", "running")


def keyed(answer: Answering) -> Answering:
    """Lets nobody in without the key."""

    @functools.wraps(answer)
    def guarded(self: Loopback, call: Call) -> Reply:
        return answer(self, call) if self.allows(call) else self.trouble("denied")

    return guarded


class TaskLoopback(Loopback):
    """A provider with tasks that are asked for until they end."""

    refunds = True
    """Whether a task that failed costs nothing."""

    def __init__(self, polls: int = 2, tls: Any = None) -> None:
        super().__init__(polls, tls)
        self.works: dict[str, Work] = {}
        self._files: dict[str, tuple[bytes, str]] = {}

    def open(self, kind: str, asked: Mapping[str, Any], units: float, unit: str = "credit") -> Work:
        """A new task, charged for."""
        fate = self.faults.takes("task", *FATES)
        work = Work(str(uuid.uuid4()), kind, asked, units, unit, fate)
        with self.lock:
            self.works[work.id] = work
        if units:
            self.charge(work.id, units, unit)
        return work

    def look(self, task: str) -> Work | None:
        """The task one step further on: somebody has asked for it."""
        with self.lock:
            work = self.works.get(task)
            if work is None or work.ended:
                return work
            before = work.stage
            work.polls += 1
            _step(work, self.polls)
            if work.ended:
                work.ended_at = time.time()
            if work.stage in ("failed", "refused"):
                self.refund(work)
        if work.stage != before:
            self.changed(work)
        return work

    def stop(self, task: str) -> bool:
        """Cancels it if it is not done. Nothing is refunded: the machine was at work."""
        with self.lock:
            work = self.works.get(task)
            if work is None or work.ended:
                return False
            work.stage, work.ended_at = "canceled", time.time()
        return True

    def refund(self, work: Work) -> None:
        """Takes the charge back, where the provider does that."""
        if self.refunds and work.units:
            self.charge(work.id, -work.units, work.unit)
            work.units = 0.0

    def changed(self, work: Work) -> None:
        """A task has come to another stage: for providers that call back."""

    def file(self, content: bytes, media_type: str = "model/gltf-binary", name: str = "model.glb") -> str:
        """A signed address of a file; each is another one."""
        token = secrets.token_hex(12)
        with self.lock:
            self._files[token] = (content, media_type)
        return f"{self.url}/files/{token}/{name}?Expires={int(time.time()) + 3600}&Signature={secrets.token_hex(16)}"

    @route("GET", "/files/{token}/{name}", "file")
    def deliver(self, call: Call) -> Reply:
        """As a store with signed addresses does: a key beside the signature is an error, a dead address says 403."""
        if "authorization" in call.headers:
            return Reply(b"<Error><Code>InvalidArgument</Code></Error>", 400, {"Content-Type": "application/xml"})
        token = call.found["token"]
        fault = self.faults.takes("file", "expired", "truncated")
        if fault == "expired":
            self._files.pop(token, None)
        content, media_type = self._files.get(token, (b"", ""))
        if not media_type:
            return Reply(b"<Error><Code>AccessDenied</Code></Error>", 403, {"Content-Type": "application/xml"})
        return Reply(content[: len(content) // 2] if fault == "truncated" else content, 200,
                     {"Content-Type": media_type})  # fmt: skip


def _step(work: Work, polls: int) -> None:
    if work.fate == "stuck":
        work.stage, work.progress = "running", 99
    elif work.fate == "forever":
        work.stage = "running"
    elif work.fate == "backwards" and work.polls <= polls + 2:
        work.stage, work.progress = "running", max(5, 90 - 20 * work.polls)
    elif work.polls < polls:
        queued = work.polls == 1 and polls > 2
        work.stage = "queued" if queued else "running"
        work.progress = 0 if queued else 95 * work.polls // polls
    elif work.fate in ("refused", "fails"):
        work.stage = "refused" if work.fate == "refused" else "failed"
    else:
        work.stage, work.progress = "done", 100
    if work.stage != "queued" and not work.started_at:
        work.started_at = time.time()


Letter = Callable[[float, bool], tuple[Mapping[str, str], bytes]]
"""Headers and body of a call back, sent at this time (Unix seconds), forged or not."""
LATE_S = 3600.0


def post(loopback: Loopback, url: str, letter: Letter) -> None:
    """Calls back, as the faults of phase ``callback`` want it, from another thread. Whoever does not listen misses it.

    ``duplicated`` sends it twice, ``late`` dates it an hour back, ``forged`` is not from the provider at all.
    """
    fault = loopback.faults.takes("callback", "duplicated", "late", "forged")
    headers, body = letter(time.time() - (LATE_S if fault == "late" else 0), fault == "forged")
    for _ in range(2 if fault == "duplicated" else 1):
        threading.Thread(target=_send, args=(url, headers, body), daemon=True).start()


def _send(url: str, headers: Mapping[str, str], body: bytes) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=10)
    try:
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request("POST", target, body, {"Content-Type": "application/json", **headers})
        connection.getresponse().read()
    except OSError:
        return
    finally:
        connection.close()
