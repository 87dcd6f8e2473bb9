"""Pictures from a real server with a small engine: what the old front end polls, and what a receiver is told of it."""

import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from service import Service

import painters
from receivers import Receiver

TESTS = Path(painters.__file__).parent
STAGES = ["validating", "generating", "storing", "watermarking", "complete"]
PATIENCE_S = 120.0
pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Starts servers one after the other on the same data."""
    path = os.pathsep.join([str(painters.install(tmp_path)), str(TESTS), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    running: list[Service] = []

    def begin() -> Service:
        running.append(Service(tmp_path, "", concurrency=1, webhook_loopback=True))
        return running[-1]

    yield begin
    for service in running:
        if service.process.poll() is None:
            service.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def order(service: Service, **settings: Any) -> dict[str, Any]:
    given = {"prompt": "Make it a negative", "editor": "painter"} | settings
    body = {"pipeline": "image", "inputs": [{"asset_id": service.photo(1)}], "settings": given}
    answer = service.http.post("/api/v1/jobs", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()


def poll(service: Service, job: dict[str, Any]) -> list[tuple[str, str | None, int, str | None]]:
    """What the front end sees until the job has ended, each once."""
    seen: list[tuple[str, str | None, int, str | None]] = []
    until = time.monotonic() + PATIENCE_S
    while not seen or seen[-1][0] not in ("completed", "failed"):
        assert time.monotonic() < until, seen
        headers = {"X-Session-Token": job["session_token"]}
        body = service.http.get(f"/api/status/{job['id']}", headers=headers).json()
        row = (body["status"], body["stage"], body["progress"], body["resultId"])
        if seen[-1:] != [row]:
            seen.append(row)
        time.sleep(0.02)
    return seen


def picture(service: Service, result: str, name: str) -> np.ndarray:
    answer = service.http.get(f"/api/v1/results/{result}/download?as={name}")
    assert answer.status_code == 200, answer.text
    with Image.open(io.BytesIO(answer.content)) as opened:
        return np.asarray(opened.convert("RGB"), int)


def listen(service: Service, receiver: Receiver, *events: str) -> str:
    made = service.http.post("/api/v1/webhooks", json={"url": receiver.address, "events": list(events)}).json()
    receiver.secret = made["secret"]
    return made["id"]


def test_the_old_front_end_sees_its_stages_and_gets_a_clean_picture_and_a_marked_one(start, receiver):
    service = start()
    listen(service, receiver)
    job = order(service)
    seen = poll(service, job)
    stages = [stage for _, stage, _, _ in seen if stage]
    assert stages == sorted(stages, key=STAGES.index)
    assert [row[2] for row in seen] == sorted(row[2] for row in seen)
    assert all(result is None for *_, result in seen[:-1])
    status, stage, progress, result = seen[-1]
    assert (status, stage, progress) == ("completed", "complete", 100)
    assert result is not None
    clean, marked = picture(service, result, "edit"), picture(service, result, "preview")
    assert tuple(clean[0, 0]) == (255 - 240, 255 - 239, 255 - 232)
    assert np.abs(clean - marked).max() > 40
    receiver.wait(10)
    assert receiver.types[0] == "job.created"
    assert receiver.types[-1] == "job.completed"
    assert [data["data"]["seq"] for _, data in receiver.heard] == sorted(
        data["data"]["seq"] for _, data in receiver.heard
    )
    assert receiver.heard[-1][1]["data"]["result_id"] == result


def test_a_receiver_that_was_down_hears_of_it_from_the_next_server(start, receiver):
    service = start()
    webhook = listen(service, receiver, "job.completed")
    receiver.faults.add("hang", "hook")
    job = order(service)
    poll(service, job)
    while not receiver.calls:
        time.sleep(0.02)
    service.kill()
    service = start()
    receiver.wait(1, seconds=60)
    ((message_id, message),) = receiver.heard
    assert message["data"]["job_id"] == job["id"]
    until = time.monotonic() + 20
    place = f"/api/v1/webhooks/{webhook}/deliveries"
    while (delivery := service.http.get(place).json()["items"][0])["status"] != "delivered":
        assert time.monotonic() < until, delivery
        time.sleep(0.1)
    assert delivery["id"] == message_id
