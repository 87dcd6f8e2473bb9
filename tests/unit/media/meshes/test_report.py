"""The report tells the truth about files that keep the rules, and about files that break one each."""

import copy
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from glb_files import pack
from maquette.domain.dimensions import Dimensions
from maquette.domain.errors import Refused
from maquette.media.meshes.container import split
from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.measure import measure_glb
from maquette.media.meshes.mesh import Mesh, Model
from maquette.media.meshes.place import stand
from maquette.media.meshes.profiles import PROFILES, Test
from maquette.media.meshes.report import Subject, choose, meets, report
from maquette.media.meshes.report_text import markdown

STORE = (PROFILES["store"],)


@pytest.fixture(scope="module")
def good(painted: Model) -> Model:
    return replace(painted, mesh=stand(painted.mesh))


def rules(found: dict[str, Any], profile: str = "store") -> dict[str, dict[str, Any]]:
    """By name; of two with one name the required one."""
    (entry,) = (entry for entry in found["profiles"] if entry["profile"] == profile)
    return {rule["rule"]: rule for rule in entry["rules"]}


def failed(model: Model | bytes) -> set[str]:
    data = model if isinstance(model, bytes) else write_glb(model)
    found = report(Subject({"lod2": measure_glb(data)}), STORE)
    return {rule["rule"] for rule in found["profiles"][0]["rules"] if rule["status"] == "fail"}


def test_a_good_model_keeps_every_rule(good: Model) -> None:
    found = report(Subject({"lod2": measure_glb(write_glb(good))}, Dimensions(height=2.0)), STORE)
    assert found["accepted"] == ["store"]
    assert {rule["status"] for rule in found["profiles"][0]["rules"]} == {"pass"}


def spoilt(model: Model, name: str) -> Model:
    mesh, texture = model.mesh, model.texture
    assert mesh.uv is not None
    assert mesh.normals is not None
    match name:
        case "watertight":
            return replace(model, mesh=replace(mesh, faces=mesh.faces[1:]))
        case "origin_offset":
            return replace(model, mesh=replace(mesh, positions=mesh.positions + np.float32(3)))
        case "texture_power_of_two":
            return replace(model, texture=texture[:200, :200])
        case "texture_square":
            return replace(model, texture=texture[:128])
        case "texture_size":
            return replace(model, texture=np.tile(texture, (4, 4, 1)))
        case "uv_inverted":
            return replace(model, mesh=replace(mesh, uv=mesh.uv * [1, -1] + [0, 1]))
        case "normals_inverted":
            return replace(model, mesh=replace(mesh, normals=-mesh.normals))
        case "faces_outwards":
            turned = replace(mesh, faces=mesh.faces[:, ::-1], normals=-mesh.normals, uv=mesh.uv * [1, -1] + [0, 1])
            return replace(model, mesh=turned)
        case _:
            raise AssertionError(name)


@pytest.mark.parametrize(
    "name",
    [
        "watertight",
        "origin_offset",
        "texture_power_of_two",
        "texture_square",
        "texture_size",
        "uv_inverted",
        "normals_inverted",
        "faces_outwards",
    ],
)
def test_one_broken_rule_is_one_failure(good: Model, name: str) -> None:
    assert failed(spoilt(good, name)) == {name}


def edited(data: bytes, **changes: Any) -> bytes:
    document, body = split(data)
    return pack(copy.deepcopy(document) | changes, bytes(body))


def test_rules_of_the_file_itself(good: Model) -> None:
    data = write_glb(good)
    moved = edited(data, nodes=[{"mesh": 0, "scale": [2, 2, 2]}])
    assert failed(moved) == {"identity_root"}
    assert failed(edited(data, extensionsRequired=["KHR_materials_unlit"])) == {"extensions_required"}
    twice = edited(data, nodes=[{"mesh": 0}, {"mesh": 0}], scenes=[{"nodes": [0, 1]}])
    assert failed(twice) == {"draws", "triangles", "watertight"}


def test_a_model_without_pictures_or_coordinates_is_measured_and_refused(good: Model) -> None:
    document, body = split(write_glb(good))
    document = copy.deepcopy(document)
    document["materials"] = [{"pbrMetallicRoughness": {"baseColorFactor": [1, 0, 0, 1]}}]
    document["images"], document["textures"] = [], []
    attributes = document["meshes"][0]["primitives"][0]["attributes"]
    del attributes["TEXCOORD_0"], attributes["NORMAL"]
    assert failed(pack(document, bytes(body))) == {"textures", "uv_sets", "uv_range", "uv_inverted", "normals_inverted"}


def test_hard_edges_are_no_inverted_normals(box: Mesh) -> None:
    corners = box.positions[box.faces]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    thin = (corners.reshape(-1, 3) * [1, 0.01, 1]).astype(np.float32)
    mesh = Mesh(thin, np.arange(36).reshape(-1, 3), np.repeat(flat, 3, axis=0), np.zeros((36, 2)))
    assert measure_glb(write_glb(Model(mesh, np.zeros((8, 8, 3), np.uint8))))["normals_inverted"] == 0


def test_what_did_not_hold_before_is_fixed(good: Model) -> None:
    before = measure_glb(write_glb(spoilt(good, "origin_offset")))
    found = report(Subject({"lod2": measure_glb(write_glb(good))}, before=before), STORE)
    rule = rules(found)["origin_offset"]
    assert rule["status"] == "fixed"
    assert rule["fixed"] == {"from": before["origin_offset"], "to": rule["measured"]}
    assert found["accepted"] == ["store"]


@pytest.mark.parametrize(
    ("size", "status"),
    [
        (Dimensions(), {"true_size": "warn"}),
        (Dimensions(height=2.05), {"height_m": "pass"}),
        (Dimensions(height=2.1, width=2.0), {"height_m": "fail", "width_m": "pass"}),
    ],
)
def test_true_size_is_within_three_per_cent_or_unknown(good: Model, size: Dimensions, status: dict[str, str]) -> None:
    found = report(Subject({"lod2": measure_glb(write_glb(good))}, size), STORE)
    told = {name: rule["status"] for name, rule in rules(found).items() if "size" in name or name.endswith("_m")}
    assert told | {"texture_size": "pass"} == status | {"texture_size": "pass"}


def test_a_profile_for_any_level_takes_the_first_that_keeps_its_rules() -> None:
    levels = {"lod0": {"bytes": 2_000_000, "triangles": 60_000}, "lod1": {"bytes": 900_000, "triangles": 20_000}}
    files = {name: {**values, "texture_size": 1024, "draws": 1} for name, values in levels.items()}
    planner, web = (PROFILES[name] for name in ("khronos_planner", "khronos_mobile_web"))
    found = report(Subject(files), (planner, web))
    assert {rule["file"] for rule in found["profiles"][0]["rules"]} == {"lod1"}
    assert {rule["file"] for rule in found["profiles"][1]["rules"]} == {"lod0"}
    assert found["accepted"] == ["khronos_planner", "khronos_mobile_web"]
    assert report(Subject({"lod0": files["lod0"]}), (planner,))["refused"] == ["khronos_planner"]


def test_advice_warns_and_does_not_refuse() -> None:
    files = {"lod0": {"bytes": 20_000_000, "texture_formats": ["image/png"], "materials": 2}}
    found = report(Subject(files), (PROFILES["shopify"],))
    assert found["accepted"] == ["shopify"]
    assert [rule["status"] for rule in found["profiles"][0]["rules"]] == ["pass", "warn", "warn", "warn"]


def test_a_profile_without_its_file_is_left_out() -> None:
    assert report(Subject({"lod0": {}}), (PROFILES["quick_look"],))["profiles"] == []


def test_profiles_are_chosen_by_name() -> None:
    assert [profile.name for profile in choose(["amazon", "store"])] == ["amazon", "store"]
    assert choose([]) == tuple(PROFILES.values())
    with pytest.raises(Refused, match="unknown_profile"):
        choose(["ebay"])


@pytest.mark.parametrize(
    ("test", "measured", "limit", "holds"),
    [
        (Test.AT_MOST, 3, 3, True),
        (Test.AT_MOST, 4, 3, False),
        (Test.AT_LEAST, 3, 4, False),
        (Test.EQUALS, [], [], True),
        (Test.WITHIN, [0, 1], [0, 1], True),
        (Test.WITHIN, [-0.1, 1], [0, 1], False),
        (Test.WITHIN, 1024, [2048, 4096], False),
        (Test.ONLY, [], ["image/jpeg"], True),
        (Test.ONLY, ["image/png"], ["image/jpeg"], False),
        (Test.AT_MOST, None, 3, False),
    ],
)
def test_limits(test: Test, measured: Any, limit: Any, holds: bool) -> None:
    assert meets(test, measured, limit) is holds


def test_the_report_is_json_and_reads_as_markdown(good: Model) -> None:
    before = measure_glb(write_glb(spoilt(good, "texture_power_of_two")))
    found = report(Subject({"lod0": measure_glb(write_glb(good))}, Dimensions(width=2.0), before))
    assert json.loads(json.dumps(found)) == found
    text = markdown(found, "ball.glb")
    assert text.startswith("# ball.glb\n")
    assert "| lod0 | texture power of two | yes | yes | ✓ fixed (was no) |" in text
    assert "| lod0 | texture size | 256 | 2,048 to 4,096 | ✗ fail |" in text
    assert "Not accepted by: Amazon product 3D models." in text
