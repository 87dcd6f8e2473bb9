"""Who is let in, what every answer carries, errors, the page, and what the server says of itself."""

import json
from pathlib import Path

import httpx
import pytest

from maquette.domain.errors import CODES
from maquette.pipelines.catalog import CATALOG
from maquette.ports.engines import Readiness

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:8000", "[::2]"])
@pytest.mark.parametrize("path", ["/", "/api/v1/jobs", "/api/status/x", "/api/v1/jobs/x/events", "/healthz"])
def test_foreign_host_names_are_refused(world, host, path):
    answer = world.http.get(path, headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "host_refused")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.0.0.1:1", "[::1]:80", "localhost."])
def test_loopback_names_are_fine(world, host):
    assert world.http.get("/healthz", headers={"Host": host}).status_code == 200


def test_configured_host(make):
    world = make(allowed_hosts=frozenset({"Studio.Lan"}))
    assert world.http.get("/healthz", headers={"Host": "studio.lan:8000"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_foreign_pages_change_nothing(world, headers):
    for method, path in (("POST", "/api/v1/projects"), ("PUT", "/api/v1/assets"), ("DELETE", "/api/v1/jobs/x")):
        answer = world.http.request(method, path, headers=headers, json={"name": "x"})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_the_own_page_may(world):
    headers = {"Origin": world.url, "Sec-Fetch-Site": "same-origin"}
    answer = world.http.post("/api/v1/projects", json={"name": "x"}, headers=headers)
    assert answer.status_code == 201
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/jobs", "/api/v1/jobs/x", "/api/status/x", "/api/v1/jobs/x/events", "/x.y"]
)
def test_every_answer_carries_the_headers(world, path):
    headers = world.http.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/v1/jobs/", 404, "not_found"),
        ("PUT", "/api/v1/jobs", 405, "method_not_allowed"),
        ("DELETE", "/api/v1/jobs/x/events", 405, "method_not_allowed"),
        ("POST", "/", 405, "method_not_allowed"),
        ("OPTIONS", "/api/v1/jobs", 405, "method_not_allowed"),
        ("GET", "/docs.html", 404, "not_found"),
    ],
)
def test_unknown_places(world, method, path, status, code):
    answer = world.http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/v1/assets", "GET, POST, PUT, HEAD"),
        ("/api/v1/assets/url", "POST"),
        ("/api/v1/projects/x", "GET, PATCH, DELETE, HEAD"),
        ("/api/v1/jobs/x/cancel", "POST"),
        ("/api/v1/jobs/x/events", "GET, HEAD"),
        ("/", "GET, HEAD"),
    ],
)
def test_other_methods_are_told_the_right_ones(world, path, allowed):
    answer = world.http.options(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_a_problem_in_full(world):
    answer = world.http.post("/api/v1/projects", json={"name": "", "kind": "boat"})
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "code", "detail", "hint", "errors"}
    assert [error["field"] for error in problem["errors"]] == ["body.name", "body.kind"]
    assert problem["title"] == CODES["invalid_request"].title


def test_a_bug_tells_an_id_and_no_details(make, caplog):
    def broken():
        raise ZeroDivisionError("secret detail")

    world = make(ready=broken)
    answer = world.http.get("/readyz")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "internal")
    assert problem["instance"].startswith("urn:uuid:")
    assert "secret" not in answer.text
    assert problem["instance"] in caplog.text
    assert "secret detail" in caplog.text


def test_a_bug_in_front_of_the_framework_is_told_alike(make, caplog):
    world = make()
    world.app._tail.heads = None
    problem = world.http.get("/api/v1/jobs/x/events").json()
    assert problem["code"] == "internal"
    assert problem["instance"] in caplog.text


def test_a_body_that_is_no_upload_is_small(world):
    for content in (b"x" * 2_000_000, iter([b"x" * 100_000] * 20)):
        answer = world.http.post("/api/v1/jobs", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


def test_health_and_readiness(make):
    world = make(ready=lambda: Readiness(False, "The job engine stands still.", "Restart it."))
    assert world.http.get("/healthz").json() == {"status": "ok", "version": "0.0.test"}
    answer = world.http.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert (answer.json()["detail"], answer.json()["hint"]) == ("The job engine stands still.", "Restart it.")
    assert make().http.get("/readyz").json()["ready"] is True


def test_pipelines(world):
    items = {item["name"]: item for item in world.http.get("/api/v1/pipelines").json()["items"]}
    assert list(items) == list(CATALOG)
    photo = items["photo_to_model"]
    assert photo == world.http.get("/api/v1/pipelines/photo_to_model").json()
    assert photo["offered"] is True
    assert (photo["max_photos"], photo["views"]) == (6, ["front", "left", "right", "back", "top", "bottom"])
    stages = {stage["stage"]: stage for stage in photo["stages"]}
    assert (*stages,)[:: len(stages) - 1] == ("uploading", "complete")
    assert (stages["generating"]["start"], stages["generating"]["end"]) == (30, 70)
    assert stages["generating"]["timeout_s"] > 0
    assert stages["generating"]["label"]
    assert photo["settings"]["quality"]["type"] == "choice"
    assert photo["settings"]["cutter"]["capability"] == "cutter"
    assert len(photo["ui_steps"]) == 5
    assert len(photo["status_map"]) == 11
    assert items["transcribe"]["offered"] is False
    assert items["cutout"]["ui_steps"] is None
    assert world.http.get("/api/v1/pipelines/sculpture").status_code == 404


def test_engines_and_statuses(world):
    engines = {item["name"]: item for item in world.http.get("/api/v1/engines").json()["items"]}
    assert engines["scissors"]["ready"] is True
    assert (engines["broken"]["ready"], engines["broken"]["hint"]) == (False, "Buy one.")
    body = world.http.get("/api/v1/statuses").json()
    moves = {entry["status"]: entry["moves"] for entry in body["statuses"]}
    assert moves["completed"] == []
    assert moves["failed"] == ["pending"]
    assert "input" in body["waiting_for"]


def test_no_page_built(world):
    answer = world.http.get("/job/job_1")
    assert answer.status_code == 200
    assert "make web" in answer.text


@pytest.fixture
def site(make, tmp_path):
    folder = tmp_path / "webui"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<p>the page</p>")
    (folder / "assets" / "main-abc123.js").write_text("1")
    (folder / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    return make(webui=folder)


@pytest.mark.parametrize("path", ["/", "/job/job_1", "/index.html", "/engines", "/healthzz"])
def test_page(site, path):
    answer = site.http.get(path)
    assert (answer.status_code, answer.text) == (200, "<p>the page</p>")
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_files_of_the_page(site):
    script = site.http.get("/assets/main-abc123.js")
    assert (script.text, script.headers["cache-control"]) == ("1", "public, max-age=31536000, immutable")
    assert "javascript" in script.headers["content-type"]
    assert site.http.get("/icon.svg").headers["cache-control"] == "no-cache"
    assert site.http.head("/").status_code == 200


@pytest.mark.parametrize(
    "path", ["/assets/gone.js", "/gone.png", "/assets/", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/a%00.js"]
)
def test_what_is_not_there(site, path):
    with httpx.Client() as client:
        answer = client.get(site.url + path)
    assert answer.status_code == 404
    assert "secret" not in answer.text.replace("secret.txt", "")


def test_openapi(world):
    served = world.http.get("/openapi.json").json()
    committed = json.loads((ROOT / "openapi.json").read_text())
    assert served == committed, "run `maquette openapi > openapi.json`"
    assert {"/api/status/{job_id}", "/api/v1/jobs/{job_id}/events", "/healthz"} <= set(served["paths"])


def test_every_error_in_openapi_is_a_problem(world):
    for path, operations in world.http.get("/openapi.json").json()["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and not path.startswith("/api/status"):
                    assert list(response["content"]) == ["application/problem+json"], (path, status)
