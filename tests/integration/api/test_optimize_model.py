"""The e-commerce front end's ``POST /api/optimize-model``, word for word as it knows it."""

import threading
import time

import pytest

from internet import reply
from maquette.domain import jobs as moves
from maquette.domain.assets import Role
from maquette.domain.errors import Problem
from maquette.domain.states import Stage

from .test_models import glb, upload

ROUTE = "/api/optimize-model"
GLB = "model/gltf-binary"


class Later:
    """Ends the next job while its request waits, as a worker would."""

    def __init__(self, world, end):
        self._world, self._end, self._known = world, end, len(world.enqueued)
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join(20)

    def _run(self):
        until = time.monotonic() + 15
        while len(self._world.enqueued) == self._known and time.monotonic() < until:
            time.sleep(0.02)
        self._end(self._world.enqueued[-1])


def lods(world):
    return {f"lod{k}": (world.store(glb(k), Role.LOD, GLB, f"lod{k}"),) for k in range(3)}


def completes(world, made):
    return Later(world, lambda job_id: world.finish(job_id, made, {}))


def test_the_answer_is_the_front_ends_own(world):
    model, made = upload(world, glb()).json(), lods(world)
    with completes(world, made):
        answer = world.http.post(ROUTE, json={"product_id": 17, "model_url": model["url"], "settings": {}})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    job_id, token = body.pop("job_id"), body.pop("session_token")
    urls = [f"/api/v1/assets/{made[f'lod{k}'][0].id}/content" for k in range(3)]
    assert list(body) == ["product_id", "optimized_model_url", "lods", "cost"]
    assert body == {
        "product_id": 17,
        "optimized_model_url": urls[0],
        "lods": [
            {"level": level, "name": f"lod{k}", "url": urls[k], "triangles": 0, "bytes": len(glb(k))}
            for k, level in enumerate(("high", "medium", "low"))
        ],
        "cost": 0.0,
    }
    assert world.http.get(urls[0]).content == glb(0)
    assert world.http.get(f"/api/status/{job_id}", headers={"X-Session-Token": token}).json()["status"] == "completed"
    assert world.http.get(f"/api/v1/jobs/{job_id}").json()["pipeline"] == "optimize"


def test_what_takes_longer_goes_on_and_says_where(world):
    model = upload(world, glb()).json()["id"]
    answer = world.http.post(ROUTE, json={"product_id": "p-1", "model_url": model}, headers={"Prefer": "wait=0"})
    assert answer.status_code == 202
    body = answer.json()
    assert body.pop("session_token")
    assert answer.headers["location"] == f"/api/v1/jobs/{body['task_id']}"
    assert body == {
        "product_id": "p-1",
        "task_id": body["task_id"],
        "status": "processing",
        "estimated_completion": None,
        "cost": 0.0,
    }


def test_a_job_that_fails_is_told_with_its_reason(world):
    model = upload(world, glb()).json()["id"]

    def fail(job_id):
        world.move(job_id, moves.enter, stage=Stage.OPTIMIZING)
        world.move(job_id, moves.fail, Problem("model_invalid", "It is hollow.", "Fill it.", False))

    with Later(world, fail):
        answer = world.http.post(ROUTE, json={"product_id": 1, "model_url": model})
    assert answer.status_code == 502
    assert (answer.json()["code"], answer.json()["detail"]) == ("model_invalid", "It is hollow.")


def started(world, model_url, **more):
    body = {"product_id": 1, "model_url": model_url, **more}
    return world.http.post(ROUTE, json=body, headers={"Prefer": "wait=0"})


def given(world, answer):
    """The asset that the job works on."""
    assert answer.status_code == 202, answer.text
    (asset,) = world.http.get(answer.headers["location"]).json()["inputs"]
    return asset["asset_id"]


def test_a_model_may_be_an_asset_a_result_or_on_the_web(world):
    model = upload(world, glb()).json()
    assert given(world, started(world, f"{world.url}{model['url']}")) == model["id"]
    made = lods(world)
    result = world.finish(world.job()["id"], made, {})
    url = f"/api/v1/results/{result}/download?as=medium"
    assert given(world, started(world, url)) == made["lod1"][0].id
    world.internet.serve(reply(glb(33)), "photos.example:80")
    fetched = world.http.get(f"/api/v1/assets/{given(world, started(world, 'http://photos.example/a.glb'))}").json()
    assert (fetched["name"], fetched["media_type"]) == ("a.glb", GLB)


def test_the_products_project_gives_the_size(world):
    project = world.http.post("/api/v1/projects", json={"name": "Chair", "dimensions": {"height": 80}}).json()["id"]
    model = upload(world, glb()).json()["id"]
    body = {"product_id": project, "model_url": model}
    answer = world.http.post(ROUTE, json=body, headers={"Prefer": "wait=0"})
    job = world.http.get(answer.headers["location"]).json()
    assert (job["project_id"], job["settings"]["dimensions"]) == (project, {"height": 0.8, "unit": "m"})


@pytest.mark.parametrize(
    ("url", "more", "status", "code"),
    [
        (None, {}, 422, "no_model"),
        ("ast_" + "0" * 32, {}, 404, "not_found"),
        ("/etc/passwd", {}, 404, "not_found"),
        ("http://[", {}, 422, "url_refused"),
        ("http://127.0.0.1/x.glb", {}, 422, "url_refused"),
        ("file:///etc/passwd", {}, 404, "not_found"),
        ("photo", {}, 415, "not_a_model"),
        ("model", {"settings": {"colour": "red"}}, 422, "unknown_setting"),
        ("model", {"settings": {"triangles": 5}}, 422, "invalid_setting"),
        ("model", {"product_id": None}, 422, "invalid_request"),
    ],
)
def test_what_cannot_be_is_refused(world, url, more, status, code):
    known = {"photo": world.photo()["id"], "model": upload(world, glb()).json()["id"]}
    answer = started(world, known.get(url, url), **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_same_key_is_the_same_job(world):
    model = upload(world, glb()).json()["id"]
    headers = {"Prefer": "wait=0", "Idempotency-Key": "optimize-once"}
    body = {"product_id": 1, "model_url": model}
    first, second = (world.http.post(ROUTE, json=body, headers=headers).json()["task_id"] for _ in range(2))
    assert first == second
