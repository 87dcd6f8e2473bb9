"""Other people's models keep what is good of them and lose what nobody accepts."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from glb_files import pack
from maquette.media.meshes.container import split
from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.measure import inverted_uv, measure_glb
from maquette.media.meshes.mesh import Mesh, Model, is_watertight
from maquette.media.meshes.normalise import normalise
from maquette.media.meshes.render import render


@pytest.fixture
def crate(box: Mesh) -> Model:
    """A box with flat faces: each has corners and normals of its own."""
    corners = box.positions[box.faces]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    uv = np.tile(np.array([[0, 0], [0, 1], [1, 1]], np.float32), (12, 1))
    mesh = Mesh(corners.reshape(-1, 3), np.arange(36).reshape(-1, 3), np.repeat(flat, 3, axis=0), uv)
    return Model(mesh, np.full((64, 64, 3), 120, np.uint8))


def test_hard_edges_stay_hard(crate: Model) -> None:
    normals = normalise(write_glb(crate)).mesh.normals
    assert normals is not None
    assert np.abs(normals).max(axis=1) == pytest.approx(1)


def test_normals_that_look_inwards_are_made_afresh(painted: Model) -> None:
    assert painted.mesh.normals is not None
    inside_out = replace(painted, mesh=replace(painted.mesh, normals=-painted.mesh.normals))
    assert measure_glb(write_glb(inside_out))["normals_inverted"] > 0
    assert measure_glb(write_glb(normalise(write_glb(inside_out))))["normals_inverted"] == 0


def test_mirrored_coordinates_get_a_new_atlas_and_keep_their_colours(painted: Model) -> None:
    assert painted.mesh.uv is not None
    mirrored = Model(replace(painted.mesh, uv=painted.mesh.uv * [-1, 1] + [1, 0]), painted.texture[:, ::-1])
    assert inverted_uv(mirrored.mesh) > 1000
    mended = normalise(write_glb(mirrored))
    assert inverted_uv(mended.mesh) == 0
    first, second = (render(model, 40, 20, 64).astype(int) for model in (painted, mended))
    both = (first[..., 3] == 255) & (second[..., 3] == 255)
    assert np.abs(first - second)[both].mean() < 6


def test_what_is_larger_than_wanted_is_simplified_before_it_is_unfolded(glb: bytes) -> None:
    document, body = split(glb)
    document = copy.deepcopy(document)
    document["materials"].append({"pbrMetallicRoughness": {"baseColorFactor": [0, 0, 1, 1]}})
    second = copy.deepcopy(document["meshes"][0])
    second["primitives"][0]["material"] = 1
    document["meshes"].append(second)
    document["nodes"] = [{"mesh": 0}, {"mesh": 1, "translation": [4, 0, 0]}]
    document["scenes"][0]["nodes"] = [0, 1]
    model = normalise(pack(document, bytes(body)), 1500)
    assert len(model.mesh.faces) <= 1500
    assert is_watertight(model.mesh)
    assert model.mesh.uv is not None
    right = model.mesh.uv[model.mesh.positions[:, 0] > 1.5]
    left = model.mesh.uv[model.mesh.positions[:, 0] < -1.5]
    size = len(model.texture) - 1
    colours = [model.texture[(uv[:, 1] * size).astype(int), (uv[:, 0] * size).astype(int)] for uv in (left, right)]
    assert (np.median(colours[1], axis=0) == [0, 0, 255]).all()
    assert np.median(colours[0], axis=0)[2] < 250
