"""Queues over HTTP: looked at, paused, resumed; jobs moved within them; and told when they are full."""

from dataclasses import replace

from maquette.app.jobs import Jobs
from maquette.bootstrap import SystemClock

from .conftest import make_world, serve, shelf


def test_pausing_is_remembered_and_resuming_takes_it_back(world):
    http = world.http
    assert [queue["name"] for queue in http.get("/api/v1/queues").json()["items"]] == ["cpu", "gpu", "net"]
    paused = http.post("/api/v1/queues/gpu/pause").json()
    assert paused["paused"] and paused["changed_at"]
    assert http.post("/api/v1/queues/gpu/pause").json()["changed_at"] == paused["changed_at"]
    states = {queue["name"]: queue["paused"] for queue in http.get("/api/v1/queues").json()["items"]}
    assert states == {"cpu": False, "gpu": True, "net": False}
    assert not http.post("/api/v1/queues/gpu/resume").json()["paused"]


def test_there_are_no_other_queues(world):
    answer = world.http.post("/api/v1/queues/tpu/pause")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_pending_job_gets_another_place(world):
    job = world.job()
    moved = world.http.post(f"/api/v1/jobs/{job['id']}/priority", json={"priority": 7})
    assert (moved.status_code, moved.json()["priority"]) == (200, 7)
    assert world.engine.reordered == [(job["id"], 7)]
    assert world.http.post(f"/api/v1/jobs/{job['id']}/priority", json={"priority": 101}).status_code == 422
    world.http.post(f"/api/v1/jobs/{job['id']}/cancel")
    refused = world.http.post(f"/api/v1/jobs/{job['id']}/priority", json={"priority": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_move")


def test_the_room_that_is_left_is_told_and_a_full_queue_refuses(tmp_path):
    world = make_world(tmp_path)
    jobs = Jobs(world.database, world.engine, shelf(), SystemClock(), max_queued=2)
    world.services = replace(world.services, jobs=jobs)
    with serve(world):
        photo = world.photo()["id"]
        asked = {"pipeline": "cutout", "inputs": [{"asset_id": photo}]}
        answers = [world.http.post("/api/v1/jobs", json=asked) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert [answer.headers["ratelimit"] for answer in answers] == ['"jobs";r=1', '"jobs";r=0', '"jobs";r=0']
        full = answers[2]
        assert full.headers["ratelimit-policy"].startswith('"jobs";q=2')
        assert int(full.headers["retry-after"]) > 0
        assert full.json()["code"] == "queue_full"
        world.http.post(f"/api/v1/jobs/{answers[0].json()['id']}/cancel")
        assert world.http.post("/api/v1/jobs", json=asked).status_code == 202
