"""What can be measured of a model file: the left-hand side of every rule."""

from typing import Any

import numpy as np

from maquette.media.meshes.container import entry, rows, split, table
from maquette.media.meshes.glb_geometry import Part
from maquette.media.meshes.glb_read import inspect_glb, read_shape
from maquette.media.meshes.mesh import Flags, Floats, Mesh, face_vectors, is_watertight, volume, weld
from maquette.media.meshes.usdz_read import read_usdz

Measures = dict[str, Any]
"""Measured values by name, as JSON has them; None where a file has nothing to measure."""

_FACING = 0.1
"""The length of the sum of a vertex's face normals, as a share of the sum of their lengths, that makes an outside."""


def measure_glb(data: bytes) -> Measures:
    """Everything that a profile may ask of a GLB. ``size_m`` is along X, Y and Z, in metres.

    Raises as ``inspect_glb`` does.
    """
    stats = inspect_glb(data)
    parts = read_shape(data)
    sides = [side for _, width, height in stats.textures for side in (width, height)]
    return {
        "bytes": stats.bytes,
        "triangles": stats.triangles,
        "vertices": stats.vertices,
        "meshes": stats.meshes,
        "draws": stats.primitives,
        "materials": stats.materials,
        "identity_root": stats.identity_root,
        "extensions_required": list(stats.extensions_required),
        "textures": len(stats.textures),
        "texture_formats": sorted({media_type for media_type, _, _ in stats.textures}),
        "texture_square": all(width == height for _, width, height in stats.textures),
        "texture_power_of_two": all(side & (side - 1) == 0 for side in sides),
        "texture_size": max(sides, default=0),
        **_described(data),
        **_shape(parts),
    }


def measure_usdz(data: bytes) -> Measures:
    """Everything that a profile may ask of a USDZ. Raises ``Permanent("model_invalid")``."""
    package = read_usdz(data)
    return {
        "bytes": len(data),
        "triangles": package.layer.triangles,
        "textures": len(package.pictures),
        "texture_size": max((side for size in package.pictures for side in size), default=0),
        "meters_per_unit": package.layer.meters_per_unit,
        "up_axis": package.layer.up_axis,
        "stored": package.stored,
        "alignment": package.alignment,
    }


def _described(data: bytes) -> Measures:
    """What the JSON says beyond what is drawn: sets of texture coordinates, and how surfaces are described."""
    document, _ = split(data)
    sets = 0
    for mesh in rows(document, "meshes"):
        for item in rows(table(mesh, "a mesh"), "primitives"):
            names = table(table(item, "a primitive").get("attributes"), "attributes")
            sets = max(sets, sum(name.startswith("TEXCOORD_") for name in names))
    other = False
    for index in range(len(rows(document, "materials"))):
        extensions = table(entry(document, "materials", index).get("extensions", {}), "extensions")
        other = other or "KHR_materials_pbrSpecularGlossiness" in extensions
    return {"uv_sets": sets, "workflow": "specular-glossiness" if other else "metallic-roughness"}


def _shape(parts: list[Part]) -> Measures:
    whole = joined(parts)
    low, high = whole.positions.min(axis=0).astype(float), whole.positions.max(axis=0).astype(float)
    size = high - low
    away = max(abs(low[0] + high[0]) / 2, abs(low[1]), abs(low[2] + high[2]) / 2)
    layouts = [part.mesh.uv for part in parts if part.mesh.uv is not None]
    complete = len(layouts) == len(parts)
    return {
        "uv_range": [_rounded(min(uv.min() for uv in layouts)), _rounded(max(uv.max() for uv in layouts))]
        if complete
        else None,
        "uv_inverted": sum(inverted_uv(part.mesh) for part in parts) if complete else None,
        "normals_inverted": _inverted_normals(parts),
        "watertight": is_watertight(whole),
        "faces_outwards": volume(whole) > 0,
        "origin_offset": round(away / max(float(size.max()), 1e-9), 5),
        "size_m": [round(float(value), 4) for value in size],
    }


def joined(parts: list[Part]) -> Mesh:
    """The bare triangles of all parts as one mesh, part by part."""
    starts = np.cumsum([0] + [len(part.mesh.positions) for part in parts])
    faces = [part.mesh.faces + start for part, start in zip(parts, starts, strict=False)]
    return Mesh(np.concatenate([part.mesh.positions for part in parts]), np.concatenate(faces))


def inverted_uv(mesh: Mesh) -> int:
    """How many triangles lie mirrored on the texture."""
    if mesh.uv is None:
        return 0
    a, b, c = (mesh.uv[mesh.faces[:, k]].astype(np.float64) for k in range(3))
    # v runs downwards, so a triangle that is not mirrored has a negative area here
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    return int((area > 1e-9).sum())


def _inverted_normals(parts: list[Part]) -> int | None:
    """How many vertices have a normal that looks to the inside of their faces; None where normals are missing."""
    if any(part.mesh.normals is None for part in parts):
        return None
    return sum(int(inverted_normals(part.mesh).sum()) for part in parts)


def inverted_normals(mesh: Mesh) -> Flags:
    """Which vertices (n,) bool have a normal that looks away from their own faces and from the smooth surface.

    On a sharp edge one of the two may well disagree with a good normal, never both. Where faces look against each other
    nothing is inside, and nothing is inverted.
    """
    if mesh.normals is None:
        return np.zeros(len(mesh.positions), np.bool_)
    welded, number = weld(mesh)
    around = _facing(welded)[number]
    judged = np.linalg.norm(around[:, :3], axis=1) > _FACING * around[:, 3]
    against = [np.einsum("ij,ij->i", mesh.normals, sums[:, :3]) < 0 for sums in (_facing(mesh), around)]
    return judged & against[0] & against[1]


def _facing(mesh: Mesh) -> Floats:
    """For each vertex the sum of the normals of its faces, weighted by area, and the sum of their areas, (n, 4)."""
    vectors = face_vectors(mesh)
    values = np.column_stack([vectors, np.linalg.norm(vectors, axis=1)])
    sums = np.zeros((len(mesh.positions), 4))
    for corner in range(3):
        for column in range(4):
            sums[:, column] += np.bincount(mesh.faces[:, corner], values[:, column], len(sums))
    return sums


def _rounded(value: Any) -> float:
    return round(float(value), 4)
