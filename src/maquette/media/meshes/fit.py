"""Making a model small enough: fewer triangles, a smaller texture, a coarser JPEG, in the order that shows least."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.levels import Level
from maquette.media.meshes.lods import reduce
from maquette.media.meshes.mesh import Model, is_watertight

_JPEG_STEPS = (90, 84, 76, 66)
_TRIES = 4
_LEAST_TEXTURE, _LEAST_TRIANGLES = 256, 500


@dataclass(frozen=True, slots=True)
class Lod:
    """One finished level: ``stats`` has triangles, vertices, bytes, texture_size and watertight."""

    name: str
    path: Path
    model: Model
    stats: Mapping[str, Any]


def make_lods(model: Model, into: Path, levels: Sequence[Level]) -> list[Lod]:
    """Writes ``lod0.glb``, ``lod1.glb`` and ``lod2.glb``, each made from the given model."""
    return [_write(model, level, into) for level in levels]


def fit(model: Model, level: Level) -> tuple[Model, bytes]:
    """The model as GLB within the level's triangles and bytes, with the best texture that they allow.

    What cannot be made small enough comes back as small as it can be: the report says so.
    """
    target, texture = min(level.target, level.triangles), level.texture
    while True:
        small, target = _reduced(model, level, target, texture)
        data = _encoded(small, level.bytes)
        if len(data) <= level.bytes:
            return small, data
        pixels = small.texture.shape[0]
        if pixels > _LEAST_TEXTURE and _texture_weighs_more(small, len(data)):
            texture = pixels // 2
        elif min(target, len(small.mesh.faces)) > _LEAST_TRIANGLES:
            target = max(_LEAST_TRIANGLES, int(0.7 * min(target, len(small.mesh.faces))))
        elif pixels > _LEAST_TEXTURE // 4:
            texture = pixels // 2
        else:
            return small, data


def _reduced(model: Model, level: Level, target: int, texture: int) -> tuple[Model, int]:
    """The reduced model and the target that was taken: a collapse that must keep a surface closed may end early."""
    small = reduce(model, target, texture)
    for _ in range(_TRIES):
        if len(small.mesh.faces) <= level.triangles:
            break
        target = int(0.8 * target)
        small = reduce(model, target, texture)
    return small, target


def _encoded(model: Model, most: int) -> bytes:
    """With the best JPEG that fits ``most`` bytes, or the coarsest."""
    data = b""
    for quality in _JPEG_STEPS:
        data = write_glb(model, jpeg_quality=quality)
        if len(data) <= most:
            break
    return data


def _texture_weighs_more(model: Model, total: int) -> bool:
    """Whether the texture takes more of the file than the triangles: 32 bytes a vertex, 6 or 12 a triangle."""
    mesh = model.mesh
    shape = 32 * len(mesh.positions) + (6 if len(mesh.positions) <= 65535 else 12) * len(mesh.faces)
    return total - shape > shape


def _write(model: Model, level: Level, into: Path) -> Lod:
    small, data = fit(model, level)
    path = into / f"{level.name}.glb"
    path.write_bytes(data)
    stats = {
        "triangles": len(small.mesh.faces),
        "vertices": len(small.mesh.positions),
        "bytes": len(data),
        "texture_size": int(small.texture.shape[0]),
        "watertight": is_watertight(small.mesh),
    }
    return Lod(level.name, path, small, MappingProxyType(stats))
