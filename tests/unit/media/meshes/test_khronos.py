"""What Maquette writes, as the Khronos glTF validator sees it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from khronos import validate
from maquette.media.meshes.container import split
from maquette.media.meshes.fit import make_lods
from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.levels import levels_for
from maquette.media.meshes.mesh import Mesh, Model
from maquette.media.meshes.normalise import normalise


def test_levels_of_detail_are_valid(glb: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.glb").write_bytes(glb)
    paths = [lod.path for lod in make_lods(normalise(glb), tmp_path, levels_for("medium"))]
    for verdict in validate(tmp_path / "model.glb", *paths):
        assert verdict.wrong == []
        assert verdict.remarks == []
        assert [image["mimeType"] for image in verdict.info["resources"] if "image" in image] == ["image/jpeg"]


def many(model: Model) -> Model:
    """More vertices than 16 bits can count."""
    mesh, copies = model.mesh, 70_000 // len(model.mesh.positions) + 1
    faces = np.concatenate([mesh.faces + len(mesh.positions) * k for k in range(copies)])
    tiled = [np.tile(rows, (copies, 1)) for rows in (mesh.positions, mesh.normals, mesh.uv)]
    return Model(Mesh(tiled[0], faces, tiled[1], tiled[2]), model.texture)


def tiny(model: Model) -> Model:
    return replace(model, mesh=replace(model.mesh, positions=model.mesh.positions * 1e-4))


def without_a_length(model: Model) -> Model:
    """Normals that a caller left at 0, and others that he did not scale."""
    normals = model.mesh.normals * 7.0
    normals[:20] = 0
    return replace(model, mesh=replace(model.mesh, normals=normals))


def beyond_the_texture(model: Model) -> Model:
    return replace(model, mesh=replace(model.mesh, uv=model.mesh.uv * 1.2 - 0.1))


def one_triangle(model: Model) -> Model:
    corners = np.eye(3, dtype=np.float32)
    return Model(Mesh(corners, np.array([[0, 1, 2]]), np.ones((3, 3)), corners[:, :2]), model.texture[:1, :1])


@pytest.mark.parametrize("change", [many, tiny, without_a_length, beyond_the_texture, one_triangle])
def test_any_model_becomes_a_valid_file(painted: Model, tmp_path: Path, change: Callable[[Model], Model]) -> None:
    path = tmp_path / "model.glb"
    path.write_bytes(write_glb(change(painted), name='a "name" with ü'))
    (verdict,) = validate(path)
    assert (verdict.wrong, verdict.remarks) == ([], [])


def test_the_validator_would_see_a_fault(glb: bytes, tmp_path: Path) -> None:
    document, _ = split(glb)
    low = str(document["accessors"][0]["min"][1]).encode()
    (tmp_path / "model.glb").write_bytes(glb.replace(low, b"9" * len(low), 1))
    (verdict,) = validate(tmp_path / "model.glb")
    assert any("ACCESSOR_MIN" in text for text in verdict.wrong)
