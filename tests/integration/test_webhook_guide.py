"""The receiver that the guide shows takes what is genuine, once, and nothing else."""

import asyncio
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.outbound.late import LateFetcher
from maquette.app.webhooks.sending import Sender
from maquette.domain.signatures import new_secret
from maquette.domain.webhooks import EVENTS, SCHEDULE_S, Webhook, message
from maquette.testing import ManualClock

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "webhooks.md").read_text(encoding="utf-8")
NOW = datetime.now(UTC)


@pytest.fixture
def receiver() -> Iterator[tuple[Any, str]]:
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    names: dict[str, Any] = {"__name__": "guide"}
    exec(compile(example, "guide", "exec"), names)

    heard: list[dict[str, Any]] = []
    more = {"secret": new_secret(), "seen": set(), "messages": heard}
    silent = {"heard": lambda _, told: heard.append(told), "log_message": lambda *_: None}
    kind = type("Quiet", (names["Receiver"],), more | silent)
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield kind, f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def call(url: str, secret: str, message_id: str = "msg_1", clock: ManualClock | None = None) -> int | None:
    clock = clock or ManualClock(datetime.now(UTC))
    webhook = Webhook("hook_1", "own_a", url, NOW, secret)
    told = message("job.completed", NOW, {"job_id": "job_1", "name": "Müller"})
    return asyncio.run(Sender(LateFetcher(clock, "0"), clock, loopback=True).send(webhook, message_id, told)).status


def test_what_is_genuine_is_heard_once(receiver):
    kind, url = receiver
    assert [call(url, kind.secret), call(url, kind.secret), call(url, kind.secret, "msg_2")] == [204] * 3
    assert [message["data"]["job_id"] for message in kind.messages] == ["job_1"] * 2


def test_what_is_forged_or_late_is_not(receiver):
    kind, url = receiver
    late = ManualClock(datetime.now(UTC))
    late.jump(-600)
    assert [call(url, new_secret()), call(url, kind.secret, clock=late)] == [401, 401]
    assert kind.messages == []


def test_the_guide_names_every_event_and_every_wait():
    named = re.findall(r"`((?:job|stage)\.\w+)`", GUIDE)
    assert set(named) == set(EVENTS)
    words = {5: "5 s", 300: "5 min", 1800: "30 min", **{hours * 3600: f"{hours} h" for hours in (2, 5, 10, 14, 20, 24)}}
    told = [words[seconds] for seconds in SCHEDULE_S]
    assert ", ".join(told[:-1]) + f" and {told[-1]}" in GUIDE.replace("\n", " ")
