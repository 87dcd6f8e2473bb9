"""Solids whose truth is a formula: photos of them, and how near a model comes to them."""

from pathlib import Path

import numpy as np
from PIL import Image
from skimage.measure import marching_cubes

from maquette.media.meshes.camera import Camera
from maquette.media.meshes.mesh import Flags, Floats, Mesh, weld
from maquette.media.meshes.rays import Caster
from maquette.media.meshes.render import render_solid

AZIMUTHS = {"front": 0, "left": 90, "back": 180, "right": 270}
NOVEL = ((22.5, 20.0), (112.5, 35.0), (225.0, 50.0), (315.0, -5.0))
"""Azimuth and elevation of the views that are kept back."""


def vase(p: Floats) -> Floats:
    return np.minimum(0.2 + 0.1 * np.sin(5 * p[:, 1] + 1) - np.hypot(p[:, 0], p[:, 2]), 0.48 - abs(p[:, 1]))


def mug(p: Floats) -> Floats:
    body = np.minimum(0.27 - np.hypot(p[:, 0] + 0.12, p[:, 2]), 0.4 - abs(p[:, 1]))
    return np.maximum(body, 0.045 - np.hypot(np.hypot(p[:, 0] - 0.17, p[:, 1]) - 0.2, p[:, 2]))


def crate(p: Floats) -> Floats:
    return np.min([0.45 - abs(p[:, 0]), 0.3 - abs(p[:, 1]), 0.35 - abs(p[:, 2])], axis=0)


def stool(p: Floats) -> Floats:
    seat = np.min([0.35 - abs(p[:, 0]), 0.05 - abs(p[:, 1] - 0.4), 0.3 - abs(p[:, 2])], axis=0)
    legs = np.min([0.04 - abs(abs(p[:, 0]) - 0.3), 0.04 - abs(abs(p[:, 2]) - 0.25), 0.45 - abs(p[:, 1])], axis=0)
    return np.maximum(seat, legs)


def duck(p: Floats) -> Floats:
    body = 0.3 - np.linalg.norm((p - [0, -0.15, -0.05]) * [1.1, 1.2, 0.8], axis=1)
    head = 0.17 - np.linalg.norm(p - np.array([0, 0.22, 0.12]), axis=1)
    beak = 0.07 - np.linalg.norm((p - [0, 0.2, 0.32]) * [0.8, 1.6, 0.7], axis=1)
    return np.max([body, head, beak], axis=0)


def cube(p: Floats) -> Floats:
    return 0.35 - abs(p).max(axis=1)


def tin(p: Floats) -> Floats:
    return np.minimum(0.25 - np.hypot(p[:, 0], p[:, 2]), 0.4 - abs(p[:, 1]))


def flask(p: Floats) -> Floats:
    body = np.min([0.2 - abs(p[:, 0]), 0.32 - abs(p[:, 1] + 0.14), 0.12 - abs(p[:, 2])], axis=0)
    return np.maximum(body, np.minimum(0.07 - np.hypot(p[:, 0], p[:, 2]), 0.45 - abs(p[:, 1])))


def shrub(p: Floats) -> Floats:
    """A pot with five leaves, whose tips are at different heights."""
    pot = np.minimum(0.16 - np.hypot(p[:, 0], p[:, 2]), 0.14 - abs(p[:, 1] + 0.32))
    leaves = []
    for turn, height in zip(np.arange(5) * 1.257 + 0.3, (0.45, 0.1, 0.3, 0.2, 0.38), strict=True):
        share = np.clip((p[:, 1] + 0.2) / (height + 0.2), 0, 1)
        lean = 0.04 + 0.3 * share**2
        away = np.hypot(p[:, 0] - lean * np.cos(turn), p[:, 2] - lean * np.sin(turn))
        leaves.append(np.min([0.045 * (1.2 - share) - away, height - p[:, 1], p[:, 1] + 0.2], axis=0))
    return np.max([pot, *leaves], axis=0)


SOLIDS = {field.__name__: field for field in (vase, mug, crate, stool, duck, cube, tin, flask, shrub)}


def solid(name: str, samples: int = 161) -> Mesh:
    """The surface of one of the solids."""
    axis = np.linspace(-0.55, 0.55, samples)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    values = SOLIDS[name](grid).reshape(samples, samples, samples)
    points, faces, _, _ = marching_cubes(values.astype(np.float32), 0.0)
    return weld(Mesh(points * (axis[1] - axis[0]) - 0.55, faces[:, ::-1].astype(np.int64)))[0]


def stripes(points: Floats, _normals: Floats) -> Floats:
    """A pattern that no two sides share."""
    waves = np.sin(points * [9, 13, 11] + [0.5, 0, 1.1])
    return 0.5 + 0.4 * waves


def shoot_photos(name: str, folder: Path) -> None:
    """Cut-outs of a solid, 640 pixels, true masks, and pictures of it from elsewhere."""
    mesh = solid(name)
    for number, (azimuth, elevation) in enumerate(NOVEL):
        picture = render_solid(mesh, stripes, Camera(azimuth, elevation, (0, 0, 0), 1.5, 35), 320)
        Image.fromarray(picture).save(folder / f"novel_{number}.png", compress_level=1)
    for view, azimuth in AZIMUTHS.items():
        picture = render_solid(mesh, stripes, Camera(azimuth, 0, (0, 0, 0), 1.15), 640)
        Image.fromarray(picture).save(folder / f"ortho_{view}.png", compress_level=1)


def unit_box(points: Floats) -> Floats:
    low, high = points.min(axis=0), points.max(axis=0)
    return (points - (low + high) / 2) / (high - low).max()


def voxels(mesh: Mesh, n: int = 160) -> Flags:
    """Which of n^3 cells of the cube -0.7..0.7 lie inside a closed mesh: columns along y, filled between crossings."""
    centres = (np.arange(n) + 0.5) / n * 1.4 - 0.7
    origins = np.column_stack([np.repeat(centres, n) + 1e-5, np.full(n * n, -1.0), np.tile(centres, n) + 1e-5])
    caster, inside = Caster(mesh), np.zeros((n * n, n), np.int8)
    alive, height = np.arange(n * n), np.full(n * n, -1.0)
    for _ in range(64):
        hits = caster.first(origins[alive], np.array([0.0, 1.0, 0.0]))
        alive, height = alive[hits.struck], height[alive][hits.struck] + hits.distance[hits.struck]
        if not len(alive):
            break
        inside[alive] ^= (centres[None, :] > height[:, None]).astype(np.int8)
        heights = np.full(n * n, -1.0)
        heights[alive] = height + 1e-5
        origins[alive, 1] = heights[alive]
        height = heights
    return inside.astype(bool)


def surface(mesh: Mesh, count: int = 30_000) -> Floats:
    corners = mesh.positions[mesh.faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    rng = np.random.default_rng(0)
    pick, w = rng.choice(len(areas), count, p=areas / areas.sum()), np.sqrt(rng.random((count, 1)))
    v = rng.random((count, 1))
    a, b, c = corners[pick].transpose(1, 0, 2)
    return (1 - w) * a + w * (1 - v) * b + w * v * c


def compare(model: Mesh, truth: Mesh) -> dict[str, float]:
    """IoU and Chamfer distance of two closed meshes, each in its own box, longest side 1."""
    from scipy.spatial import KDTree

    pair = [Mesh(unit_box(mesh.positions), mesh.faces) for mesh in (model, truth)]
    a, b = (voxels(mesh) for mesh in pair)
    p, q = (surface(mesh) for mesh in pair)
    near, back = KDTree(q).query(p)[0], KDTree(p).query(q)[0]
    return {"iou": float((a & b).sum() / (a | b).sum()), "chamfer": float(near.mean() + back.mean()) / 2}
