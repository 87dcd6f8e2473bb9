"""Costs over HTTP: the ledger, sums, CSV, usage, and what a job would cost."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from maquette.domain.calls import ProviderCall
from maquette.domain.fleet import Queue
from maquette.domain.hosting import Abilities, Billed, CallState, Takes
from maquette.domain.ids import LOCAL_OWNER, new_id
from maquette.domain.money import Price
from maquette.domain.states import Stage
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, Readiness
from maquette.testing import Shelf

START = datetime(2026, 11, 20, 12, tzinfo=UTC)


def commission(world, minute=0, owner=LOCAL_OWNER, **fields):
    at = START + timedelta(minutes=minute)
    given = {"job_id": "job_1", "engine": "meshy", "state": CallState.SUCCEEDED, "billed": Billed.YES, **fields}
    known = {"order_key": new_id("key"), "stage": Stage.GENERATING, "attempt": 1, "capability": "mesher"}
    call = ProviderCall(new_id("call"), owner, created_at=at, updated_at=at, **known | given)
    with world.database.write() as tx:
        tx.calls.add(call)
    return call


@pytest.fixture(scope="module")
def ledger(world):
    return (
        commission(world, 0, cost_usd=0.6, units=30.0, unit="credit", price_at="2026-11-01"),
        commission(world, 1, cost_usd=0.4, engine="fal", response={"cost_estimated": True}),
        commission(world, 24 * 60, state=CallState.RUNNING, billed=Billed.NO, reserved_usd=0.7, job_id="job_2"),
        commission(world, 0, owner="own_other", cost_usd=100.0),
    )


def test_commissions_are_listed_newest_first_with_totals(world, ledger):
    body = world.http.get("/api/v1/costs").json()
    assert [item["id"] for item in body["items"]] == [call.id for call in reversed(ledger[:3])]
    assert (body["by"], body["cost_usd"], body["reserved_usd"], body["unknown"]) == ("call", 1.0, 0.7, 0)
    running, fal, meshy = body["items"]
    assert (running["cost_usd"], running["reserved_usd"]) == (None, 0.7)
    assert (fal["estimated"], meshy["estimated"]) == (True, False)
    assert (meshy["units"], meshy["unit"], meshy["price_at"]) == (30.0, "credit", "2026-11-01")
    assert meshy["reserved_usd"] is None


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("day", ["2026-11-21", "2026-11-20"]),
        ("engine", ["fal", "meshy"]),
        ("job", ["job_2", "job_1"]),
    ],
)
def test_sums_come_in_pages(world, ledger, by, keys):
    seen, cursor = [], None
    while True:
        body = world.http.get("/api/v1/costs", params={"by": by, "limit": 1, **({"cursor": cursor} if cursor else {})})
        assert body.status_code == 200, body.text
        seen += [item["key"] for item in body.json()["items"]]
        cursor = body.json()["next_cursor"]
        if cursor is None:
            break
    assert seen == keys


def test_what_is_asked_about_can_be_narrowed(world, ledger):
    def total(**params):
        return world.http.get("/api/v1/costs", params=params).json()["cost_usd"]

    assert total(engine="fal") == 0.4
    assert total(job_id="job_2") == 0.0
    assert total(since="2026-11-20T12:01:00Z") == 0.4
    assert total(until="2026-11-20T12:01:00") == 0.6
    assert total(since="2026-11-20") == 1.0


@pytest.mark.parametrize(
    "params", [{"since": "2026-11-22", "until": "2026-11-20"}, {"cursor": "x"}, {"by": "day", "cursor": "x"}]
)
def test_what_cannot_be_is_refused(world, ledger, params):
    answer = world.http.get("/api/v1/costs", params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("params", "headers", "is_csv"),
    [
        ({"format": "csv"}, {}, True),
        ({}, {"Accept": "text/csv"}, True),
        ({}, {"Accept": "text/csv, application/json;q=0.5"}, False),
        ({"format": "json"}, {"Accept": "text/csv"}, False),
    ],
)
def test_csv_comes_where_it_is_asked_for(world, ledger, params, headers, is_csv):
    answer = world.http.get("/api/v1/costs", params=params, headers=headers)
    assert answer.headers["content-type"].startswith("text/csv" if is_csv else "application/json")
    if is_csv:
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["id"] for row in rows] == [call.id for call in reversed(ledger[:3])]
        assert [row["cost_usd"] for row in rows] == ["", "0.4", "0.6"]


def test_csv_of_sums_holds_all_of_them_whatever_the_limit(world, ledger):
    answer = world.http.get("/api/v1/costs", params={"by": "day", "format": "csv", "limit": 1})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["key"], row["cost_usd"]) for row in rows] == [("2026-11-21", "0.0"), ("2026-11-20", "1.0")]


def test_usage_tells_what_was_used(world, ledger):
    body = world.http.get("/api/v1/usage", params={"since": "2026-11-20"}).json()
    engines = {entry["engine"]: entry for entry in body["engines"]}
    assert (body["cost_usd"], body["reserved_usd"]) == (1.0, 0.7)
    assert (engines["meshy"]["tries"], engines["meshy"]["units"]) == (2, {"credit": 30.0})
    assert engines["meshy"]["hosted"]
    assert (body["day_usd"], body["day_left_usd"]) == (None, None)


def test_a_jobs_costs_are_its_commissions(world):
    job = world.job(budget_usd=2.5)
    call = commission(world, 0, job_id=job["id"], cost_usd=0.2)
    commission(world, 5, job_id=job["id"], state=CallState.FAILED, billed=Billed.NO, void=True)
    body = world.http.get(f"/api/v1/jobs/{job['id']}/costs").json()
    assert (body["cost_usd"], body["budget_usd"], body["unknown"], body["estimate_usd"]) == (0.2, 2.5, 0, 0.0)
    assert body["items"][0]["id"] == call.id
    assert [item["state"] for item in body["items"]] == ["succeeded", "failed"]


def test_nobody_sees_the_costs_of_others(locked):
    alice, bob = locked.owner("own_costs_a"), locked.owner("own_costs_b")
    call = commission(locked.world, owner="own_costs_a", cost_usd=3.0)
    assert alice.http.get("/api/v1/costs").json()["items"][0]["id"] == call.id
    for params in ({}, {"by": "day"}, {"job_id": "job_1"}, {"format": "csv"}):
        assert call.id not in bob.http.get("/api/v1/costs", params=params).text
    assert bob.http.get("/api/v1/costs", params={"by": "engine"}).json()["items"] == []
    assert bob.http.get("/api/v1/usage").json()["engines"] == []


def test_a_local_job_is_told_to_cost_nothing_and_none_is_started(world):
    before = len(world.enqueued)
    asked = {"pipeline": "cutout", "inputs": [{"asset_id": world.photo()["id"]}]}
    answer = world.http.post("/api/v1/jobs:estimate", json=asked)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["cost"] == {"low_usd": 0.0, "high_usd": 0.0}
    assert not body["waits"]
    stages = {stage["stage"]: stage for stage in body["stages"]}
    assert stages["removing_background"]["engines"] == ["scissors"]
    assert not stages["removing_background"]["hosted"]
    assert len(world.enqueued) == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"pipeline": "none"}, "unknown_pipeline"),
        ({"settings": {"cutter": "clippers"}}, "unknown_engine"),
        ({"settings": {"cutter": "laser"}}, "engine_unavailable"),
        ({"inputs": []}, "no_photo"),
        ({"inputs": [{"asset_id": "ast_none"}]}, "not_found"),
    ],
)
def test_an_estimate_refuses_what_a_job_would(world, change, code):
    asked = {"pipeline": "cutout", "inputs": [{"asset_id": world.photo()["id"]}]} | change
    assert world.http.post("/api/v1/jobs:estimate", json=asked).json()["code"] == code
    assert world.http.post("/api/v1/jobs", json=asked).json()["code"] == code


def test_engines_are_told_with_price_limits_and_record(make):
    takes = Takes(pictures=4, max_side=2048, max_bytes=1000)
    far = EngineRecord(
        "meshy",
        "none:None",
        Readiness(True),
        EngineInfo("meshy", "1", Capability.MESHER, "Meshy", "terms", True, queue=Queue.NET),
        hosted=True,
        abilities=Abilities(takes=takes, cost_unit="credit", max_parallel=3),
    )
    near = EngineRecord(
        "saw", "none:None", Readiness(True), EngineInfo("saw", "1", Capability.CUTTER, "Saw", "MIT", True)
    )
    world = make(engines=Shelf([far, near]))
    prices = {"meshy": Price("credit", 0.02, date(2026, 11, 1))}
    object.__setattr__(world.services, "spending", replace(world.services.spending, prices=prices))
    now = datetime.now(UTC)
    minute = (now - START).total_seconds() / 60
    for state, ended in ((CallState.SUCCEEDED, 30), (CallState.FAILED, 1)):
        commission(world, minute, state=state, ended_at=now + timedelta(seconds=ended))
    meshy, saw = world.http.get("/api/v1/engines").json()["items"]
    assert (meshy["hosted"], meshy["queue"], meshy["charges"]) == (True, "net", True)
    assert meshy["price"] == {"usd": 0.02, "unit": "credit", "at": "2026-11-01"}
    assert (meshy["limits"]["pictures"], meshy["limits"]["side"], meshy["limits"]["max_parallel"]) == (4, 2048, 3)
    assert (meshy["lately"]["tries"], meshy["lately"]["success_rate"]) == (2, 0.5)
    assert round(meshy["lately"]["median_s"]) == 30
    assert (saw["hosted"], saw["charges"], saw["price"], saw["limits"], saw["lately"]) == (
        False,
        False,
        None,
        None,
        None,
    )
