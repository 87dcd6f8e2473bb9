"""True sizes of what jobs make, and the report that says who accepts it."""

import base64
import hashlib

import numpy as np
import pytest

from maquette.domain.assets import Role
from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.mesh import Mesh, Model

CORNERS = np.array([[0, 0, 0], [2, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])


def glb(shade: int = 90) -> bytes:
    """A small wedge, 2 m wide."""
    mesh = Mesh(CORNERS, FACES, np.ones((4, 3)), np.clip(CORNERS[:, :2], 0, 1))
    return write_glb(Model(mesh, np.full((64, 64, 3), shade, np.uint8)))


def upload(world, data: bytes, name: str = "chair.glb"):
    return world.http.post("/api/v1/assets", files={"file": (name, data)})


def test_a_model_is_an_upload_like_any_other(world):
    answer = upload(world, glb())
    assert answer.status_code == 201, answer.text
    asset = answer.json()
    assert (asset["role"], asset["media_type"], asset["name"]) == ("original", "model/gltf-binary", "chair.glb")
    assert (asset["width"], asset["height"]) == (None, None)
    assert asset["stats"] == {"triangles": 4, "vertices": 4, "materials": 1, "bounds_m": [2.0, 1.0, 1.0]}
    content = world.http.get(asset["url"])
    assert (content.headers["content-type"], content.content) == ("model/gltf-binary", glb())
    assert upload(world, glb()).json()["id"] == asset["id"]
    # by its first bytes, not by its name, and by every way in
    digest = base64.b64encode(hashlib.sha256(glb(7)).digest()).decode()
    headers = {"content-digest": f"sha-256=:{digest}:"}
    put = world.http.put("/api/v1/assets?name=a.jpg", content=glb(7), headers=headers)
    assert put.json()["media_type"] == "model/gltf-binary"


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (glb()[:-40], 422, "model_damaged"),
        (b"glTF" + b"\0" * 60, 422, "model_damaged"),
        (b"PK\3\4" + b"\0" * 60, 415, "not_an_image"),
        (b"solid chair", 415, "not_an_image"),
    ],
)
def test_what_is_no_model_is_refused_at_the_door(world, data, status, code):
    answer = upload(world, data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["hint"]


def test_models_and_photos_are_not_taken_for_each_other(world):
    model, photo = upload(world, glb()).json()["id"], world.photo()["id"]
    for pipeline, asset, code in (
        ("optimize", photo, "not_a_model"),
        ("photo_to_model", model, "not_an_image"),
        ("cutout", model, "not_an_image"),
    ):
        body = {"pipeline": pipeline, "inputs": [{"asset_id": asset, "view": "front"}]}
        answer = world.http.post("/api/v1/jobs", json=body)
        assert (answer.status_code, answer.json()["code"]) == (415, code)
    assert world.http.post("/api/v1/jobs", json={"pipeline": "optimize"}).json()["code"] == "no_model"


def test_a_model_becomes_a_job_with_budgets(world):
    model = upload(world, glb()).json()["id"]
    settings = {"triangles": 5000, "bytes": 400_000, "dimensions": {"height": 80, "unit": "cm"}}
    job = world.job("optimize", inputs=[{"asset_id": model}], settings=settings)
    assert job["settings"] == {
        "quality": "medium",
        "dimensions": {"height": 0.8, "unit": "m"},
        "triangles": 5000,
        "bytes": 400_000,
    }


def project(world, **fields):
    return world.http.post("/api/v1/projects", json={"name": "Chair", **fields}).json()["id"]


def test_a_job_takes_the_size_of_its_project_unless_it_has_its_own(world):
    sized = project(world, dimensions={"height": 80, "width": 60, "unit": "cm"})
    taken = world.job("photo_to_model", project_id=sized)["settings"]["dimensions"]
    assert taken == {"width": 0.6, "height": 0.8, "unit": "m"}
    own = {"dimensions": {"depth": "20in"}}
    assert world.job("photo_to_model", project_id=sized, settings=own)["settings"]["dimensions"] == {
        "depth": 0.508,
        "unit": "m",
    }
    assert world.job("photo_to_model", project_id=project(world))["settings"]["dimensions"] is None
    assert "dimensions" not in world.job("cutout", project_id=sized)["settings"]


REPORT = {
    "report": {
        "accepted": ["khronos_planner"],
        "refused": [],
        "profiles": [
            {
                "profile": "khronos_planner",
                "title": "Khronos 3D Commerce, room planners",
                "source": "a book",
                "pass": True,
                "rules": [
                    {
                        "rule": "bytes",
                        "file": "lod1",
                        "measured": 410_000,
                        "test": "at_most",
                        "limit": 1_000_000,
                        "status": "fixed",
                        "required": True,
                        "fixed": {"from": 9_000_000, "to": 410_000},
                    }
                ],
            }
        ],
    }
}


@pytest.fixture(scope="module")
def result(world):
    job = world.job("photo_to_model")
    lod = world.store(b"glTF", Role.LOD, "model/gltf-binary", "x")
    return world.finish(job["id"], {"lod0": (lod,)}, REPORT)


@pytest.mark.parametrize(
    ("accept", "params", "kind"),
    [
        ("*/*", {}, "application/json"),
        ("application/json", {}, "application/json"),
        ("application/json, text/markdown", {}, "application/json"),
        ("text/markdown, application/json", {}, "text/markdown; charset=utf-8"),
        ("text/markdown;q=0.9", {}, "text/markdown; charset=utf-8"),
        ("text/markdown", {"as": "json"}, "application/json"),
        ("application/json", {"as": "md"}, "text/markdown; charset=utf-8"),
    ],
)
def test_the_report_is_json_or_markdown(world, result, accept, params, kind):
    answer = world.http.get(f"/api/v1/results/{result}/report", headers={"accept": accept}, params=params)
    assert answer.headers["content-type"] == kind
    if kind == "application/json":
        assert answer.json() == REPORT
    else:
        assert "| lod1 | bytes | 0.41 MB | ≤ 1.00 MB | ✓ fixed (was 9.00 MB) |" in answer.text


def test_a_report_has_no_other_form(world, result):
    assert world.http.get(f"/api/v1/results/{result}/report", params={"as": "pdf"}).status_code == 422


def test_profiles(world):
    items = {item["name"]: item for item in world.http.get("/api/v1/profiles").json()["items"]}
    assert list(items["store"]["files"]) == ["lod0", "lod1", "lod2"]
    assert {"rule": "bytes", "measure": "bytes", "test": "at_most", "limit": 1_000_000, "required": True} in items[
        "khronos_planner"
    ]["files"]["any"]
    assert "Second-hand" in items["amazon"]["source"]
