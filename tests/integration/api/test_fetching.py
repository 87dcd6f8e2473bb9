"""Photos by URL: taken in like uploads, and nothing of the network behind the server shows."""

import socket
import threading

import pytest

from internet import redirect, reply
from maquette.app import fetching

from .conftest import png

URL = "http://photos.example/shop/chair%20front.png?signature=SECRET"


def fetch(world, url=URL, **more):
    return world.http.post("/api/v1/assets/url", json={"url": url, **more})


def waiting_room(world):
    return list((world.folder / "blobs" / "incoming").iterdir())


def test_a_photo_by_url_is_an_asset_like_any_other(world):
    world.internet.serve(reply(png("red"), content_type="text/html"), "photos.example:80")
    answer = fetch(world, view="front")
    assert answer.status_code == 201, answer.text
    asset = answer.json()
    assert (asset["name"], asset["view"], asset["media_type"]) == ("chair front.png", "front", "image/png")
    assert answer.headers["location"] == f"/api/v1/assets/{asset['id']}"
    assert world.http.get(asset["url"]).content == png("red")
    assert fetch(world, view="front").json()["id"] == asset["id"]  # as with uploads
    assert fetch(world, name="other.png").json()["name"] == "other.png"
    assert waiting_room(world) == []


def test_a_photo_behind_redirects(world):
    world.internet.serve(redirect("//cdn.example/b.png"), "photos.example:80")
    world.internet.serve(reply(png("blue")), "cdn.example:80")
    assert fetch(world).status_code == 201


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (reply(b"<html>SECRET PAGE</html>"), 415, "not_an_image"),
        (reply(b""), 422, "empty_file"),
        (reply(b"x" * 3_100_000), 413, "file_too_large"),
        (reply(b"SECRET STACK", "500 Oops"), 422, "url_unreachable"),
        (reply(b"SECRET", "404 Not Found"), 422, "url_unreachable"),
        (reply(b"SECRET", "429 Wait", retry_after="77"), 422, "url_unreachable"),
        (lambda connection, _: connection.close(), 422, "url_unreachable"),
        (redirect("http://127.0.0.1/"), 422, "url_refused"),
        (redirect("http://169.254.169.254/latest"), 422, "url_refused"),
        (redirect("/round"), 422, "url_unreachable"),
    ],
)
def test_what_goes_wrong_there_is_told_in_our_words(world, answer, status, code):
    before = world.internet.canary.connections
    world.internet.serve(answer, "photos.example:80")
    told = fetch(world)
    assert (told.status_code, told.json()["code"]) == (status, code), told.text
    assert "SECRET" not in told.text
    assert "photos.example" not in told.text
    assert "retry-after" not in told.headers
    assert waiting_room(world) == []
    assert world.internet.canary.connections == before


def test_two_texts_are_all_that_a_prober_sees(world):
    world.internet.serve(reply(b"", "403 Forbidden"), "photos.example:80")
    world.internet.wires[("93.184.215.15", 80)] = 0
    urls = [
        "http://127.0.0.1:22/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://nobody.example/",
        "x",
        "file:///etc/passwd",
    ]
    urls += ["http://localhost:8760/api/v1/jobs", "http://cdn.example/", URL, "http://169.254.169.254/"]
    bodies = {fetch(world, url).text for url in urls}
    assert len(bodies) == 2


def test_a_slow_server_is_given_up(world):
    def hang(connection: socket.socket, _) -> None:
        connection.recv(1)

    world.internet.serve(hang, "photos.example:80")
    assert fetch(world).json()["code"] == "url_unreachable"
    assert waiting_room(world) == []


def test_only_so_many_at_once(make, monkeypatch):
    monkeypatch.setattr(fetching, "PATIENCE_S", 0.2)
    world = make()
    arrived, go = threading.Semaphore(0), threading.Event()

    def wait(connection: socket.socket, request) -> None:
        arrived.release()
        go.wait(10)
        reply(png("green"))(connection, request)

    world.internet.serve(wait, "photos.example:80")
    codes: list[int] = []
    threads = [threading.Thread(target=lambda: codes.append(fetch(world).status_code)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in threads:
        arrived.acquire(timeout=10)
    refused = fetch(world)
    assert (refused.status_code, refused.json()["code"]) == (429, "fetches_busy")
    assert "retry-after" in refused.headers
    go.set()
    for thread in threads:
        thread.join()
    assert codes == [201, 201]


@pytest.mark.parametrize(
    "body", [{}, {"url": ""}, {"url": 1}, {"url": "x" * 5000}, {"url": URL, "view": "inside"}, {"url": URL, "more": 1}]
)
def test_requests_that_are_none(world, body):
    answer = world.http.post("/api/v1/assets/url", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_an_unknown_project(world):
    world.internet.serve(reply(png("red")), "photos.example:80")
    assert fetch(world, project_id="prj_none").status_code == 404


def test_the_limit_is_shown(world):
    assert world.http.get("/api/v1/limits").json()["fetch_seconds"] == 2
