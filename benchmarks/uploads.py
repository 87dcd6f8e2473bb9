"""Four photos of 100 MB at once: memory of the server, stalls of other requests, and what a 201 stands on.

    python benchmarks/uploads.py [--photos 4] [--way put|form|announced] [--megabytes 100] [--bucket]

The photos are real: PNGs of noise, stored without compression, which the intake decodes to their last byte. Each way
sends the same bytes to a `maquette serve` of its own, after a first small photo. Memory is the PSS of the server,
sampled while the bytes come, less what it was before; its children, who decode, are counted apart. A client asks
`/healthz` all the while. Beside the longest wait stands what is left of it without the time that asker and server
were ready to run and got no processor, which says more on a busy machine, and the longest wait without any upload.
With `strace`, one more upload shows what was flushed before its 201. `--bucket` keeps the files in the S3 server of
the tests. The aims: 16 MiB, 150 ms, file and folder flushed first, SHA-256 verified.
"""

import argparse
import base64
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import psutil
from PIL import Image

MIB = 1024**2
SERVE = "from maquette.cli.main import main; main()"
WARM_SIDE = 400


def draw(path: Path, megabytes: float, seed: int) -> str:
    """A PNG of noise of about that size; gives its SHA-256."""
    side = int((megabytes * 1e6 / 3) ** 0.5)
    noise = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    Image.fromarray(noise).save(path, compress_level=0)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def serving(folder: Path, megabytes: float, store: dict[str, str]) -> Iterator[tuple[str, psutil.Process]]:
    """A server of its own: its address and its process."""
    given = {"data": str(folder), "max_photo_mb": str(int(megabytes) + 50), "upload_seconds": "600"} | store
    variables = {f"MAQUETTE_{name.upper()}": value for name, value in given.items()}
    child = subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", "--port", "0", "--json"],
        env={name: value for name, value in os.environ.items() if not name.startswith("MAQUETTE_")} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdout
    try:
        url = json.loads(child.stdout.readline())["url"]
        while httpx.get(f"{url}/readyz").status_code != 200:
            time.sleep(0.1)
        yield url, psutil.Process(child.pid)
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(30)
        child.stdout.close()


class Watch:
    """Samples memory every 20 ms and asks `/healthz` every 10 ms until it is told to stop."""

    def __init__(self, url: str, server: psutil.Process) -> None:
        self._url, self._server = url, server
        self._stop = threading.Event()
        self.waits: list[float] = []
        self.served: list[float] = []
        self.own = self.children = 0
        self._threads = [threading.Thread(target=work) for work in (self._ask, self._weigh)]

    def __enter__(self) -> "Watch":
        self.before = self._server.memory_full_info().pss
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        with httpx.Client() as client:
            client.get(f"{self._url}/healthz")
            while not self._stop.wait(0.01):
                started, queued = time.monotonic(), self._queued()
                client.get(f"{self._url}/healthz").raise_for_status()
                self.waits.append(1000 * (time.monotonic() - started))
                self.served.append(max(0.0, self.waits[-1] - (self._queued() - queued)))

    def _queued(self) -> float:
        """Milliseconds that this thread and the server's event loop have waited for a processor so far."""
        mine = Path("/proc/thread-self/schedstat").read_text(encoding="ascii")
        theirs = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/schedstat").read_text(encoding="ascii")
        return sum(int(text.split()[1]) for text in (mine, theirs)) / 1e6

    def _weigh(self) -> None:
        while not self._stop.wait(0.02):
            self.own = max(self.own, self._server.memory_full_info().pss)
            self.children = max(self.children, sum(map(_pss, self._server.children(recursive=True))))


def _pss(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0


def send(url: str, path: Path, sha256: str, way: str) -> str:
    """Uploads one photo; gives the SHA-256 that the server kept."""
    with httpx.Client(base_url=url, timeout=600) as client, path.open("rb") as file:
        if way == "form":
            answer = client.post("/api/v1/assets", files={"file": (path.name, file)})
        elif way == "put":
            digest = base64.b64encode(bytes.fromhex(sha256)).decode()
            length = {"content-length": str(path.stat().st_size), "content-digest": f"sha-256=:{digest}:"}
            answer = client.put("/api/v1/assets", content=file, headers=length)
        else:
            told = {"name": path.name, "bytes": path.stat().st_size, "media_type": "image/png", "sha256": sha256}
            upload = client.post("/api/v1/uploads", json=told).raise_for_status().json()
            headers = upload["headers"] | {"content-length": str(path.stat().st_size)}
            client.put(httpx.URL(url).join(upload["url"]), content=file, headers=headers).raise_for_status()
            answer = client.post(f"/api/v1/uploads/{upload['id']}/complete")
        assert answer.status_code == 201, answer.text
        return answer.json()["sha256"]


@dataclass(frozen=True)
class Figures:
    """Milliseconds and bytes."""

    grown: int
    children: int
    longest: float
    served: float
    quiet: float
    seconds: float


def measure(photos: dict[Path, str], way: str, megabytes: float, store: dict[str, str], first: Path) -> Figures:
    """All photos at once, by one way."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), megabytes, store) as (url, server):
        send(url, first, hashlib.sha256(first.read_bytes()).hexdigest(), way)
        with Watch(url, server) as quiet:
            time.sleep(5)
        started = time.monotonic()
        with Watch(url, server) as busy, ThreadPoolExecutor(len(photos)) as pool:
            kept = list(pool.map(lambda path: send(url, path, photos[path], way), photos))
        seconds = time.monotonic() - started
        assert kept == list(photos.values()), "every byte arrived"
        return Figures(
            busy.own - busy.before, busy.children, max(busy.waits), max(busy.served), max(quiet.waits), seconds
        )


def flushed_first(photo: Path, sha256: str) -> list[str]:
    """What one upload makes durable, in order, up to its 201."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), 50, {}) as (url, server):
        trace = Path(folder) / "trace"
        calls = "trace=fsync,fdatasync,linkat,link,rename,sendto,sendmsg,write"
        tracer = subprocess.Popen(
            ["strace", "-f", "-y", "-s", "16", "-e", calls, "-o", str(trace), "-p", str(server.pid)],
            stderr=subprocess.DEVNULL,
        )
        time.sleep(2)
        send(url, photo, sha256, "put")
        time.sleep(1)
        tracer.send_signal(signal.SIGINT)
        tracer.wait(30)
        return list(_steps(trace.read_text().splitlines(), folder))


def _steps(lines: list[str], folder: str) -> Iterator[str]:
    for line in lines:
        if "HTTP/1.1 201" in line:
            yield "201"
            return
        found = re.search(r"(fsync|fdatasync|linkat|link|rename)\(.*?<?(" + re.escape(folder) + r"[^>\",]*)", line)
        if found and ("blobs" in found[2] or "maquette.db" in found[2]):
            name = re.sub(r"/[0-9a-f]{2,}", "/…", found[2].removeprefix(folder))
            yield f"{found[1]} {name}"


@contextlib.contextmanager
def bucket(wanted: bool) -> Iterator[dict[str, str]]:
    """Settings of a fresh bucket on the S3 server of the tests, or none."""
    if not wanted:
        yield {}
        return
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from s3server import make_bucket, running

    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as endpoint:
        yield make_bucket(endpoint).settings


def main() -> None:
    """Prints a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--photos", type=int, default=4)
    options.add_argument("--megabytes", type=float, default=100)
    options.add_argument("--way", choices=("put", "form", "announced"), action="append")
    options.add_argument("--bucket", action="store_true")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, bucket(asked.bucket) as store:
        paths = [Path(folder) / f"{number}.png" for number in range(asked.photos)]
        photos = {path: draw(path, asked.megabytes, seed) for seed, path in enumerate(paths)}
        first = Path(folder) / "first.png"
        small = draw(first, 3 * WARM_SIDE**2 / 1e6, 99)
        # what was just drawn must not be written back while somebody measures
        os.sync()
        print("| way | server grew | decoders | longest wait of others | of it served | without uploads | all sent |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for way in asked.way or ("put", "form", "announced"):
            found = measure(photos, way, asked.megabytes, store, first)
            print(
                f"| {way} | {found.grown / MIB:.1f} MiB | {found.children / MIB:.0f} MiB | {found.longest:.0f} ms "
                f"| {found.served:.0f} ms | {found.quiet:.0f} ms | {found.seconds:.1f} s |",
                flush=True,
            )
        if not asked.bucket and shutil.which("strace"):
            print("\n" + " -> ".join(flushed_first(first, small)))


if __name__ == "__main__":
    main()
