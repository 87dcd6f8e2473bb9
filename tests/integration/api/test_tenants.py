"""Two owners on one server: somebody else's id and a missing one are the same thing, on every route there is."""

import re

import pytest

from maquette.domain.assets import Role
from maquette.domain.ids import new_id

from .conftest import png

METHODS = ("get", "put", "post", "patch", "delete")
OPEN = {"/healthz", "/readyz", "/openapi.json", "/api/v1/sign-in"}
SIGNED = ("/files/", "/api/v1/hooks/")
NO_IDS = {"name"}
"""Parameters of paths that name no owner's thing."""
PLAIN = {"string": "x", "integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
STATUS = ("/api/status/{job_id}", "/api/status")


@pytest.fixture(scope="module")
def alice(locked):
    return locked.owner("own_alice")


@pytest.fixture(scope="module")
def bob(locked):
    return locked.owner("own_bob")


@pytest.fixture(scope="module")
def nobody(locked):
    return locked.client()


@pytest.fixture(scope="module")
def admin(locked):
    return locked.client(locked.key("own_carol", is_admin=True))


@pytest.fixture(scope="module")
def ids(locked, alice):
    """One id of each kind, all of them Alice's. A route with another kind of id needs a line here."""
    webhook = alice.http.post("/api/v1/webhooks", json={"url": "https://photos.example/hook"}).json()["id"]
    job = alice.job()
    (delivery,) = alice.http.get(f"/api/v1/webhooks/{webhook}/deliveries").json()["items"]
    model = locked.world.store(b"glTF", Role.MODEL, "model/gltf-binary", "chair.glb", owner_id="own_alice")
    result = alice.finish(job["id"], {"lod0": (model,)}, {})
    project = alice.http.post("/api/v1/projects", json={"name": "chair"}).json()["id"]
    asked = {"pipeline": "cutout", "rows": [{"sku": "A", "photos": [alice.photo()["id"]]}]}
    announced = {"name": "a.png", "bytes": 10, "media_type": "image/png"}
    return {
        "job_id": job["id"],
        "call_id": locked.world.call(job["id"], "own_alice"),
        "asset_id": model.id,
        "result_id": result,
        "project_id": project,
        "batch_id": alice.http.post("/api/v1/batches", json=asked).json()["id"],
        "upload_id": alice.http.post("/api/v1/uploads", json=announced).json()["id"],
        "webhook_id": webhook,
        "delivery_id": delivery["id"],
        "owner_id": "own_alice",
        "key_id": None,
    }


@pytest.fixture(scope="module")
def operations(nobody):
    paths = nobody.get("/openapi.json").json()["paths"]
    return [(method, path) for path, known in paths.items() for method in METHODS if method in known]


@pytest.fixture(scope="module")
def ask(nobody):
    document = nobody.get("/openapi.json").json()
    return lambda client, method, path, ids: _ask(client, method, path, ids, document)


def _ask(client, method, path, ids, document):
    body = smallest(document, document["paths"][path][method].get("requestBody", {}))
    place = re.sub(r"{(\w+)}", lambda match: ids.get(match[1], "x"), path)
    return client.request(method, place, **({} if method == "get" else {"json": body}))


def smallest(document, body):
    """The least JSON that fits: what a request needs to get as far as looking for an id."""
    schema = body.get("content", {}).get("application/json", {}).get("schema", {})
    schema = next((choice for choice in schema.get("anyOf", ()) if "$ref" in choice), schema)
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    properties = schema.get("properties", {})
    return {name: PLAIN.get(properties[name].get("type"), "x") for name in schema.get("required", ())}


def told(answer):
    """Everything that the caller sees but the time of day and the number of the request."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
    return answer.status_code, headers, answer.content


def about_ids(operations):
    named = [(operation, set(re.findall(r"{(\w+)}", operation[1])) - NO_IDS) for operation in operations]
    return [(operation, names) for operation, names in named if names and not is_open(operation[1])]


def is_open(path):
    return path in OPEN or path.startswith(SIGNED)


def test_a_foreign_id_is_a_missing_id_on_every_route(operations, ids, bob, ask):
    unknown = {name for _, names in about_ids(operations) for name in names} - set(ids)
    assert not unknown, f"make one of each in the fixture `ids`: {unknown}"
    foreign = {name: value for name, value in ids.items() if value}
    missing = {name: new_id(value.partition("_")[0]) for name, value in foreign.items()}
    seen = {}
    for (method, path), names in about_ids(operations):
        if names <= set(foreign):
            answers = [ask(bob.http, method, path, wanted) for wanted in (foreign, missing)]
            assert told(answers[0]) == told(answers[1]), (method, path)
            seen[method, path] = answers[0].status_code
    assert len(seen) > 15
    assert set(seen.values()) == {404}, seen


def test_alice_meets_all_of_them(operations, ids, alice, ask):
    """Else the test above would prove nothing."""
    for (method, path), names in about_ids(operations):
        if method == "get" and names <= {name for name, value in ids.items() if value}:
            # 409: it is there, and this job is none of which anything is to be approved
            assert ask(alice.http, method, path, ids).status_code in (200, 204, 409), path


def test_nobody_gets_as_far_as_an_id_on_any_route(operations, ids, nobody, ask):
    foreign = {name: value or "key_x" for name, value in ids.items()}
    for method, path in operations:
        if is_open(path):
            continue
        answers = [ask(nobody, method, path, wanted) for wanted in (foreign, dict.fromkeys(foreign, "none"))]
        assert told(answers[0]) == told(answers[1]), (method, path)
        assert answers[0].status_code == 401, (method, path)
        if path not in STATUS:
            assert answers[0].json()["code"] == "unauthorized"
            assert answers[0].headers["www-authenticate"] == "Bearer"


def test_every_answer_to_nobody_and_to_strangers_is_described(operations, nobody):
    document = nobody.get("/openapi.json").json()
    for method, path in operations:
        operation = document["paths"][path][method]
        if is_open(path):
            assert operation["security"] == []
        else:
            assert operation["security"], (method, path)
            assert "401" in operation["responses"], (method, path)
    named = {
        scheme for path in document["paths"].values() for op in path.values() for s in op["security"] for scheme in s
    }
    assert named == set(document["components"]["securitySchemes"])


def test_keys_that_are_not_there_are_missing_for_an_admin(admin):
    answers = [admin.delete(f"/api/v1/keys/{new_id('key')}") for _ in range(2)]
    assert told(answers[0]) == told(answers[1])
    assert answers[0].status_code == 404


def test_an_admin_is_a_stranger_to_what_others_made(operations, ids, admin, ask):
    # admins do look after the data of owners
    foreign = {name: value for name, value in ids.items() if value and name != "owner_id"}
    for (method, path), names in about_ids(operations):
        if names <= set(foreign):
            assert ask(admin, method, path, foreign).status_code == 404, (method, path)


def test_lists_hold_one_owner_s_things(operations, ids, bob):
    for method, path in operations:
        if method == "get" and "{" not in path and path.startswith("/api/v1/"):
            text = bob.http.get(path).text
            assert not [value for value in ids.values() if value and value in text], path


@pytest.mark.parametrize("path", ["/api/v1/jobs", "/api/v1/assets"])
def test_a_foreign_project_filters_like_a_missing_one(ids, bob, path):
    answers = [bob.http.get(path, params={"project_id": one}) for one in (ids["project_id"], new_id("prj"))]
    assert told(answers[0]) == told(answers[1])


@pytest.mark.parametrize("field", ["asset_id", "project_id", "parent_job_id"])
def test_a_job_cannot_name_what_others_made(ids, bob, field):
    known = {"asset_id": "asset_id", "project_id": "project_id", "parent_job_id": "job_id"}[field]
    photo = bob.photo()["id"]

    def create(wanted):
        body = {"pipeline": "cutout", "inputs": [{"asset_id": wanted if field == "asset_id" else photo}]}
        return bob.http.post("/api/v1/jobs", json=body | ({} if field == "asset_id" else {field: wanted}))

    answers = [create(wanted) for wanted in (ids[known], new_id("x"))]
    assert told(answers[0]) == told(answers[1])
    assert answers[0].status_code == 404


def test_a_photo_cannot_go_into_what_others_made(ids, bob):
    answers = [
        bob.http.put("/api/v1/assets", params={"project_id": one}, content=png())
        for one in (ids["project_id"], new_id("prj"))
    ]
    assert told(answers[0]) == told(answers[1])
    assert answers[0].status_code == 404


def test_equal_bytes_of_two_owners_are_two_assets(alice, bob):
    mine, hers = bob.photo(colour="green"), alice.photo(colour="green")
    assert mine["sha256"] == hers["sha256"]
    assert mine["id"] != hers["id"]
    assert alice.photo(colour="green")["id"] == hers["id"]


def test_an_idempotency_key_belongs_to_its_owner(alice, bob):
    def create(world):
        body = {"pipeline": "cutout", "inputs": [{"asset_id": world.photo()["id"]}]}
        return world.http.post("/api/v1/jobs", json=body, headers={"Idempotency-Key": "the same"}).json()

    jobs = [create(world) for world in (alice, bob, alice)]
    assert jobs[0]["id"] == jobs[2]["id"] != jobs[1]["id"]


def test_a_link_opens_its_asset_for_whoever_has_it_and_no_other(ids, alice, bob, nobody):
    link = alice.http.get(f"/api/v1/assets/{ids['asset_id']}/link").json()["url"]
    assert nobody.get(link).content == b"glTF"
    mine = bob.photo()["id"]
    assert nobody.get(link.replace(ids["asset_id"], mine)).status_code == 403


def test_a_session_of_bob_reaches_nothing_of_alice(locked, operations, ids, bob, ask):
    token = bob.job()["session_token"]
    foreign = {name: value for name, value in ids.items() if value}
    missing = {name: new_id(value.partition("_")[0]) for name, value in foreign.items()}
    client = locked.client(**{"X-Session-Token": token})
    for (method, path), names in about_ids(operations):
        if names <= set(foreign):
            answers = [ask(client, method, path, wanted) for wanted in (foreign, missing)]
            assert told(answers[0]) == told(answers[1]), (method, path)
            assert answers[0].status_code in (403, 404), (method, path)
