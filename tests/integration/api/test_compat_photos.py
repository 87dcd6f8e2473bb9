"""The photo front ends' calls, word for word: what they send, what they are answered, in which words."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from maquette.domain import jobs as moves
from maquette.domain.errors import Problem
from maquette.domain.ids import new_id
from maquette.domain.states import Stage, WaitingFor

from .conftest import png
from .test_models import glb

AT_ONCE = {"Prefer": "wait=0"}
VIEWS = ("front", "left", "right", "back")
COLOURS = dict(zip(VIEWS, ("red", "green", "blue", "gold"), strict=True))


def upload(world, view=None, model=None, content=None, headers=AT_ONCE, name="chair.png"):
    data = {key: value for key, value in (("view", view), ("model_id", model)) if value is not None}
    file = content if content is not None else png(COLOURS.get(view or "", "purple"))
    return world.http.post("/api/upload-photo", files={"file": (name, file)}, data=data, headers=headers)


def opened(world, **more):
    answer = upload(world, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def job_of(world, model):
    return world.http.get(f"/api/v1/jobs/{model}").json()


def views(world, model):
    return {one["view"]: one["asset_id"] for one in job_of(world, model)["inputs"]}


def hold(world, job_id, stage):
    world.move(job_id, moves.enter, stage=stage)
    return world.move(job_id, moves.hold, WaitingFor.INPUT)


def post(world, route, **body):
    return world.http.post(f"/api/{route}", json=body)


def status(world, token, **query):
    return world.http.get("/api/status", params=query, headers={"X-Session-Token": token})


def test_a_photo_opens_a_model_that_is_held(world):
    body = opened(world)
    assert list(body)[:5] == ["success", "photoId", "modelId", "url", "view"]
    photo, model = body["photoId"], body["modelId"]
    assert body | {"session_token": ""} == {
        "success": True,
        "photoId": photo,
        "modelId": model,
        "url": f"/api/v1/assets/{photo}/content",
        "view": "front",
        "status": "pending",
        "generationStatus": "pending",
        "modelStatus": "uploading_photos",
        "session_token": "",
    }
    job = job_of(world, model)
    assert (job["pipeline"], job["hold_after"]) == ("photo_to_model", ["validating", "removing_background"])
    assert world.http.get(body["url"]).content == png("purple")


def test_an_upload_waits_until_its_photo_was_checked(world):
    known = len(world.enqueued)

    def work():
        while len(world.enqueued) == known:
            threading.Event().wait(0.02)
        hold(world, world.enqueued[-1], Stage.VALIDATING)

    worker = threading.Thread(target=work)
    worker.start()
    body = opened(world, view="left", headers={})
    worker.join()
    assert (body["status"], body["modelStatus"]) == ("uploaded", "photos_uploaded")


@pytest.mark.parametrize("own", [True, False])
def test_four_uploads_at_once_are_one_model_of_four_photos(world, own):
    model = new_id("page") if own else opened(world, view="front")["modelId"]
    with ThreadPoolExecutor(4) as page:
        bodies = list(page.map(lambda view: opened(world, view=view, model=model), VIEWS))
    (job_id,) = {body["modelId"] for body in bodies}
    assert views(world, job_id) == {body["view"]: body["photoId"] for body in bodies}
    assert set(views(world, job_id)) == set(VIEWS)
    for body in bodies:
        assert status(world, body["session_token"], job_id=job_id).status_code == 200


def test_uploads_that_name_no_model_open_one_each(world):
    models = {opened(world, view=view)["modelId"] for view in VIEWS}
    assert len(models) == 4


def test_a_photo_joins_at_every_moment_before_the_cutting(world):
    model = opened(world, view="front")["modelId"]
    opened(world, view="left", model=model)
    world.move(model, moves.enter, stage=Stage.VALIDATING)
    opened(world, view="right", model=model)
    job = world.move(model, moves.hold, WaitingFor.INPUT)
    assert (job.status, job.leg) == ("waiting", 0)
    body = opened(world, view="back", model=model)
    assert body["status"] == "uploaded"
    assert set(views(world, model)) == set(VIEWS)
    assert job_of(world, model)["status"] == "processing"
    assert world.engine.enqueued[-1] == (model, 1, 1)


def test_the_same_photo_twice_is_one_and_another_of_the_same_side_takes_its_place(world):
    first = opened(world, view="front")
    model = first["modelId"]
    again = opened(world, view="front", model=model)
    assert again["photoId"] == first["photoId"]
    other = opened(world, view="front", model=model, content=png("black"))
    assert views(world, model) == {"front": other["photoId"]}


def test_a_second_photo_without_a_view_does_not_push_the_first_one_out(world):
    model = opened(world, content=png("white"))["modelId"]
    answer = upload(world, model=model, content=png("black"))
    assert (answer.status_code, answer.json()["code"]) == (422, "duplicate_view")
    assert len(views(world, model)) == 1


def test_the_calls_lift_one_hold_after_the_other(world):
    body = opened(world)
    photo, model, token = body["photoId"], body["modelId"], body["session_token"]
    hold(world, model, Stage.VALIDATING)
    cutting = post(world, "remove-background", modelId=model)
    assert cutting.status_code == 202
    assert cutting.json() == {
        "success": True,
        "jobId": model,
        "modelId": model,
        "photoId": photo,
        "status": "uploaded",
        "generationStatus": "uploaded",
        "modelStatus": "removing_background",
        "progress": 10,
        "photos": [{"photoId": photo, "view": "front", "url": f"/api/v1/assets/{photo}/content"}],
    }
    assert world.engine.enqueued[-1] == (model, 1, 1)
    hold(world, model, Stage.REMOVING_BACKGROUND)
    assert status(world, token, job_id=model).json()["generationStatus"] == "bgr_removed"
    making = post(world, "generate", photoId=photo)
    assert (making.status_code, making.json()["status"]) == (202, "bgr_removed")
    assert making.json()["modelStatus"] == "generating_3d_model"
    assert job_of(world, model)["hold_after"] == []
    assert world.engine.enqueued[-1] == (model, 1, 2)


@pytest.mark.parametrize("route", ["generate", "generate-model"])
def test_a_page_that_does_not_wait_lifts_the_holds_ahead(world, route):
    body = opened(world)
    model = body["modelId"]
    assert post(world, "remove-background", model_id=model).status_code == 202
    assert job_of(world, model)["hold_after"] == ["removing_background"]
    world.move(model, moves.enter, stage=Stage.VALIDATING)
    assert post(world, route, job_id=model).status_code == 202
    assert job_of(world, model)["hold_after"] == []
    assert post(world, route, job_id=model).status_code == 202
    assert world.enqueued.count(model) == 1


def test_a_model_may_bear_the_pages_own_name(world):
    name = new_id("0f8b")
    token = opened(world, model=name)["session_token"]
    assert status(world, token, model_id=name).json()["generationStatus"] == "pending"
    assert post(world, "remove-background", modelId=name).status_code == 202


def test_a_failed_model_is_tried_again_by_the_same_call(world):
    model = opened(world)["modelId"]
    world.move(model, moves.enter, stage=Stage.GENERATING)
    world.move(model, moves.fail, Problem("engine_failed", "It broke.", "Retry.", True))
    body = post(world, "generate-model", modelId=model).json()
    assert (body["status"], job_of(world, model)["attempt"]) == ("job_created", 2)
    assert world.engine.enqueued[-1] == (model, 2, 0)


def test_a_page_that_has_not_heard_of_it_does_not_revive_a_canceled_model(world):
    model = opened(world)["modelId"]
    assert world.http.post(f"/api/v1/jobs/{model}/cancel").status_code == 200
    for route in ("remove-background", "generate"):
        answer = post(world, route, modelId=model)
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
    assert upload(world, view="left", model=model).status_code == 409
    assert job_of(world, model)["generation_status"] == "upload_failed"


def test_no_photo_joins_once_the_cutting_was_asked_for(world):
    model = opened(world)["modelId"]
    post(world, "remove-background", modelId=model)
    answer = upload(world, view="left", model=model)
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")


def test_status_takes_the_id_of_a_photo(world):
    body = opened(world, content=png("orange"))
    for query in ({"job_id": body["photoId"]}, {"photoId": body["photoId"]}, {"jobId": body["modelId"]}):
        answer = status(world, body["session_token"], **query)
        assert (answer.status_code, answer.json()["generationStatus"]) == (200, "pending"), query
    by_path = world.http.get(f"/api/status/{body['photoId']}", headers={"X-Session-Token": body["session_token"]})
    assert by_path.json() == answer.json()


@pytest.mark.parametrize(
    "query", ["", "job_id=", "job_id=%00", "x=" + "&" * 90 + "y=1", "job_id=ü", "job_id=" + "x" * 900]
)
def test_status_of_nothing(world, query):
    token = opened(world)["session_token"]
    answer = world.http.get(f"/api/status?{query}", headers={"X-Session-Token": token})
    assert (answer.status_code, answer.json()) == (404, {"success": False, "error": {"code": "NOT_FOUND"}})


def test_a_photo_that_cannot_be_read_is_told_in_the_old_shape(world):
    answer = upload(world, content=png()[:60])
    assert answer.status_code in (415, 422)
    body = answer.json()
    assert (body["success"], body["generationStatus"]) == (False, "upload_failed")
    assert body["error"] == {"code": body["code"].upper(), "message": body["detail"], "hint": body["hint"]}


@pytest.mark.parametrize(
    ("more", "code", "http"),
    [
        ({"content": b""}, "empty_file", 422),
        ({"content": b"MZ" * 90}, "not_an_image", 415),
        ({"content": glb()}, "not_an_image", 415),
        ({"view": "upwards"}, "invalid_request", 422),
        ({"view": "top"}, "view_missing", 422),
        ({"model": "x" * 201}, "invalid_request", 422),
        ({"model": "a\0b"}, "invalid_request", 422),
        ({"model": "job_missing"}, "not_found", 404),
        ({"model": "ast_missing"}, "not_found", 404),
    ],
)
def test_uploads_that_cannot_be(world, more, code, http):
    answer = upload(world, **more)
    assert (answer.status_code, answer.json()["code"]) == (http, code), answer.text
    assert answer.json()["error"]["code"] == code.upper()


@pytest.mark.parametrize("route", ["remove-background", "generate-model", "generate"])
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"modelId":null}', b'{"modelId":7}', b'{"modelId":""}', b"\xff\xfe",
     b'{"modelId":["a"]}', b'{"modelId":"' + b"x" * 300 + b'"}', b'{"modelId":"\\u0000"}', b"[" * 5000],
)  # fmt: skip
def test_hostile_bodies(world, route, body):
    answer = world.http.post(f"/api/{route}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (404, 422), answer.text
    told = answer.json()
    assert (told["success"], told["error"]["code"]) == (False, told["code"].upper())


def test_foreign_and_missing_models_give_the_same_bytes(locked):
    alice, bob = locked.owner("own_alice_c"), locked.owner("own_bob_c")
    mine = opened(alice, view="left")
    missing = {"modelId": new_id("job"), "photoId": new_id("ast")}
    for field in ("modelId", "photoId"):
        for route in ("remove-background", "generate-model", "generate"):
            answers = [post(bob, route, **{field: one[field]}) for one in (mine, missing)]
            assert {answer.status_code for answer in answers} == {404}
            assert answers[0].content == answers[1].content
        answers = [upload(bob, model=one[field]) for one in (mine, missing)]
        assert {answer.status_code for answer in answers} == {404}
        assert answers[0].content == answers[1].content
        answers = [bob.http.get("/api/status", params={"job_id": one[field]}) for one in (mine, missing)]
        assert {answer.status_code for answer in answers} == {404}
        assert answers[0].content == answers[1].content


def test_a_session_goes_on_with_its_own_model_and_no_other(locked):
    alice = locked.owner("own_alice_s")
    mine, other = opened(alice, view="front"), opened(alice, view="left")
    page = locked.client(**{"X-Session-Token": mine["session_token"]})
    added = page.post(
        "/api/upload-photo", files={"file": ("b.png", png("blue"))}, data={"view": "back"}, headers=AT_ONCE
    )
    assert (added.status_code, added.json()["modelId"]) == (201, mine["modelId"])
    assert page.post("/api/remove-background", json={"modelId": mine["modelId"]}).status_code == 202
    assert page.post("/api/remove-background", json={"modelId": other["modelId"]}).status_code == 404
    data = {"view": "back", "model_id": other["modelId"]}
    refused = page.post("/api/upload-photo", files={"file": ("b.png", png("blue"))}, data=data, headers=AT_ONCE)
    assert refused.status_code == 404
    assert page.get("/api/status", params={"job_id": mine["photoId"]}).status_code == 200
    assert page.get("/api/status", params={"job_id": other["photoId"]}).status_code == 404
