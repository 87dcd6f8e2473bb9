"""The photo front ends against a real server with the small real engines: their whole sequence, and what goes wrong.

The words are those of the front ends' own status columns.
"""

import io
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image, ImageDraw
from service import Service

from faulty_engines import install
from maquette.domain.projections import STATUS_MAP

VIEWS = {"front": "#b03030", "left": "#30a040", "right": "#3050b0", "back": "#c0a020"}
PATIENCE_S = 90.0
S0_ORDER = ["pending", "uploaded", "bgr_removed", "job_created", "model_generated", "model_saved"]
S1_ORDER = ["uploading_photos", "photos_uploaded", "removing_background", "generating_3d_model", "completed"]


def photo(colour: str, *, plain: bool = False) -> bytes:
    picture = Image.new("RGB", (96, 96), "#f0efe8")
    if not plain:
        ImageDraw.Draw(picture).rectangle((30, 20, 66, 80), fill=colour)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


class Page:
    """What an old front end does, and the words that it sees while it polls."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.s0: list[str] = []
        self.s1: list[str] = []

    def upload(self, colour: str, view: str | None = None, model: str | None = None, **more: Any) -> dict[str, Any]:
        data = {key: value for key, value in (("view", view), ("model_id", model)) if value}
        file = {"file": ("photo.png", photo(colour, **more))}
        answer = self.service.http.post("/api/upload-photo", files=file, data=data)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def post(self, route: str, model: str) -> dict[str, Any]:
        answer = self.service.http.post(f"/api/{route}", json={"modelId": model})
        assert answer.status_code == 202, answer.text
        return answer.json()

    def look(self, token: str, named: str) -> dict[str, Any]:
        answer = self.service.http.get("/api/status", params={"job_id": named}, headers={"X-Session-Token": token})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        for seen, word in ((self.s0, body["generationStatus"]), (self.s1, body["modelStatus"])):
            if seen[-1:] != [word]:
                seen.append(word)
        return body

    def poll(self, token: str, named: str, *words: str) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_S
        while (body := self.look(token, named))["generationStatus"] not in words:
            assert time.monotonic() < until, body
            assert "failed" not in body["generationStatus"], body
            time.sleep(0.1)
        return body


def in_order(words: list[str], order: list[str]) -> bool:
    places = [order.index(word) for word in words]
    return places == sorted(places)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("old")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(install(folder)))
        running = Service(folder, "", concurrency=1)
        yield running
        if running.process.poll() is None:
            running.stop()


@pytest.mark.timeout(400)
def test_the_four_view_page_from_the_first_photo_to_the_model(service: Service) -> None:
    page = Page(service)
    with ThreadPoolExecutor(4) as together:
        sent = list(together.map(lambda view: page.upload(VIEWS[view], view, "page-model-1"), VIEWS))
    (model,) = {one["modelId"] for one in sent}
    token = sent[2]["session_token"]
    page.poll(token, model, "uploaded")
    assert len(page.post("remove-background", "page-model-1")["photos"]) == 4
    page.poll(token, model, "bgr_removed")
    assert service.http.get(f"/api/v1/jobs/{model}").json()["status"] == "waiting"
    page.post("generate-model", model)
    done = page.poll(token, sent[0]["photoId"], "model_saved")
    assert (done["status"], done["progress"], done["modelStatus"]) == ("completed", 100, "completed")
    assert in_order(page.s0, S0_ORDER), page.s0
    assert in_order(page.s1, S1_ORDER), page.s1
    assert set(page.s0) <= set(STATUS_MAP)
    result = service.http.get(f"/api/v1/results/{done['resultId']}").json()
    assert len(result["assets"]["cutout"]) == 4
    assert service.http.get(f"/api/v1/results/{done['resultId']}/download?as=glb").content[:4] == b"glTF"


@pytest.mark.timeout(400)
def test_the_one_photo_page_that_does_not_wait(service: Service) -> None:
    page = Page(service)
    sent = page.upload("#7030a0")
    assert (sent["view"], sent["status"]) == ("front", "uploaded")
    page.post("remove-background", sent["modelId"])
    page.post("generate", sent["modelId"])
    page.poll(sent["session_token"], sent["photoId"], "model_saved")
    assert in_order(page.s0, S0_ORDER), page.s0


def fails(page: Page, sent: dict[str, Any], word: str) -> dict[str, Any]:
    body = page.poll(sent["session_token"], sent["modelId"], word)
    assert (body["status"], body["stage"], body["modelStatus"]) == ("failed", "failed", "failed")
    assert STATUS_MAP[body["generationStatus"]] == {"status": "failed"}
    assert body["errorMessage"]
    return body


def lose(service: Service, asset_id: str) -> None:
    """Takes a file off the disk behind the server's back."""
    sha256 = service.http.get(f"/api/v1/assets/{asset_id}").json()["sha256"]
    (file,) = (path for path in service.log.parent.joinpath("data", "blobs").rglob(f"*{sha256}*") if path.is_file())
    file.unlink()


def test_upload_failed_by_a_photo_that_is_none(service: Service) -> None:
    answer = service.http.post("/api/upload-photo", files={"file": ("a.png", photo("#102030")[:70])})
    assert (answer.status_code, answer.json()["generationStatus"]) == (422, "upload_failed")


@pytest.mark.timeout(120)
def test_upload_failed_by_a_photo_that_the_disk_lost(service: Service) -> None:
    page = Page(service)
    sent = page.upload("#112233", "front")
    lose(service, sent["photoId"])
    joined = page.upload("#332211", "left", sent["modelId"])
    assert fails(page, joined, "upload_failed")["failedStage"] == "validating"


@pytest.mark.timeout(120)
def test_bgr_removal_failed_by_a_photo_of_nothing(service: Service) -> None:
    page = Page(service)
    sent = page.upload("#445566", plain=True)
    page.post("remove-background", sent["modelId"])
    fails(page, sent, "bgr_removal_failed")


@pytest.mark.timeout(120)
def test_job_creation_failed_by_a_cut_out_that_the_disk_lost(service: Service) -> None:
    page = Page(service)
    sent = page.upload("#778899")
    page.post("remove-background", sent["modelId"])
    page.poll(sent["session_token"], sent["modelId"], "bgr_removed")
    tasks = service.http.get(f"/api/v1/jobs/{sent['modelId']}/tasks").json()["items"]
    for asset_id in next(task for task in tasks if task["stage"] == "removing_background")["output_assets"]:
        lose(service, asset_id)
    page.post("generate", sent["modelId"])
    assert fails(page, sent, "job_creation_failed")["failedStage"] == "submitting"


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("mesher", "deadline_s", "word"),
    [
        ("crashing", 600, "model_generation_failed"),
        ("endless", 6, "model_generation_failed"),
        ("lying", 600, "model_saving_failed"),
    ],
)
def test_what_an_engine_does_wrong(service: Service, mesher: str, deadline_s: int, word: str) -> None:
    page = Page(service)
    # the same for all: what comes before the engine is used again, and takes nothing from the deadline
    photo_id = service.photo(77)
    body = {
        "pipeline": "photo_to_model",
        "inputs": [{"asset_id": photo_id}],
        "settings": {"mesher": mesher},
        "deadline_s": deadline_s,
        "hold_after": ["validating", "removing_background"],
    }
    job = service.http.post("/api/v1/jobs", json=body).json()
    page.post("generate", job["id"])
    fails(page, {"session_token": job["session_token"], "modelId": photo_id}, word)


def shop(service: Service, route: str, **body: Any) -> dict[str, Any]:
    answer = service.http.post(f"/api/{route}", json={"product_id": "chair-7", **body}, headers={"Prefer": "wait=60"})
    assert answer.status_code in (200, 202), answer.text
    return answer.json()


def stored(service: Service, content: bytes, name: str) -> str:
    answer = service.http.post("/api/v1/assets", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    return answer.json()["url"]


@pytest.mark.timeout(400)
def test_the_shop_from_its_photos_to_the_model(service: Service) -> None:
    urls = [stored(service, photo(colour), f"{colour[1:]}.png") for colour in ("#905020", "#209050")]
    chosen = shop(service, "select-images", image_urls=urls)
    assert chosen["selected_images"]
    assert set(chosen["selected_images"]) | {one["url"] for one in chosen["rejected_images"]} == set(urls)
    cut = shop(service, "remove-backgrounds", image_urls=chosen["selected_images"])
    assert cut["task_id"] == chosen["task_id"]
    assert [one["original_url"] for one in cut["processed_images"]] == chosen["selected_images"]
    assert (cut["success_rate"], cut["total_cost"], cut["failed_images"]) == (1.0, 0.0, [])
    assert cut["total_processing_time"] > 0
    for one in cut["processed_images"]:
        assert service.http.get(one["processed_url"]).content[:4] == service.http.get(one["mask_url"]).content[:4]
    good = [one["processed_url"] for one in cut["processed_images"]]
    approved = shop(service, "approve-images", approved_images=good)
    assert (approved["task_id"], approved["approved_images"]) == (chosen["task_id"], good)
    task = shop(service, "generate-3d", image_urls=good)
    assert task["task_id"] == chosen["task_id"]
    until = time.monotonic() + PATIENCE_S
    while (status := service.http.get(f"/api/model-status/{task['task_id']}").json())["status"] != "completed":
        assert status["status"] != "failed", status
        assert time.monotonic() < until, status
        time.sleep(0.2)
    assert (status["product_id"], status["progress"]) == ("chair-7", 100)
    assert service.http.get(status["model_url"]).content[:4] == b"glTF"


@pytest.mark.timeout(120)
def test_the_shop_is_told_the_photos_that_could_not_be_cut_out(service: Service) -> None:
    good = stored(service, photo("#606020"), "good.png")
    plain, missing = stored(service, photo("#000000", plain=True), "plain.png"), "http://127.0.0.1/x.png"
    cut = shop(service, "remove-backgrounds", image_urls=[good, plain, missing])
    assert [one["original_url"] for one in cut["processed_images"]] == [good]
    assert cut["success_rate"] == pytest.approx(1 / 3, abs=1e-3)
    assert {one["url"]: one["code"] for one in cut["failed_images"]} == {missing: "url_refused", plain: "no_subject"}


@pytest.mark.timeout(240)
def test_every_status_is_the_same_after_a_restart(service: Service) -> None:
    """The last one here: what the others left behind is what it looks at."""
    before = {job["id"]: _words(job) for job in service.http.get("/api/v1/jobs?limit=200").json()["items"]}
    page = Page(service)
    sent = page.upload("#a0b0c0")
    service.stop()
    folder = service.log.parent
    again = Service(folder, "", concurrency=1)
    service.process, service.http = again.process, again.http
    after = {job["id"]: _words(job) for job in service.http.get("/api/v1/jobs?limit=200").json()["items"]}
    assert {job_id: after[job_id] for job_id in before} == before
    assert {word for word, _ in before.values()} >= {"model_saved", "upload_failed", "model_saving_failed"}
    assert page.look(sent["session_token"], sent["photoId"])["generationStatus"] == "uploaded"
    assert page.upload("#c0b0a0", "left", sent["modelId"])["modelId"] == sent["modelId"]
    page.poll(sent["session_token"], sent["modelId"], "uploaded")
    assert len(page.post("remove-background", sent["modelId"])["photos"]) == 2


def _words(job: dict[str, Any]) -> tuple[str, str]:
    return job["generation_status"], job["model_status"]
