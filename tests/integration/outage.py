"""Takes Postgres away from a working ``maquette serve`` and gives it back. Used by the test and by the benchmark."""

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from PIL import Image, ImageDraw

from postgres import Server

PATIENCE_S = 120
ENDED = {"completed", "failed", "canceled"}
TERMINAL = {"job.completed", "job.failed", "job.canceled"}


@dataclass
class Report:
    """What the outages did."""

    statuses: dict[str, int] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    """Route and what it said while the database was away."""
    healed_s: list[float] = field(default_factory=list)
    """Seconds from each start of the database until every route works again."""
    doubles: int = 0
    """Requests that were sent again under their key and made a second job."""
    gaps: list[str] = field(default_factory=list)
    """Streams of events in which a number is missing or comes twice."""
    restarts: int = 0
    seconds: float = 0.0


class Service:
    """``maquette serve`` on a database of ours, as a process of its own."""

    def __init__(self, folder: Path, database: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAQUETTE_", "XDG_"))}
        named = {"HOME": str(folder), "MAQUETTE_DATA": str(folder / "data"), "MAQUETTE_DATABASE_URL": database}
        self.log = folder / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "maquette", "serve", "--port", "0", "--json"],
                env=kept | named | {"MAQUETTE_MAX_QUEUED": "1000"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.http = httpx.Client(base_url=json.loads(line)["url"], timeout=30)

    def stop(self) -> None:
        self.http.close()
        self.process.terminate()
        self.process.communicate(timeout=60)

    def kill(self) -> None:
        """With everything that it has started, as a machine that loses its power."""
        self.http.close()
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        for child in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        self.process.communicate()

    def photo(self, number: int) -> str:
        """A small photo that no other job has."""
        picture = Image.new("RGB", (96, 96), "#f0efe8")
        ImageDraw.Draw(picture).rectangle((30, 20, 66, 80), fill=(40 + number % 200, 60, number // 200))
        out = io.BytesIO()
        picture.save(out, "PNG")
        answer = self.http.post("/api/v1/assets", files={"file": ("a.png", out.getvalue())}, data={"view": "front"})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def submit(self, asset_id: str, key: str) -> httpx.Response:
        body = {"pipeline": "cutout", "inputs": [{"asset_id": asset_id}]}
        return self.http.post("/api/v1/jobs", json=body, headers={"Idempotency-Key": key})

    def events(self, job_id: str, since: int) -> Iterator[dict[str, Any]]:
        """One connection's worth of a job's events."""
        headers = {"Last-Event-ID": str(since)}
        with self.http.stream("GET", f"/api/v1/jobs/{job_id}/events", headers=headers) as answer:
            if answer.status_code == 200:
                yield from (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith('data: {"job'))


@contextlib.contextmanager
def served(folder: Path, database: str) -> Iterator[Service]:
    service = Service(folder, database)
    try:
        yield service
    finally:
        service.stop()


class Follower:
    """Reads a job's events to the end as a browser would: it comes back whenever the connection ends."""

    def __init__(self, service: Service, job_id: str) -> None:
        self.job_id = job_id
        self.seen: list[int] = []
        self._service = service
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def missed(self) -> bool:
        self._thread.join(PATIENCE_S)
        return self._thread.is_alive() or self.seen != list(range(1, len(self.seen) + 1))

    def _read(self) -> None:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                for event in self._service.events(self.job_id, max(self.seen, default=0)):
                    self.seen.append(event["seq"])
                    if event["type"] in TERMINAL:
                        return
            time.sleep(0.2)


def endure(folder: Path, server: Server, database: str, *, jobs: int, restarts: int, down_s: float) -> Report:
    """Lets a service work on ``jobs`` while the server is stopped and started ``restarts`` times."""
    report, started = Report(restarts=restarts), time.monotonic()
    with served(folder, database) as service:
        photos = [service.photo(number) for number in range(jobs)]
        keys = {f"key-{number}": photo for number, photo in enumerate(photos)}
        later = [list(keys)[place :: restarts + 1] for place in range(restarts + 1)]
        ids = {key: _accepted(service.submit(keys[key], key)) for key in later[0]}
        follower = Follower(service, ids[later[0][-1]])
        for number in range(restarts):
            _outage(service, server, report, number, ids, keys, down_s)
            ids |= {key: _accepted(service.submit(keys[key], key)) for key in later[number + 1]}
        found = _wait(service, set(ids.values()))
        report.statuses = dict(Counter(found.values()))
        report.doubles = len(service.http.get("/api/v1/jobs?limit=200").json()["items"]) - len(ids)
        report.gaps = [follower.job_id] if follower.missed() else []
        assert service.process.poll() is None, service.log.read_text()
    report.seconds = time.monotonic() - started
    return report


def _outage(
    service: Service,
    server: Server,
    report: Report,
    number: int,
    ids: dict[str, str],
    keys: dict[str, str],
    down_s: float,
) -> None:
    """The even ones come unannounced, the odd ones are announced."""
    job_id, key = next(iter(ids.values())), f"key-{number}"
    routes: dict[str, Callable[[], httpx.Response]] = {
        "list": lambda: service.http.get("/api/v1/jobs"),
        "job": lambda: service.http.get(f"/api/v1/jobs/{job_id}"),
        "accept": lambda: service.submit(keys[key], key),
        "cancel": lambda: service.http.post("/api/v1/jobs/job_none/cancel"),
        "events": lambda: service.http.get("/api/v1/jobs/job_none/events"),
        "create": lambda: service.http.post("/api/v1/projects", json={"kind": "product", "name": "x"}),
        "status": lambda: service.http.get(f"/api/status/{job_id}", headers={"X-Session-Token": "x" * 43}),
        "ready": lambda: service.http.get("/readyz"),
    }
    server.stop("fast" if number % 2 else "immediate")
    until = time.monotonic() + down_s
    try:
        while True:
            for name, ask in routes.items():
                answer = ask()
                again = "with" if "retry-after" in answer.headers else "without"
                report.answers[f"{name} {answer.status_code} {again} Retry-After"] += 1
            if time.monotonic() > until:
                break
    finally:
        server.start()
    begun = time.monotonic()
    for ask in routes.values():
        while ask().status_code >= 500:
            assert time.monotonic() < begun + PATIENCE_S, service.log.read_text()
            time.sleep(0.05)
    report.healed_s.append(time.monotonic() - begun)
    answer = service.submit(keys[key], key)
    ids[key] = _accepted(answer)


def _accepted(answer: httpx.Response) -> str:
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def _wait(service: Service, ids: set[str]) -> dict[str, str]:
    until = time.monotonic() + PATIENCE_S + 5 * len(ids)
    while True:
        found = {job["id"]: job["status"] for job in service.http.get("/api/v1/jobs?limit=200").json()["items"]}
        if set(found) >= ids and all(found[job_id] in ENDED for job_id in ids):
            return found
        assert time.monotonic() < until, (found, service.log.read_text())
        time.sleep(0.2)
