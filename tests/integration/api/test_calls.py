"""Commissions over HTTP: what is shown of them, and what a person decides."""

import pytest

from maquette.domain import jobs as moves
from maquette.domain.hosting import CallState, Handle
from maquette.domain.states import Stage, WaitingFor


@pytest.fixture
def held(world):
    """A job that waits because nobody knows whether its provider got the work."""
    job = world.job("photo_to_model")["id"]
    world.move(job, moves.enter, stage=Stage.GENERATING)
    world.move(job, moves.hold, WaitingFor.UNCERTAIN)
    return job


def test_a_job_that_waits_shows_what_is_undecided(world, held):
    call = world.call(held)
    seen = world.http.get(f"/api/v1/jobs/{held}").json()
    assert seen["waiting_for"] == "uncertain"
    assert [one["id"] for one in seen["undecided_calls"]] == [call]
    assert world.http.post(f"/api/v1/jobs/{held}/resume").json()["code"] == "illegal_move"


def test_nothing_secret_is_shown(world, held):
    handle = Handle("t1", {"status": "https://x.example/secret-address"}, {"more": "secret-more"}).document()
    world.call(held, handle=handle, external_id="t1", state=CallState.RUNNING)
    answer = world.http.get(f"/api/v1/jobs/{held}/calls")
    assert answer.json()["items"][0]["external_id"] == "t1"
    assert "secret" not in answer.text
    assert "wake" not in answer.text


def test_an_adopted_commission_lets_the_job_go_on(world, held):
    call, url = world.call(held), f"/api/v1/jobs/{held}/calls"
    answer = world.http.post(f"{url}/{call}/adopt", json={"external_id": "task-7"})
    assert (answer.status_code, answer.json()["status"]) == (202, "processing")
    assert world.enqueued.count(held) == 2
    (seen,) = world.http.get(url).json()["items"]
    assert (seen["state"], seen["external_id"], seen["undecided"]) == ("queued", "task-7", False)
    assert world.http.post(f"{url}/{call}/adopt", json={"external_id": "task-8"}).json()["code"] == "illegal_move"


def test_of_two_undecided_ones_the_last_decision_counts(world, held):
    first, second = world.call(held), world.call(held)
    url = f"/api/v1/jobs/{held}/calls"
    assert world.http.post(f"{url}/{first}/retry").json()["status"] == "waiting"
    assert world.http.post(f"{url}/{second}/retry").json()["status"] == "processing"
    assert [one["void"] for one in world.http.get(url).json()["items"]] == [True, True]


def test_a_forgotten_commission_fails_the_job(world, held):
    call = world.call(held)
    seen = world.http.post(f"/api/v1/jobs/{held}/calls/{call}/forget").json()
    assert (seen["status"], seen["error"]["code"]) == ("failed", "provider_lost")


@pytest.mark.parametrize("number", ["", " ", "x" * 201])
def test_a_number_that_is_none_is_refused(world, held, number):
    call = world.call(held)
    answer = world.http.post(f"/api/v1/jobs/{held}/calls/{call}/adopt", json={"external_id": number})
    assert answer.status_code == 422


def test_a_call_of_another_job_is_missing(world, held):
    call = world.call(world.job("photo_to_model")["id"])
    assert world.http.post(f"/api/v1/jobs/{held}/calls/{call}/forget").status_code == 404


def test_a_job_that_waits_for_money_may_be_given_more(world):
    job = world.job("photo_to_model", budget_usd=0.1)["id"]
    world.move(job, moves.enter, stage=Stage.GENERATING)
    world.move(job, moves.hold, WaitingFor.BUDGET)
    seen = world.http.post(f"/api/v1/jobs/{job}/resume", json={"budget_usd": 2.5}).json()
    assert (seen["status"], seen["budget_usd"]) == ("processing", 2.5)
