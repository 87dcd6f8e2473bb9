"""Levels of detail: the same model for a large screen, a phone and a list of many."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from maquette.media.meshes import pictures
from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.mesh import Floats, Mesh, Model, Pixels, bounds, is_watertight, unit
from maquette.media.meshes.normalise import normalise
from maquette.media.meshes.place import stand
from maquette.media.meshes.rays import Caster, Hits
from maquette.media.meshes.render import sample
from maquette.media.meshes.simplify import simplify
from maquette.media.meshes.unwrap import lay, texels_of, unwrap

_JPEG_STEPS = (90, 84, 76, 66)


@dataclass(frozen=True, slots=True)
class Level:
    """What a level aims at and what it must not exceed."""

    name: str
    target: int
    texture: int
    triangles: int
    bytes: int


LEVELS = (
    Level("lod0", 15_000, 1024, 100_000, 3_000_000),
    Level("lod1", 7_500, 1024, 30_000, 1_000_000),
    Level("lod2", 3_000, 512, 12_000, 500_000),
)
FULL = Level("lod0", 40_000, 2048, 100_000, 3_000_000)
"""The first level at quality ``full``."""


@dataclass(frozen=True, slots=True)
class Lod:
    """One finished level: ``stats`` has triangles, vertices, bytes, texture_size and watertight."""

    name: str
    path: Path
    stats: Mapping[str, Any]


def make_lods(model: Model, into: Path, quality: str = "medium") -> list[Lod]:
    """Writes ``lod0.glb``, ``lod1.glb`` and ``lod2.glb``, each made from the given model."""
    levels = (FULL if quality == "full" else LEVELS[0], *LEVELS[1:])
    return [_write(reduce(model, level.target, level.texture), level, into) for level in levels]


def reduce(model: Model, triangles: int, texture: int) -> Model:
    """The model with about ``triangles`` triangles and a square texture of at most ``texture`` pixels.

    What is small enough stays as it is. Otherwise edges are collapsed on the welded surface, the result is unfolded
    afresh, and every texel takes the colour of the surface that it now stands for.
    """
    size = _square(model.texture, texture)
    if len(model.mesh.faces) <= triangles:
        return Model(model.mesh, _resized(model.texture, size))
    mesh = unwrap(simplify(model.mesh, triangles), size)
    texels = texels_of(mesh, size)
    if mesh.normals is None:
        raise ValueError("an unwrapped mesh has normals")
    points, normals = texels.mix(mesh, mesh.positions), unit(texels.mix(mesh, mesh.normals))
    # a collapse may shift the lowest point a little
    return Model(stand(mesh), lay(texels, _transfer(model, points, normals)))


def _transfer(model: Model, points: Floats, normals: Floats) -> Floats:
    """The colour (n, 3), sRGB 0..255, of the model's surface next to ``points``, looked for along ``normals``."""
    caster = Caster(model.mesh)
    low, high = bounds(model.mesh)
    reach = 0.05 * float(np.linalg.norm(high - low))
    outwards = caster.first(points - normals * reach * 0.01, normals)
    inwards = caster.first(points + normals * reach * 0.01, -normals)
    out = outwards.distance <= inwards.distance
    best = Hits(
        np.where(out, outwards.face, inwards.face),
        np.where(out[:, None], outwards.weights, inwards.weights),
        np.minimum(outwards.distance, inwards.distance),
    )
    near = best.struck & (best.distance < reach)
    colours = np.zeros((len(points), 3))
    found = Hits(np.where(near, best.face, -1), best.weights, best.distance)
    colours[near] = sample(model, found) * 255
    if not near.all():
        colours[~near] = _nearest(model, points[~near])
    return colours


def _nearest(model: Model, points: Floats) -> Floats:
    """The colour of the model's vertex that is nearest to each point: for the few that no ray leads anywhere."""
    from scipy.spatial import KDTree

    first = np.zeros(len(model.mesh.positions), np.int64)
    corner = np.zeros(len(model.mesh.positions), np.int64)
    for k in range(3):
        first[model.mesh.faces[:, k]] = np.arange(len(model.mesh.faces))
        corner[model.mesh.faces[:, k]] = k
    _, index = KDTree(model.mesh.positions).query(points)
    index = np.asarray(index)
    return sample(model, Hits(first[index], np.eye(3)[corner[index]], np.zeros(len(points)))) * 255


def _square(texture: Pixels, largest: int) -> int:
    """The largest power of two that is no more than the texture has and than is allowed."""
    size = 64
    while size * 2 <= min(largest, max(texture.shape[:2])):
        size *= 2
    return size


def _resized(texture: Pixels, size: int) -> Pixels:
    import cv2

    if texture.shape[:2] == (size, size):
        return texture
    return np.asarray(cv2.resize(texture, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def _write(model: Model, level: Level, into: Path) -> Lod:
    """Writes one level, with the best JPEG that fits its limit."""
    data = b""
    for step in _JPEG_STEPS:
        data = write_glb(model, jpeg_quality=step)
        if len(data) <= level.bytes:
            break
    path = into / f"{level.name}.glb"
    path.write_bytes(data)
    return Lod(level.name, path, MappingProxyType(_stats(model.mesh, model.texture, len(data))))


def _stats(mesh: Mesh, texture: Pixels, size: int) -> dict[str, Any]:
    return {
        "triangles": len(mesh.faces),
        "vertices": len(mesh.positions),
        "bytes": size,
        "texture_size": int(texture.shape[0]),
        "watertight": is_watertight(mesh),
    }


def thumbnail(model_glb: Path, path: Path, size: int = 512) -> None:
    """See ``pictures.thumbnail``."""
    pictures.thumbnail(normalise(model_glb.read_bytes()), path, size)
