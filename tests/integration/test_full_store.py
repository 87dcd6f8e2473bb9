"""A disk that fills up between the engine and the stored model, as the old pages see it: told, and mended by a retry.

The database has a disk of its own, as where files lie on a volume: on one disk with it the job waits for room instead
(``test_full_disk``).
"""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from service import Service

SIZE = "24m"
MOUNT = 'for folder in "$1/blobs" "$1/scratch"; do mount -t tmpfs -o size="$2",mode=700 none "$folder"; done'
PATIENCE_S = 90.0


def within(data: Path, size: str) -> tuple[str, ...]:
    """Files and scratch on small disks of their own, which go when the process does."""
    return ("unshare", "-m", "sh", "-ec", f'{MOUNT}; shift 2; exec "$@"', "sh", str(data), size)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("full")
    for name in ("blobs", "scratch"):
        (folder / "data" / name).mkdir(parents=True, mode=0o700)
    if subprocess.run([*within(folder / "data", "1m"), "true"], capture_output=True).returncode:
        pytest.skip("a file system of its own needs the right to mount one (root, or a container with SYS_ADMIN)")
    running = Service(folder, "", within(folder / "data", SIZE), concurrency=1)
    yield running
    running.stop()


@contextlib.contextmanager
def filled(service: Service, name: str) -> Iterator[None]:
    """Not a page is left on that disk."""
    inside = Path(f"/proc/{service.process.pid}/root") / service.log.parent.relative_to("/") / "data" / name / "filler"
    with inside.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    yield
    inside.unlink()


def status(service: Service, job: dict[str, Any], *words: str) -> dict[str, Any]:
    """What the page polls, once it has one of these words."""
    until = time.monotonic() + PATIENCE_S
    headers = {"X-Session-Token": job["session_token"]}
    while True:
        body = service.http.get("/api/status", params={"job_id": job["id"]}, headers=headers).json()
        if body["generationStatus"] in words:
            return body
        assert time.monotonic() < until, body
        time.sleep(0.1)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("number", "disk"), [(0, "blobs"), (1, "scratch")])
def test_a_model_that_the_disk_has_no_room_for_is_saved_once_it_has(service: Service, number: int, disk: str) -> None:
    body = {
        "pipeline": "photo_to_model",
        "inputs": [{"asset_id": service.photo(90 + number)}],
        "settings": {"quality": "fast"},
        "hold_after": ["generating"],
    }
    job = service.http.post("/api/v1/jobs", json=body).json()
    url = f"/api/v1/jobs/{job['id']}"
    until = time.monotonic() + PATIENCE_S
    while (held := service.http.get(url).json())["status"] != "waiting":
        assert held["status"] != "failed", held["error"]
        assert time.monotonic() < until, held
        time.sleep(0.1)
    with filled(service, disk):
        service.http.post(f"{url}/resume")
        failed = status(service, job, "model_saving_failed", "model_saved")
    assert (failed["generationStatus"], failed["modelStatus"]) == ("model_saving_failed", "failed")
    assert failed["failedStage"] in ("storing", "optimizing")
    assert service.http.get(url).json()["error"]["code"] == "storage_full"
    assert service.http.post("/api/generate-model", json={"modelId": job["id"]}).status_code == 202
    saved = status(service, job, "model_saved", "model_saving_failed")
    assert saved["generationStatus"] == "model_saved"
    assert service.http.get(f"/api/v1/results/{saved['resultId']}/download?as=glb").content[:4] == b"glTF"
    tries = [task["stage"] for task in service.http.get(f"{url}/tasks").json()["items"] if not task["reused"]]
    assert tries.count("generating") == 1
