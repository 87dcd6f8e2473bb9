"""A provider calls a real server back: its commission is asked for at once, and a forged call is none."""

import base64
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from service import Service, served

from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.domain.calls import ProviderCall
from maquette.testing.loopbacks.replicate import SECRET, ReplicateLoopback

PUBLIC = "http://maquette.example"
PATIENCE_S = 120.0


def calls_of(folder: Path, job_id: str) -> tuple[ProviderCall, ...]:
    database = SqlDatabase(sqlite_url(folder / "data" / "maquette.db"))
    with database.read() as tx:
        found = tx.calls.of_job(job_id)
    database.close()
    return found


def behind_the_proxy(service: Service) -> httpx.Client:
    """It tells by which name it is reached from outside; here it is asked directly."""
    service.http.close()
    found = psutil.Process(service.process.pid).net_connections("tcp4")
    (port,) = [one.laddr.port for one in found if one.status == psutil.CONN_LISTEN]
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)


def until(look: Any) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


@pytest.mark.timeout(400)
def test_a_hosted_picture_is_fetched_when_its_provider_calls(tmp_path: Path) -> None:
    with ReplicateLoopback() as provider:
        provider.faults.add("forever", "task")
        options = {
            "base_url": provider.url,
            "key": provider.key,
            "model": "owner/edit",
            "capability": "editor",
            "webhook_secret": "whsec_" + base64.b64encode(SECRET).decode(),
        }
        configured = {f"engines__replicate__{name}": value for name, value in options.items()}
        with served(tmp_path, "", concurrency=1, public_url=PUBLIC, require_key=False, **configured) as service:
            service.http = behind_the_proxy(service)
            asked = {"prompt": "a red chair", "editor": "replicate"}
            job = service.http.post("/api/v1/jobs", json={"pipeline": "image", "settings": asked}).json()
            work = until(lambda: next(iter(provider.works.values()), None))
            address = urlsplit(work.asked["webhook"])
            assert f"{address.scheme}://{address.netloc}" == PUBLIC
            assert address.path.startswith("/api/v1/hooks/replicate/")
            (call,) = until(lambda: [one for one in calls_of(tmp_path, job["id"]) if one.external_id == work.id])
            assert address.path.rsplit("/", 1)[1] not in repr(call)
            with provider.lock:
                work.stage, work.progress, work.ended_at = "done", 100, time.time()
            headers, body = provider.letter(work.id, time.time(), forged=True)
            refused = service.http.post(address.path, content=body, headers=dict(headers))
            assert (refused.status_code, refused.json()["code"]) == (403, "callback_refused")
            headers, body = provider.letter(work.id, time.time())
            for _ in range(2):
                assert service.http.post(address.path, content=body, headers=dict(headers)).status_code == 204

            def ended() -> Any:
                now = service.http.get(f"/api/v1/jobs/{job['id']}").json()
                return now if now["status"] in ("completed", "failed") else None

            done = until(ended)
            assert done["status"] == "completed", done["error"]
            result = service.http.get(f"/api/v1/results/{done['result_id']}").json()
            assert set(result["assets"]) == {"edit", "preview"}
            assert [one.wakes for one in calls_of(tmp_path, job["id"])] == [1]
            headers, body = provider.letter(work.id, time.time())
            assert service.http.post(address.path, content=body, headers=dict(headers)).status_code == 204
    assert len(provider.seen("submit")) == 1
