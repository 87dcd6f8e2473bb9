"""Shapes at the edge of what is one: valid files, from which every product is still made, and is valid."""

import struct
from pathlib import Path

import numpy as np
import pytest

from glb_files import pack
from hostile_models import base, changed, positions, shown
from khronos import validate
from maquette.media.meshes.container import split
from maquette.media.meshes.fit import fit, make_lods
from maquette.media.meshes.levels import Level, levels_for
from maquette.media.meshes.measure import measure_glb, measure_usdz
from maquette.media.meshes.mesh import Mesh
from maquette.media.meshes.normalise import normalise
from maquette.media.meshes.pictures import thumbnail
from maquette.media.meshes.simplify import simplify
from maquette.media.meshes.unwrap import unwrap
from maquette.media.meshes.usdz_write import write_usdz


def tetrahedron(length: float, width: float, at: float = 0) -> list[float]:
    return [at, 0, 0, at + length, 0, 0, at, width, 0, at, 0, width]


def bare(data: bytes) -> bytes:
    """The model without texture coordinates: it gets a new atlas."""
    document, body = split(data)
    del document["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"]
    return pack(document, bytes(body))


def pair() -> bytes:
    """Two triangles back to back."""
    document, body = base()
    start = document["bufferViews"][3]["byteOffset"]
    document["accessors"][3]["count"] = 6
    return pack(document, body[:start] + struct.pack("<6H", 0, 1, 2, 0, 2, 1) + body[start + 12 :])


SHAPES = {
    "a sheet": positions([0.0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0]),
    "as large as the sun": positions(tetrahedron(9e8, 9e8)),
    "far from the origin": positions(tetrahedron(100, 100, 9e8)),
    "a needle": positions(tetrahedron(1e6, 1e-6)),
    "a needle to unfold": bare(positions(tetrahedron(1e6, 1e-6))),
    "thinner than 32 bits": bare(positions(tetrahedron(1, 1e-9))),
    "one triangle": changed(lambda d: d["accessors"][3].update(count=3)),
    "two triangles back to back": pair(),
    "without a picture": changed(lambda d: d["materials"][0].update(pbrMetallicRoughness={})),
    "a thousand in one place": shown(1000),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_product_is_made_and_valid(name: str, tmp_path: Path) -> None:
    measure_glb(SHAPES[name])
    lods = make_lods(normalise(SHAPES[name]), tmp_path, levels_for("medium"))
    thumbnail(lods[0].model, tmp_path / "thumbnail.png", 64)
    for lod, verdict in zip(lods, validate(*(lod.path for lod in lods)), strict=True):
        assert (verdict.wrong, verdict.remarks) == ([], [])
        assert measure_usdz(write_usdz(lod.model))["triangles"] == lod.stats["triangles"]


def test_simplifying_leaves_something() -> None:
    corners = np.array(tetrahedron(1, 1)).reshape(4, 3)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    assert len(simplify(Mesh(corners, np.tile(faces, (100, 1))), 50).faces)


def test_a_wire_is_unfolded_at_once() -> None:
    corners = np.array(tetrahedron(1e6, 1e-6), np.float32).reshape(4, 3)
    mesh = unwrap(Mesh(corners, np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])), 1024)
    assert np.isfinite(mesh.uv).all()
    assert np.ptp(mesh.uv[:, 0]) > 0.5


def test_what_cannot_be_made_smaller_is_not_tried_for_ever() -> None:
    small, data = fit(normalise(shown(200)), Level("lod0", 10_000, 64, 10_000, 100))
    assert len(data) > 100
    assert len(small.mesh.faces) > 0
