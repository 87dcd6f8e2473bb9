"""Deleting over HTTP, and thinking better of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maquette.app.keys import Asked
from maquette.domain import jobs as moves
from maquette.domain.assets import Role
from maquette.domain.errors import Permanent, Problem

WHAT = {"assets": "ast_x", "jobs": "job_x", "projects": "prj_x"}


def _fail(world, job_id):
    world.move(job_id, moves.fail, Problem.of(Permanent("no_subject")))


def _ids(world, path, **query):
    return [item["id"] for item in world.http.get(f"/api/v1/{path}", params=query).json()["items"]]


@pytest.fixture
def project(world):
    return world.http.post("/api/v1/projects", json={"name": "Chair"}).json()["id"]


def test_a_project_goes_with_its_jobs_and_photos_and_comes_back_whole(world, project):
    photo = world.photo(colour="navy", project_id=project)["id"]
    job = world.job(inputs=[{"asset_id": photo}], project_id=project)
    refused = world.http.delete(f"/api/v1/projects/{project}")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    assert project in _ids(world, "projects") and photo in _ids(world, "assets")
    _fail(world, job["id"])
    before = world.http.get(f"/api/v1/projects/{project}").json()
    assert world.http.delete(f"/api/v1/projects/{project}").status_code == 204
    for path, thing in (("projects", project), ("jobs", job["id"]), ("assets", photo)):
        assert world.http.get(f"/api/v1/{path}/{thing}").status_code == 404
        assert thing not in _ids(world, path)
        (gone,) = [i for i in world.http.get(f"/api/v1/{path}?deleted=true").json()["items"] if i["id"] == thing]
        until = datetime.fromisoformat(gone["restorable_until"]) - datetime.now(UTC)
        assert timedelta(days=6.9) < until <= timedelta(days=7)
    inside = world.http.post(f"/api/v1/jobs/{job['id']}/restore")
    assert (inside.status_code, inside.json()["code"]) == (409, "conflict")
    answer = world.http.post(f"/api/v1/projects/{project}/restore")
    assert (answer.status_code, answer.json()) == (200, before)
    assert before["restorable_until"] is None
    assert world.http.get(f"/api/v1/jobs/{job['id']}").json()["status"] == "failed"
    assert photo in _ids(world, "assets", project_id=project)
    assert _ids(world, "assets", deleted="true", project_id=project) == []


def test_a_job_goes_with_what_it_made(world):
    job = world.job()
    made = world.store(b"made", Role.CUTOUT, "image/png", "made.png")
    world.finish(job["id"], {"cutout": (made,)}, {})
    assert world.http.delete(f"/api/v1/jobs/{job['id']}").status_code == 204
    assert (
        world.http.get("/api/status/" + job["id"], headers={"x-session-token": job["session_token"]}).status_code == 404
    )
    back = world.http.post(f"/api/v1/jobs/{job['id']}/restore")
    assert (back.status_code, back.json()["status"]) == (200, "completed")


def test_an_asset_comes_back_with_its_bytes(world):
    photo = world.photo(colour="teal")
    bytes_before = world.http.get(photo["url"]).content
    assert world.http.delete(f"/api/v1/assets/{photo['id']}").status_code == 204
    assert world.http.get(photo["url"]).status_code == 404
    assert world.http.post(f"/api/v1/assets/{photo['id']}/restore").json() == photo
    assert world.http.get(photo["url"]).content == bytes_before


def test_an_asset_that_an_open_job_starts_from_stays(world):
    photo = world.photo(colour="olive")["id"]
    world.job(inputs=[{"asset_id": photo}])
    refused = world.http.delete(f"/api/v1/assets/{photo}")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")


@pytest.mark.parametrize("path", WHAT)
def test_what_cannot_be_restored_is_missing_in_the_same_bytes(world, path):
    living = {"assets": lambda: world.photo(), "jobs": lambda: world.job()}.get(
        path, lambda: world.http.post("/api/v1/projects", json={"name": "x"}).json()
    )()["id"]
    answers = [world.http.post(f"/api/v1/{path}/{thing}/restore") for thing in (living, WHAT[path])]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_the_key_of_a_deleted_job_stays_taken(world):
    body = {"pipeline": "cutout", "inputs": [{"asset_id": world.photo()["id"]}]}
    headers = {"idempotency-key": "kept while deleted"}
    job = world.http.post("/api/v1/jobs", json=body, headers=headers).json()
    world.http.post(f"/api/v1/jobs/{job['id']}/cancel")
    world.http.delete(f"/api/v1/jobs/{job['id']}")
    again = world.http.post("/api/v1/jobs", json=body, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "deleted")
    assert job["id"] in again.json()["hint"]
    assert world.http.post(f"/api/v1/jobs/{job['id']}/restore").status_code == 200
    again = world.http.post("/api/v1/jobs", json=body, headers=headers)
    assert (again.status_code, again.json()["id"]) == (202, job["id"])


def test_all_data_of_an_owner_goes_and_comes_back(make):
    world = make()
    project = world.http.post("/api/v1/projects", json={"name": "Chair"}).json()["id"]
    job = world.job(project_id=project)
    world.photo(colour="black")
    gone = world.http.delete("/api/v1/owners/local/data")
    assert gone.status_code == 200
    taken = gone.json()
    assert (taken["projects"], taken["jobs"], taken["assets"]) == (1, 1, 2)
    assert world.engine.canceled == [job["id"]]
    assert _ids(world, "projects") + _ids(world, "jobs") + _ids(world, "assets") == []
    back = world.http.post("/api/v1/owners/local/data/restore", json={"deleted_at": taken["deleted_at"]})
    assert back.json() == taken | {"restorable_until": None}
    assert world.http.get(f"/api/v1/jobs/{job['id']}").json()["status"] == "canceled"
    assert world.http.post("/api/v1/owners/local/data/restore").status_code == 404
    world.http.delete("/api/v1/owners/local/data")
    assert world.http.post("/api/v1/owners/local/data/restore").status_code == 200
    assert _ids(world, "projects") == [project]


def test_nobody_but_an_admin_touches_the_data_of_another_owner(make):
    world = make()
    world.photo()

    def key(owner, is_admin):
        made = world.services.access.keys.create(Asked("key", owner, is_admin))
        return {"authorization": f"Bearer {made.secret}"}

    stranger, admin = key("bob", False), key("root", True)
    answers = [
        (world.http.delete(f"/api/v1/owners/{name}/data", headers=stranger),
         world.http.post(f"/api/v1/owners/{name}/data/restore", headers=stranger))
        for name in ("local", "own_none")
    ]  # fmt: skip
    assert {(answer.status_code, answer.content) for pair in answers for answer in pair} == {
        (404, answers[0][0].content)
    }
    assert world.http.delete("/api/v1/owners/bob/data", headers=stranger).json()["assets"] == 0
    assert world.http.delete("/api/v1/owners/local/data", headers=admin).json()["assets"] == 1
    assert world.http.post("/api/v1/owners/local/data/restore", headers=admin).json()["assets"] == 1


def test_when_the_time_for_regrets_is_over_it_is_missing(make):
    from maquette.app.care import Care

    world = make()
    photo = world.photo()["id"]
    world.http.delete(f"/api/v1/assets/{photo}")
    world.app = None

    class Later:
        def now(self):
            return datetime.now(UTC) + timedelta(days=7, seconds=1)

        def monotonic(self):
            return 0.0

    care = Care(world.database, world.engine, Later(), undo_days=7)
    later = make_again(world, make, care)
    assert later.http.post(f"/api/v1/assets/{photo}/restore").status_code == 404
    assert _ids(later, "assets", deleted="true") == []


def make_again(world, make, care):
    services = replace(world.services, care=care)
    return make(**{name: getattr(services, name) for name in ("care", "uploads", "jobs", "projects", "results")})


def test_a_project_goes_out_and_comes_in_over_http(world, project):
    photo = world.photo(colour="gold", project_id=project)
    job = world.job(inputs=[{"asset_id": photo["id"]}], project_id=project)
    _fail(world, job["id"])
    out = world.http.get(f"/api/v1/projects/{project}/export")
    assert (out.status_code, out.headers["content-type"]) == (200, "application/zip")
    assert f"{project}.zip" in out.headers["content-disposition"]
    back = world.http.post("/api/v1/projects/import", content=out.content, headers={"content-type": "application/zip"})
    assert back.status_code == 201, back.text
    copy = back.json()["id"]
    assert back.headers["location"] == f"/api/v1/projects/{copy}"
    assert copy != project
    (twin,) = world.http.get("/api/v1/assets", params={"project_id": copy}).json()["items"]
    assert (twin["sha256"], twin["name"]) == (photo["sha256"], photo["name"])
    assert world.http.get(twin["url"]).content == world.http.get(photo["url"]).content
    (redone,) = world.http.get("/api/v1/jobs", params={"project_id": copy}).json()["items"]
    assert world.http.post(f"/api/v1/jobs/{redone['id']}/retry").status_code == 202


def test_what_is_no_project_does_not_come_in(world):
    def send(content, **headers):
        answer = world.http.post("/api/v1/projects/import", content=content, headers=headers)
        return answer.status_code, answer.json()["code"]

    assert send(b"PK, or so it says") == (422, "archive_invalid")
    assert send(b"x" * 21_000_000) == (413, "file_too_large")
    assert send(iter([b"x"])) == (411, "length_required")
    foreign, missing = (world.http.get(f"/api/v1/projects/{name}/export") for name in ("prj_a", "prj_b"))
    assert (foreign.status_code, foreign.content) == (404, missing.content)
