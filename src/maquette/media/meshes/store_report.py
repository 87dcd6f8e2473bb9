"""Whether delivered models keep the rules of the profile ``store``, rule by rule."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maquette.media.meshes.glb_read import GlbStats, Part, inspect_glb, read_parts
from maquette.media.meshes.lods import LEVELS
from maquette.media.meshes.mesh import Floats, Mesh, is_watertight, volume

_ORIGIN = 0.001
"""How far the origin may be from the bottom's centre, as a share of the longest side."""
_TEXTURES = {"lod0": 2048, "lod1": 1024, "lod2": 512}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what was measured, what is allowed, and whether it holds."""

    name: str
    measured: Any
    limit: Any
    passed: bool


def report(lods: Mapping[str, Path]) -> dict[str, Any]:
    """Checks ``lod0``, ``lod1`` and ``lod2`` (name to GLB file).

    Returns ``profile``, ``pass`` and ``rules``: for each a ``rule``, ``measured``, ``limit`` and ``pass``. Raises
    ``Permanent("model_invalid")`` for a file that is no valid GLB.
    """
    rules = [rule for level in LEVELS if level.name in lods for rule in _check(level.name, lods[level.name])]
    return {
        "profile": "store",
        "pass": all(rule.passed for rule in rules),
        "rules": [{"rule": r.name, "measured": r.measured, "limit": r.limit, "pass": r.passed} for r in rules],
    }


def _check(name: str, path: Path) -> list[Rule]:
    data = path.read_bytes()
    stats = inspect_glb(data)
    parts, _ = read_parts(data)
    found = [*_file(name, stats), *_textures(_TEXTURES[name], stats), *_geometry(parts)]
    return [Rule(f"{name}.{rule.name}", rule.measured, rule.limit, rule.passed) for rule in found]


def _file(name: str, stats: GlbStats) -> Iterator[Rule]:
    level = next(level for level in LEVELS if level.name == name)
    yield Rule("bytes", stats.bytes, level.bytes, stats.bytes <= level.bytes)
    yield Rule("triangles", stats.triangles, level.triangles, stats.triangles <= level.triangles)
    yield Rule("meshes", stats.meshes, 1, stats.meshes == 1)
    yield Rule("draws", stats.primitives, 1, stats.primitives == 1)
    yield Rule("materials", stats.materials, 1, stats.materials == 1)
    yield Rule("identity_root", stats.identity_root, True, stats.identity_root)
    required = list(stats.extensions_required)
    yield Rule("extensions_required", required, [], not required)


def _textures(largest: int, stats: GlbStats) -> Iterator[Rule]:
    yield Rule("textures", len(stats.textures), 1, len(stats.textures) == 1)
    for media_type, width, height in stats.textures:
        yield Rule("texture_format", media_type, "image/jpeg", media_type == "image/jpeg")
        square = width == height and width & (width - 1) == 0
        yield Rule("texture_square_power_of_two", [width, height], True, square)
        yield Rule("texture_size", max(width, height), largest, max(width, height) <= largest)


def _geometry(parts: list[Part]) -> Iterator[Rule]:
    mesh = parts[0].mesh
    uv = mesh.uv
    inside = uv is not None and bool(uv.min() >= 0 and uv.max() <= 1)
    measured = None if uv is None else [round(float(uv.min()), 4), round(float(uv.max()), 4)]
    yield Rule("uv_range", measured, [0, 1], inside)
    inverted = _inverted(mesh, uv)
    yield Rule("uv_inverted", inverted, 0, inverted == 0)
    closed = is_watertight(mesh)
    yield Rule("watertight", closed, True, closed)
    yield Rule("faces_outwards", volume(mesh) > 0, True, volume(mesh) > 0)
    low, high = mesh.positions.min(axis=0), mesh.positions.max(axis=0)
    away = max(abs(float(low[0] + high[0]) / 2), abs(float(low[1])), abs(float(low[2] + high[2]) / 2))
    share = round(away / max(float((high - low).max()), 1e-9), 5)
    yield Rule("origin_bottom_centre", share, _ORIGIN, share <= _ORIGIN)


def _inverted(mesh: Mesh, uv: Floats | None) -> int:
    """How many triangles lie mirrored on the texture."""
    if uv is None:
        return len(mesh.faces)
    a, b, c = (uv[mesh.faces[:, k]].astype(np.float64) for k in range(3))
    # v runs downwards, so a triangle that is not mirrored has a negative area here
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    return int((area > 1e-9).sum())
