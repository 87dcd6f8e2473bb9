"""A white studio for product pictures: the light of its sky and floor, baked once for all pictures of a model.

What reaches a vertex from the sky does not depend on where the camera stands, so it is gathered once and serves every
frame; so does the soft shadow on the floor. Only the key light moves with the camera, and it casts no shadow.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from maquette.media.meshes.mesh import Floats, Mesh, Model, Pixels, bounds, edges_of, face_vectors, vertex_normals, weld
from maquette.media.meshes.pixels import fetch, to_linear
from maquette.media.meshes.rays import Caster
from maquette.media.meshes.render import tangents

_SKY_RAYS = 64
_FLOOR_RAYS = 40
_FLOOR_CELLS = 144
_GOLDEN = 2.399963
"""The golden angle in radians: spreads directions evenly."""
_REACH = 0.35
"""Where an obstacle hardly darkens any more, in diagonals of the model's box."""
_OVERHANG = 0.7
"""The same for what stands over the floor: no shadow without a contact near by."""
_FLOOR_LIGHT = 0.8
"""How bright the open floor is as a source of light, the zenith being 1."""
_ROUNDS = 2
"""Rounds of smoothing, which take the grain of the sampling away."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The shadow that a model throws on the plane y = ``height``.

    ``shade`` (n, n) is the share of the sky that is hidden, on a square of ``cell`` * n around ``middle`` (x, z);
    rows run along z, columns along x.
    """

    height: float
    middle: tuple[float, float]
    cell: float
    shade: Floats

    def points(self, cells: Floats) -> Floats:
        """Where cells (k, 2), as columns and rows, lie in space, (k, 3)."""
        offsets = (cells - (len(self.shade) - 1) / 2) * self.cell
        across, along = offsets[:, 0] + self.middle[0], offsets[:, 1] + self.middle[1]
        return np.stack([across, np.full(len(cells), self.height), along], axis=1)

    def at(self, points: Floats) -> Floats:
        """The share of the sky that the model hides from points (k, 3) on the floor, (k,)."""
        half = (len(self.shade) - 1) / 2
        columns = (points[:, 0] - self.middle[0]) / self.cell + half
        rows = (points[:, 2] - self.middle[1]) / self.cell + half
        return fetch(self.shade[..., None], columns, rows)[:, 0]


@dataclass(frozen=True, slots=True)
class Studio:
    """A model in its light.

    ``surface`` (n, 6) float32 is what a picture needs of each vertex: u, v, the normal, and the light of the sky
    there, 1 under an open one. ``textures`` are the base colour in linear light, (s, s, 3) float32, each half the
    size of the one before; ``texels`` is how many of the first one's texels make a unit of length.
    """

    mesh: Mesh
    caster: Caster
    surface: Floats
    textures: tuple[Floats, ...]
    texels: float
    floor: Floor


def set_up(model: Model) -> Studio:
    """Bakes the light for a model that stands upright (+Y)."""
    mesh = model.mesh
    if mesh.uv is None:
        raise ValueError("the model has no texture coordinates")
    caster = Caster(mesh)
    normals = vertex_normals(mesh) if mesh.normals is None else mesh.normals
    floor = _floor(mesh, caster)
    surface = np.column_stack([mesh.uv, normals, _sky(mesh, caster, floor)]).astype(np.float32)
    return Studio(mesh, caster, surface, _pyramid(model.texture), _density(mesh, model.texture), floor)


def _pyramid(texture: Pixels) -> tuple[Floats, ...]:
    import cv2

    levels = [to_linear(np.arange(256) / 255).astype(np.float32)[texture]]
    while min(levels[-1].shape[:2]) > 128:
        height, width = levels[-1].shape[:2]
        half = cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        levels.append(np.asarray(half, np.float32))
    return tuple(levels)


def _density(mesh: Mesh, texture: Pixels) -> float:
    """Texels to a unit of length, in the mean over the surface."""
    uv = mesh.uv if mesh.uv is not None else np.zeros((len(mesh.positions), 2))
    a, b, c = uv[mesh.faces].transpose(1, 0, 2)
    u, v = b - a, c - a
    flat = float(np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum())
    area = float(np.linalg.norm(face_vectors(mesh), axis=1).sum())
    return float(np.sqrt(max(flat, 1e-12) * texture.shape[0] * texture.shape[1] / max(area, 1e-20)))


def _floor(mesh: Mesh, caster: Caster) -> Floor:
    low, high = bounds(mesh)
    diagonal = float(np.linalg.norm(high - low))
    side = float(max(high[0] - low[0], high[2] - low[2])) + 0.9 * diagonal
    cell, middle = side / _FLOOR_CELLS, ((low[0] + high[0]) / 2, (low[2] + high[2]) / 2)
    steps = (np.arange(_FLOOR_CELLS) - (_FLOOR_CELLS - 1) / 2) * cell
    points = np.zeros((_FLOOR_CELLS**2, 3), np.float32)
    points[:, 0], points[:, 2] = middle[0] + np.tile(steps, _FLOOR_CELLS), middle[1] + np.repeat(steps, _FLOOR_CELLS)
    points[:, 1] = low[1] - 1e-3 * diagonal
    hidden = np.zeros(len(points), np.float32)
    for direction in _directions(np.broadcast_to(np.array([0, 1, 0], np.float32), points.shape), _FLOOR_RAYS):
        hidden += _near(caster.first(points, direction).distance, _OVERHANG * diagonal)
    return Floor(float(low[1]), (float(middle[0]), float(middle[1])), cell, _soft(hidden / _FLOOR_RAYS))


def _soft(hidden: Floats) -> Floats:
    """The grain taken away, and no edge where the square ends."""
    import cv2

    shade = np.asarray(cv2.GaussianBlur(hidden.reshape(_FLOOR_CELLS, -1), (0, 0), 1.2), np.float32)
    ramp = np.clip(np.minimum(np.arange(_FLOOR_CELLS), np.arange(_FLOOR_CELLS)[::-1]) / (0.3 * _FLOOR_CELLS), 0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    return shade * np.float32(ramp[:, None] * ramp)


def _sky(mesh: Mesh, caster: Caster, floor: Floor) -> Floats:
    """The light of sky and floor at each vertex; the same on both sides of a seam."""
    welded, number = weld(mesh)
    low, high = bounds(mesh)
    diagonal = float(np.linalg.norm(high - low))
    normals = vertex_normals(welded)
    start = welded.positions.astype(np.float32) + normals * np.float32(2e-3 * diagonal)
    light = np.zeros(len(start), np.float32)
    for direction in _directions(normals, _SKY_RAYS):
        open_sky = 1 - _near(caster.first(start, direction).distance, _REACH * diagonal)
        light += open_sky * _radiance(start, direction, floor)
    return _smoothed(welded, light / _SKY_RAYS)[number]


def _near(distance: Floats, reach: float) -> Floats:
    """How much an obstacle at a ``distance`` hides: 1 at hand, 0 from ``reach`` on."""
    return np.clip(1 - distance / np.float32(reach), 0, 1).astype(np.float32)


def _radiance(points: Floats, directions: Floats, floor: Floor) -> Floats:
    """What comes from open sky, brightest at the zenith, or from the floor as its own shade leaves it."""
    up = directions[:, 1]
    down = np.flatnonzero(up < -1e-3)
    light = 0.85 + 0.15 * up
    away = np.maximum(points[down, 1] - floor.height, 0) / -up[down]
    shade = floor.at(points[down] + directions[down] * away[:, None])
    light[down] = _FLOOR_LIGHT * (1 - shade)
    return light


def _directions(normals: Floats, count: int) -> Iterator[Floats]:
    """``count`` times a direction (n, 3) for each normal, cosine-weighted, turned by chance so no pattern shows."""
    turns = np.random.default_rng(0).random(len(normals), np.float32) * np.float32(2 * np.pi)
    side, other = (axis.astype(np.float32) for axis in tangents(normals))
    for ray in range(count):
        radius = np.float32(np.sqrt((ray + 0.5) / count))
        angle = turns + np.float32(ray * _GOLDEN)
        flat = (np.cos(angle) * radius)[:, None] * side + (np.sin(angle) * radius)[:, None] * other
        yield flat + np.sqrt(1 - radius * radius) * normals


def _smoothed(mesh: Mesh, values: Floats) -> Floats:
    """Values of vertices (n,), evened out along the edges."""
    a, b = edges_of(mesh).T
    links = np.maximum(np.bincount(a, minlength=len(values)), 1)
    for _ in range(_ROUNDS):
        values = 0.5 * values + 0.5 * np.bincount(a, values[b], len(values)) / links
    return values.astype(np.float32)
