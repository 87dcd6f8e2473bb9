"""What every loopback has: a small server, faults on demand, and a bill."""

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

HUGE = 1 << 30
"""Bytes that the fault ``huge`` would send if anybody read them all."""
TRICKLE_S = 0.2


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came. Names of headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    found: Mapping[str, str]
    """What the braces of the route's path matched."""
    at: float = 0.0

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: JSON, or bytes."""

    value: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def body(self) -> bytes:
        return self.value if isinstance(self.value, bytes) else json.dumps(self.value).encode()


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the bill: what the provider would have charged for which task."""

    task: str
    units: float
    unit: str


@dataclass(slots=True)
class _Fault:
    kind: str
    phase: str
    skip: int
    times: int


class Faults:
    """What is to go wrong, where and how often.

    General kinds: ``busy`` (429, passing), ``crowded`` (429, too many open), ``broke`` (402 or what says it),
    ``denied``, ``missing``, ``error`` (5xx), ``garbage``, ``hang``, ``trickle``, ``huge``, ``reset`` (the request is
    carried out, then the connection breaks), ``drop`` (it breaks first). Those of a task's life are asked for by
    ``takes``:
    ``stuck`` (at 99), ``backwards``, ``refused``, ``fails``, ``expired`` (addresses), ``truncated`` (files).
    """

    def __init__(self) -> None:
        self._faults: list[_Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: str, phase: str = "submit", *, skip: int = 0, times: int = 1) -> None:
        """Arms a fault for the requests of a phase (``submit``, ``poll``, ``result``, ``cancel``, ``file``…)."""
        with self._lock:
            self._faults.append(_Fault(kind, phase, skip, times))

    def takes(self, phase: str, *kinds: str) -> str:
        """The kind that is due now, of these if any are named; empty when all is well. Counts down."""
        with self._lock:
            for fault in self._faults:
                if fault.phase != phase or fault.times <= 0 or (kinds and fault.kind not in kinds):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault.kind
        return ""

    def clear(self) -> None:
        """All is well again."""
        with self._lock:
            self._faults.clear()


GENERAL = (
    "busy",
    "crowded",
    "broke",
    "denied",
    "missing",
    "error",
    "garbage",
    "hang",
    "trickle",
    "huge",
    "reset",
    "drop",
)
Answering = Callable[[Any, Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """Which method of a loopback answers what."""

    method: str
    pattern: re.Pattern[str]
    phase: str
    answer: Answering


def route(method: str, path: str, phase: str = "") -> Callable[[Answering], Answering]:
    """Marks a method of a ``Loopback``: ``path`` may hold ``{names}``, ``phase`` is what faults ask for."""

    def mark(answer: Answering) -> Answering:
        pattern = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "$")
        routes: list[Route] = getattr(answer, "routes", [])
        answer.routes = [*routes, Route(method, pattern, phase, answer)]  # type: ignore[attr-defined] - our own mark
        return answer

    return mark


class Loopback:
    """A server on a free port. Subclasses add routes, and ``trouble`` in the provider's own words.

        with MeshyLoopback() as meshy:
            Options("meshy", base_url=meshy.url, key=meshy.key)

    ``calls`` lists what came, ``bill`` what it would have cost, ``polls`` how often a task is asked for
    until it is done.
    """

    key = "loopback-key-never-shown"
    adapter = ""
    """The adapter that speaks with it, where it is not called as the loopback is."""
    options: Mapping[str, Any] = {}
    """What else that adapter has to be told, as in a table ``[engines.NAME]``."""
    bind = 0
    """The port to listen on; 0 takes a free one."""

    def __init__(self, polls: int = 2, tls: Any = None) -> None:
        self.polls = polls
        self.faults = Faults()
        self.calls: list[Call] = []
        self.bill: list[Charge] = []
        self.lock = threading.RLock()
        self._ended = threading.Event()
        self._routes = [entry for name in dir(type(self)) for entry in getattr(getattr(type(self), name), "routes", ())]
        self._server = ThreadingHTTPServer(("127.0.0.1", self.bind), _handler(self))
        self._server.daemon_threads = True
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def charge(self, task: str, units: float, unit: str) -> None:
        """Writes a line of the bill."""
        with self.lock:
            self.bill.append(Charge(task, units, unit))

    def trouble(self, kind: str) -> Reply:
        """The provider's own answer for ``busy``, ``crowded``, ``broke``, ``denied``, ``error`` and ``missing``."""
        status = {"busy": 429, "crowded": 429, "broke": 402, "denied": 401, "missing": 404}.get(kind, 500)
        return Reply({"message": kind}, status, {"Retry-After": "1"} if kind == "busy" else {})

    def allows(self, call: Call) -> bool:
        """Whether the request carries the key."""
        return call.headers.get("authorization", "").endswith(self.key)

    def seen(self, phase: str) -> list[Call]:
        """The requests of a phase."""
        return [call for call in self.calls for entry in self._routes
                if entry.phase == phase and entry.method == call.method and entry.pattern.match(call.path)]  # fmt: skip

    def phase(self, method: str, path: str) -> str:
        """The phase of a request; empty for one that it does not know, or that has none."""
        return next((entry.phase for entry in self._routes if entry.method == method and entry.pattern.match(path)), "")

    def answer(self, call: Call, handler: "BaseHTTPRequestHandler") -> Reply | None:
        """What is to be sent; None when the connection has been dealt with already."""
        self.calls.append(call)
        for entry in self._routes:
            match = entry.pattern.match(call.path)
            if match is None or entry.method != call.method:
                continue
            call = Call(call.method, call.path, call.query, call.headers, call.body, match.groupdict(), call.at)
            kind = self.faults.takes(entry.phase, *GENERAL) if entry.phase else ""
            return self._misbehave(kind, entry, call, handler) if kind else entry.answer(self, call)
        return self.trouble("missing")

    def _misbehave(self, kind: str, entry: Route, call: Call, handler: "BaseHTTPRequestHandler") -> Reply | None:
        if kind == "garbage":
            return Reply(b"<html>not what you asked for", 200, {"Content-Type": "text/html"})
        if kind == "reset":
            entry.answer(self, call)
        if kind in ("reset", "drop"):
            _break(handler)
            return None
        if kind == "hang":
            self._ended.wait(3600)
            return None
        if kind in ("trickle", "huge"):
            self._pour(handler, b" " if kind == "trickle" else b" " * 65536, TRICKLE_S if kind == "trickle" else 0)
            return None
        return self.trouble(kind)

    def _pour(self, handler: "BaseHTTPRequestHandler", piece: bytes, pause: float) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        # without a length it ends with the connection, so nobody can refuse it by its size before it came
        handler.send_header("Connection", "close")
        handler.end_headers()
        sent = 0
        try:
            while sent < HUGE and not self._ended.wait(pause):
                handler.wfile.write(piece)
                sent += len(piece)
        except OSError:
            return


def _break(handler: BaseHTTPRequestHandler) -> None:
    """Ends the connection by RST, as a machine does that goes away."""
    connection = handler.connection
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    connection.close()


def _handler(loopback: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            call = Call(self.command, parts.path, query, headers, body, {}, time.monotonic())
            reply = loopback.answer(call, self)
            if reply is None:
                self.close_connection = True
                return
            payload = reply.body
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: what came is in ``calls``."""

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                # the client went away, or a fault sent it away
                self.close_connection = True

    return Handler
