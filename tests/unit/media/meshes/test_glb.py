"""GLB files: ours are valid, other people's are checked before anything believes them."""

import copy
import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.domain.errors import Permanent
from maquette.media.meshes.container import split
from maquette.media.meshes.glb_read import inspect_glb, read_parts
from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.mesh import Mesh, Model, is_watertight
from maquette.media.meshes.normalise import normalise

Document = dict[str, Any]


def pack(document: Document | bytes, body: bytes) -> bytes:
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(body), b"BIN\0") + body
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def test_what_is_written_reads_back(painted: Model, glb: bytes) -> None:
    stats = inspect_glb(glb)
    assert (stats.triangles, stats.vertices) == (len(painted.mesh.faces), len(painted.mesh.positions))
    assert stats.textures == (("image/jpeg", 256, 256),)
    assert (stats.meshes, stats.materials, stats.nodes, stats.depth, stats.identity_root) == (1, 1, 1, 1, True)
    parts, pictures = read_parts(glb)
    assert np.array_equal(parts[0].mesh.positions, painted.mesh.positions)
    assert np.array_equal(parts[0].mesh.faces, painted.mesh.faces)
    assert np.array_equal(parts[0].mesh.uv, painted.mesh.uv)
    assert np.abs(pictures[0].astype(int) - painted.texture).mean() < 4


def test_another_reader_agrees(glb: bytes, painted: Model) -> None:
    scene = trimesh.load(trimesh.util.wrap_as_stream(glb), file_type="glb", process=False)
    (mesh,) = scene.geometry.values()
    assert np.allclose(mesh.vertices, painted.mesh.positions)
    assert np.allclose(mesh.vertex_normals, painted.mesh.normals, atol=1e-3)


def test_the_file_keeps_the_rules_of_gltf(glb: bytes) -> None:
    document, body = split(glb)
    assert len(glb) % 4 == 0
    assert document["buffers"] == [{"byteLength": len(body)}]
    assert all(view["byteOffset"] % 4 == 0 for view in document["bufferViews"])
    position = document["accessors"][0]
    points = np.frombuffer(body, "<f4", position["count"] * 3).reshape(-1, 3)
    assert position["min"] == points.min(0).tolist()
    assert position["max"] == points.max(0).tolist()
    normals = np.frombuffer(body, "<f4", position["count"] * 3, document["bufferViews"][1]["byteOffset"])
    assert np.linalg.norm(normals.reshape(-1, 3), axis=1) == pytest.approx(1, abs=1e-5)


def test_many_vertices_get_wide_indices(painted: Model) -> None:
    mesh = painted.mesh
    many = 70_000 // len(mesh.positions) + 1
    n = len(mesh.positions)
    big = Mesh(
        np.tile(mesh.positions, (many, 1)),
        np.concatenate([mesh.faces + n * k for k in range(many)]),
        np.tile(mesh.normals, (many, 1)),
        np.tile(mesh.uv, (many, 1)),
    )
    data = write_glb(Model(big, painted.texture))
    assert split(data)[0]["accessors"][3]["componentType"] == 5125
    assert read_parts(data)[0][0].mesh.faces.max() == n * many - 1


def edit(path: str, value: Any) -> Callable[[Document], None]:
    """A change of the entry at ``path`` (dots between keys and numbers); ... takes it out."""

    def apply(document: Document) -> None:
        *way, last = [int(key) if key.isdigit() else key for key in path.split(".")]
        target: Any = document
        for key in way:
            target = target[key]
        if value is ...:
            del target[last]
        else:
            target[last] = value

    return apply


HOSTILE = {
    "other version": edit("asset.version", "1.0"),
    "no asset": edit("asset", ...),
    "outside buffer": edit("buffers.0.uri", "secret.bin"),
    "long buffer": edit("buffers.0.byteLength", 1 << 30),
    "two buffers": edit("buffers", [{"byteLength": 4}, {"byteLength": 4}]),
    "view past the end": edit("bufferViews.0.byteLength", 1 << 30),
    "negative offset": edit("bufferViews.0.byteOffset", -4),
    "accessor past the view": edit("accessors.0.count", 10_000_000),
    "accessor of bools": edit("accessors.0.count", True),
    "unknown component": edit("accessors.0.componentType", 5124),
    "short rows": edit("bufferViews.0.byteStride", 4),
    "wrong type": edit("accessors.0.type", "MAT4"),
    "no position": edit("meshes.0.primitives.0.attributes", {}),
    "missing accessor": edit("meshes.0.primitives.0.indices", 99),
    "indices of floats": edit("meshes.0.primitives.0.indices", 2),
    "too many triangles": edit("accessors.3.count", 9_000_000),
    "own ancestor": edit("nodes.0.children", [0]),
    "two parents": edit("scenes.0.nodes", [0, 0]),
    "endless matrix": edit("nodes.0.matrix", [1e39] * 16),
    "text in a matrix": edit("nodes.0.translation", ["1", 2, 3]),
    "outside picture": edit("images.0.uri", "http://example.invalid/a.jpg"),
    "picture is geometry": edit("images.0.bufferView", 0),
    "missing material": edit("meshes.0.primitives.0.material", 7),
    "required extension": edit("extensionsRequired", ["KHR_draco_mesh_compression"]),
    "no scene": edit("scenes", []),
    "empty scene": edit("scenes.0.nodes", []),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(glb: bytes, name: str) -> None:
    document, body = split(glb)
    document = copy.deepcopy(document)
    HOSTILE[name](document)
    with pytest.raises(Permanent) as caught:
        read_parts(pack(document, body))
    assert caught.value.code == "model_invalid"


def test_a_tower_of_nodes_is_refused(glb: bytes) -> None:
    document, body = split(glb)
    tower = [{"children": [k + 1]} for k in range(500)]
    with pytest.raises(Permanent, match="tree"):
        inspect_glb(pack(document | {"nodes": [*tower, {"mesh": 0}]}, body))


def test_json_that_nests_without_end_is_refused() -> None:
    with pytest.raises(Permanent):
        inspect_glb(pack(b"[" * 200_000, b""))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_files_are_refused_or_read_but_never_crash(data: st.DataObject) -> None:
    whole = _small()
    cut = data.draw(st.integers(0, len(whole)))
    damaged = bytearray(whole[:cut] if data.draw(st.booleans()) else whole)
    for _ in range(data.draw(st.integers(0, 6))):
        if damaged:
            damaged[data.draw(st.integers(0, min(len(damaged) - 1, 1600)))] = data.draw(st.integers(0, 255))
    try:
        read_parts(bytes(damaged))
    except Permanent as error:
        assert error.code == "model_invalid"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda s: st.lists(s, max_size=3)))
@settings(max_examples=100, deadline=None)
def test_any_value_anywhere_is_refused_or_read(value: Any) -> None:
    document, body = split(_small())
    paths = ["scene", "nodes.0", "nodes.0.mesh", "meshes.0.primitives", "accessors.3", "accessors.0.byteOffset"]
    for path in [*paths, "bufferViews.1", "materials.0", "textures.0.source", "images", "extensionsRequired"]:
        changed = copy.deepcopy(document)
        edit(path, value)(changed)
        try:
            read_parts(pack(changed, body))
        except Permanent as error:
            assert error.code == "model_invalid"


def _small() -> bytes:
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    mesh = Mesh(corners, faces, np.ones((4, 3)), corners[:, :2])
    return write_glb(Model(mesh, np.full((8, 8, 3), 90, np.uint8)))


def test_normalising_flattens_transforms_and_stands_the_model_up(glb: bytes) -> None:
    document, body = split(glb)
    nodes = [{"children": [1], "scale": [2, 2, 2]}, {"mesh": 0, "translation": [3, 4, 5], "rotation": [0, 1, 0, 0]}]
    model = normalise(pack(document | {"nodes": nodes}, body))
    low, high = model.mesh.positions.min(0), model.mesh.positions.max(0)
    assert low == pytest.approx([-2, 0, -2], abs=0.01)
    assert high == pytest.approx([2, 4, 2], abs=0.01)
    assert is_watertight(model.mesh)


def test_a_mirrored_model_keeps_its_faces_outwards(glb: bytes) -> None:
    from maquette.media.meshes.mesh import volume

    document, body = split(glb)
    model = normalise(pack(document | {"nodes": [{"mesh": 0, "scale": [-1, 1, 1]}]}, body))
    assert volume(model.mesh) > 0


def test_several_materials_become_one_atlas(glb: bytes) -> None:
    document, body = split(glb)
    document = copy.deepcopy(document)
    document["materials"].append({"pbrMetallicRoughness": {"baseColorFactor": [0, 0, 1, 1]}})
    second = copy.deepcopy(document["meshes"][0])
    second["primitives"][0]["material"] = 1
    document["meshes"].append(second)
    document["nodes"] = [{"mesh": 0}, {"mesh": 1, "translation": [4, 0, 0]}]
    document["scenes"][0]["nodes"] = [0, 1]
    model = normalise(pack(document, body))
    assert inspect_glb(write_glb(model)).materials == 1
    mesh, uv = model.mesh, model.mesh.uv
    right = uv[mesh.positions[:, 0] > 1.5]
    pixels = model.texture[(right[:, 1] * 1023).astype(int), (right[:, 0] * 1023).astype(int)]
    assert (np.median(pixels, axis=0) == [0, 0, 255]).all()
