"""The polling route, word for word as its front end knows it."""

import json
import re

import pytest

from maquette.adapters.sql.status import StatusReader
from maquette.domain import jobs as moves
from maquette.domain.errors import Problem
from maquette.domain.states import Stage, WaitingFor

UNAUTHORIZED = b'{"success":false,"error":{"code":"UNAUTHORIZED"}}'
NOT_FOUND = b'{"success":false,"error":{"code":"NOT_FOUND"}}'


def status(world, job_id, token):
    headers = {"X-Session-Token": token} if token is not None else {}
    return world.http.get(f"/api/status/{job_id}", headers=headers)


def test_body_while_processing(world):
    job = world.job("photo_to_model")
    world.move(job["id"], moves.enter, stage=Stage.GENERATING)
    world.move(job["id"], moves.advance, fraction=0.375)
    answer = status(world, job["id"], job["session_token"])
    body = answer.json()
    at = body.pop("updatedAt")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z", at)
    assert answer.status_code == 200
    assert list(body)[:5] == ["success", "status", "stage", "progress", "resultId"]
    assert body == {
        "success": True,
        "status": "processing",
        "stage": "generating",
        "progress": 45,
        "resultId": None,
        "generationStatus": "job_created",
        "modelStatus": "generating_3d_model",
        "failedStage": None,
        "attempt": 1,
        "queuePosition": None,
        "costUsd": 0.0,
    }


def test_body_when_pending(world):
    job = world.job()
    body = status(world, job["id"], job["session_token"]).json()
    assert (body["status"], body["stage"], body["progress"], body["resultId"]) == ("pending", None, 0, None)
    assert body["queuePosition"] >= 1


def test_body_when_completed(world):
    job = world.job()
    result_id = world.finish(job["id"], {}, {})
    body = status(world, job["id"], job["session_token"]).json()
    assert (body["status"], body["stage"], body["progress"]) == ("completed", "complete", 100)
    assert body["resultId"] == result_id
    assert "errorMessage" not in body


def test_a_failed_job_is_answered_with_200_and_keeps_its_progress(world):
    job = world.job("photo_to_model")
    world.move(job["id"], moves.enter, stage=Stage.SUBMITTING)
    world.move(job["id"], moves.fail, Problem("engine_failed", "The engine gave up.", "Retry.", True))
    answer = status(world, job["id"], job["session_token"])
    body = answer.json()
    assert answer.status_code == 200
    assert (body["success"], body["status"], body["stage"], body["progress"]) == (True, "failed", "failed", 30)
    assert body["errorMessage"] == "The engine gave up."
    assert body["failedStage"] == "submitting"
    assert body["generationStatus"] == "job_creation_failed"


def test_a_held_job_shows_the_milestone(world):
    job = world.job("photo_to_model", hold_after=["removing_background"])
    world.move(job["id"], moves.enter, stage=Stage.REMOVING_BACKGROUND)
    world.move(job["id"], moves.hold, WaitingFor.INPUT)
    body = status(world, job["id"], job["session_token"]).json()
    assert (body["status"], body["generationStatus"]) == ("processing", "bgr_removed")


@pytest.mark.parametrize("token", [None, "", "short", "x" * 43, "x" * 500, "with space" * 5, "ü" * 43])
@pytest.mark.parametrize("known", [True, False])
def test_401_before_the_id_is_looked_at(world, token, known):
    job_id = world.job()["id"] if known else "job_missing"
    headers = [(b"X-Session-Token", token.encode())] if token is not None else []
    answer = world.http.get(f"/api/status/{job_id}", headers=headers)
    assert (answer.status_code, answer.content) == (401, UNAUTHORIZED)


def test_foreign_and_missing_jobs_give_the_same_bytes(world):
    mine, other = world.job(), world.job()
    foreign = status(world, other["id"], mine["session_token"])
    missing = status(world, "job_missing", mine["session_token"])
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content == NOT_FOUND
    assert {k: v for k, v in foreign.headers.items() if k != "date"} == {
        k: v for k, v in missing.headers.items() if k != "date"
    }


def test_every_replay_gets_a_token_of_its_own(world):
    body = {"pipeline": "cutout", "inputs": [{"asset_id": world.photo()["id"]}]}
    first, second = (
        world.http.post("/api/v1/jobs", json=body, headers={"Idempotency-Key": "tokens"}).json() for _ in range(2)
    )
    assert first["id"] == second["id"]
    assert first["session_token"] != second["session_token"]
    for job in (first, second):
        assert status(world, job["id"], job["session_token"]).status_code == 200


def test_other_methods(world):
    answer = world.http.post("/api/status/job_x")
    assert answer.status_code == 405
    assert answer.json() == {"success": False, "error": {"code": "METHOD_NOT_ALLOWED"}}
    assert world.http.head("/api/status/job_x").status_code == 401


def test_the_body_is_the_one_that_openapi_describes(world):
    from maquette.api.schemas.compat import StatusBody

    job = world.job()
    body = json.loads(status(world, job["id"], job["session_token"]).content)
    described = StatusBody.model_validate(body, by_alias=True).model_dump(
        mode="json", by_alias=True, exclude_unset=True
    )
    assert described.keys() == body.keys()


def test_a_database_that_does_not_answer_is_503_in_its_own_shape(make, tmp_path):
    world = make(status_reader=StatusReader(tmp_path / "none.db"))
    answer = status(world, "job_x", "x" * 43)
    assert (answer.status_code, answer.content) == (503, b'{"success":false,"error":{"code":"NOT_READY"}}')
    assert int(answer.headers["retry-after"]) > 0
