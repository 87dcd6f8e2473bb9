"""Forms of triangles and of texture coordinates that other exporters write."""

import struct
from typing import Any

import numpy as np
import pytest

from glb_files import pack
from hostile_models import base, transformed, with_view
from maquette.media.meshes.glb_read import inspect_glb, read_parts
from maquette.media.meshes.mesh import Floats, Mesh


def faces_of(mode: int, indices: list[int] | None) -> list[list[int]]:
    def change(document: dict[str, Any], number: int) -> None:
        primitive = document["meshes"][0]["primitives"][0]
        primitive["mode"] = mode
        if indices is None:
            del primitive["indices"]
        else:
            document["accessors"][3] |= {"bufferView": number, "count": len(indices)}

    given = indices or [0]
    data = with_view(struct.pack(f"<{len(given)}H", *given), change)
    (part,), _ = read_parts(data)
    assert len(part.mesh.faces) <= inspect_glb(data).triangles
    return part.mesh.faces.tolist()


@pytest.mark.parametrize(
    ("mode", "indices", "expected"),
    [
        (4, [0, 2, 1, 0, 1, 3, 2], [[0, 2, 1], [0, 1, 3]]),
        (4, None, [[0, 1, 2]]),
        (5, [0, 1, 2, 3], [[0, 1, 2], [1, 3, 2]]),
        (5, [0, 1, 2, 2, 3, 3, 3, 0, 1], [[0, 1, 2], [3, 0, 1]]),
        (5, None, [[0, 1, 2], [1, 3, 2]]),
        (6, [3, 0, 1, 2], [[0, 1, 3], [1, 2, 3]]),
        (6, None, [[1, 2, 0], [2, 3, 0]]),
    ],
)
def test_every_way_to_list_triangles(mode: int, indices: list[int] | None, expected: list[list[int]]) -> None:
    assert faces_of(mode, indices) == expected


def layout(data: bytes) -> Floats:
    uv = read_parts(data)[0][0].mesh.uv
    assert uv is not None
    return uv


def test_a_texture_is_turned_as_the_extension_says() -> None:
    # the extension's own example: the lower left quadrant of the picture, turned by a quarter
    before = layout(transformed())
    assert before.tolist() == [[0, 0], [1, 0], [0, 1], [0, 0]]
    after = layout(transformed(offset=[0, 1], rotation=np.pi / 2, scale=[0.5, 0.5]))
    assert after == pytest.approx(np.array([[0, 1], [0, 0.5], [0.5, 1], [0, 1]]), abs=1e-6)


def test_a_texture_may_ask_for_another_set_of_coordinates() -> None:
    def change(document: dict[str, Any], number: int) -> None:
        document["accessors"].append(document["accessors"][2] | {"bufferView": number})
        document["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_1"] = 4
        document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["texCoord"] = 1

    second = np.linspace(0.1, 0.8, 8, dtype=np.float32)
    assert np.array_equal(layout(with_view(second.tobytes(), change)).ravel(), second)


def test_a_set_that_is_not_there_leaves_the_plain_colour() -> None:
    mesh: Mesh = read_parts(transformed(texCoord=3))[0][0].mesh
    assert mesh.uv is None


def test_positions_may_be_quantised() -> None:
    document, body = base()
    document["extensionsRequired"] = ["KHR_mesh_quantization"]
    document["accessors"][0] |= {"componentType": 5122, "normalized": True}
    document["bufferViews"][0]["byteStride"] = 8
    corners = np.array([[0, 0, 0, 0], [32767, 0, 0, 0], [0, 32767, 0, 0], [0, 0, -32767, 0]], "<i2").tobytes()
    (part,), _ = read_parts(pack(document, corners + body[len(corners) :]))
    assert part.mesh.positions.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, -1]]
