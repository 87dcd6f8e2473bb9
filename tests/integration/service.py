"""``maquette serve`` as a process of its own, on a data folder and a database of ours."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil
from PIL import Image, ImageDraw


class Service:
    """Answers from the moment that it is made. What it says goes to ``folder/log``.

    ``within`` is a command that starts the server's in its own place, for instance with disks of its own.
    """

    def __init__(self, folder: Path, database: str, within: Sequence[str] = (), **settings: object) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAQUETTE_", "XDG_"))}
        given = {"data": folder / "data", "database_url": database, "max_queued": 1000} | settings
        named = {f"MAQUETTE_{name.upper()}": str(value) for name, value in given.items()}
        self.log = folder / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*within, sys.executable, "-m", "maquette", "serve", "--port", "0", "--json"],
                env=kept | named | {"HOME": str(folder)},
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
        """As an operator does."""
        self.http.close()
        self.process.terminate()
        self.process.communicate(timeout=60)

    def kill(self) -> None:
        """With everything that it has started, as a machine that loses its power."""
        self.http.close()
        family = psutil.Process(self.process.pid).children(recursive=True)
        for process in (self.process, *family):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.communicate()

    def photo(self, number: int) -> str:
        """A small photo that no other job has; its id."""
        picture = Image.new("RGB", (96, 96), "#f0efe8")
        ImageDraw.Draw(picture).rectangle((30, 20, 66, 80), fill=(40 + number % 200, 60, number // 200))
        out = io.BytesIO()
        picture.save(out, "PNG")
        answer = self.http.post("/api/v1/assets", files={"file": ("a.png", out.getvalue())}, data={"view": "front"})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def submit(self, asset_id: str, key: str, **more: Any) -> httpx.Response:
        body = {"pipeline": "cutout", "inputs": [{"asset_id": asset_id}]} | more
        return self.http.post("/api/v1/jobs", json=body, headers={"Idempotency-Key": key})

    def jobs(self) -> dict[str, str]:
        """Ids and statuses."""
        return {job["id"]: job["status"] for job in self.http.get("/api/v1/jobs?limit=200").json()["items"]}

    def events(self, job_id: str, since: int) -> Iterator[dict[str, Any]]:
        """One connection's worth of a job's events."""
        headers = {"Last-Event-ID": str(since)}
        with self.http.stream("GET", f"/api/v1/jobs/{job_id}/events", headers=headers) as answer:
            if answer.status_code == 200:
                yield from (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith('data: {"job'))


@contextlib.contextmanager
def served(folder: Path, database: str, **settings: object) -> Iterator[Service]:
    """Stops it at the end, however it went."""
    service = Service(folder, database, **settings)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.stop()
