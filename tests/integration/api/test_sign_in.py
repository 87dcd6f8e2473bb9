"""Sign-in, proxies and other pages: cookies, origins, what a browser may do."""

import httpx
import pytest

from maquette.app.keys import Asked, Keys
from maquette.domain.access import new_key
from maquette.domain.ids import LOCAL_OWNER, new_token
from maquette.testing import ManualClock

from .conftest import lock


def code(answer):
    return answer.status_code, answer.json().get("code")


@pytest.fixture
def browser(locked):
    """A page of ours: the browser tells where requests come from."""
    with locked.client(**{"Sec-Fetch-Site": "same-origin"}) as client:
        yield client


def test_a_browser_signs_in_and_out(locked, browser):
    assert browser.get("/api/v1/me").status_code == 401
    answer = browser.post("/api/v1/sign-in", json={"key": f" {locked.key('own_w')}\n"})
    assert answer.json() == {"owner_id": "own_w", "is_admin": False, "how": "sign_in", "key_required": True}
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("maquette=")
    assert {part.strip().lower() for part in cookie.split(";")} >= {"httponly", "samesite=strict", "path=/"}
    assert "max-age=2592000" in cookie.lower()
    assert browser.get("/api/v1/me").json()["owner_id"] == "own_w"
    assert browser.post("/api/v1/projects", json={"name": "x"}).status_code == 201
    kept = dict(browser.cookies)
    assert browser.delete("/api/v1/sign-in").status_code == 204
    assert browser.get("/api/v1/me").status_code == 401
    # the cookie is gone from the browser, and a copy of it is worth nothing
    assert not browser.cookies
    assert httpx.get(locked.world.url + "/api/v1/me", cookies=kept).status_code == 401
    assert browser.delete("/api/v1/sign-in").status_code == 204


def test_the_token_of_a_sign_in_is_not_stored(locked, browser):
    token = browser.post("/api/v1/sign-in", json={"key": locked.key()}).cookies["maquette"]
    assert all(token.encode() not in path.read_bytes() for path in locked.world.folder.glob("maquette.db*"))


def test_revoking_a_key_ends_what_it_signed_in(locked, browser, admin):
    key = admin.post("/api/v1/keys", json={"name": "x"}).json()
    browser.post("/api/v1/sign-in", json={"key": key["key"]})
    assert browser.get("/api/v1/me").status_code == 200
    admin.delete(f"/api/v1/keys/{key['id']}")
    assert browser.get("/api/v1/me").status_code == 401


def test_a_sign_in_lasts_thirty_days(locked):
    made = locked.world.services.access.keys.create(Asked("x"))
    clock = ManualClock(made.key.created_at)
    keys = Keys(locked.world.database, clock)
    token, _ = keys.sign_in(made.secret)
    clock.turn(30 * 24 * 3600 - 1)
    assert keys.signed_in(token)
    clock.turn(1)
    assert keys.signed_in(token) is None


def test_a_cookie_alone_changes_nothing(locked):
    """Without Origin or Sec-Fetch-Site nobody vouches for the page that asks."""
    with locked.client() as client:
        client.post("/api/v1/sign-in", json={"key": locked.key()})
        assert client.get("/api/v1/me").status_code == 200
        assert code(client.post("/api/v1/projects", json={"name": "x"})) == (403, "forbidden")
        for header in ({"Origin": locked.world.url}, {"Sec-Fetch-Site": "same-origin"}, {"X-Requested-With": "fetch"}):
            assert client.post("/api/v1/projects", json={"name": "x"}, headers=header).status_code == 201


def test_a_stale_cookie_is_passed_over_where_nobody_is_asked(world):
    answer = httpx.get(world.url + "/api/v1/me", cookies={"maquette": new_token()})
    assert answer.json()["owner_id"] == LOCAL_OWNER


def test_ten_failed_sign_ins_a_minute_are_enough(make):
    world = make()
    key = world.services.access.keys.create(Asked("x")).secret
    for _ in range(10):
        assert code(world.http.post("/api/v1/sign-in", json={"key": new_key()})) == (401, "unauthorized")
    answer = world.http.post("/api/v1/sign-in", json={"key": key})
    assert code(answer) == (429, "too_many_attempts")
    assert int(answer.headers["retry-after"]) > 0
    # behind a proxy, another address
    other = world.http.post("/api/v1/sign-in", json={"key": key}, headers={"X-Forwarded-For": "203.0.113.9"})
    assert other.status_code == 200


# -- proxies and other pages


PUBLIC = "https://maquette.example.org"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    invited = frozenset({"https://shop.example.org"})
    with lock(tmp_path_factory.mktemp("proxied"), public_url=PUBLIC, cors_origins=invited) as served:
        yield served


def test_behind_a_proxy_the_cookie_is_for_tls_and_the_public_origin_is_ours(proxied):
    with proxied.client(Host="maquette.example.org", Origin=PUBLIC) as client:
        answer = client.post("/api/v1/sign-in", json={"key": proxied.key()})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-maquette=")
        assert "secure" in cookie.lower()
        given = {"Cookie": cookie.partition(";")[0]}
        assert client.post("/api/v1/projects", json={"name": "x"}, headers=given).status_code == 201
        # a proxy that puts its own Host into the request
        rewritten = given | {"Host": "127.0.0.1:8760"}
        assert client.post("/api/v1/projects", json={"name": "x"}, headers=rewritten).status_code == 201
        foreign = given | {"Origin": "https://evil.example"}
        assert code(client.post("/api/v1/projects", json={"name": "x"}, headers=foreign)) == (403, "forbidden")


def test_an_invited_page_calls_with_a_key(proxied):
    with proxied.client(proxied.key("own_c"), Origin="https://shop.example.org") as client:
        answer = client.post("/api/v1/projects", json={"name": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 201
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.org"
    assert "origin" in answer.headers["vary"].lower()
    assert "access-control-allow-credentials" not in answer.headers
    assert "location" in answer.headers["access-control-expose-headers"]


def test_a_preflight_needs_no_key(proxied):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
    with proxied.client(Origin="https://shop.example.org", **asked) as client:
        answer = client.options("/api/v1/jobs")
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["access-control-allow-origin"] == "https://shop.example.org"
        assert answer.headers["access-control-allow-headers"] == "authorization, content-type"
        assert "POST" in answer.headers["access-control-allow-methods"]
        bad = {"Access-Control-Request-Headers": "a b; c"}
        assert "access-control-allow-headers" not in client.options("/api/v1/jobs", headers=bad).headers


@pytest.mark.parametrize("origin", ["https://evil.example", "https://shop.example.org.evil.example", "null"])
def test_other_pages_are_told_nothing(proxied, origin):
    asked = {"Access-Control-Request-Method": "POST"}
    with proxied.client(proxied.key(), Origin=origin) as client:
        for answer in (client.options("/api/v1/jobs", headers=asked), client.get("/api/v1/jobs")):
            assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert code(client.post("/api/v1/projects", json={"name": "x"})) == (403, "forbidden")


def test_an_invited_page_gets_nothing_for_a_cookie(proxied):
    token, _ = proxied.world.services.access.keys.sign_in(proxied.key())
    headers = {"Cookie": f"__Host-maquette={token}"}
    with proxied.client(**headers) as client:
        assert client.get("/api/v1/me").status_code == 200
        assert client.get("/api/v1/me", headers={"Origin": "https://shop.example.org"}).status_code == 401


def test_an_invited_page_is_no_admin_where_nobody_is_asked(make):
    world = make(cors_origins=frozenset({"http://localhost:5173"}))
    headers = {"Origin": "http://localhost:5173"}
    assert world.http.get("/api/v1/me", headers=headers).json()["is_admin"] is False
    assert code(world.http.get("/api/v1/keys", headers=headers)) == (403, "forbidden")
