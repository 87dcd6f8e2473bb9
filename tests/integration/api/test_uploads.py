"""Photos in: whole, in pieces, too large, too slow, cut off, hostile."""

import base64
import hashlib
import io
import socket
import struct
import threading
import time
import zlib

import psutil
import pytest
from PIL import Image

from drawn_photos import backdrop, thing
from maquette.pipelines.catalog import CATALOG

from .conftest import MAX_PHOTO, png


def post(world, data, name="a.png", **fields):
    return world.http.post("/api/v1/assets", files={"file": (name, data)}, data=fields)


def put(world, data, headers=None, **query):
    return world.http.put("/api/v1/assets", params=query, content=data, headers=headers)


def waiting_room(world):
    return [path for path in (world.folder / "blobs").rglob("*") if path.is_file() and path.parent.name == "incoming"]


def digest(data):
    return {"Content-Digest": f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"}


def bomb(width, height):
    """A PNG that claims a size without holding it."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 5000)) + chunk(b"IEND", b"")
    )


def picture(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def jpeg():
    out = io.BytesIO()
    Image.effect_noise((300, 300), 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def test_form(world):
    project = world.http.post("/api/v1/projects", json={"name": "Chair"}).json()["id"]
    data = png("blue")
    answer = post(world, data, "../x/Chäir.png", view="left", project_id=project)
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/assets/{body['id']}"
    assert (body["name"], body["view"], body["project_id"], body["role"]) == ("Chäir.png", "left", project, "original")
    assert (body["sha256"], body["bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (body["width"], body["height"], body["media_type"]) == (96, 96, "image/png")
    assert world.http.get(body["url"]).content == data
    listed = world.http.get("/api/v1/assets", params={"project_id": project}).json()
    assert [item["id"] for item in listed["items"]] == [body["id"]]


def test_raw_with_digest(world):
    data = png("green")
    answer = put(world, data, digest(data), name="g.png", view="back")
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["view"]) == ("g.png", "back")
    assert put(world, data, digest(data), name="g.png", view="back").json()["id"] == answer.json()["id"]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"this is no picture", 415, "not_an_image"),
        (b"", 422, "empty_file"),
        (jpeg()[:-4000], 422, "image_truncated"),
        (bomb(20_000, 10_000), 413, "image_too_large"),
        (bomb(8_000, 8_000), 413, "image_too_large"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "not_an_image"),
    ],
)
def test_what_is_no_good_photo(world, data, status, code):
    for answer in (post(world, data), put(world, data, {"Content-Length": str(len(data))})):
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert waiting_room(world) == []


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (f"sha-256=:{base64.b64encode(b'0' * 32).decode()}:", "digest_mismatch"),
        ("sha-256=:nonsense:", "invalid_request"),
        ("sha-256=:AAAA:", "invalid_request"),
    ],
)
def test_digests_that_do_not_fit(world, header, code):
    answer = put(world, png(), {"Content-Digest": header})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_the_digest_of_a_form(world):
    data = png("teal")
    assert post(world, data, sha256=hashlib.sha256(data).hexdigest().upper()).status_code == 201
    for wrong, code in (("0" * 64, "digest_mismatch"), ("0" * 63, "invalid_request")):
        answer = post(world, data, sha256=wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert waiting_room(world) == []


def test_a_photo_is_judged_before_there_is_a_job(world):
    lamp = world.http.post("/api/v1/projects", json={"name": "Lamp", "kind": "product"}).json()["id"]
    room = world.http.post("/api/v1/projects", json={"name": "Hall", "kind": "room"}).json()["id"]
    cut_off = picture(thing(backdrop(), (470, 120, 250, 240)))
    note = {
        "code": "cut_off",
        "severity": "warning",
        "message": "The lamp is cut off at the right edge.",
        "hint": "Step back or turn the camera until all of it is in.",
    }
    told = put(world, cut_off, name="a.png", project_id=lamp).json()
    assert told["quality"] == {"score": 0.75, "flags": ["cut_off:right"], "notes": [note]}
    assert world.http.get(f"/api/v1/assets/{told['id']}").json()["quality"] == told["quality"]
    listed = world.http.get("/api/v1/assets", params={"project_id": lamp}).json()["items"]
    assert [item["quality"] for item in listed] == [told["quality"]]
    inside = post(world, cut_off, "b.png", project_id=room).json()["quality"]
    assert (inside["flags"], inside["notes"]) == (["cut_off:right"], [])
    good = put(world, picture(thing(backdrop(), (220, 120, 200, 240))), name="c.png").json()
    assert good["quality"] == {"score": 1.0, "flags": [], "notes": []}


def test_other_digests_are_ignored(world):
    assert put(world, png(), {"Content-Digest": "sha-512=:AAAA:, x=1"}).status_code == 201


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b"x"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"no form at all"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--'),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
        ),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="' + b"x" * 200_000),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc\r\n' * 2 + b"--b--",
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="view"\r\n\r\n' + b"x" * 5000 + b"\r\n--b--",
        ),
    ],
)
def test_forms_that_are_none(world, content_type, body):
    answer = world.http.post("/api/v1/assets", content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert waiting_room(world) == []


def test_unknown_view_and_project(world):
    assert post(world, png(), view="inside").json()["code"] == "invalid_request"
    assert put(world, png(), view="inside").json()["code"] == "invalid_request"
    assert post(world, png(), project_id="prj_none").status_code == 404


def test_length_is_required(world):
    answer = put(world, iter([b"abc"]))
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


@pytest.mark.parametrize("announced", [True, False])
def test_too_large_meets_an_answer_and_not_a_reset(world, announced):
    def pieces():
        yield from (b"x" * 100_000 for _ in range(60))

    data = b"x" * 6_000_000
    if announced:
        answers = [put(world, data), post(world, data)]
    else:
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        answers = [world.http.post("/api/v1/assets", content=iter([head, *pieces()]), headers=headers)]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert waiting_room(world) == []
    assert post(world, png()).status_code == 201


def test_who_asks_first_is_told_before_sending(world):
    with socket.create_connection(("127.0.0.1", int(world.url.rsplit(":", 1)[1])), timeout=10) as connection:
        connection.sendall(
            b"PUT /api/v1/assets HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
            b"Content-Length: 99999999999\r\n\r\n"
        )
        answer = connection.recv(65536)
        while more := connection.recv(65536):
            answer += more
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"100 Continue" not in answer


def test_a_slow_body_is_cut(make):
    world = make(upload_seconds=0.5)
    with socket.create_connection(("127.0.0.1", int(world.url.rsplit(":", 1)[1])), timeout=10) as connection:
        connection.sendall(b"PUT /api/v1/assets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")
        answer = b""
        while b"upload_timeout" not in answer:
            with_byte = connection.sendall(b"x") if not answer else None
            assert with_byte is None
            connection.settimeout(0.1)
            try:
                answer += connection.recv(65536)
            except TimeoutError:
                continue
        connection.settimeout(10)
        assert connection.recv(65536) == b""
    assert answer.startswith(b"HTTP/1.1 408")
    assert waiting_room(world) == []


def test_a_sender_who_hangs_up_leaves_nothing(world):
    connection = socket.create_connection(("127.0.0.1", int(world.url.rsplit(":", 1)[1])), timeout=10)
    connection.sendall(
        b"PUT /api/v1/assets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 500_000
    )
    deadline = time.monotonic() + 10
    while not waiting_room(world) and time.monotonic() < deadline:
        time.sleep(0.01)
    connection.close()
    while waiting_room(world) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert waiting_room(world) == []


@pytest.mark.parametrize("form", [True, False])
def test_memory_stays_flat(make, form):
    """Four uploads of 40 MB at once; all of them in memory would be 160 MB."""
    world = make()
    world.services.uploads.max_photo_bytes = 50_000_000
    post(world, png())
    body = [b"x" * 65536] * 600
    head = b'--b\r\nContent-Disposition: form-data; name="project_id"\r\n\r\nprj_none\r\n'
    head += b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    codes = []

    def send():
        if form:
            headers = {"Content-Type": "multipart/form-data; boundary=b"}
            pieces = iter([head, *body, b"\r\n--b--\r\n"])
            codes.append(world.http.post("/api/v1/assets", content=pieces, headers=headers).json()["code"])
        else:
            headers = {"Content-Length": str(600 * 65536)}
            codes.append(put(world, iter(body), headers, project_id="prj_none").json()["code"])

    assert growth_of_memory(send, 4) < 40_000_000
    assert codes == ["not_found"] * 4


def growth_of_memory(action, times):
    process = psutil.Process()
    before, seen, done = process.memory_info().rss, [], threading.Event()

    def watch():
        while not done.wait(0.005):
            seen.append(process.memory_info().rss)

    threads = [threading.Thread(target=action) for _ in range(times)]
    watcher = threading.Thread(target=watch)
    for thread in (watcher, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    watcher.join()
    return max(seen) - before


def test_delete(world):
    job = world.job()
    photo = job["inputs"][0]["asset_id"]
    answer = world.http.delete(f"/api/v1/assets/{photo}")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    world.http.post(f"/api/v1/jobs/{job['id']}/cancel")
    assert world.http.delete(f"/api/v1/assets/{photo}").status_code == 204
    for path in ("", "/content", "/link"):
        assert world.http.get(f"/api/v1/assets/{photo}{path}").status_code == 404


def test_the_limit_is_the_one_that_is_shown(world):
    limits = world.http.get("/api/v1/limits").json()
    assert limits["photo_bytes"] == MAX_PHOTO
    assert limits["photos_per_job"]["photo_to_model"] == CATALOG["photo_to_model"].max_photos
