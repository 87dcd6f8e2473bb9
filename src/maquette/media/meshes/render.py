"""A small renderer on the CPU: soft studio light on a matt surface, over a transparent background."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from maquette.media.meshes.camera import Camera
from maquette.media.meshes.mesh import Floats, Mesh, Model, Pixels, bounds, unit, vertex_normals
from maquette.media.meshes.pixels import fetch, to_linear, to_srgb
from maquette.media.meshes.rays import Caster, Hits

_SUPERSAMPLING = 2
_SKY_RAYS = 12
_GOLDEN = 2.399963
"""The golden angle in radians: spreads directions evenly."""

Albedo = Callable[[Floats, Floats], Floats]
"""Colour of a surface: from points (n, 3) and unit normals (n, 3) to sRGB (n, 3) in 0..1."""


@dataclass(frozen=True, slots=True)
class Light:
    """``ambient`` light from the whole sky, more from above than from below, and a ``key`` light from the camera's
    upper left. Both are in linear light; together they should be about 1 for a surface that faces the key.
    """

    ambient: float = 0.75
    key: float = 0.45


def frame(mesh: Mesh, azimuth: float, elevation: float, fov: float = 0.0) -> Camera:
    """A camera that shows the whole mesh with a little air around it, from any side at the same scale."""
    low, high = bounds(mesh)
    middle = (low + high) / 2
    span = 1.04 * float(np.linalg.norm(high - low))
    return Camera(azimuth, elevation, (float(middle[0]), float(middle[1]), float(middle[2])), span, fov)


def render(model: Model, azimuth: float, elevation: float, size: int) -> Pixels:
    """A picture of the model, (size, size, 4) uint8 RGBA with straight alpha."""
    mesh = model.mesh
    camera = frame(mesh, azimuth, elevation, fov=28.0)
    return render_surface(mesh, lambda hits: sample(model, hits), camera, size)


def render_solid(mesh: Mesh, albedo: Albedo, camera: Camera, size: int, light: Light | None = None) -> Pixels:
    """A picture of a bare mesh that is coloured by a function of place and normal; see ``render``."""
    normals = vertex_normals(mesh) if mesh.normals is None else mesh.normals

    def colours(hits: Hits) -> Floats:
        return albedo(hits.mix(mesh, mesh.positions), unit(hits.mix(mesh, normals)))

    return render_surface(mesh, colours, camera, size, light)


def sample(model: Model, hits: Hits) -> Floats:
    """The texture's colour where rays struck the model, sRGB 0..1, (n, 3); bilinear."""
    if model.mesh.uv is None:
        raise ValueError("the model has no texture coordinates")
    uv = hits.mix(model.mesh, model.mesh.uv)
    height, width = model.texture.shape[:2]
    return fetch(model.texture, uv[:, 0] * width - 0.5, uv[:, 1] * height - 0.5) / 255


def render_surface(
    mesh: Mesh, colours: Callable[[Hits], Floats], camera: Camera, size: int, light: Light | None = None
) -> Pixels:
    """Casts the rays, lights what they strike and averages them into pixels; see ``render``."""
    light = light or Light()
    caster = Caster(mesh)
    fine = size * _SUPERSAMPLING
    origins, directions = camera.rays(fine)
    hits = caster.first(origins, directions)
    struck = hits.struck
    normals = unit(hits.mix(mesh, vertex_normals(mesh) if mesh.normals is None else mesh.normals))
    points = origins[struck] + directions[struck] * hits.distance[struck][:, None]
    lit = to_linear(np.clip(colours(hits), 0, 1)) * _shade(caster, points, normals, camera, light)[:, None]
    sums = np.zeros((fine * fine, 4), np.float32)
    sums[struck, :3] = lit
    sums[struck, 3] = 1
    return _average(sums, size)


def _average(samples: Floats, size: int) -> Pixels:
    """Samples (linear RGB times coverage, coverage) to pixels with straight alpha."""
    s = _SUPERSAMPLING
    cells = samples.reshape(size, s, size, s, 4).mean(axis=(1, 3))
    alpha = cells[..., 3:]
    colour = to_srgb(cells[..., :3] / np.maximum(alpha, 1e-6))
    return np.rint(np.concatenate([colour, alpha], axis=2) * 255).astype(np.uint8)


def _shade(caster: Caster, points: Floats, normals: Floats, camera: Camera, light: Light) -> Floats:
    """Light that reaches each point, (n,), linear."""
    lift = 1e-3 * camera.span
    start = points + normals * lift
    sky = np.zeros(len(points))
    turns = np.random.default_rng(0).random(len(points)) * 2 * np.pi
    side, other = tangents(normals)
    for ray in range(_SKY_RAYS):
        # cosine-weighted directions, turned differently for each point so that no pattern shows
        radius = np.sqrt((ray + 0.5) / _SKY_RAYS)
        angle = turns + ray * _GOLDEN
        flat = (np.cos(angle) * radius)[:, None] * side + (np.sin(angle) * radius)[:, None] * other
        direction = flat + np.sqrt(1 - radius * radius) * normals
        hit = caster.first(start, direction)
        # what is far away hardly darkens
        open_sky = np.clip(hit.distance / (0.35 * camera.span), 0, 1)
        sky += open_sky * (0.72 + 0.28 * direction[:, 1])
    toward = camera.toward()
    right = np.cross([0.0, 1.0, 0.0], toward)
    lamp = unit((toward - 0.6 * right + np.array([0.0, 0.8, 0.0]))[None])[0]
    return light.ambient * sky / _SKY_RAYS + light.key * np.clip(normals @ lamp, 0, None)


def tangents(normals: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors across each normal."""
    helper = np.where(np.abs(normals[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    side = unit(np.cross(normals, helper))
    return side, np.cross(normals, side)
