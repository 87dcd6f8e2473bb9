"""Batches over HTTP: JSON and CSV in, totals, rows and results out."""

import asyncio
import csv
import io
import zipfile
from pathlib import Path

import pytest

from internet import reply
from maquette.adapters.blobs.local import LocalBlobs
from maquette.app.batches.feeder import Feeder
from maquette.domain.assets import Role
from maquette.testing import ManualClock

from .conftest import png

URL = "/api/v1/batches"


@pytest.fixture
def feeder(world):
    services = world.services
    return Feeder(world.database, services.jobs, services.fetching, ManualClock(), lambda: True)


def rows_of(world, *skus, **more):
    return [{"sku": sku, "front": world.photo()["id"]} | more for sku in skus]


def send(world, rows, **asked):
    body = {"pipeline": "photo_to_model", "rows": rows} | asked
    return world.http.post(URL, json=body)


def accept(world, rows, **asked):
    answer = send(world, rows, **asked)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"{URL}/{answer.json()['id']}"
    return answer.json()


def test_what_is_wrong_is_told_by_row_and_nothing_is_stored(world):
    before = len(world.http.get(URL).json()["items"])
    rows = [*rows_of(world, "A"), {"sku": "A", "front": "ast_0", "width": "wide"}, {"colour": "red"}]
    answer = send(world, rows)
    assert (answer.status_code, answer.json()["code"]) == (422, "batch_invalid")
    problems = answer.json()["problems"]
    assert [(one["row"], one["column"], one["sku"], one["code"]) for one in problems] == [
        (2, "width", "A", "invalid_dimensions"),
        (2, "sku", "A", "duplicate_sku"),
        (2, "front", "A", "not_found"),
        (3, "sku", None, "sku_missing"),
        (3, "colour", None, "unknown_column"),
        (3, "photos", None, "no_photo"),
    ]
    assert all(one["message"] and one["hint"] for one in problems)
    assert "6 problems in 2 rows" in answer.json()["detail"]
    assert len(world.http.get(URL).json()["items"]) == before


def test_the_jobs_of_a_batch_may_belong_to_a_project(world, feeder):
    size = {"width": 80, "unit": "cm"}
    project = world.http.post("/api/v1/projects", json={"kind": "product", "name": "Chairs", "dimensions": size}).json()
    batch = accept(world, rows_of(world, "A"), project_id=project["id"])
    text = f"sku,front\nB,{world.photo()['id']}\n"
    query = {"project_id": project["id"]}
    sent = world.http.post(URL, content=text, headers={"content-type": "text/csv"}, params=query).json()
    feeder.feed()
    for one in (batch, sent):
        (row,) = world.http.get(f"{URL}/{one['id']}").json()["rows"]
        assert (row["job"]["project_id"], row["job"]["batch_id"]) == (project["id"], one["id"])
        assert row["job"]["settings"]["dimensions"] is None
    answer = send(world, rows_of(world, "A"), project_id="prj_nobody")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_csv_file_says_the_same_as_json(world):
    photo = world.photo()["id"]
    text = f"SKU;Name;Front;Width;Unit;Quality\r\nA;=Chair;{photo};80,5;cm;fast\r\n\r\nB;;{photo};;;\r\n"
    query = {"settings": '{"quality": "full"}', "on_error": "skip", "name": "Spring"}
    answer = world.http.post(
        URL, content=b"\xef\xbb\xbf" + text.encode(), headers={"content-type": "text/csv"}, params=query
    )
    assert answer.status_code == 202, answer.text
    batch = world.http.get(answer.headers["location"]).json()
    assert (batch["name"], batch["size"], batch["counts"]["queued"]) == ("Spring", 2, 2)
    assert [(row["row"], row["sku"], row["name"]) for row in batch["rows"]] == [(1, "A", "=Chair"), (2, "B", "")]


@pytest.mark.parametrize(
    ("text", "code"), [("", "no_rows"), ("sku,colour\nA,red\n", "unknown_column"), ("sku,front\n", "no_rows")]
)
def test_a_table_that_is_none_is_refused_even_where_rows_are_skipped(world, text, code):
    answer = world.http.post(f"{URL}?on_error=skip", content=text, headers={"content-type": "text/csv; charset=utf-8"})
    assert (answer.status_code, answer.json()["code"]) == (422, "batch_invalid")
    assert code in [one["code"] for one in answer.json()["problems"]]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"rows": []}', b'{"pipeline": "cutout", "rows": [1]}', b"\xff"])
def test_a_body_that_is_no_batch_is_an_invalid_request(world, body):
    answer = world.http.post(URL, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), answer.text
    assert answer.json()["errors"]


def test_a_batch_from_its_first_row_to_its_zip(world, feeder):
    batch = accept(world, [*rows_of(world, "=A/1", "a 1", "B"), {"sku": "C", "front": "ast_0"}], on_error="skip")
    place = f"{URL}/{batch['id']}"
    assert [(one["row"], one["code"]) for one in batch["problems"]] == [(4, "not_found")]
    assert (batch["status"], batch["counts"]["queued"], batch["counts"]["refused"]) == ("running", 3, 1)
    feeder.feed()
    rows = world.http.get(place).json()["rows"]
    assert [row["status"] for row in rows] == ["pending"] * 3 + ["refused"]
    model = world.store(b"glTF", Role.LOD, "model/gltf-binary", "lod0")
    failed = {"asset_id": rows[0]["photos"][0]["asset_id"], "code": "no_subject", "message": "Nothing.", "hint": "Try."}
    report = {"report": {"accepted": ["shopify"], "refused": ["amazon"], "profiles": []}}
    world.finish(rows[0]["job"]["id"], {"lod0": (model,)}, report | {"cutouts": {"failed": [failed]}})
    world.finish(rows[1]["job"]["id"], {"lod0": (model,)}, report)
    world.http.post(f"/api/v1/jobs/{rows[2]['job']['id']}/cancel")

    done = world.http.get(place).json()
    assert (done["status"], done["progress"], done["success_rate"]) == ("done", 100, 0.5)
    assert [row["status"] for row in done["rows"]] == ["completed", "completed", "canceled", "refused"]
    assert done["rows"][0]["photos"][0]["error"]["code"] == "no_subject"
    assert [row["success_rate"] for row in done["rows"]] == [0, 1, 1, 0]
    assert [row["job"] and row["job"]["batch_id"] for row in done["rows"]] == [batch["id"]] * 3 + [None]

    table = list(csv.DictReader(io.StringIO(world.http.get(f"{place}/results.csv").text, newline="")))
    assert [row["sku"] for row in table] == ["'=A/1", "a 1", "B", "C"]
    assert [row["code"] for row in table] == ["", "", "canceled", "not_found"]
    assert (table[0]["accepted_by"], table[0]["bytes"], table[0]["photo_problems"]) == (
        "shopify",
        "4",
        "front: Nothing.",
    )
    assert world.http.get(table[0]["model"]).content == b"glTF"

    archive = zipfile.ZipFile(io.BytesIO(world.http.get(f"{place}/download").content))
    assert archive.testzip() is None
    assert archive.namelist() == ["A_1/model.glb", "a_1-2/model.glb", "results.csv"]
    inside = list(csv.DictReader(io.StringIO(archive.read("results.csv").decode("utf-8-sig"), newline="")))
    assert [row["model"] for row in inside] == ["A_1/model.glb", "a_1-2/model.glb", "", ""]

    again = world.http.post(f"{place}/retry-failed")
    assert (again.status_code, again.json()["status"], again.json()["counts"]["queued"]) == (202, "running", 1)


def test_a_file_that_is_gone_is_named_in_the_zip(make):
    world = make()
    services = world.services
    batch = accept(world, rows_of(world, "A"))
    Feeder(world.database, services.jobs, services.fetching, ManualClock(), lambda: True).feed()
    job = world.http.get(f"{URL}/{batch['id']}").json()["rows"][0]["job"]
    model = world.store(b"glTF", Role.LOD, "model/gltf-binary", "lod0")
    world.finish(job["id"], {"lod0": (model,)}, {})
    assert isinstance(world.blobs, LocalBlobs)
    for path in Path(world.folder / "blobs").rglob(model.sha256):
        path.unlink()
    archive = zipfile.ZipFile(io.BytesIO(world.http.get(f"{URL}/{batch['id']}/download").content))
    assert archive.namelist() == ["results.csv", "missing.txt"]
    assert archive.read("missing.txt") == b"A/model.glb\n"


def test_rows_come_in_pages(world):
    batch = accept(world, rows_of(world, *"ABCDE"))
    seen, cursor = [], {}
    while True:
        page = world.http.get(f"{URL}/{batch['id']}", params={"limit": 2} | cursor).json()
        seen += [row["sku"] for row in page["rows"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == list("ABCDE")
    bad = world.http.get(f"{URL}/{batch['id']}?cursor=x")
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid_request")


def test_canceling_ends_it_and_deleting_takes_its_jobs_along(world, feeder):
    batch = accept(world, rows_of(world, "A", "B"))
    place = f"{URL}/{batch['id']}"
    feeder.feed()
    assert world.http.delete(place).json()["code"] == "in_use"
    canceled = world.http.post(f"{place}/cancel").json()
    assert (canceled["status"], canceled["counts"]["canceled"]) == ("canceled", 2)
    job = world.http.get(place).json()["rows"][0]["job"]["id"]
    assert world.http.delete(place).status_code == 204
    assert [world.http.get(path).status_code for path in (place, f"/api/v1/jobs/{job}")] == [404, 404]
    gone = {item["id"]: item["restorable_until"] for item in world.http.get(f"{URL}?deleted=true").json()["items"]}
    assert gone[batch["id"]]
    assert world.http.post(f"{place}/restore").json()["counts"]["canceled"] == 2
    assert world.http.get(f"/api/v1/jobs/{job}").status_code == 200


def test_a_photo_that_a_row_waits_for_is_not_deleted(world):
    row = {"sku": "A", "front": world.photo(colour="teal")["id"]}
    batch = accept(world, [row])
    assert world.http.delete(f"/api/v1/assets/{row['front']}").json()["code"] == "in_use"
    world.http.post(f"{URL}/{batch['id']}/cancel")
    assert world.http.delete(f"/api/v1/assets/{row['front']}").status_code == 204


def test_an_owners_data_include_the_batches(locked):
    owner = locked.owner("own_gone")
    batch = accept(owner, rows_of(owner, "A", "B"))
    act = owner.http.delete("/api/v1/owners/own_gone/data").json()
    assert (act["batches"], act["jobs"]) == (1, 0)
    assert owner.http.get(f"{URL}/{batch['id']}").status_code == 404
    assert owner.http.post("/api/v1/owners/own_gone/data/restore").json()["batches"] == 1
    assert owner.http.get(f"{URL}/{batch['id']}").json()["counts"]["canceled"] == 2


def test_repeating_a_request_makes_no_second_batch(world):
    rows = rows_of(world, "A")
    body, key = {"pipeline": "photo_to_model", "rows": rows}, {"Idempotency-Key": "batch-once"}
    first, second = (world.http.post(URL, json=body, headers=key) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    other = world.http.post(URL, json=body | {"name": "x"}, headers=key)
    assert other.json()["code"] == "idempotency_mismatch"


def test_a_ticket_opens_the_download(world):
    batch = accept(world, rows_of(world, "A"))
    for what in ("download", "results.csv"):
        path = f"{URL}/{batch['id']}/{what}"
        ticket = world.http.post("/api/v1/tickets", json={"path": path}).json()["ticket"]
        assert world.http.get(f"{path}?ticket={ticket}").status_code == 200


def test_photos_come_from_public_servers_only(world, feeder):
    world.internet.serve(reply(png("navy")), "photos.example:80")
    before = world.internet.canary.connections
    hidden = "http://[64:ff9b::7f00:1]/left.png"  # looks public, and is loopback behind NAT64
    rows = [{"sku": "A", "photos": "http://photos.example/front.png"}, {"sku": "B", "left": hidden}]
    batch = accept(world, rows, on_error="skip")
    assert batch["counts"]["checking"] == 2
    asyncio.run(feeder.check())
    first, second = world.http.get(f"{URL}/{batch['id']}").json()["rows"]
    assert (first["status"], second["status"]) == ("queued", "refused")
    assert world.http.get(f"/api/v1/assets/{first['photos'][0]['asset_id']}/content").content == png("navy")
    assert second["photos"][0]["error"]["code"] == "url_refused"
    assert world.internet.canary.connections == before
