"""Uploads that are announced first: to our own server, and straight into a bucket."""

import base64
import hashlib
import socket
import threading
from datetime import timedelta

import httpx
import pytest

from maquette.adapters.blobs.storage import Address
from maquette.app import transfers
from maquette.app.transfers import KEPT, Announced
from maquette.app.uploads import PhotoInfo
from maquette.domain.errors import Refused
from maquette.domain.ids import LOCAL_OWNER
from s3server import make_bucket

from .conftest import MAX_PHOTO, make_world, png, serve


@pytest.fixture(scope="module", params=["local", "s3"])
def world(request, tmp_path_factory):
    address = Address("")
    if request.param == "s3":
        s3 = make_bucket(request.getfixturevalue("s3_server"))
        address = Address(s3.url, s3.access_key, s3.secret_key)
    with serve(make_world(tmp_path_factory.mktemp("world"), address=address)) as served:
        yield served


def announce(world, data, **fields):
    body = {"name": "a.png", "bytes": len(data), "media_type": "image/png"} | fields
    return world.http.post("/api/v1/uploads", json=body)


def put(world, upload, data, **more):
    return httpx.request(
        upload["method"], httpx.URL(world.url).join(upload["url"]), content=data, headers=upload["headers"] | more
    )


def complete(world, upload):
    return world.http.post(f"/api/v1/uploads/{upload['id']}/complete")


def sent(world, data, **fields):
    upload = announce(world, data, **fields).json()
    assert put(world, upload, data).status_code in (200, 204)
    return upload


def waiting(world, upload):
    return world.services.transfers._depot.size(f"{LOCAL_OWNER}/{upload['id']}")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def photo(seed):
    """A picture that no other test has sent."""
    return png((seed * 37 % 256, seed * 91 % 256, seed * 53 % 256), (97 + seed, 96))


def test_announced_sent_and_completed(world):
    data = photo(1)
    project = world.http.post("/api/v1/projects", json={"name": "Chair"}).json()["id"]
    answer = announce(world, data, name="../x/Chair.png", view="left", project_id=project, sha256=sha256(data).upper())
    upload = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/v1/uploads/{upload['id']}")
    assert (upload["method"], upload["asset"]) == ("PUT", None)
    assert put(world, upload, data).status_code in (200, 204)
    done = complete(world, upload)
    asset = done.json()
    assert (done.status_code, done.headers["location"]) == (201, f"/api/v1/assets/{asset['id']}")
    assert [asset[name] for name in ("name", "view", "project_id", "sha256", "media_type", "width")] == [
        "Chair.png", "left", project, sha256(data), "image/png", 98,
    ]  # fmt: skip
    assert world.http.get(asset["url"]).content == data
    assert complete(world, upload).json() == asset
    assert waiting(world, upload) is None


def test_completing_at_once_twice_gives_one_asset(world):
    upload = sent(world, photo(2))
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(complete(world, upload).json())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["id"] for answer in answers}) == 1
    listed = [asset["id"] for asset in world.http.get("/api/v1/assets").json()["items"]]
    assert len([1 for asset in listed if asset == answers[0]["id"]]) == 1
    named = [asset for asset in world.http.get("/api/v1/assets").json()["items"] if asset["sha256"] == sha256(photo(2))]
    assert len(named) == 1


def test_what_has_not_arrived_cannot_be_completed(world):
    upload = announce(world, photo(3)).json()
    answer = complete(world, upload)
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_missing")
    assert put(world, upload, photo(3)).status_code in (200, 204)
    assert complete(world, upload).status_code == 201


@pytest.mark.parametrize("change", [b"", b"!"], ids=["short", "long"])
def test_another_length_is_refused_at_the_door(world, change):
    data = photo(4)
    upload = announce(world, data).json()
    wrong = data + change if change else data[:-1]
    assert put(world, upload, wrong).status_code in (403, 413, 422)
    assert waiting(world, upload) is None


def test_another_content_is_refused_at_the_door(world):
    data = photo(5)
    upload = announce(world, data, sha256=sha256(data)).json()
    assert put(world, upload, bytes(len(data))).status_code in (400, 422)
    assert waiting(world, upload) is None
    assert put(world, upload, data).status_code in (200, 204)
    assert complete(world, upload).status_code == 201


@pytest.mark.parametrize("claim", ["image/png", "text/html"])
def test_the_type_is_what_the_bytes_are(world, claim):
    page = b"<svg onload=alert(1)>" + claim.encode()
    upload = sent(world, page, media_type=claim)
    refused = complete(world, upload)
    assert (refused.status_code, refused.json()["code"]) == (415, "not_an_image")
    assert waiting(world, upload) is None
    assert complete(world, upload).json()["code"] == "upload_missing"
    assert sha256(page) not in {found.key.rpartition("/")[2] for found in world.blobs.keys()}


def test_bytes_that_were_swapped_behind_the_door_are_refused(world, tmp_path):
    """As by somebody with the bucket's own keys, or by a store that ignores what a link binds."""
    data = photo(6)
    for swapped, code in ((data + b"more", "length_mismatch"), (bytes(len(data)), "digest_mismatch")):
        upload = announce(world, data, sha256=sha256(data)).json()
        (tmp_path / "swapped").write_bytes(swapped)
        world.services.transfers._depot.put(f"{LOCAL_OWNER}/{upload['id']}", tmp_path / "swapped")
        answer = complete(world, upload)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert waiting(world, upload) is None


def test_announcements_that_are_refused(world):
    refusals = {
        "large": announce(world, b"", bytes=MAX_PHOTO + 1),
        "empty": announce(world, b""),
        "digest": announce(world, b"x", sha256="abc"),
        "project": announce(world, b"x", project_id="prj_none"),
        "more": announce(world, b"x", owner="else"),
    }
    assert {name: (answer.status_code, answer.json()["code"]) for name, answer in refusals.items()} == {
        "large": (413, "file_too_large"),
        "empty": (422, "invalid_request"),
        "digest": (422, "invalid_request"),
        "project": (404, "not_found"),
        "more": (422, "invalid_request"),
    }


def test_known_bytes_need_not_be_sent(world):
    data = photo(7)
    asset = complete(world, sent(world, data)).json()
    again = announce(world, data, sha256=sha256(data))
    assert (again.status_code, again.json()["asset"], again.json()["url"]) == (200, asset, None)
    other = announce(world, data, sha256=sha256(data), view="back", name="b.png").json()["asset"]
    assert (other["id"] != asset["id"], other["view"], other["name"]) == (True, "back", "b.png")
    assert (other["width"], other["media_type"]) == (asset["width"], asset["media_type"])
    assert world.http.get(other["url"]).content == data


def test_deleted_bytes_must_be_sent_again(world):
    data = photo(8)
    asset = complete(world, sent(world, data)).json()
    assert world.http.delete(f"/api/v1/assets/{asset['id']}").status_code == 204
    assert announce(world, data, sha256=sha256(data)).status_code == 201


def test_another_owner_knows_nothing_of_them(world):
    data = photo(9)
    complete(world, sent(world, data))
    upload = announce(world, photo(10)).json()
    asked = world.services.transfers
    theirs = asked.announce("own_other", PhotoInfo("a.png", sha256=sha256(data)), len(data), "image/png")
    assert isinstance(theirs, Announced)
    with pytest.raises(Refused) as refusal:
        asked.cancel("own_other", upload["id"])
    assert refusal.value.code == "not_found"
    asked.cancel("own_other", theirs.upload.id)


def test_an_upload_can_be_called_off(world):
    upload = sent(world, photo(11))
    assert world.http.delete(f"/api/v1/uploads/{upload['id']}").status_code == 204
    assert waiting(world, upload) is None
    assert complete(world, upload).json()["code"] == "not_found"
    assert world.http.delete(f"/api/v1/uploads/{upload['id']}").status_code == 404


def test_what_nobody_completes_is_swept(world, monkeypatch):
    asked = world.services.transfers
    forgotten, done = sent(world, photo(12)), sent(world, photo(13))
    asset = complete(world, done).json()
    assert asked.sweep() == 0
    later = asked._clock.now() + KEPT + timedelta(seconds=1)
    monkeypatch.setattr(asked._clock, "now", lambda: later)
    assert asked.sweep() >= 2
    assert waiting(world, forgotten) is None
    assert complete(world, forgotten).json()["code"] == "not_found"
    assert world.http.get(asset["url"]).status_code == 200


def test_open_uploads_are_counted(world, monkeypatch):
    monkeypatch.setattr(transfers, "MAX_PENDING", 20)
    answers = [announce(world, b"x") for _ in range(21)]
    assert (answers[-1].status_code, answers[-1].json()["code"]) == (429, "too_many_uploads")
    for answer in answers:
        if answer.status_code == 201:
            world.http.delete(f"/api/v1/uploads/{answer.json()['id']}")


def test_our_own_door_opens_with_its_link_only(make):
    world = make()
    data = photo(14)
    upload, other = announce(world, data).json(), announce(world, data).json()
    for bad in (
        upload["url"] + "x",
        upload["url"].replace(upload["id"], other["id"]),
        upload["url"].partition("?")[0],
        "/files/uploads/upl_none",
    ):
        refused = world.http.put(bad, content=data)
        assert (refused.status_code, refused.json()["code"]) == (403, "link_invalid")
    assert world.http.get(upload["url"]).status_code == 405
    assert put(world, upload, data).status_code == 204
    assert put(world, upload, data).status_code == 204
    assert complete(world, upload).status_code == 201
    closed = put(world, upload, data)
    assert (closed.status_code, closed.json()["code"]) == (409, "conflict")


def test_a_known_digest_answers_before_the_body(make):
    """The client waits for 100-continue and is told that nothing need come."""
    world = make()
    data = photo(15)
    first = world.http.put("/api/v1/assets?name=a.png", content=data).json()
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    head = (
        "PUT /api/v1/assets?name=a.png HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Length: {len(data)}\r\nContent-Digest: sha-256=:{digest}:\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", httpx.URL(world.url).port), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 201"), "and the connection was closed"
    assert first["id"].encode() in answer
    again = world.http.put("/api/v1/assets?name=a.png", content=data, headers={"Content-Digest": f"sha-256=:{digest}:"})
    assert (again.status_code, again.json()["id"]) == (201, first["id"])
