"""Jobs over HTTP: accepted once, refused with a reason, moved by people."""

import os
import shutil
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from maquette.app.jobs import NewJob
from maquette.domain import jobs as moves
from maquette.domain.assets import Asset, Role
from maquette.domain.errors import Problem, Unavailable
from maquette.domain.fleet import Worker
from maquette.domain.jobs import Job, JobInput, Result, Task, TaskStatus
from maquette.domain.projects import Project, ProjectKind
from maquette.domain.states import Stage, WaitingFor

from .conftest import make_world, png, serve


def submit(world, key=None, **body):
    return world.http.post("/api/v1/jobs", json=body, headers={"Idempotency-Key": key} if key else None)


def given(*photos, **more):
    return [{"asset_id": photo["id"], **more} for photo in photos]


def act(world, job, verb, body=None):
    return world.http.post(f"/api/v1/jobs/{job['id']}/{verb}", json=body)


def test_accepted(world):
    photo = world.photo("left")
    answer = submit(
        world, pipeline="photo_to_model", inputs=given(photo, box=[1, 2, 30, 40]), settings={"quality": "fast"}
    )
    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert int(answer.headers["retry-after"]) > 0
    assert len(job.pop("session_token")) >= 43
    assert job["inputs"] == [{"asset_id": photo["id"], "view": "left", "box": [1, 2, 30, 40], "marks": None}]
    assert job["settings"] == {"quality": "fast", "shape": "auto", "dimensions": None, "cutter": None, "mesher": None}
    assert (job["status"], job["stage"], job["progress"], job["attempt"], job["seq"]) == ("pending", None, 0, 1, 1)
    assert (job["generation_status"], job["ui_stage"], job["model_status"]) == ("pending", None, "uploading_photos")
    assert job["queue_position"] >= 1
    assert world.http.get(answer.headers["location"]).json() == job
    assert job["id"] in world.enqueued


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"pipeline": "photo_to_model", "inputs": []}, 422, "no_photo"),
        ({"pipeline": "photo_to_model"}, 422, "no_photo"),
        ({"pipeline": "sculpture"}, 422, "unknown_pipeline"),
        ({"pipeline": "photo_to_model", "settings": {"dimensions": {"height": "x"}}}, 422, "invalid_dimensions"),
        ({"pipeline": "transcribe"}, 503, "pipeline_unavailable"),
        ({"pipeline": "cutout", "inputs": "PHOTO", "settings": {"cutter": "nobody"}}, 422, "unknown_engine"),
        ({"pipeline": "cutout", "inputs": "PHOTO", "settings": {"cutter": "laser"}}, 503, "engine_unavailable"),
        ({"pipeline": "cutout", "inputs": "PHOTO", "settings": {"sharpness": 3}}, 422, "unknown_setting"),
        ({"pipeline": "photo_to_model", "inputs": "PHOTO", "settings": {"quality": "best"}}, 422, "invalid_setting"),
        ({"pipeline": "cutout", "inputs": "PHOTO", "hold_after": ["generating"]}, 422, "unknown_stage"),
        ({"pipeline": "cutout", "inputs": "PHOTO", "hold_after": ["dreaming"]}, 422, "invalid_request"),
        ({"pipeline": "cutout", "inputs": "PHOTO", "project_id": "prj_none"}, 404, "not_found"),
        ({"pipeline": "cutout", "inputs": "PHOTO", "parent_job_id": "job_none"}, 404, "not_found"),
        ({"pipeline": "cutout", "inputs": [{"asset_id": "ast_none"}]}, 404, "not_found"),
        ({"pipeline": "cutout", "inputs": "PHOTO", "deadline_s": 0}, 422, "invalid_request"),
        ({"pipeline": "cutout", "inputs": "PHOTO", "budget_usd": -1}, 422, "invalid_request"),
        ({"pipeline": "cutout", "inputs": "PHOTO", "colour": "red"}, 422, "invalid_request"),
        ({"inputs": "PHOTO"}, 422, "invalid_request"),
        ([], 422, "invalid_request"),
    ],
)
def test_refused(world, body, status, code):
    before = len(world.enqueued)
    if isinstance(body, dict) and body.get("inputs") == "PHOTO":
        body = body | {"inputs": given(world.photo())}
    answer = world.http.post("/api/v1/jobs", json=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == answer.status_code
    assert problem["title"]
    assert problem["detail"]
    assert problem["hint"]
    assert len(world.enqueued) == before


def test_marks_are_kept_and_part_of_the_request(world):
    photo = world.photo("left", "plum")
    marks = {"clicks": [{"x": 1, "y": 2.5, "include": True}], "strokes": []}
    marked = given(photo, marks=marks | {"strokes": [{"points": [[1, 2], [3, 4]], "radius": 5, "include": False}]})
    job = submit(world, "marked", pipeline="cutout", inputs=marked).json()
    assert job["inputs"] == [marked[0] | {"view": "left", "box": None}]
    other = submit(world, "marked", pipeline="cutout", inputs=given(photo, marks=marks))
    assert other.json()["code"] == "idempotency_mismatch"


@pytest.mark.parametrize(
    "marks",
    [
        [],
        {"points": []},
        {"clicks": [{"x": "1", "y": 2}]},
        {"clicks": [{"x": -1, "y": 2}]},
        {"clicks": [{"x": 1, "y": 2, "include": 1}]},
        {"clicks": [{"x": 1, "y": 2}] * 201},
        {"strokes": [{"points": [], "radius": 2}]},
        {"strokes": [{"points": [[1, 2]] * 2001, "radius": 2}]},
        {"strokes": [{"points": [[1, 2]], "radius": 0}]},
    ],
)
def test_marks_that_are_none_are_refused(world, marks):
    answer = submit(world, pipeline="cutout", inputs=[{"asset_id": "ast_1", "marks": marks}])
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_views(world):
    front, plain = world.photo("front"), world.photo(None, "blue")
    two_fronts = submit(world, pipeline="photo_to_model", inputs=given(front, world.photo("front", "tan")))
    assert two_fronts.json()["code"] == "duplicate_view"
    assert submit(world, pipeline="photo_to_model", inputs=given(plain)).json()["code"] == "view_missing"
    seven = given(*[front] * 7)
    assert submit(world, pipeline="photo_to_model", inputs=seven).json()["code"] == "too_many_photos"
    assert submit(world, pipeline="photo_to_model", inputs=given(plain, view="back")).status_code == 202


def test_not_json(world):
    for content in (b"{", b"\xff\xfe", b"[" * 100_000, b'{"pipeline": NaN}'):
        answer = world.http.post("/api/v1/jobs", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), content[:10]


def test_fifty_identical_submits_make_one_job(world):
    body = {"pipeline": "cutout", "inputs": given(world.photo(colour="gold"))}
    before = len(world.enqueued)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: submit(world, "same", **body), range(50)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(world.enqueued) == before + 1
    other = submit(world, "same", **body, priority=1)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert submit(world, "another", **body).json()["id"] != answers[0].json()["id"]


def test_a_full_queue(make):
    world = make()
    world.services.jobs.max_queued = 1
    world.job()
    answer = submit(world, pipeline="cutout", inputs=given(world.photo()))
    assert (answer.status_code, answer.json()["code"]) == (429, "queue_full")
    assert int(answer.headers["retry-after"]) > 0


def test_cancel(world):
    job = world.job()
    first, second = act(world, job, "cancel"), act(world, job, "cancel")
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert (first.json()["status"], first.json()["error"]["code"]) == ("canceled", "canceled")
    assert job["id"] in world.engine.canceled


def test_a_completed_job_can_be_neither_canceled_nor_retried(world):
    job = world.job()
    world.finish(job["id"], {}, {})
    answer = act(world, job, "cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "job_finished")
    assert act(world, job, "retry").json()["code"] == "illegal_move"
    assert world.http.get(f"/api/v1/jobs/{job['id']}").json()["status"] == "completed"


def test_retry(world):
    job = world.job("photo_to_model")
    assert act(world, job, "retry").status_code == 409
    world.move(job["id"], moves.enter, stage=Stage.GENERATING)
    world.move(job["id"], moves.fail, Problem("engine_failed", "It broke.", "Retry.", True))
    shown = world.http.get(f"/api/v1/jobs/{job['id']}").json()
    assert shown["failed_stage"] == "generating"
    assert shown["error"] == {"code": "engine_failed", "message": "It broke.", "hint": "Retry.", "retryable": True}
    assert act(world, job, "retry", {"from_stage": "optimizing"}).json()["code"] == "illegal_move"
    answer = act(world, job, "retry", {"from_stage": "submitting"})
    assert (answer.status_code, answer.headers["location"]) == (202, f"/api/v1/jobs/{job['id']}")
    assert (answer.json()["attempt"], answer.json()["stage"], answer.json()["status"]) == (2, "submitting", "pending")
    assert world.enqueued.count(job["id"]) == 2


def test_resume(world):
    job = world.job("photo_to_model", hold_after=["removing_background"])
    assert act(world, job, "resume").json()["code"] == "illegal_move"
    world.move(job["id"], moves.enter, stage=Stage.REMOVING_BACKGROUND)
    world.move(job["id"], moves.hold, WaitingFor.INPUT)
    assert world.http.get(f"/api/v1/jobs/{job['id']}").json()["waiting_for"] == "input"
    answer = act(world, job, "resume")
    assert (answer.status_code, answer.json()["stage"]) == (202, "submitting")


def test_delete(world):
    job = world.job()
    answer = world.http.delete(f"/api/v1/jobs/{job['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    act(world, job, "cancel")
    assert world.http.delete(f"/api/v1/jobs/{job['id']}").status_code == 204
    gone = [world.http.get(f"/api/v1/jobs/{job['id']}{path}") for path in ("", "/tasks", "/logs", "/events")]
    assert {answer.status_code for answer in gone} == {404}


def test_the_time_of_arrival_is_told_once_it_can_be_known(make):
    world = make()
    photo = world.photo()
    job = world.services.jobs.create("local", NewJob("cutout", (JobInput(photo["id"]),))).job
    at = datetime.now(UTC)
    with world.database.write() as tx:
        tx.workers.join(Worker("wrk_1", "here", 1, "1", ("cpu",), 1, at, at))
        for number, stage in enumerate((Stage.UPLOADING, Stage.VALIDATING, Stage.REMOVING_BACKGROUND), 1):
            done = Task(f"tsk_{number}", job.id, "local", stage, 1, 1, at, TaskStatus.FINISHED, ended_at=at)
            tx.tasks.add(replace(done, duration_ms=20_000))
    shown = world.http.get(f"/api/v1/jobs/{job.id}").json()
    assert 60 <= (datetime.fromisoformat(shown["eta"]) - at).total_seconds() < 90
    assert world.http.get("/api/v1/jobs").json()["items"][0]["eta"] is not None
    unknown = submit(world, pipeline="photo_to_model", inputs=given(photo)).json()
    assert unknown["eta"] is None
    assert act(world, shown, "cancel").json()["eta"] is None


def test_list(make):
    world = make()
    made = [world.job()["id"] for _ in range(5)]
    act(world, {"id": made[0]}, "cancel")
    first = world.http.get("/api/v1/jobs", params={"limit": 2}).json()
    second = world.http.get("/api/v1/jobs", params={"limit": 9, "cursor": first["next_cursor"]}).json()
    assert [job["id"] for job in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None
    canceled = world.http.get("/api/v1/jobs", params={"status": "canceled"}).json()["items"]
    assert [job["id"] for job in canceled] == [made[0]]
    both = world.http.get("/api/v1/jobs", params={"status": ["canceled", "pending"]}).json()["items"]
    assert len(both) == 5
    for bad in ({"status": "asleep"}, {"limit": 0}, {"limit": 9999}, {"cursor": "nonsense"}):
        answer = world.http.get("/api/v1/jobs", params=bad)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), bad


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", f"/api/v1/jobs/ID{end}") for end in ("", "/tasks", "/logs", "/events")]
    + [("POST", f"/api/v1/jobs/ID/{verb}") for verb in ("cancel", "retry", "resume")]
    + [("DELETE", f"/api/v1/{kind}/ID") for kind in ("jobs", "assets", "projects")]
    + [("GET", f"/api/v1/assets/ID{end}") for end in ("", "/content", "/link")]
    + [("GET", "/api/v1/projects/ID"), ("GET", "/api/v1/results/ID"), ("GET", "/api/v1/results/ID/download")],
)
def test_foreign_and_missing_ids_give_the_same_bytes(world, method, path):
    foreign = give_away(world, path.split("/")[3])
    answers = [world.http.request(method, path.replace("ID", wanted)) for wanted in (foreign, "x_missing")]
    assert answers[0].status_code == answers[1].status_code == 404
    assert answers[0].content == answers[1].content
    assert [sorted(set(a.headers) - {"date"}) for a in answers] == [sorted(set(answers[0].headers) - {"date"})] * 2


def give_away(world, kind):
    """A row that belongs to somebody else."""
    wanted, at = f"x_{kind}_{uuid.uuid4().hex}", datetime.now(UTC)
    with world.database.write() as tx:
        if kind == "projects":
            tx.projects.add(Project(wanted, "other", ProjectKind.GENERIC, "theirs", at, at))
        elif kind == "assets":
            tx.assets.add(Asset(wanted, "other", Role.ORIGINAL, "image/png", "0" * 64, 9, at))
        else:
            job_id = wanted if kind == "jobs" else f"job_{wanted}"
            tx.jobs.add(Job(job_id, "other", "cutout", at, at))
            if kind == "results":
                tx.results.add(Result(wanted, job_id, "other", "cutouts", at, {}))
    return wanted


def test_a_full_disk_is_told_and_heals(make, monkeypatch):
    world = make()
    photo = world.photo()

    def full(*_):
        raise Unavailable("storage_full")

    with monkeypatch.context() as broken:
        broken.setattr(world.blobs, "receive", full)
        broken.setattr(world.services.jobs._engine, "enqueue", full)
        upload = world.http.post("/api/v1/assets", files={"file": ("a.png", png("blue"))})
        accepted = submit(world, pipeline="cutout", inputs=given(photo))
        for answer in (upload, accepted):
            assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
        assert world.http.get("/api/v1/jobs").json()["items"] == []
        assert world.http.get(photo["url"]).status_code == 200
    assert submit(world, pipeline="cutout", inputs=given(photo)).status_code == 202


def test_projects(world):
    made = world.http.post(
        "/api/v1/projects",
        json={"name": "Chair", "kind": "product", "dimensions": {"height": 80, "unit": "cm"}, "tags": ["oak"]},
    )
    assert made.status_code == 201
    project = made.json()
    assert project["dimensions"] == {"width": None, "height": 80.0, "depth": None, "unit": "cm"}
    url = made.headers["location"]
    changed = world.http.patch(url, json={"name": "Armchair", "sku": "A-1", "dimensions": None}).json()
    assert (changed["name"], changed["sku"], changed["dimensions"], changed["tags"]) == (
        "Armchair",
        "A-1",
        None,
        ["oak"],
    )
    for bad in ({"name": ""}, {"name": None}, {"owner_id": "x"}, {"dimensions": {"height": -1}}, {"kind": "boat"}):
        assert world.http.patch(url, json=bad).json()["code"] == "invalid_request", bad
    assert world.http.get(url).json() == changed
    assert world.http.delete(url).status_code == 204
    assert world.http.get(url).status_code == 404


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 12 MB, where this user may mount one."""
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("mounting needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_really_full_disk_is_told_and_heals(small_disk):
    with serve(make_world(small_disk)) as world:
        photo = world.photo()
        body = {"pipeline": "cutout", "inputs": given(photo)}
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        answers = [submit(world, **body) for _ in range(3)]
        answers += [world.http.post("/api/v1/assets", files={"file": ("a.png", png("blue"))})]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(507, "storage_full")] * 4
        assert world.http.get(photo["url"]).status_code == 200
        assert world.http.get("/api/v1/jobs").json()["items"] == []
        filler.unlink()
        assert submit(world, **body).status_code == 202
        assert world.photo(colour="blue")


def test_approve_is_a_field_of_a_job_that_has_something_to_approve(world):
    asset = world.photo("front")
    body = {"pipeline": "product_to_model", "inputs": [{"asset_id": asset["id"], "view": "front"}]}
    assert world.http.post("/api/v1/jobs", json=body).json()["settings"]["approve"] == "auto>=0.8"
    job = world.http.post("/api/v1/jobs", json=body | {"approve": "auto >= .5"}).json()
    assert job["settings"]["approve"] == "auto>=0.5"
    for wrong, code in (
        ({"approve": "perhaps"}, "invalid_setting"),
        ({"approve": "auto>=1.5"}, "invalid_setting"),
        ({"approve": "manual", "settings": {"approve": "never"}}, "invalid_request"),
        ({"pipeline": "photo_to_model", "approve": "manual"}, "unknown_setting"),
    ):
        answer = world.http.post("/api/v1/jobs", json=body | wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert answer.json()["hint"]


def test_approval_is_refused_while_nothing_waits_for_it(world):
    asset = world.photo("front")
    inputs = [{"asset_id": asset["id"], "view": "front"}]
    product = world.http.post("/api/v1/jobs", json={"pipeline": "product_to_model", "inputs": inputs}).json()["id"]
    other = world.http.post("/api/v1/jobs", json={"pipeline": "photo_to_model", "inputs": inputs}).json()["id"]
    review = world.http.get(f"/api/v1/jobs/{product}/approval").json()
    assert (review["is_open"], review["rule"], review["photos"], review["selection"]) == (
        False, "auto>=0.8", [], {"chosen": [], "left_out": []},
    )  # fmt: skip
    for path, sent in (
        (f"/api/v1/jobs/{product}/approve", {}),
        (f"/api/v1/jobs/{product}/approve", {"json": {"photos": [{"asset_id": asset["id"], "verdict": "reject"}]}}),
        (f"/api/v1/jobs/{other}/approve", {}),
    ):
        answer = world.http.post(path, **sent)
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
    assert world.http.get(f"/api/v1/jobs/{other}/approval").json()["code"] == "illegal_move"
    bad = {"photos": [{"asset_id": asset["id"], "verdict": "burn"}]}
    assert world.http.post(f"/api/v1/jobs/{product}/approve", json=bad).status_code == 422
    assert world.http.post("/api/v1/jobs/job_nobody/approve").status_code == 404
