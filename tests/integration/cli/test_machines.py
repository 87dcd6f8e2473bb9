"""Servers and workers of their own, as an operator starts them."""

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.timeout(600)


def ready(started: Any) -> dict[str, Any]:
    """What a program says when it is ready."""
    return json.loads(started.wait_for("out", lambda line: line.startswith("{")))


@pytest.fixture
def machines(tmp_path: Path, program: Any, fresh_database: Any) -> Iterator[Any]:
    """Makes machines with data folders of their own on one Postgres, and blobs in a folder that all of them see."""
    shared = tmp_path / "shared"
    shared.mkdir()
    url = fresh_database()
    with ExitStack() as stack:

        def machine(name: str, *command: str) -> Any:
            home = tmp_path / name
            (home / "data").mkdir(parents=True, mode=0o700)
            (home / "data" / "blobs").symlink_to(shared)
            more = {"MAQUETTE_DATABASE_URL": url, "MAQUETTE_LINK_SECRET": "everybody knows it, all of them."}
            started = type(program)(home, **more).start(*command, "--json")
            stack.callback(lambda: started.process.poll() is None and (started.process.kill(), started.end()))
            return started

        yield machine


def test_two_servers_and_two_workers_on_four_machines_are_one_service(machines: Any, photos: Path) -> None:
    servers = [machines(f"api-{number}", "serve", "--port", "0", "--no-worker") for number in range(2)]
    first, second = (httpx.Client(base_url=ready(server)["url"], timeout=30) for server in servers)
    with first, second:
        told = first.get("/readyz").json()
        assert (told["ready"], told["message"]) == (True, "No worker runs: jobs are kept until one does.")
        with (photos / "block-front.jpg").open("rb") as photo:
            asset = first.post("/api/v1/assets", files={"file": ("front.jpg", photo)}).json()
        job = second.post("/api/v1/jobs", json={"pipeline": "cutout", "inputs": [{"asset_id": asset["id"]}]}).json()
        workers = [machines(f"worker-{number}", "worker", "--concurrency", "1") for number in range(2)]
        names = {ready(worker)["worker"] for worker in workers}
        assert len(names) == 2
        assert first.get("/readyz").json()["message"] == "ready"
        while (now := first.get(f"/api/v1/jobs/{job['id']}").json())["status"] not in ("completed", "failed"):
            pass
        assert now["status"] == "completed", now
        cut = second.get(f"/api/v1/results/{now['result_id']}/download", params={"as": "cutout"})
        assert cut.content.startswith(b"\x89PNG")
        link = first.get(f"/api/v1/assets/{asset['id']}/link").json()["url"]
        assert second.get(httpx.URL(link).raw_path.decode()).status_code == 200
    for started in (*workers, *servers):
        started.send(signal.SIGTERM)
    assert [started.end().code for started in (*workers, *servers)] == [0, 0, 0, 0]


def test_a_worker_beside_a_server_that_does_not_work_does_the_work(program: Any, photos: Path) -> None:
    server = program.start("serve", "--port", "0", "--no-worker", "--json")
    ready(server)
    worker = program.start("worker", "--queues", "cpu", "--json")
    said = ready(worker)
    assert (said["queues"], said["data"]) == (["cpu"], str(program.home / "data"))
    assert {"carve", "grabcut"} <= set(said["engines"])
    done = program.run("cutout", str(photos / "block-front.jpg"), "-o", "cut", "--json")
    assert done.code == 0, done.err
    assert (program.home / "cut" / "block-front.png").exists()
    worker.send(signal.SIGTERM)
    assert worker.end().code == 0
    server.send(signal.SIGTERM)
    assert server.end().code == 0


def test_queues_that_do_not_exist_are_refused_with_those_that_do(program: Any) -> None:
    ended = program.run("worker", "--queues", "cpu,tpu", "--json")
    assert ended.code == 2
    assert ended.document["error"]["code"] == "invalid_setting"
    assert "cpu,gpu,net" in ended.document["error"]["message"]
