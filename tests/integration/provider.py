"""A provider on loopback that charges for each piece of work, and keeps a ledger of what it charged."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import Request, urlopen

WORK_S = 0.15


class Provider:
    """``honours_keys``: whether a request under a known ``Idempotency-Key`` is answered without another charge."""

    def __init__(self, *, honours_keys: bool) -> None:
        self.honours_keys = honours_keys
        self.charges: list[tuple[str, str]] = []
        """What for, and under which key."""
        self.url = ""
        self._lock = threading.Lock()

    def charge(self, purpose: str, key: str) -> None:
        with self._lock:
            if not (self.honours_keys and (purpose, key) in self.charges):
                self.charges.append((purpose, key))

    @property
    def duplicates(self) -> list[str]:
        """What was charged for more than once, as often as it was too often."""
        counts = Counter(purpose for purpose, _ in self.charges)
        return [purpose for purpose, count in counts.items() for _ in range(count - 1)]


@contextmanager
def provider(*, honours_keys: bool) -> Iterator[Provider]:
    """A provider that answers while the block runs."""
    ledger = Provider(honours_keys=honours_keys)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            ledger.charge(asked["purpose"], self.headers["idempotency-key"])
            time.sleep(WORK_S)
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def handle(self) -> None:
            # the caller may be dead by now
            try:
                super().handle()
            except OSError:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ledger.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield ledger
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def order(url: str, purpose: str, key: str) -> None:
    """What an engine does: one paid call."""
    body = json.dumps({"purpose": purpose}).encode()
    with urlopen(Request(url, body, {"Idempotency-Key": key}), timeout=30) as answer:
        answer.read()
