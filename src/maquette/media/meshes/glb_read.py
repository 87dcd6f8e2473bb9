"""Reading GLB files that come from somewhere else: first measured, then taken apart, never trusted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.media.meshes.container import Document, entry, refuse, rows, split, table, view_bytes, whole
from maquette.media.meshes.glb_pictures import decode_pictures, measure_pictures
from maquette.media.meshes.mesh import Floats, Ints, Mesh, Pixels, face_vectors, unit

MAX_TRIANGLES = 2_000_000
MAX_DEPTH = 32
MAX_NODES = 10_000
MAX_PRIMITIVES = 10_000
"""Drawn ones, so that a mesh that many nodes show counts as often."""
_KNOWN = frozenset(
    {
        "KHR_materials_unlit", "KHR_materials_specular", "KHR_materials_ior", "KHR_materials_clearcoat",
        "KHR_mesh_quantization",
    }
)  # fmt: skip
"""Extensions that may be required: they change the gloss, not the shape or the base colour, or are read."""
_NO_AREA = 1e-12
"""Of the square of the longest side: less than 32-bit positions can tell from a line."""
_COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3"}


@dataclass(frozen=True, slots=True)
class GlbStats:
    """What a GLB holds. ``textures`` are (media type, width, height); ``depth`` counts the levels of nodes."""

    bytes: int
    triangles: int
    vertices: int
    meshes: int
    primitives: int
    materials: int
    nodes: int
    depth: int
    identity_root: bool
    textures: tuple[tuple[str, int, int], ...]
    extensions_required: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One primitive in the model's axes, with its base colour: ``texture`` (or None) times ``factor`` (3,), linear."""

    mesh: Mesh
    texture: int | None
    factor: tuple[float, float, float]


def inspect_glb(data: bytes) -> GlbStats:
    """Measures a GLB and checks everything that reading it relies on.

    Raises ``Permanent("model_invalid")`` for damaged or hostile files: wrong lengths, data outside the file or
    outside its buffer, links to other files, loops or towers of nodes, too many triangles, unreadable pictures,
    required extensions that are not understood.
    """
    document, body = split(data)
    required = _required(document)
    placed = list(_walk(document))
    primitives = list(_primitives(document, placed))
    triangles, vertices = _totals(document, primitives)
    used = {_material_index(document, primitive) for _, primitive in primitives}
    return GlbStats(
        len(data), triangles, vertices, len({mesh for _, mesh, _ in placed}), len(primitives), len(used), len(placed),
        max(depth for _, _, depth in placed), all(np.array_equal(matrix, np.eye(4)) for matrix, _, _ in placed),
        measure_pictures(document, body), required,
    )  # fmt: skip


def _required(document: Document) -> tuple[str, ...]:
    """The extensions that the file cannot do without, all of them known."""
    names = rows(document, "extensionsRequired")
    for name in names:
        if not isinstance(name, str) or name not in _KNOWN:
            # names come from the file: only what looks like one is repeated to people and to logs
            shown = name if isinstance(name, str) and re.fullmatch(r"\w{1,64}", name, re.ASCII) else "something"
            refuse(f"it needs {shown}, which is not read here", "Export it without compression and extensions.")
    return tuple(sorted(set(names)))


def _totals(document: Document, primitives: list[tuple[Floats, Document]]) -> tuple[int, int]:
    """Triangles and vertices of all primitives, before anything of them is taken into memory."""
    triangles, vertices = 0, 0
    for _, primitive in primitives:
        points, corners = _counts(document, primitive)
        triangles, vertices = triangles + corners // 3, vertices + points
        # a vertex that is read a thousand times takes the memory of a thousand
        if triangles > MAX_TRIANGLES or vertices > 3 * MAX_TRIANGLES:
            refuse(f"it has more than {MAX_TRIANGLES:,} triangles")
    if not triangles:
        refuse("it has no triangles")
    return triangles, vertices


def read_parts(data: bytes) -> tuple[list[Part], list[Pixels]]:
    """The triangles of the scene with its transforms applied, and the pictures that they wear. See ``inspect_glb``."""
    parts = read_shape(data)
    document, body = split(data)
    worn = sorted({part.texture for part in parts if part.texture is not None})
    pictures = decode_pictures(document, body, worn)
    found = [Part(p.mesh, None if p.texture is None else worn.index(p.texture), p.factor) for p in parts]
    return found, pictures


def read_shape(data: bytes) -> list[Part]:
    """The triangles of ``read_parts``, without their pictures."""
    inspect_glb(data)
    document, body = split(data)
    parts = [_part(document, body, *item) for item in _primitives(document, list(_walk(document)))]
    points = np.array([[part.mesh.positions.min(axis=0), part.mesh.positions.max(axis=0)] for part in parts])
    size = np.ptp(points.reshape(-1, 3), axis=0).max()
    if sum(float(np.linalg.norm(face_vectors(part.mesh), axis=1).sum()) for part in parts) <= _NO_AREA * size**2:
        refuse("its triangles have no area")
    return parts


def _walk(document: Document) -> Iterator[tuple[Floats, int, int]]:
    """Each node that shows a mesh, as its world matrix, its mesh and its depth."""
    scene = entry(document, "scenes", document.get("scene", 0))
    roots = rows(scene, "nodes")
    if len(roots) > MAX_NODES:
        refuse(f"it has more than {MAX_NODES:,} nodes")
    waiting = [(root, np.eye(4), 1) for root in roots]
    met: set[int] = set()
    found = False
    while waiting:
        index, above, depth = waiting.pop()
        node = entry(document, "nodes", index)
        # glTF nodes form a tree: a node that is met twice has two parents or is its own ancestor
        if index in met or depth > MAX_DEPTH or len(met) >= MAX_NODES:
            refuse("its nodes are not a tree of bounded depth")
        met.add(index)
        matrix = _product(above, _matrix(node))
        if "mesh" in node:
            found = True
            yield matrix, whole(node["mesh"], "a node's mesh"), depth
        children = rows(node, "children")
        if len(waiting) + len(children) > MAX_NODES:
            refuse(f"it has more than {MAX_NODES:,} nodes")
        waiting += [(child, matrix, depth + 1) for child in children]
    if not found:
        refuse("its scene shows no mesh")


def _product(above: Floats, below: Floats) -> Floats:
    """The product of two matrices (4, 4), finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        matrix = above @ below
    if not np.isfinite(matrix).all():
        refuse("its nodes leave the world")
    return matrix


def _numbers(value: object, count: int, what: str) -> Floats:
    """A list of ``count`` finite numbers."""
    if not isinstance(value, list) or len(value) != count or any(type(v) not in (int, float) for v in value):
        refuse(f"{what} is not {count} numbers")
    array = np.array([float(v) if abs(v) < 1e30 else np.inf for v in value])
    if not np.isfinite(array).all():
        refuse(f"{what} is not finite")
    return array


def _matrix(node: Document) -> Floats:
    if "matrix" in node:
        return _numbers(node["matrix"], 16, "a matrix").reshape(4, 4).T
    matrix = np.eye(4)
    x, y, z, w = _numbers(node.get("rotation", [0, 0, 0, 1]), 4, "a rotation")
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= _numbers(node.get("scale", [1, 1, 1]), 3, "a scale")
    matrix[:3, 3] = _numbers(node.get("translation", [0, 0, 0]), 3, "a translation")
    return matrix


def _primitives(document: Document, placed: list[tuple[Floats, int, int]]) -> Iterator[tuple[Floats, Document]]:
    count = 0
    for matrix, index, _ in placed:
        items = rows(entry(document, "meshes", index), "primitives")
        count += len(items)
        if count > MAX_PRIMITIVES:
            refuse(f"it draws more than {MAX_PRIMITIVES:,} parts")
        for item in items:
            primitive = table(item, "a primitive")
            # lines and points are no part of the solid
            if primitive.get("mode", 4) == 4:
                yield matrix, primitive


def _counts(document: Document, primitive: Document) -> tuple[int, int]:
    """How many vertices a primitive has, and how many corners of triangles."""
    attributes = table(primitive.get("attributes"), "attributes")
    points = whole(entry(document, "accessors", attributes.get("POSITION")).get("count"), "a count", 1)
    if "indices" not in primitive:
        return points, points
    return points, whole(entry(document, "accessors", primitive["indices"]).get("count"), "a count", 1)


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


def _part(document: Document, body: memoryview, matrix: Floats, primitive: Document) -> Part:
    attributes = table(primitive.get("attributes"), "attributes")
    points = _accessor(document, body, attributes.get("POSITION"), 3).astype(np.float64)
    uv = None
    if "TEXCOORD_0" in attributes:
        uv = _accessor(document, body, attributes["TEXCOORD_0"], 2).astype(np.float32)
    faces = _faces(document, body, primitive, len(points))
    if uv is not None and (len(uv) != len(points) or not np.isfinite(uv).all() or np.abs(uv).max() > 1e6):
        refuse("its texture coordinates do not fit its vertices")
    with np.errstate(over="ignore", invalid="ignore"):
        placed = points @ matrix[:3, :3].T + matrix[:3, 3]
    if not np.isfinite(placed).all() or np.abs(placed).max() > 1e9:
        refuse("a vertex lies nowhere")
    if np.linalg.det(matrix[:3, :3]) < 0:
        faces = faces[:, ::-1]
    normals = _normals(document, body, matrix, attributes, len(points))
    texture, factor = _surface(document, primitive)
    return Part(Mesh(placed.astype(np.float32), faces, normals, uv), texture, factor)


def _normals(document: Document, body: memoryview, matrix: Floats, attributes: Document, count: int) -> Floats | None:
    """Unit normals (n, 3) in the model's axes; None where the file has none, or none that can be used."""
    if "NORMAL" not in attributes:
        return None
    given = np.asarray(_accessor(document, body, attributes["NORMAL"], 3), np.float64)
    # normals follow the inverse transpose of their model's matrix; the cofactors are that, times the determinant
    a, b, c = matrix[:3, :3]
    cofactors = np.array([np.cross(b, c), np.cross(c, a), np.cross(a, b)]) * np.sign(np.linalg.det(matrix[:3, :3]))
    placed = given @ cofactors.T
    if len(placed) != count or not np.isfinite(placed).all() or np.linalg.norm(placed, axis=1).min() < 1e-12:
        return None
    return unit(placed).astype(np.float32)


def _faces(document: Document, body: memoryview, primitive: Document, count: int) -> Ints:
    if "indices" not in primitive:
        return np.arange(count // 3 * 3).reshape(-1, 3)
    values = _accessor(document, body, primitive["indices"], 1)
    if values.dtype.kind != "u":
        refuse("its indices are not whole numbers")
    faces = values.ravel()[: len(values) // 3 * 3].reshape(-1, 3).astype(np.int64)
    if faces.size and faces.max() >= count:
        refuse("an index points beyond the vertices")
    return faces


def _material_index(document: Document, primitive: Document) -> int:
    if "material" not in primitive:
        return -1
    entry(document, "materials", primitive["material"])
    return int(primitive["material"])


def _surface(document: Document, primitive: Document) -> tuple[int | None, tuple[float, float, float]]:
    """The picture and the linear factor of a primitive's base colour."""
    if _material_index(document, primitive) < 0:
        return None, (1.0, 1.0, 1.0)
    material = entry(document, "materials", primitive["material"])
    look = table(material.get("pbrMetallicRoughness", {}), "a material")
    red, green, blue, _ = np.clip(_numbers(look.get("baseColorFactor", [1, 1, 1, 1]), 4, "a colour"), 0, 1)
    factor = (float(red), float(green), float(blue))
    if "baseColorTexture" not in look:
        return None, factor
    link = table(look["baseColorTexture"], "a texture")
    if link.get("texCoord", 0) != 0:
        refuse("its base colour uses a second set of texture coordinates")
    texture = entry(document, "textures", link.get("index"))
    return whole(texture.get("source"), "a texture's picture", 0, len(rows(document, "images")) - 1), factor
