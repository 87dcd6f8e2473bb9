"""The e-commerce front end's calls, word for word; what takes longer than the caller waits, and what cannot be."""

import pytest

from internet import reply
from maquette.app.batches.feeder import Feeder
from maquette.domain.ids import new_id
from maquette.testing import ManualClock

from .conftest import png
from .test_models import glb, upload

AT_ONCE = {"Prefer": "wait=0"}
ROUTES = ("select-images", "remove-backgrounds", "approve-images", "generate-3d")


def post(world, route, headers=AT_ONCE, **body):
    return world.http.post(f"/api/{route}", json=body, headers=headers)


def job_of(world, task_id):
    return world.http.get(f"/api/v1/jobs/{task_id}").json()


def project_of(world, task_id):
    return world.http.get(f"/api/v1/projects/{job_of(world, task_id)['project_id']}").json()


@pytest.mark.parametrize(
    ("route", "pipeline", "holds"),
    [
        ("select-images", "product_to_model", ["selecting", "approving"]),
        ("remove-backgrounds", "cutout", []),
        ("generate-3d", "product_to_model", []),
    ],
)
def test_what_takes_longer_goes_on_and_says_where(world, route, pipeline, holds):
    photos = [world.photo(None, colour)["url"] for colour in ("red", "green")]
    product = new_id("sku")
    answer = post(world, route, product_id=product, image_urls=photos)
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert world.http.get(f"/api/status/{body['task_id']}", headers={"X-Session-Token": body["session_token"]}).json()
    assert body | {"session_token": ""} == {
        "product_id": product,
        "task_id": body["task_id"],
        "status": "pending",
        "estimated_completion": None,
        "cost": 0.0,
        "failed_images": [],
        "session_token": "",
    }
    job = job_of(world, body["task_id"])
    assert (job["pipeline"], job["hold_after"]) == (pipeline, holds)
    assert answer.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert [f"/api/v1/assets/{one['asset_id']}/content" for one in job["inputs"]] == photos


def test_a_product_is_the_project_of_its_id_or_its_sku(world):
    photo = world.photo(None)["url"]
    first, again = (post(world, "generate-3d", product_id=4711, image_urls=[photo]).json() for _ in range(2))
    assert project_of(world, first["task_id"])["sku"] == "4711"
    assert project_of(world, first["task_id"]) == project_of(world, again["task_id"])
    named = world.http.post("/api/v1/projects", json={"name": "Chair", "dimensions": {"height": 80}}).json()["id"]
    body = post(world, "generate-3d", product_id=named, image_urls=[photo]).json()
    job = job_of(world, body["task_id"])
    assert (job["project_id"], job["settings"]["dimensions"]) == (named, {"height": 0.8, "unit": "m"})


def test_photos_may_be_on_the_web_and_one_that_is_not_there_stops_no_other(world):
    world.internet.serve(reply(png("teal")), "photos.example:80")
    urls = ["http://photos.example/a.png", "http://127.0.0.1/b.png", "/api/v1/assets/ast_" + "0" * 32 + "/content"]
    answer = post(world, "generate-3d", product_id="web", image_urls=urls)
    assert answer.status_code == 202, answer.text
    assert [(one["url"], one["code"]) for one in answer.json()["failed_images"]] == [
        (urls[1], "url_refused"), (urls[2], "not_found")
    ]  # fmt: skip
    (given,) = job_of(world, answer.json()["task_id"])["inputs"]
    assert world.http.get(f"/api/v1/assets/{given['asset_id']}/content").content == png("teal")


@pytest.mark.parametrize(
    ("more", "code", "http"),
    [
        ({"image_urls": []}, "invalid_request", 422),
        ({"image_urls": ["x"] * 25}, "invalid_request", 422),
        ({"image_urls": "x"}, "invalid_request", 422),
        ({"image_urls": ["http://["]}, "url_refused", 422),
        ({"image_urls": ["http://169.254.169.254/latest"]}, "url_refused", 422),
        ({"image_urls": ["file:///etc/passwd"]}, "not_found", 404),
        ({"image_urls": ["ast_" + "0" * 32]}, "not_found", 404),
        ({"image_urls": ["model"]}, "not_an_image", 415),
        ({"product_id": None}, "invalid_request", 422),
        ({"product_id": {"$ne": 1}}, "invalid_request", 422),
        ({"product_id": "prj_missing"}, "not_found", 404),
    ],
)
@pytest.mark.parametrize("route", ROUTES)
def test_what_cannot_be_is_refused_in_the_old_shape(world, route, more, code, http):
    known = {"model": upload(world, glb()).json()["id"]}
    body = {"product_id": 1, "image_urls": [world.photo(None)["url"]]} | more
    if isinstance(body["image_urls"], list):
        body["image_urls"] = [known.get(url, url) for url in body["image_urls"]]
    answer = post(world, route, **body)
    assert (answer.status_code, answer.json()["code"]) == (http, code), answer.text
    told = answer.json()
    assert (told["success"], told["error"]["code"]) == (False, code.upper())
    assert told["detail"] == told["error"]["message"]


def test_settings_are_those_of_the_pipeline(world):
    photo = world.photo(None)["url"]
    answer = post(world, "generate-3d", product_id=1, image_urls=[photo], settings={"quality": "fast"})
    assert job_of(world, answer.json()["task_id"])["settings"]["quality"] == "fast"
    answer = post(world, "generate-3d", product_id=1, image_urls=[photo], settings={"colour": "red"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_setting")


def test_the_status_of_a_model_by_its_task_and_by_its_product(world):
    product = new_id("sku")
    task = post(world, "generate-3d", product_id=product, image_urls=[world.photo(None)["url"]]).json()["task_id"]
    by_task, by_product = (world.http.get(f"/api/model-status/{one}").json() for one in (task, product))
    assert (
        by_task
        == by_product
        == {
            "product_id": product,
            "task_id": task,
            "status": "pending",
            "stage": None,
            "progress": 0,
            "waiting_for": None,
            "model_url": None,
            "estimated_completion": None,
            "cost": 0.0,
            "error": None,
        }
    )
    assert world.http.get("/api/model-status/nothing").json()["error"]["code"] == "NOT_FOUND"
    assert world.http.get("/api/model-status/%00").status_code == 404
    head = world.http.head("/api/model-status/nothing")
    assert (head.status_code, head.content) == (404, b"")


def test_a_batch_in_the_old_shape(world):
    photos = [world.photo(None, colour)["url"] for colour in ("red", "green")]
    asked = {
        "products": [
            {"product_id": 1, "image_urls": photos},
            {"id": "two", "images": ["ast_" + "0" * 32]},
        ],
        "settings": {"quality": "fast"},
    }
    answer = world.http.post("/api/batch-process", json=asked, headers={"Idempotency-Key": new_id("key")})
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert list(body) == [
        "batch_id", "status", "total", "completed", "failed", "progress", "success_rate", "total_cost", "products"
    ]  # fmt: skip
    assert (body["status"], body["total"], body["failed"], body["success_rate"]) == ("running", 2, 1, 0.0)
    good, bad = body["products"]
    token = good.pop("session_token")
    assert token and bad["session_token"] is None
    good["session_token"] = None
    assert (good["product_id"], good["status"], good["error"]) == ("1", "queued", None)
    assert (bad["product_id"], bad["status"], bad["error"]["code"]) == ("two", "refused", "NOT_FOUND")
    assert world.http.get(f"/api/batch-status/{body['batch_id']}").json() == body
    canceled = world.http.post(f"/api/batch-cancel/{body['batch_id']}").json()
    assert (canceled["status"], canceled["products"][0]["status"]) == ("canceled", "canceled")
    assert world.http.get("/api/batch-status/bat_missing").json()["error"]["code"] == "NOT_FOUND"


def test_the_token_of_a_batched_product_opens_its_job_once_it_has_one(locked):
    alice = locked.owner("own_alice_batch")
    photo = alice.photo(None)["url"]
    asked = {"products": [{"product_id": name, "image_urls": [photo]} for name in ("a", "b")]}
    key = {"Idempotency-Key": new_id("key")}
    batch = alice.http.post("/api/batch-process", json=asked, headers=key).json()
    tokens = [one["session_token"] for one in batch["products"]]
    again = alice.http.post("/api/batch-process", json=asked, headers=key).json()
    assert again["batch_id"] == batch["batch_id"]
    assert [one["session_token"] for one in again["products"]] == [None, None]
    Feeder(alice.database, alice.services.jobs, alice.services.fetching, ManualClock(), lambda: True).feed()
    started = alice.http.get(f"/api/batch-status/{batch['batch_id']}").json()["products"]
    assert [one["session_token"] for one in started] == [None, None]
    jobs = [one["task_id"] for one in started]
    assert "session" not in alice.services.jobs.get("own_alice_batch", jobs[0]).settings
    for job, own, other in zip(jobs, tokens, reversed(tokens), strict=True):
        assert locked.client(**{"X-Session-Token": own}).get(f"/api/status/{job}").status_code == 200
        assert locked.client(**{"X-Session-Token": other}).get(f"/api/status/{job}").status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"products":[]}', b'{"products":[1]}', b"[" * 5000, b"\xff"])
def test_hostile_batches(world, body):
    answer = world.http.post("/api/batch-process", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "INVALID_REQUEST")


def test_what_belongs_to_others_is_missing(locked):
    alice, bob = locked.owner("own_alice_p"), locked.owner("own_bob_p")
    photo = alice.photo(None)
    task = post(alice, "generate-3d", product_id="p", image_urls=[photo["url"]]).json()["task_id"]
    for route in ROUTES:
        answers = [post(bob, route, product_id="p", image_urls=[one]) for one in (photo["id"], new_id("ast"))]
        assert {answer.status_code for answer in answers} == {404}
        assert answers[0].content == answers[1].content
    answers = [bob.http.get(f"/api/model-status/{one}") for one in (task, "p", new_id("job"))]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
