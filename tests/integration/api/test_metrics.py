"""``/metrics``: what a monitoring system reads, and that nobody's ids are in it."""

import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from maquette.app.keys import Asked
from maquette.domain import jobs as moves
from maquette.domain.errors import Permanent, Problem

from .conftest import World, make_world, serve

NAME = re.compile(r"[a-z][a-z0-9_]*")
IDS = re.compile(r"(?:job|ast|res|prj|tsk|wrk|upl)_[0-9a-f]{8}|[0-9a-f]{32}")


def scraped(world: World) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = world.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = list(text_string_to_metric_families(answer.text))
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(found: dict[Any, float], name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


def requests(found: dict[Any, float], route: str, status: str, method: str = "GET") -> float:
    return value(found, "maquette_http_requests_total", route=route, method=method, status=status)


def test_jobs_storage_and_process_are_told(make: Any) -> None:
    world = make()
    failing = world.job()["id"]
    world.job()
    world.move(failing, moves.fail, Problem.of(Permanent("engine_failed")))
    found = scraped(world)
    assert value(found, "maquette_jobs", pipeline="cutout", status="pending") == 1
    assert value(found, "maquette_jobs", pipeline="cutout", status="failed") == 1
    assert value(found, "maquette_queue_jobs", queue="cpu") == 2
    assert value(found, "maquette_assets", role="original") == 1
    assert value(found, "maquette_asset_bytes", role="original") > 100
    assert value(found, "maquette_database_up") == 1
    assert value(found, "maquette_data_free_bytes") == 10**9
    assert value(found, "process_resident_memory_bytes") > 1_000_000
    build = next(dict(labels) for name, labels in found if name == "maquette_build_info")
    assert build["version"] == "0.0.test"


def test_scrapes_close_together_share_one_look(make: Any) -> None:
    world = make()
    assert value(scraped(world), "maquette_jobs", pipeline="cutout", status="pending") == 0
    world.job()
    assert value(scraped(world), "maquette_jobs", pipeline="cutout", status="pending") == 0


def test_requests_are_counted_by_template_and_not_by_address(make: Any) -> None:
    world = make()
    job = world.job()
    token = {"X-Session-Token": job["session_token"]}
    for _ in range(3):
        assert world.http.get(f"/api/status/{job['id']}", headers=token).status_code == 200
    world.http.get(f"/api/status/{job['id']}")
    world.http.get(f"/api/v1/jobs/{job['id']}")
    world.http.head(f"/api/v1/jobs/{job['id']}")
    world.http.get("/api/v1/jobs/job_5f0c3a7e5f0c3a7e5f0c3a7e5f0c3a7e")
    world.http.get("/api/v1/nothing/at/all")
    world.http.get("/jobs/job_5f0c3a7e5f0c3a7e5f0c3a7e5f0c3a7e")
    world.http.request("BREW", "/api/v1/jobs")
    world.http.get("/healthz", headers={"Host": "elsewhere.example"})
    found = scraped(world)
    assert requests(found, "/api/status/{job_id}", "2xx") == 3
    assert requests(found, "/api/status/{job_id}", "4xx") == 1
    assert requests(found, "/api/v1/jobs/{job_id}", "2xx") == 1
    assert requests(found, "/api/v1/jobs/{job_id}", "2xx", "HEAD") == 1
    assert requests(found, "/api/v1/jobs/{job_id}", "4xx") == 1
    assert requests(found, "(unknown)", "4xx") == 2
    assert requests(found, "(page)", "2xx") == 1
    assert (
        sum(
            n
            for (name, labels), n in found.items()
            if name.endswith("requests_total") and ("method", "other") in labels
        )
        == 1
    )
    assert not [labels for _, labels in found if any(IDS.search(text) for _, text in labels)]


def test_where_keys_are_needed_only_an_admin_reads_them(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    create = world.services.access.keys.create
    admin, other = (create(Asked(name, is_admin=name == "admin")).secret for name in ("admin", "other"))
    with serve(world, access=replace(world.services.access, required=True)) as locked:
        assert locked.http.get("/metrics").status_code == 401
        for key, status in ((other, 403), (admin, 200)):
            assert locked.http.get("/metrics", headers={"Authorization": f"Bearer {key}"}).status_code == status


def test_names_follow_the_conventions(world: World) -> None:
    world.job()
    for family in text_string_to_metric_families(world.http.get("/metrics").text):
        assert NAME.fullmatch(family.name), family.name
        assert family.documentation.endswith("."), family.name
        assert family.name.startswith(("maquette_", "process_"))
        assert not family.name.startswith("maquette_") or family.type != "unknown"
        if family.type == "histogram":
            _check_histogram(family)


def _check_histogram(family: Any) -> None:
    assert family.name.endswith("_seconds")
    series: dict[frozenset[Any], list[tuple[float, float]]] = {}
    counts: dict[frozenset[Any], float] = {}
    for sample in family.samples:
        labels = frozenset((name, text) for name, text in sample.labels.items() if name != "le")
        if sample.name.endswith("_bucket"):
            series.setdefault(labels, []).append((float(sample.labels["le"]), sample.value))
        elif sample.name.endswith("_count"):
            counts[labels] = sample.value
    for labels, buckets in series.items():
        assert [n for _, n in buckets] == sorted(n for _, n in buckets)
        assert buckets[-1] == (float("inf"), counts[labels])


def test_open_streams_are_counted(make: Any) -> None:
    world = make()
    job = world.job()
    with httpx.stream("GET", f"{world.url}/api/v1/jobs/{job['id']}/events") as stream:
        lines = stream.iter_lines()  # letting go of it would close the stream
        next(lines)
        assert value(scraped(world), "maquette_http_open_streams") == 1
    found = scraped(world)
    for _ in range(100):
        if not value(found, "maquette_http_open_streams"):
            break
        found = scraped(world)
    assert value(found, "maquette_http_open_streams") == 0
    assert requests(found, "/api/v1/jobs/{job_id}/events", "2xx") == 1


def test_without_a_database_the_process_still_tells(make: Any) -> None:
    world = make()
    database = world.folder / "maquette.db"
    world.database.close()
    for file in world.folder.glob("maquette.db*"):
        file.rename(file.with_name(f"away-{file.name}"))
    database.mkdir()
    found = scraped(world)
    assert value(found, "maquette_database_up") == 0
    assert value(found, "process_resident_memory_bytes") > 0
    assert not [name for name, _ in found if name == "maquette_jobs"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-123.DEF_4", True), ("short", False), ("a b c d e f g h", False), ("x" * 65, False), ('"><script>', False)],
)
def test_a_sane_request_id_comes_back_and_another_is_replaced(world: World, given: str, kept: bool) -> None:
    answer = world.http.get("/healthz", headers={"X-Request-Id": given})
    assert (answer.headers["x-request-id"] == given) is kept
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", answer.headers["x-request-id"])


def test_each_request_is_one_line_except_polling(world: World, caplog: pytest.LogCaptureFixture) -> None:
    job = world.job()
    caplog.set_level(logging.INFO, "maquette.requests")
    caplog.clear()
    answer = world.http.get(f"/api/v1/jobs/{job['id']}", headers={"X-Request-Id": "my-request-1"})
    world.http.get(f"/api/status/{job['id']}", headers={"X-Session-Token": job["session_token"]})
    world.http.get("/healthz")
    assert answer.status_code == 200
    # the line of the POST before may come after its answer
    lines = [record for record in caplog.records if record.name == "maquette.requests"]
    (line,) = [record for record in lines if vars(record)["method"] == "GET"]
    facts = vars(line)
    assert (facts["method"], facts["route"], facts["status"]) == ("GET", "/api/v1/jobs/{job_id}", 200)
    assert facts["request_id"] == "my-request-1"
    assert facts["ms"] > 0
    assert job["id"] not in line.getMessage()
