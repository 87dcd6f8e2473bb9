"""The triangles of a GLB: one primitive at a time, from checked bytes to arrays in the model's axes."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from maquette.media.meshes.container import Document, entry, refuse, rows, table, view_bytes, whole
from maquette.media.meshes.mesh import Floats, Ints, Mesh, cross, unit

MAX_TRIANGLES = 2_000_000
_COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3"}


class Mode(IntEnum):
    """How a row of vertices makes triangles."""

    TRIANGLES = 4
    STRIP = 5
    FAN = 6


@dataclass(frozen=True, slots=True)
class Part:
    """One primitive in the model's axes, with its base colour: ``texture`` (or None) times ``factor`` (3,), linear."""

    mesh: Mesh
    texture: int | None
    factor: tuple[float, float, float]


def mode_of(primitive: Document) -> Mode | None:
    """None for what is drawn without triangles."""
    mode = whole(primitive.get("mode", Mode.TRIANGLES), "a mode", 0, 6)
    return Mode(mode) if mode >= Mode.TRIANGLES else None


def numbers(value: object, count: int, what: str) -> Floats:
    """A list of ``count`` finite numbers."""
    if not isinstance(value, list) or len(value) != count or any(type(v) not in (int, float) for v in value):
        refuse(f"{what} is not {count} numbers")
    array = np.array([float(v) if abs(v) < 1e30 else np.inf for v in value])
    if not np.isfinite(array).all():
        refuse(f"{what} is not finite")
    return array


@np.errstate(over="ignore", invalid="ignore")
def read_part(document: Document, body: memoryview, matrix: Floats, primitive: Document) -> Part:
    """One primitive, placed by ``matrix`` (4, 4). Raises ``Permanent("model_invalid")``."""
    attributes = table(primitive.get("attributes"), "attributes")
    points = _positions(document, body, matrix, attributes)
    faces = _faces(document, body, primitive, len(points))
    if np.linalg.det(matrix[:3, :3]) < 0:
        faces = faces[:, ::-1]
    normals = _normals(document, body, matrix, attributes, len(points))
    texture, factor, link = _surface(document, primitive)
    uv = _layout(document, body, attributes, link, len(points))
    return Part(Mesh(points, faces, normals, uv), texture, factor)


def _positions(document: Document, body: memoryview, matrix: Floats, attributes: Document) -> Floats:
    """The vertices (n, 3) in the model's axes."""
    placed = _accessor(document, body, attributes.get("POSITION"), 3).astype(np.float64) @ matrix[:3, :3].T
    placed += matrix[:3, 3]
    if not np.isfinite(placed).all() or max(placed.max(), -placed.min()) > 1e9:
        refuse("a vertex lies nowhere")
    return placed.astype(np.float32)


def _normals(document: Document, body: memoryview, matrix: Floats, attributes: Document, count: int) -> Floats | None:
    """Unit normals (n, 3) in the model's axes; None where the file has none, or none that can be used."""
    if "NORMAL" not in attributes:
        return None
    given = _accessor(document, body, attributes["NORMAL"], 3)
    # normals follow the inverse transpose of their model's matrix; the cofactors are that, times the determinant
    turn = matrix[:3, :3]
    cofactors = cross(turn[[1, 2, 0]], turn[[2, 0, 1]]) * np.sign(np.linalg.det(turn))
    placed = given @ cofactors.T
    if len(placed) != count or not np.isfinite(placed).all() or np.linalg.norm(placed, axis=1).min() < 1e-12:
        return None
    return unit(placed).astype(np.float32)


def _layout(document: Document, body: memoryview, attributes: Document, link: Document, count: int) -> Floats | None:
    """Texture coordinates (n, 2) as the texture of ``link`` asks for them; None where there are none."""
    change = table(table(link.get("extensions", {}), "extensions").get("KHR_texture_transform", {}), "a transform")
    chosen = whole(change.get("texCoord", link.get("texCoord", 0)), "a set of texture coordinates", 0, 99)
    if f"TEXCOORD_{chosen}" not in attributes:
        return None
    given = _accessor(document, body, attributes[f"TEXCOORD_{chosen}"], 2).astype(np.float64)
    turn = numbers([change.get("rotation", 0)], 1, "a rotation")[0]
    scaled = given * numbers(change.get("scale", [1, 1]), 2, "a scale")
    # the extension's own example and its implementations turn this way; the matrix in its text is written in rows
    uv = scaled @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    uv += numbers(change.get("offset", [0, 0]), 2, "an offset")
    if len(uv) != count or not np.isfinite(uv).all() or np.abs(uv).max() > 1e6:
        refuse("its texture coordinates do not fit its vertices")
    return uv.astype(np.float32)


def _faces(document: Document, body: memoryview, primitive: Document, count: int) -> Ints:
    if "indices" in primitive:
        values = _accessor(document, body, primitive["indices"], 1)
        if values.dtype.kind != "u":
            refuse("its indices are not whole numbers")
        corners = values.ravel().astype(np.int64)
        if corners.max() >= count:
            refuse("an index points beyond the vertices")
    else:
        corners = np.arange(count)
    return _triangles(corners, mode_of(primitive))


def _triangles(corners: Ints, mode: Mode | None) -> Ints:
    """The faces (m, 3) that a row of vertices makes (glTF 2.0, 3.7.2.1)."""
    if mode is Mode.STRIP:
        i = np.arange(max(0, len(corners) - 2))
        faces = np.column_stack([corners[i], corners[i + 1 + i % 2], corners[i + 2 - i % 2]])
        # strips are joined by triangles without an area
        a, b, c = faces.T
        return faces[(a != b) & (b != c) & (a != c)]
    if mode is Mode.FAN:
        i = np.arange(max(0, len(corners) - 2))
        return np.column_stack([corners[i + 1], corners[i + 2], np.broadcast_to(corners[:1], len(i))])
    return corners[: len(corners) // 3 * 3].reshape(-1, 3)


def material_index(document: Document, primitive: Document) -> int:
    """Its number, -1 for a primitive without one."""
    if "material" not in primitive:
        return -1
    entry(document, "materials", primitive["material"])
    return int(primitive["material"])


def _surface(document: Document, primitive: Document) -> tuple[int | None, tuple[float, float, float], Document]:
    """The picture and the linear factor of a primitive's base colour, and how the picture is laid on."""
    if material_index(document, primitive) < 0:
        return None, (1.0, 1.0, 1.0), {}
    material = entry(document, "materials", primitive["material"])
    look = table(material.get("pbrMetallicRoughness", {}), "a material")
    red, green, blue, _ = np.clip(numbers(look.get("baseColorFactor", [1, 1, 1, 1]), 4, "a colour"), 0, 1)
    factor = (float(red), float(green), float(blue))
    if "baseColorTexture" not in look:
        return None, factor, {}
    link = table(look["baseColorTexture"], "a texture")
    texture = entry(document, "textures", link.get("index"))
    picture = whole(texture.get("source"), "a texture's picture", 0, len(rows(document, "images")) - 1)
    return picture, factor, link


def _accessor(document: Document, body: memoryview, index: object, width: int) -> Any:
    """An accessor's values (count, width), with every byte inside its buffer view."""
    accessor = entry(document, "accessors", index)
    if accessor.get("type") != _TYPES[width] or "sparse" in accessor:
        refuse("an accessor has a form that is not read")
    component = whole(accessor.get("componentType"), "a component type")
    if component not in _COMPONENTS:
        refuse("an accessor has an unknown component type")
    kind = np.dtype(_COMPONENTS[component])
    data, stride = view_bytes(document, body, accessor.get("bufferView"))
    count = whole(accessor.get("count"), "a count", 1, 3 * MAX_TRIANGLES)
    start = whole(accessor.get("byteOffset", 0), "an accessor's offset", 0, len(data))
    row = kind.itemsize * width
    stride = stride or row
    if stride < row or start + stride * (count - 1) + row > len(data):
        refuse("an accessor reaches beyond its data")
    values = np.ndarray((count, width), kind, data, start, (stride, kind.itemsize))
    if accessor.get("normalized") and kind.kind in "iu":
        return np.maximum(values / float(np.iinfo(kind).max), -1.0)
    return values
