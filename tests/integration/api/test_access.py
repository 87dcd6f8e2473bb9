"""Who is let in and how far: keys, session tokens, tickets, admins."""

import time
from dataclasses import replace

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from maquette.app.keys import Asked, Keys
from maquette.domain.access import How, Principal
from maquette.domain.assets import Role
from maquette.domain.ids import LOCAL_OWNER, new_token
from maquette.testing import ManualClock

PROTECTED = ("/api/v1/jobs", "/api/v1/jobs/job_x", "/api/v1/jobs/job_x/events", "/api/v1/me", "/api/v1/keys", "/api/x")


def code(answer):
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize("path", PROTECTED)
def test_without_a_key_nobody_gets_in(locked, nobody, path):
    answer = nobody.get(path)
    assert code(answer) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "maquette keys" in answer.json()["hint"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/openapi.json", "/jobs", "/favicon.ico"])
def test_the_page_and_the_health_are_open(nobody, path):
    assert nobody.get(path).status_code in (200, 404)


@pytest.mark.parametrize("key", ["mq_", "mq_" + "x" * 43, "x" * 46, "mq_" + "x" * 42, "mq_ü" + "x" * 42])
@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_a_wrong_key_opens_nothing_anywhere(locked, world, key, header):
    value = f"Bearer {key}" if header == "Authorization" else key
    for url in (locked.world.url, world.url):
        answer = httpx.get(url + "/api/v1/me", headers=[(header.encode(), value.encode())])
        assert code(answer) == (401, "unauthorized")


@pytest.mark.parametrize("header", ["Authorization: Bearer ", "authorization: bearer ", "X-API-Key: "])
def test_a_key_opens_its_owner_s_things(locked, header):
    name, _, before = header.partition(": ")
    with locked.client(**{name: before + locked.key("own_k")}) as client:
        me = client.get("/api/v1/me").json()
    assert me == {"owner_id": "own_k", "is_admin": False, "how": "key", "key_required": True}


def test_on_loopback_nobody_is_asked_but_a_key_that_is_given_counts(world):
    me = world.http.get("/api/v1/me").json()
    assert me == {"owner_id": LOCAL_OWNER, "is_admin": True, "how": "nothing", "key_required": False}
    key = world.services.access.keys.create(Asked("x", "own_k")).secret
    assert world.http.get("/api/v1/me", headers={"X-API-Key": key}).json()["owner_id"] == "own_k"


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
def test_whoever_comes_through_a_proxy_does_not_come_from_loopback(world, header):
    assert code(world.http.get("/api/v1/jobs", headers={header: "for=1.2.3.4"})) == (401, "unauthorized")


def test_a_revoked_key_opens_nothing_after_five_seconds(locked):
    """Revoked beside the server, as the command line does."""
    key = locked.key()
    keys = Keys(locked.world.database, ManualClock())
    with locked.client(key) as client:
        assert client.get("/api/v1/me").status_code == 200
        keys.revoke(next(found.id for found in keys.list().items if key.startswith(found.prefix)))
        deadline = time.monotonic() + 5
        while client.get("/api/v1/me").status_code == 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert code(client.get("/api/v1/me")) == (401, "unauthorized")


def test_an_expired_key_opens_nothing(locked):
    made = locked.world.services.access.keys.create(Asked("short", expires_days=1))
    with locked.client(made.secret) as client:
        assert client.get("/api/v1/me").status_code == 200
    clock = ManualClock(made.key.created_at)
    keys = Keys(locked.world.database, clock)
    assert keys.recognise(made.secret)
    clock.turn(24 * 3600)
    assert keys.recognise(made.secret) is None


def test_uses_are_noted_once_an_hour(locked):
    made = locked.world.services.access.keys.create(Asked("noted"))
    with locked.client(made.secret) as client:
        client.get("/api/v1/me")
    keys = locked.world.services.access.keys

    def used():
        return next(key.last_used_at for key in keys.list().items if key.id == made.key.id)

    deadline = time.monotonic() + 10
    while used() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    noted = used()
    assert noted > made.key.created_at
    keys.note_use(made.key.id)
    assert used() == noted
    assert not keys.recognise(made.secret).note


# -- admins


def test_admins_make_list_and_revoke_keys(locked, admin):
    made = admin.post("/api/v1/keys", json={"name": "laptop", "owner_id": "own_n", "expires_days": 3})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    key = made.json()
    with locked.client(key["key"]) as client:
        assert client.get("/api/v1/me").json()["owner_id"] == "own_n"
        listed = admin.get("/api/v1/keys", params={"limit": 200})
        assert key["key"] not in listed.text
        found = next(item for item in listed.json()["items"] if item["id"] == key["id"])
        assert (found["prefix"], found["name"], found["revoked_at"]) == (key["key"][:8], "laptop", None)
        assert admin.delete(f"/api/v1/keys/{key['id']}").status_code == 204
        assert client.get("/api/v1/me").status_code == 401
    assert admin.delete(f"/api/v1/keys/{key['id']}").status_code == 404
    assert admin.post("/api/v1/keys", json={"name": "mine"}).json()["owner_id"] == "own_admin"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/keys"),
        ("POST", "/api/v1/keys"),
        ("DELETE", "/api/v1/keys/key_x"),
        ("POST", "/api/v1/queues/cpu/pause"),
    ],
)
def test_others_are_forbidden_what_admins_do(locked, method, path):
    job = locked.owner().job()
    for client in (locked.client(locked.key()), locked.client(**{"X-Session-Token": job["session_token"]})):
        with client:
            assert code(client.request(method, path, json={"name": "x"})) == (403, "forbidden")


def test_an_admin_does_not_lock_itself_out(locked):
    made = locked.world.services.access.keys.create(Asked("x", is_admin=True))
    client = locked.client(made.secret)
    assert code(client.delete(f"/api/v1/keys/{made.key.id}")) == (409, "in_use")
    assert client.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize("asked", [{"name": ""}, {"name": "x", "owner_id": "../x"}, {"name": "x", "expires_days": 0}])
def test_keys_that_cannot_be(admin, asked):
    assert code(admin.post("/api/v1/keys", json=asked)) == (422, "invalid_request")


def test_readiness_says_more_to_admins(locked, nobody, admin):
    from maquette.ports.engines import Readiness

    locked.world.app._framework.state.services = replace(
        locked.world.services, ready=lambda: Readiness(False, "The disk is full.", "Free some.")
    )
    try:
        with locked.client(locked.key()) as client:
            answers = [who.get("/readyz").json()["detail"] for who in (nobody, client, admin)]
    finally:
        locked.world.app._framework.state.services = locked.world.services
    assert answers == ["The server is not ready", "The server is not ready", "The disk is full."]


# -- session tokens


@pytest.fixture(scope="module")
def session(locked):
    """A job with a result, another job of the same owner, and a caller with the first one's token."""
    owner = locked.owner("own_s")
    other = owner.job(inputs=[{"asset_id": owner.photo(colour="blue")["id"]}])
    job = owner.job()
    made = locked.world.store(b"glTF", Role.MODEL, "model/gltf-binary", "chair.glb", owner_id="own_s")
    result = owner.finish(job["id"], {"lod0": (made,)}, {"rules": []})
    with locked.client(**{"X-Session-Token": job["session_token"]}) as client:
        yield client, job, other, result


def test_a_session_opens_its_own_job(session):
    client, job, _, result = session
    photo = job["inputs"][0]["asset_id"]
    paths = (
        *(f"/api/v1/jobs/{job['id']}{part}" for part in ("", "/tasks", "/logs", "/events")),
        *(f"/api/v1/results/{result}{part}" for part in ("", "/report", "/download?as=glb")),
        *(f"/api/v1/assets/{photo}{part}" for part in ("", "/content", "/link")),
        "/api/v1/pipelines",
        "/api/v1/statuses",
    )
    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)
    assert client.get("/api/v1/me").json()["how"] == "session"
    assert client.post(f"/api/v1/jobs/{job['id']}/retry").status_code == 409
    assert client.post(f"/api/v1/jobs/{job['id']}/resume").status_code == 409


def test_a_session_steers_its_own_job(locked):
    job = locked.owner().job()
    with locked.client(**{"X-Session-Token": job["session_token"]}) as client:
        assert client.post(f"/api/v1/jobs/{job['id']}/cancel").json()["status"] == "canceled"
        assert client.post(f"/api/v1/jobs/{job['id']}/retry", json={}).status_code == 202


def test_everything_else_of_its_owner_is_missing_for_a_session(session):
    client, _, other, _ = session
    photo = other["inputs"][0]["asset_id"]
    for foreign, missing in (
        (f"/api/v1/jobs/{other['id']}", "/api/v1/jobs/job_none"),
        (f"/api/v1/jobs/{other['id']}/events", "/api/v1/jobs/job_none/events"),
        (f"/api/v1/assets/{photo}/content", "/api/v1/assets/ast_none/content"),
    ):
        answers = [client.get(path) for path in (foreign, missing)]
        assert [code(answer) for answer in answers] == [(404, "not_found")] * 2
        assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/jobs"),
        ("POST", "/api/v1/jobs"),
        ("GET", "/api/v1/assets"),
        ("PUT", "/api/v1/assets"),
        ("GET", "/api/v1/projects"),
        ("GET", "/api/v1/nothing"),
    ],
)
def test_a_session_opens_nothing_else(session, method, path):
    assert code(session[0].request(method, path)) == (403, "forbidden")


def test_a_session_does_not_delete(session):
    client, job, _, _ = session
    assert code(client.delete(f"/api/v1/jobs/{job['id']}")) == (403, "forbidden")


def test_an_unknown_session_is_nobody(locked, world):
    for url in (locked.world.url, world.url):
        answer = httpx.get(url + "/api/v1/jobs/job_x", headers={"X-Session-Token": new_token()})
        assert code(answer) == (401, "unauthorized")


# -- tickets


def ticket(client, path):
    answer = client.post("/api/v1/tickets", json={"path": path})
    assert answer.status_code == 201, answer.text
    return answer.json()["ticket"]


def test_a_ticket_opens_its_path_once(locked, nobody):
    owner = locked.owner("own_t")
    photo = owner.photo()["id"]
    path = f"/api/v1/assets/{photo}/content"
    given = ticket(owner.http, path)
    assert code(nobody.get(f"/api/v1/assets/{photo}", params={"ticket": given})) == (401, "unauthorized")
    assert code(nobody.post(path, params={"ticket": given})) == (401, "unauthorized")
    assert nobody.get(path, params={"ticket": given}).status_code == 200
    assert code(nobody.get(path, params={"ticket": given})) == (401, "unauthorized")
    # whoever gives a ticket is judged by it
    assert code(owner.http.get(path, params={"ticket": given})) == (401, "unauthorized")


def test_a_ticket_opens_a_stream(locked, nobody):
    owner = locked.owner("own_t")
    job = owner.job()
    owner.http.post(f"/api/v1/jobs/{job['id']}/cancel")
    path = f"/api/v1/jobs/{job['id']}/events"
    answer = nobody.get(path, params={"ticket": ticket(owner.http, path), "since": 1})
    assert answer.status_code == 200
    assert "event: job.canceled" in answer.text


def test_a_stream_ends_soon_after_its_key(locked, admin):
    """Opened with the key, and with a ticket that the key asked for."""
    made = locked.world.services.access.keys.create(Asked("x", "own_t"))
    client = locked.client(made.secret)
    job = replace(locked.world, http=client).job()
    path = f"/api/v1/jobs/{job['id']}/events"
    with (
        client.stream("GET", path) as stream,
        locked.client().stream("GET", path, params={"ticket": ticket(client, path)}) as other,
    ):
        lines = [one.iter_lines() for one in (stream, other)]
        assert [next(line for line in told if line.startswith("id:")) for told in lines] == ["id: 1"] * 2
        assert admin.delete(f"/api/v1/keys/{made.key.id}").status_code == 204
        # the job goes on, and so would they
        for told in lines:
            list(told)


def test_a_socket_ends_soon_after_its_key(locked, admin):
    made = locked.world.services.access.keys.create(Asked("x", "own_t"))
    address = locked.world.url.replace("http:", "ws:") + "/api/v1/events"
    with connect(address, additional_headers={"Authorization": f"Bearer {made.secret}"}) as socket:
        assert admin.delete(f"/api/v1/keys/{made.key.id}").status_code == 204
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=30)
    with pytest.raises(InvalidStatus, match="401"):
        connect(address, additional_headers={"Authorization": f"Bearer {made.secret}"})


def test_a_ticket_lasts_thirty_seconds(locked):
    from maquette.app.tickets import Tickets

    clock = ManualClock()
    tickets = Tickets(locked.world.database, clock)
    first, second = (tickets.issue(Principal("own_t", False, How.KEY), "/api/v1/events").secret for _ in range(2))
    clock.turn(29.9)
    assert tickets.consume(first, "/api/v1/events").owner_id == "own_t"
    clock.turn(0.1)
    assert tickets.consume(second, "/api/v1/events") is None


def test_a_ticket_for_a_foreign_path_opens_nothing_of_it(locked, nobody):
    foreign = f"/api/v1/assets/{locked.owner('own_a').photo()['id']}/content"
    given = ticket(locked.client(locked.key("own_b")), foreign)
    assert code(nobody.get(foreign, params={"ticket": given})) == (404, "not_found")


@pytest.mark.parametrize("path", ["/api/v1/jobs", "/api/v1/keys", "/", "/api/v1/jobs/a/b/events", "/api/v1/events?x=1"])
def test_most_paths_have_no_tickets(locked, path):
    with locked.client(locked.key()) as client:
        assert code(client.post("/api/v1/tickets", json={"path": path})) == (422, "invalid_request")


def test_a_session_gets_tickets_for_its_job_only(session):
    client, job, other, _ = session
    assert ticket(client, f"/api/v1/jobs/{job['id']}/events")
    for path, refusal in ((f"/api/v1/jobs/{other['id']}/events", 404), ("/api/v1/events", 403)):
        assert client.post("/api/v1/tickets", json={"path": path}).status_code == refusal


def test_the_status_route_takes_the_owner_s_key(locked):
    owner = locked.owner("own_p")
    job = owner.job()
    with locked.client(locked.key("own_q")) as other, locked.client() as nobody:
        path = f"/api/status/{job['id']}"
        assert owner.http.get(path).json()["status"] == "pending"
        foreign, missing = other.get(path), other.get("/api/status/job_none")
        assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content)
        assert foreign.json()["error"]["code"] == "NOT_FOUND"
        assert nobody.get(path).json()["error"]["code"] == "UNAUTHORIZED"
