"""True sizes of what jobs make, and the report that says who accepts it."""

import pytest

from maquette.domain.assets import Role


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
