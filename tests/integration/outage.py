"""Takes Postgres away from a working ``maquette serve`` and gives it back. Used by the test and by the benchmark."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from service import Service, served

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
        report.doubles = len(found) - len(ids)
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
        found = service.jobs()
        if set(found) >= ids and all(found[job_id] in ENDED for job_id in ids):
            return found
        assert time.monotonic() < until, (found, service.log.read_text())
        time.sleep(0.2)
