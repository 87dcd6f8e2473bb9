"""Servers at their worst: nobody waits for them for ever, nothing grows without end, and nothing they say gets out."""

import asyncio
import gzip
import logging
import socket
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from internet import Authority, Internet, Request, redirect, reply
from maquette.domain.errors import MaquetteError, Permanent, Temporary, Unavailable
from maquette.ports.outbound import Body, Bounds, Downloaded, File, Policy

URL = "http://photos.example/private/path?signature=SECRET-SIGNATURE"
KEY = {"authorization": "Bearer SECRET-KEY", "x-api-key": "SECRET-KEY"}
SHORT = Bounds(bytes=200_000, seconds=0.6, connect_seconds=0.3)

Handler = Callable[[socket.socket, Request], None]


def get(internet: Internet, bounds: Bounds = SHORT, **more):
    return asyncio.run(internet.fetcher().request("GET", URL, headers=KEY, bounds=bounds, **more))


def trickle(head: bytes) -> Handler:
    def answer(connection: socket.socket, _: Request) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(b"x")
            time.sleep(0.2)

    return answer


def hang(connection: socket.socket, _: Request) -> None:
    connection.recv(1)


def reset(connection: socket.socket, _: Request) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def endless(head: bytes, piece: bytes) -> Handler:
    def answer(connection: socket.socket, _: Request) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return answer


def bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(100)) + packer.flush()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
FAULTS: dict[str, tuple[Handler, str]] = {
    "500": (reply(b"STACK at 10.0.0.7", "500 Internal Server Error"), "remote_failed"),
    "502": (reply(b"<html>", "502 Bad Gateway"), "remote_failed"),
    "503": (reply(b"down", "503 Service Unavailable"), "remote_busy"),
    "429": (reply(b"slow down", "429 Too Many Requests"), "remote_busy"),
    "hang before the answer": (hang, "remote_failed"),
    "slow headers": (trickle(b"HTTP/1.1 200 OK\r\nx: "), "remote_failed"),
    "slow body": (trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"), "remote_failed"),
    "slow status": (trickle(b""), "remote_failed"),
    "hints without end": (endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), "remote_failed"),
    "headers without end": (endless(b"HTTP/1.1 200 OK\r\n", b"x-a: " + b"b" * 1000 + b"\r\n"), "remote_failed"),
    "body without end": (endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), "remote_too_large"),
    "chunks without end": (endless(CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n"), "remote_too_large"),
    "a chunk beyond all numbers": (reply(status="200 OK", transfer_encoding="chunked"), "remote_failed"),
    "announced as too large": (endless(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b""), "remote_too_large"),
    "a packed bomb": (reply(bomb(), content_encoding="gzip"), "remote_too_large"),
    "packed nonsense": (reply(b"no gzip at all", content_encoding="gzip"), "remote_failed"),
    "packed, cut short": (reply(gzip.compress(b"x" * 99)[:-4], content_encoding="gzip"), "remote_failed"),
    "packed, with more behind": (reply(gzip.compress(b"x") + b"y" * 99, content_encoding="gzip"), "remote_failed"),
    "an unknown packing": (reply(b"x", content_encoding="br"), "remote_failed"),
    "reset": (reset, "remote_failed"),
    "hung up": (lambda connection, _: connection.close(), "remote_failed"),
    "garbage": (lambda connection, _: connection.sendall(b"\x00\xff nonsense\r\n\r\n" * 50), "remote_failed"),
    "another protocol": (lambda connection, _: connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n"), "remote_failed"),
    "a body cut short": (lambda c, _: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), "remote_failed"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_become_errors_without_a_word_of_the_server(
    internet: Internet, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer, code = FAULTS[fault]
    internet.serve(answer, "photos.example:80")
    with pytest.raises((Temporary, Permanent)) as error:
        get(internet)
    assert error.value.code == code
    assert isinstance(error.value, Temporary) == (code != "remote_too_large")
    said = f"{error.value!r} {error.value.hint} {error.value.__cause__!r} {caplog.text}"
    assert "photos.example:80" in caplog.text
    for secret in ("SECRET", "private/path", "10.0.0.7", "html", "nonsense"):
        assert secret not in said


def test_no_fault_takes_longer_than_it_may(internet: Internet) -> None:
    """Each of these keeps a client busy for ever whose limits are per read. All of them at once."""
    slow = ("hang before the answer", "slow headers", "slow body", "slow status", "hints without end")
    names = [f"{number}.example" for number in range(len(slow))]
    for number, name in enumerate(names):
        address = f"93.184.216.{number}"
        internet.names[name] = address
        internet.serve(FAULTS[slow[number]][0], f"{address}:80")

    async def all_of_them() -> list[BaseException]:
        fetcher = internet.fetcher()
        asked = [fetcher.request("GET", f"http://{name}/", bounds=SHORT) for name in names]
        async with asyncio.timeout(30):
            return [error for error in await asyncio.gather(*asked, return_exceptions=True) if error]

    errors = asyncio.run(all_of_them())
    assert [error.code for error in errors if isinstance(error, Temporary)] == ["remote_failed"] * len(slow)


def test_the_deadline_covers_redirects(internet: Internet) -> None:
    def slowly(connection: socket.socket, request: Request) -> None:
        time.sleep(0.25)
        redirect(f"{request.path}x")(connection, request)

    internet.serve(slowly, "photos.example:80")
    with pytest.raises(Temporary):
        get(internet, Bounds(seconds=0.6))


def test_a_bomb_unpacks_no_further_than_it_may(internet: Internet) -> None:
    internet.serve(FAULTS["a packed bomb"][0], "photos.example:80")
    tracemalloc.start()
    try:
        with pytest.raises(Permanent):
            get(internet, Bounds(bytes=1_000_000, seconds=10))
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_packed_bodies_are_unpacked(internet: Internet) -> None:
    text = bytes(range(256)) * 700
    for packed, name in ((gzip.compress(text), "gzip"), (zlib.compress(text), "deflate")):
        internet.serve(reply(packed, content_encoding=name), "photos.example:80")
        assert get(internet).body == text


def test_nobody_there(internet: Internet, caplog: pytest.LogCaptureFixture) -> None:
    internet.wires[("93.184.215.14", 80)] = 0
    with pytest.raises(Temporary) as error:
        get(internet)
    assert error.value.code == "remote_unreachable"


def test_a_resolver_that_hangs(internet: Internet) -> None:
    class Stuck:
        async def addresses(self, host: str, port: int) -> list[str]:
            await asyncio.sleep(600)
            return []

    fetcher = internet.fetcher()
    fetcher._resolver = Stuck()
    with pytest.raises(Temporary) as error:
        asyncio.run(fetcher.request("GET", URL, bounds=SHORT))
    assert error.value.code == "remote_unreachable"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("999999", 3600.0),
        ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("1e999", None),
    ],
)
def test_the_wait_that_a_server_asks_for(internet: Internet, header: str, seconds: float | None) -> None:
    answer = reply(b"", "429 Too Many Requests", retry_after=header)
    internet.serve(answer, "photos.example:80")
    with pytest.raises(Temporary) as error:
        get(internet)
    assert error.value.retry_after == seconds
    told = get(internet, any_status=True)
    assert (told.status, told.retry_after) == (429, seconds)


def test_what_is_sent(internet: Internet) -> None:
    server = internet.serve(reply(b'{"ok": true}', "201 Created", content_type="application/json"), "photos.example:80")

    async def send(body: Body) -> None:
        answer = await internet.fetcher().request("POST", URL, body=body, headers=KEY)
        assert (answer.status, answer.headers["content-type"], answer.body) == (
            201,
            "application/json",
            b'{"ok": true}',
        )

    asyncio.run(send(Body(json={"a": 1})))
    asyncio.run(send(Body(content=b"raw")))
    asyncio.run(send(Body(fields={"a": "1"}, files={"image": File("a.png", b"pixels", "image/png")})))
    document, raw, form = server.requests
    assert (document.headers["content-type"], document.body) == ("application/json", b'{"a":1}')
    assert raw.body == b"raw"
    assert form.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'filename="a.png"' in form.body
    assert form.headers["x-api-key"] == "SECRET-KEY"


def test_other_answers_are_the_callers_to_judge(internet: Internet) -> None:
    internet.serve(reply(b"no credits", "402 Payment Required"), "photos.example:80")
    assert (get(internet).status, get(internet).body) == (402, b"no credits")


def test_head_has_no_body_to_be_too_large(internet: Internet) -> None:
    def answer(connection: socket.socket, _: Request) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")

    internet.serve(answer, "photos.example:80")
    answer_to_head = asyncio.run(internet.fetcher().request("HEAD", URL))
    assert answer_to_head.headers["content-length"] == "99999999999"


def test_a_header_that_cannot_be_sent_is_not_repeated(internet: Internet) -> None:
    internet.serve(reply(), "photos.example:80")
    with pytest.raises(Permanent) as error:
        asyncio.run(internet.fetcher().request("GET", URL, headers={"authorization": "SECRET\r\nx: y"}))
    assert "SECRET" not in repr(error.value)
    assert error.value.__cause__ is None


def test_downloads_come_in_pieces(internet: Internet) -> None:
    data = bytes(range(256)) * 4000
    internet.serve(reply(data, content_type="Image/PNG; charset=x"), "photos.example:80")
    pieces: list[bytes] = []
    got = asyncio.run(internet.fetcher().download(URL, pieces.append, bounds=Bounds(bytes=2_000_000)))
    assert got == Downloaded("image/png", len(data))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) < 400_000


@pytest.mark.parametrize("status", ["404 Not Found", "204 No Content", "206 Partial Content", "401 Unauthorized"])
def test_a_download_is_all_or_nothing(internet: Internet, status: str) -> None:
    internet.serve(reply(b"", status), "photos.example:80")
    with pytest.raises(Permanent) as error:
        asyncio.run(internet.fetcher().download(URL, print))
    assert error.value.code == "remote_refused"


def test_what_the_sink_raises_comes_through(internet: Internet) -> None:
    def full(_: bytes) -> None:
        raise Unavailable("storage_full")

    internet.serve(reply(b"x" * 1000), "photos.example:80")
    with pytest.raises(MaquetteError) as error:
        asyncio.run(internet.fetcher().download(URL, full))
    assert error.value.code == "storage_full"


def test_a_slow_sink_is_not_cut_while_it_works(internet: Internet) -> None:
    """A thread cannot be stopped: the file must not be discarded under it."""
    done: list[bytes] = []

    def slow(data: bytes) -> None:
        time.sleep(0.5)
        done.append(data)

    internet.serve(trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 300_000), "photos.example:80")
    with pytest.raises(Temporary):
        asyncio.run(internet.fetcher().download(URL, slow, bounds=Bounds(bytes=2_000_000, seconds=0.4)))
    assert len(done) == 1


def test_a_tls_handshake_that_hangs(internet: Internet, authority: Authority) -> None:
    internet.serve(hang, "photos.example:443")
    with pytest.raises(Temporary):
        asyncio.run(internet.fetcher(tls=authority.trusting()).request("GET", "https://photos.example/", bounds=SHORT))


def test_the_operators_server_that_is_not_there(internet: Internet) -> None:
    with pytest.raises(Temporary) as error:
        asyncio.run(internet.fetcher().request("GET", "http://nobody:81/", policy=Policy("http://nobody:81")))
    assert error.value.code == "remote_unreachable"
