"""A receiver of webhooks on loopback: verifies every call with the reference library, and misbehaves on demand."""

import threading
import time
from typing import Any

from standardwebhooks.webhooks import Webhook as Verifier

from maquette.testing.loopbacks.server import Call, Loopback, Reply, route


class Receiver(Loopback):
    """``answers`` are the statuses to come, then 204. ``heard`` are the messages that were accepted, with their ids."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = ""
        self.answers: list[Reply] = []
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.refused = 0
        self.came = threading.Event()

    @property
    def address(self) -> str:
        return f"{self.url}/hook"

    @property
    def ids(self) -> list[str]:
        return [message_id for message_id, _ in self.heard]

    @property
    def types(self) -> list[str]:
        return [message["type"] for _, message in self.heard]

    @route("POST", "/hook", "hook")
    def hook(self, call: Call) -> Reply:
        """Only a call that is signed, and not late, counts as heard."""
        message = Verifier(self.secret).verify(call.body, dict(call.headers))
        with self.lock:
            if self.answers:
                self.refused += 1
                return self.answers.pop(0)
            self.heard.append((call.headers["webhook-id"], message))
            self.came.set()
        return Reply(b"", 204)

    def wait(self, count: int, seconds: float = 20) -> None:
        """Until so many messages were heard."""
        until = time.monotonic() + seconds
        while len(self.heard) < count:
            assert time.monotonic() < until, f"only {self.types} came"
            time.sleep(0.02)
