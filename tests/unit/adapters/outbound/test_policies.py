"""Where requests may go: nowhere private, whatever the URL, the redirect or the resolver say.

Every private address here has a canary behind it, so that one connection too many is a hit.
"""

import asyncio
import socket

import pytest

from internet import Authority, Internet, redirect, reply
from maquette.adapters.outbound.addresses import is_public
from maquette.domain.errors import MaquetteError
from maquette.ports.outbound import PUBLIC, Body, Bounds, Policy

PRIVATE = [
    # loopback, as people and other programs write it
    "http://127.0.0.1/", "http://127.0.0.1:80/", "http://127.0.0.1:443/", "http://127.1/", "http://127.0.1/",
    "http://127.255.255.254/", "http://0/", "http://0.0.0.0/", "http://00000000/", "http://2130706433/",
    "http://0x7f000001/", "http://0x7f.1/", "http://0x7f.0x0.0x0.0x1/", "http://0177.0.0.1/", "http://017700000001/",
    "http://0177.0.0x0.1/", "http://127.0.0.01/", "http://127.0.0.1./", "http://127.0.0.1.../", "http://localhost/",
    "http://LOCALHOST/", "http://localhost./", "http://localhost.localdomain/", "http://foo.localhost/",
    "http://loopback.example/", "http://１２７.０.０.１/", "http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "http://xn--127-.0.0.1/", "http://%31%32%37.0.0.1/", "http://127.0.0.1%2f.photos.example/",
    "http://127.0.0.1%00.photos.example/",
    # IPv6, and IPv4 inside of it
    "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/", "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", "http://[2606:2800:21f:cb07:0:5efe:127.0.0.1]/",
    "http://[fec0::1]/", "http://[fe80::1]/", "http://[fe80::1%25lo]/", "http://[::1%25lo]/", "http://[::1%lo]/",
    "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[ff02::1]/", "http://[2001:db8::1]/", "http://[3fff::1]/",
    "http://[100::1]/", "http://[5f00::1]/", "http://[::1/", "http://[[::1]]/", "http://[127.0.0.1]/", "http://::1/",
    # other places that are not public
    "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/", "http://169.254.170.2/", "http://192.0.0.8/", "http://192.0.0.9/",
    "http://192.0.2.1/", "http://192.88.99.1/", "http://198.18.0.1/", "http://198.51.100.1/", "http://203.0.113.1/",
    "http://224.0.0.1/", "http://239.255.255.250/", "http://240.0.0.1/", "http://255.255.255.255/",
    "http://metadata/", "http://intranet/", "http://metadata.example/", "http://mixed.example/", "http://nat64.example/",
    # where two programs see two hosts
    "http://photos.example@127.0.0.1/", "http://127.0.0.1@photos.example/", "http://photos.example:80@127.0.0.1/",
    "http://user:pass@photos.example/", "http://@photos.example/", "http://photos.example\\@127.0.0.1/",
    "http:\\\\127.0.0.1/", "http:/\\127.0.0.1/", "http:///127.0.0.1/", "http:127.0.0.1/", "//127.0.0.1/",
    "http://127.0.0.1\\.photos.example/", " http://127.0.0.1/", "http://127.0.0.1 /", "http://127.0.0.1\t/",
    "http://127.0.\n0.1/", "ht\ttp://127.0.0.1/", "http://photos.example\r\nHost: 127.0.0.1/", "http://\u200b127.0.0.1/",
    "http://127.0.0.1#@photos.example/", "http://127.0.0.1?@photos.example/", "http://photos.example /",
    # schemes and ports
    "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:80/_GET", "data:text/plain,x", "unix:///run/x.sock",
    "https+unix://127.0.0.1/", "ws://127.0.0.1/", "jar:http://127.0.0.1!/", "http://photos.example:22/",
    "http://photos.example:8080/", "http://photos.example:0/", "http://photos.example:65536/",
    "http://photos.example:-80/", "http://photos.example:８０/", "http://photos.example:80a/", "http://photos.example:/",
    # nothing that could be fetched
    "", "http://", "https://", "http://.", "http://.example/", "http://photos..example/", "http://-a-.example/",
    "http://" + "a" * 64 + ".example/", "http://photos.example/" + "a" * 5000, "photos.example", "?", "http://[]/",
]  # fmt: skip
"""URLs that must be refused before any connection."""


@pytest.fixture(autouse=True)
def names(internet: Internet) -> None:
    internet.names |= {
        "loopback.example": "127.0.0.1",
        "foo.localhost": "127.0.0.1",
        "localhost.localdomain": "127.0.0.1",
        "metadata.example": "169.254.169.254",
        "metadata": "169.254.169.254",
        "intranet": "10.1.2.3",
        "mixed.example": ("93.184.215.14", "127.0.0.1"),
        "nat64.example": "64:ff9b::7f00:1",
    }


def get(internet: Internet, url: str, policy: Policy = PUBLIC, method: str = "GET", **more) -> bytes:
    return asyncio.run(internet.fetcher().request(method, url, policy=policy, **more)).body


def code_of(internet: Internet, url: str, **more) -> tuple[str, str, str]:
    with pytest.raises(MaquetteError) as error:
        get(internet, url, **more)
    return error.value.code, error.value.message, error.value.hint


def test_no_spelling_of_a_private_address_is_reached(internet: Internet) -> None:
    internet.serve(reply(b"public"), "photos.example:80")
    texts = {code_of(internet, url) for url in PRIVATE}
    assert len(PRIVATE) >= 47
    assert {code for code, _, _ in texts} == {"url_refused"}
    assert len(texts) == 1
    assert (internet.canary.connections, internet.dialled) == (0, [])


def test_the_canary_would_sing(internet: Internet) -> None:
    """The same cables lead to it as soon as an operator says so: the silence above means something."""
    for place in ("http://127.0.0.1", "http://[::1]", "http://intranet:8188", "http://localhost:11434"):
        assert get(internet, f"{place}/x", Policy(place)) == b"SECRET OF THE CANARY"
    assert internet.canary.connections == 4


@pytest.mark.parametrize(
    ("url", "dialled"),
    [
        ("http://photos.example/a.jpg", ("93.184.215.14", 80)),
        ("http://photos.example:443/a.jpg", ("93.184.215.14", 443)),
        ("HTTP://PHOTOS.EXAMPLE/a.jpg", ("93.184.215.14", 80)),
        ("http://93.184.215.14/a.jpg", ("93.184.215.14", 80)),
        ("http://six.example/", ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", 80)),
        ("http://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/", ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", 80)),
        ("http://bücher.example/ä b.jpg".replace(" ", "%20"), ("93.184.215.16", 80)),
        ("http://photos.example?x=1", ("93.184.215.14", 80)),
        ("http://photos.example#part", ("93.184.215.14", 80)),
    ],
)
def test_public_places_are_reached(internet: Internet, url: str, dialled: tuple[str, int]) -> None:
    server = internet.serve(reply(b"public"))
    internet.wires[dialled] = server.port
    assert get(internet, url) == b"public"
    assert internet.dialled == [dialled]
    assert "cookie" not in server.requests[0].headers
    assert server.requests[0].headers["user-agent"] == "maquette/0.test"


def test_a_signed_url_arrives_letter_by_letter(internet: Internet) -> None:
    server = internet.serve(reply(), "photos.example:80")
    path = "/a%2Fb/%C3%A4.jpg?X-Amz-Signature=a%2Fb%3D&x=1+2&empty=&X-Amz-Date=20260101T000000Z&s=~'()*!"
    get(internet, f"http://photos.example{path}")
    assert server.requests[0].path == path


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/",
        "//127.0.0.1/",
        "http://loopback.example/",
        "http://photos.example:8080/",
        "file:///etc/passwd",
        "http://[::1]/",
        "http://u:p@cdn.example/",
        "\\\\127.0.0.1\\x",
        "http://0x7f.1/",
        "http://[bad",
    ],
)
def test_redirects_to_private_places_are_refused(internet: Internet, location: str) -> None:
    internet.serve(redirect(location), "photos.example:80")
    assert code_of(internet, "http://photos.example/a")[0] == "url_refused"
    assert internet.canary.connections == 0


def test_redirects_are_followed_three_times(internet: Internet) -> None:
    def hop(connection: socket.socket, request) -> None:
        number = int(request.path[1:])
        (reply(b"there") if number == 0 else redirect(f"/{number - 1}", "307 Temporary Redirect"))(connection, request)

    server = internet.serve(hop, "photos.example:80")
    assert get(internet, "http://photos.example/3") == b"there"
    assert code_of(internet, "http://photos.example/4")[0] == "remote_refused"
    assert len(server.requests) == 8
    assert internet.lookups == ["photos.example"] * 8  # each hop is checked anew


def test_only_reading_follows_redirects(internet: Internet) -> None:
    internet.serve(redirect("http://cdn.example/"), "photos.example:80")
    other = internet.serve(reply(b"there"), "cdn.example:80")
    answer = asyncio.run(internet.fetcher().request("POST", "http://photos.example/", body=Body(json={"a": 1})))
    assert (answer.status, answer.headers["location"]) == (302, "http://cdn.example/")
    assert other.requests == []


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_tested(internet: Internet) -> None:
    internet.serve(reply(b"public"), "photos.example:80")
    internet.names["rebind.example"] = [["93.184.215.14"], ["127.0.0.1"]]
    assert get(internet, "http://rebind.example/") == b"public"
    assert internet.dialled == [("93.184.215.14", 80)]
    assert internet.lookups == ["rebind.example"]
    assert code_of(internet, "http://rebind.example/")[0] == "url_refused"  # now it says something else
    assert internet.canary.connections == 0


def test_a_redirect_to_the_same_name_is_tested_again(internet: Internet) -> None:
    internet.serve(redirect("/again"), "photos.example:80")
    internet.names["rebind.example"] = [["93.184.215.14"], ["127.0.0.1"]]
    assert code_of(internet, "http://rebind.example/")[0] == "url_refused"
    assert internet.canary.connections == 0


def test_a_name_nobody_knows_looks_like_a_private_one(internet: Internet) -> None:
    """Else names behind the firewall could be guessed."""
    unknown = code_of(internet, "http://nobody.example/")
    assert unknown == code_of(internet, "http://loopback.example/")


def test_certificates_are_checked_for_the_name(internet: Internet, authority: Authority) -> None:
    server = internet.serve(reply(b"public"), "photos.example:443", tls=authority.context("photos.example"))
    fetcher = internet.fetcher(tls=authority.trusting())
    assert asyncio.run(fetcher.request("GET", "https://photos.example/a")).body == b"public"
    (request,) = server.requests
    assert (request.server_name, request.headers["host"]) == ("photos.example", "photos.example")
    assert internet.dialled == [("93.184.215.14", 443)]


def test_certificates_of_others_are_refused(internet: Internet, authority: Authority) -> None:
    context = authority.context("cdn.example")
    server = internet.serve(reply(b"x"), "photos.example:443", "cdn.example:443", tls=context)
    with pytest.raises(MaquetteError) as error:
        asyncio.run(internet.fetcher(tls=authority.trusting()).request("GET", "https://photos.example/"))
    assert error.value.code == "remote_unreachable"
    with pytest.raises(MaquetteError):
        asyncio.run(internet.fetcher().request("GET", "https://cdn.example/"))  # an authority that nobody trusts
    assert server.requests == []


def test_the_operators_server_is_exactly_that(internet: Internet) -> None:
    policy = Policy("http://127.0.0.1:8188/base")
    assert get(internet, "http://127.0.0.1:8188/view?x=1", policy) == b"SECRET OF THE CANARY"
    internet.dialled.clear()
    for url in (
        "http://127.0.0.1:8189/",
        "https://127.0.0.1:8188/",
        "http://127.0.0.2:8188/",
        "http://localhost:8188/",
    ):
        assert code_of(internet, url, policy=policy)[0] == "url_refused"
    assert internet.dialled == []


def test_the_operators_server_may_send_to_public_places_only(internet: Internet) -> None:
    comfy = internet.serve(redirect("http://cdn.example/a.glb"), "10.1.2.3:8188")
    cdn = internet.serve(reply(b"model"), "cdn.example:80")
    policy = Policy("http://intranet:8188")
    key = {"Authorization": "Bearer secret", "X-Api-Key": "secret", "Accept": "model/gltf-binary"}
    assert get(internet, "http://intranet:8188/a", policy, headers=key) == b"model"
    assert comfy.requests[0].headers["authorization"] == "Bearer secret"
    assert {"authorization", "x-api-key"}.isdisjoint(cdn.requests[0].headers)
    assert cdn.requests[0].headers["accept"] == "model/gltf-binary"
    internet.serve(redirect("http://10.1.2.4:8188/"), "10.1.2.3:8188")
    assert code_of(internet, "http://intranet:8188/a", policy=policy)[0] == "url_refused"
    assert internet.canary.connections == 0


def test_keys_go_to_the_operators_server_only(internet: Internet) -> None:
    """A provider's answer may name any URL as its result."""
    cdn = internet.serve(reply(b"model"), "cdn.example:80")
    get(internet, "http://cdn.example/a", Policy("https://photos.example"), headers={"authorization": "Bearer secret"})
    assert "authorization" not in cdn.requests[0].headers


def test_keys_survive_redirects_within_the_origin_only(internet: Internet) -> None:
    def answer(connection: socket.socket, request) -> None:
        step = {"/a": redirect("/b"), "/b": redirect("http://cdn.example/c")}[request.path]
        step(connection, request)

    first = internet.serve(answer, "photos.example:80")
    second = internet.serve(reply(b"there"), "cdn.example:80")
    get(internet, "http://photos.example/a", headers={"authorization": "Bearer secret"})
    assert [request.headers.get("authorization") for request in first.requests] == ["Bearer secret"] * 2
    assert "authorization" not in second.requests[0].headers


def test_the_environment_has_no_say(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    internet.serve(reply(b"public"), "photos.example:80")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{internet.canary.port}")
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    assert get(internet, "http://photos.example/") == b"public"
    assert internet.canary.connections == 0


def test_nothing_is_remembered_between_requests(internet: Internet) -> None:
    server = internet.serve(reply(b"x", set_cookie="session=1; Path=/"), "photos.example:80")

    async def twice() -> None:
        fetcher = internet.fetcher()
        for _ in range(2):
            await fetcher.request("GET", "http://photos.example/")

    asyncio.run(twice())
    assert server.connections == 2
    assert all("cookie" not in request.headers for request in server.requests)


def test_other_addresses_are_tried(internet: Internet) -> None:
    internet.serve(reply(b"public"), "cdn.example:80")
    internet.names["two.example"] = ("93.184.215.14", "93.184.215.15")
    internet.wires[("93.184.215.14", 80)] = 0
    assert get(internet, "http://two.example/", bounds=Bounds(connect_seconds=1)) == b"public"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "64:ff9b::8.8.8.8",
        "::8.8.8.8",
        "::ffff:8.8.8.8",
        "fec0::1",
        "ff0e::1",
        "2002:808:808::",
        "nonsense",
        "",
        "224.1.1.1",
        "100.127.255.255",
        "2001::1",
        "2001:1ff::1",
        "fe80::1%eth0",
        "2606:2800::1%eth0",
        "192.0.0.10",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1", "2a00:1450::1"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)
