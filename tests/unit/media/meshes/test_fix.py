"""A mended copy keeps the profiles it was mended for."""

from dataclasses import replace

import numpy as np
import pytest

from maquette.domain.dimensions import Dimensions
from maquette.media.meshes.fix import fix
from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.measure import measure_glb
from maquette.media.meshes.mesh import Mesh, Model
from maquette.media.meshes.profiles import PROFILES
from maquette.media.meshes.report import Subject, report


@pytest.fixture(scope="module")
def bad(painted: Model) -> bytes:
    """Off its origin, mirrored on an oblong texture, with normals that look inwards."""
    mesh = painted.mesh
    assert mesh.uv is not None
    assert mesh.normals is not None
    spoilt = Mesh(mesh.positions + np.float32(3), mesh.faces, -mesh.normals, mesh.uv * [-1, 1] + [1, 0])
    return write_glb(Model(spoilt, np.repeat(painted.texture[:, ::-1], 9, axis=1)[:, :2200]))


@pytest.mark.parametrize("level", ["lod0", "lod2"])
def test_it_is_accepted_and_the_report_says_what_was_fixed(bad: bytes, level: str) -> None:
    profiles, size = [PROFILES["store"]], Dimensions(height=0.5)
    before, after = measure_glb(bad), measure_glb(fix(bad, profiles, level, size))
    assert report(Subject({level: before}, size), profiles)["refused"] == ["store"]
    found = report(Subject({level: after}, size, before), profiles)
    assert found["accepted"] == ["store"]
    fixed = {rule["rule"] for rule in found["profiles"][0]["rules"] if rule["status"] == "fixed"}
    told = {"origin_offset", "uv_inverted", "normals_inverted", "texture_square", "texture_power_of_two", "height_m"}
    assert told <= fixed


def test_limits_of_several_profiles_are_kept_together(painted: Model) -> None:
    rules = PROFILES["khronos_planner"].files["any"]
    tight = [replace(rule, limit=70_000) if rule.measure == "bytes" else rule for rule in rules]
    few = [replace(rule, limit=900) for rule in PROFILES["google_swirl"].files["any"] if rule.measure == "vertices"]
    profiles = [
        replace(PROFILES["khronos_planner"], files={"any": tuple(tight)}),
        replace(PROFILES["google_swirl"], files={"any": tuple(few)}),
    ]
    measured = measure_glb(fix(write_glb(painted), profiles))
    assert measured["bytes"] <= 70_000
    assert measured["vertices"] <= 900
    assert report(Subject({"lod0": measured}), profiles)["refused"] == []


def test_without_limits_a_good_model_keeps_its_triangles_texture_and_size(painted: Model) -> None:
    measured = measure_glb(fix(write_glb(painted), [PROFILES["quick_look"]]))
    assert measured["triangles"] == len(painted.mesh.faces)
    assert (measured["texture_size"], measured["size_m"]) == (256, [2.0, 2.0, 2.0])
