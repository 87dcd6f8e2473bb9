"""A real server whose disk is filled to the brim, over HTTP: nothing acknowledged is lost, and it heals by itself."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw

SIZE = "64m"
MOUNT = 'mount -t tmpfs -o size="$1",mode=700 none "$2" && shift 2 && exec "$@"'
PROGRAM = (sys.executable, "-c", "from maquette.cli.main import main; main()")
PATIENCE_S = 90.0


def _can_mount(folder: Path) -> bool:
    tried = subprocess.run(["unshare", "-m", "sh", "-c", MOUNT, "sh", "1m", str(folder), "true"], capture_output=True)
    return tried.returncode == 0


def photo(colour: str = "#b03030", side: int = 160) -> bytes:
    picture = Image.new("RGB", (side, side), "#f0efe8")
    ImageDraw.Draw(picture).ellipse((side // 4, side // 5, side * 3 // 4, side * 4 // 5), fill=colour)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def noise(side: int) -> bytes:
    """A photo that no packing makes smaller: about ``side * side`` bytes."""
    out = io.BytesIO()
    Image.frombytes("L", (side, side), os.urandom(side * side)).save(out, "PNG")
    return out.getvalue()


@dataclass
class Server:
    """A server whose data folder is a file system of its own, which goes when the process does."""

    process: "subprocess.Popen[str]"
    http: httpx.Client
    data: Path

    def fill(self) -> None:
        """Leaves not a page."""
        with (self.data / "filler").open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"\0" * size)

    def free(self) -> None:
        (self.data / "filler").unlink()

    def upload(self, data: bytes) -> httpx.Response:
        return self.http.post("/api/v1/assets", files={"file": ("a.png", data)}, data={"view": "front"})

    def create(self, asset_id: str, **more: Any) -> httpx.Response:
        return self.http.post("/api/v1/jobs", json={"pipeline": "cutout", "inputs": [{"asset_id": asset_id}]} | more)

    def job(self, job_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/api/v1/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait(self, job_id: str, *statuses: str) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_S
        while (job := self.job(job_id))["status"] not in statuses:
            assert time.monotonic() < until, f"{job_id} is still {job['status']} at {job['stage']}: {job['error']}"
            time.sleep(0.1)
        return job


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    data = tmp_path / "data"
    data.mkdir()
    if not _can_mount(data):
        pytest.skip("a file system of its own needs the right to mount one (root, or a container with SYS_ADMIN)")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAQUETTE_", "XDG_"))}
    settings = {"MAQUETTE_MAX_QUEUED": "1000", "MAQUETTE_CONCURRENCY": "1", "MAQUETTE_DATA": str(data)}
    command = ["unshare", "-m", "sh", "-c", MOUNT, "sh", SIZE, str(data), *PROGRAM, "serve", "--port", "0", "--json"]
    with (tmp_path / "err").open("w") as err:
        process = subprocess.Popen(
            command,
            env=kept | settings | {"HOME": str(tmp_path)},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            start_new_session=True,
        )
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line, (tmp_path / "err").read_text()
        told = json.loads(line)
        with httpx.Client(base_url=told["url"], timeout=60) as http:
            yield Server(process, http, Path(f"/proc/{process.pid}/root{data}"))
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout
        process.stdout.close()
        print((tmp_path / "err").read_text()[-6000:])


class Stream(threading.Thread):
    """Follows the events of a job, as a page does."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.seen, self.ended = url, list[int](), False
        self.opened = threading.Event()

    def run(self) -> None:
        with httpx.stream("GET", self.url, timeout=PATIENCE_S, headers={"accept": "text/event-stream"}) as answer:
            assert answer.status_code == 200
            self.opened.set()
            for line in answer.iter_lines():
                if line.startswith("id:"):
                    self.seen.append(int(line.partition(":")[2]))
        self.ended = True


def test_a_full_disk_is_told_survived_and_healed(server: Server) -> None:
    first = server.upload(photo()).json()["id"]
    done = server.create(first).json()
    server.wait(done["id"], "completed")
    other = server.upload(photo("#3050b0", 700)).json()["id"]
    running = server.create(other).json()
    stream = Stream(f"{server.http.base_url}/api/v1/jobs/{running['id']}/events")
    stream.start()
    assert stream.opened.wait(PATIENCE_S)
    server.wait(running["id"], "processing", "completed")
    server.fill()

    # nothing comes in that is not kept
    refused = server.upload(noise(900))
    assert (refused.status_code, refused.json()["code"]) == (507, "storage_full")
    accepted, codes = list[str](), set[tuple[int, str]]()
    for _ in range(600):
        answer = server.create(first)
        if answer.status_code == 202:
            accepted.append(answer.json()["id"])
        else:
            codes.add((answer.status_code, answer.json()["code"]))
            break
    assert codes == {(507, "storage_full")}

    # reading goes on
    assert server.http.get("/healthz").status_code == 200
    assert server.job(done["id"])["status"] == "completed"
    assert server.http.get("/api/v1/jobs").status_code == 200
    assert server.http.get(f"/api/v1/assets/{first}/content").content == photo()
    headers = {"x-session-token": done["session_token"]}
    polled = server.http.get(f"/api/status/{done['id']}", headers=headers)
    assert (polled.status_code, polled.json()["status"]) == (200, "completed")
    watched = Stream(f"{server.http.base_url}/api/v1/jobs/{done['id']}/events")
    watched.start()
    watched.join(PATIENCE_S)
    assert watched.ended
    assert watched.seen == list(range(1, done["seq"] + len(watched.seen)))
    time.sleep(3)
    assert server.upload(noise(901)).status_code == 507
    assert not stream.ended or server.job(running["id"])["status"] == "completed"

    # and when there is space, so does everything else, without a restart
    server.free()
    assert server.wait(running["id"], "completed", "failed", "canceled")["status"] == "completed"
    stream.join(PATIENCE_S)
    assert stream.ended
    assert stream.seen == list(range(1, server.job(running["id"])["seq"] + 1))
    for job_id in accepted:
        assert server.wait(job_id, "completed", "failed", "canceled")["status"] == "completed"
    fresh = server.upload(noise(900))
    assert fresh.status_code == 201
    last = server.create(first).json()
    assert server.wait(last["id"], "completed", "failed")["status"] == "completed"
    assert server.process.poll() is None
