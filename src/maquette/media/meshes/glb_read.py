"""Reading GLB files that come from somewhere else: first measured, then taken apart, never trusted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from maquette.media.meshes.container import Document, entry, refuse, rows, split, table, whole
from maquette.media.meshes.glb_geometry import MAX_TRIANGLES, Mode, Part, material_index, mode_of, numbers, read_part
from maquette.media.meshes.glb_pictures import decode_pictures, measure_pictures
from maquette.media.meshes.mesh import Floats, Pixels, face_vectors

MAX_DEPTH = 32
MAX_NODES = 10_000
MAX_PRIMITIVES = 10_000
"""Drawn ones, so that a mesh that many nodes show counts as often."""
_KNOWN = frozenset(
    {
        "KHR_materials_unlit", "KHR_materials_specular", "KHR_materials_ior", "KHR_materials_clearcoat",
        "KHR_mesh_quantization", "KHR_texture_transform",
    }
)  # fmt: skip
"""Extensions that may be required: they change the gloss, not the shape or the base colour, or are read."""
_NO_AREA = 1e-12
"""Of the square of the longest side: less than 32-bit positions can tell from a line."""


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
    used = {material_index(document, primitive) for _, primitive in primitives}
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
        points, faces = _counts(document, primitive)
        triangles, vertices = triangles + faces, vertices + points
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
    parts = [read_part(document, body, *item) for item in _primitives(document, list(_walk(document)))]
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


def _matrix(node: Document) -> Floats:
    if "matrix" in node:
        return numbers(node["matrix"], 16, "a matrix").reshape(4, 4).T
    matrix = np.eye(4)
    x, y, z, w = numbers(node.get("rotation", [0, 0, 0, 1]), 4, "a rotation")
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= numbers(node.get("scale", [1, 1, 1]), 3, "a scale")
    matrix[:3, 3] = numbers(node.get("translation", [0, 0, 0]), 3, "a translation")
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
            if mode_of(primitive):
                yield matrix, primitive


def _counts(document: Document, primitive: Document) -> tuple[int, int]:
    """How many vertices a primitive has, and how many triangles."""
    attributes = table(primitive.get("attributes"), "attributes")
    points = whole(entry(document, "accessors", attributes.get("POSITION")).get("count"), "a count", 1)
    corners = points
    if "indices" in primitive:
        corners = whole(entry(document, "accessors", primitive["indices"]).get("count"), "a count", 1)
    return points, corners // 3 if mode_of(primitive) is Mode.TRIANGLES else max(0, corners - 2)
