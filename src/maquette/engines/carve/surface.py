"""From the implicit solid to a closed triangle mesh."""

import numpy as np

from maquette.engines.carve.field import Grid
from maquette.media.meshes.mesh import Floats, Mesh, drop_unused, edges_of, face_vectors, unit, weld

_ROUNDS = 8
_SHRINK, _GROW = 0.5, -0.53
"""Taubin's factors (1995): smoothing that keeps the volume."""
_CRUMB = 0.005
"""Loose parts with less than this share of the largest part's triangles are dropped."""


def extract(solid: Floats, grid: Grid) -> Mesh | None:
    """The zero surface of a field (y, x, z), smoothed; None when the field is nowhere positive."""
    from skimage.measure import marching_cubes

    if not (solid > 0).any():
        return None
    # the outermost voxels are outside, whatever the field says, so that the surface is closed
    padded = np.full(solid.shape, -grid.step, np.float32)
    inner = (slice(1, -1),) * 3
    padded[inner] = np.clip(solid[inner], -2 * grid.step, 2 * grid.step)
    # a value of exactly zero would make triangles of no size, which weld into holes
    padded[np.abs(padded) < 1e-3 * grid.step] = -1e-3 * grid.step
    points, faces, _, _ = marching_cubes(padded, 0.0)
    positions = np.stack([points[:, 1], points[:, 0], points[:, 2]], axis=1) * grid.step
    positions += np.array([grid.x[0], grid.y[0], grid.z[0]])
    mesh, _ = weld(Mesh(positions.astype(np.float32), faces.astype(np.int64)))
    return _flatten_ends(_smooth(_main_parts(_outwards(mesh))), grid.step)


def _outwards(mesh: Mesh) -> Mesh:
    """Turns the faces round if they look inwards."""
    from maquette.media.meshes.mesh import volume

    return mesh if volume(mesh) > 0 else Mesh(mesh.positions, mesh.faces[:, ::-1])


def _main_parts(mesh: Mesh) -> Mesh:
    """Without crumbs."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    a, b = edges_of(mesh).T
    n = len(mesh.positions)
    _, label = connected_components(coo_matrix((np.ones(len(a), np.int8), (a, b)), shape=(n, n)), directed=False)
    of_face = label[mesh.faces[:, 0]]
    sizes = np.bincount(of_face)
    return drop_unused(Mesh(mesh.positions, mesh.faces[sizes[of_face] >= _CRUMB * sizes.max()]))


def _smooth(mesh: Mesh) -> Mesh:
    from scipy.sparse import coo_matrix, diags

    a, b = edges_of(mesh).T
    n = len(mesh.positions)
    links = coo_matrix((np.ones(len(a)), (a, b)), shape=(n, n)).tocsr()
    mean = diags(1 / np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1)) @ links
    points = mesh.positions.astype(np.float64)
    for _ in range(_ROUNDS):
        for factor in (_SHRINK, _GROW):
            points = points + factor * (mean @ points - points)
    return Mesh(points.astype(np.float32), mesh.faces)


def _flatten_ends(mesh: Mesh, step: float) -> Mesh:
    """Makes what is nearly flat at the top and the bottom quite flat, so that the object stands well."""
    points = mesh.positions.copy()
    slope = unit(face_vectors(mesh))[:, 1]
    for end, sign in ((points[:, 1].min(), -1.0), (points[:, 1].max(), 1.0)):
        level = mesh.faces[slope * sign > 0.9]
        near = np.unique(level[np.abs(points[level, 1] - end).max(axis=1) < 1.5 * step]) if len(level) else level
        # a few triangles are the tip of a dome, not a plane
        if len(near) > 60:
            points[near, 1] = np.median(points[near, 1])
    return Mesh(points, mesh.faces)
