"""Where a model stands and how large it is: origin at the bottom's centre, metres, one scale."""

from dataclasses import replace

import numpy as np

from maquette.domain.dimensions import Dimensions
from maquette.media.meshes.mesh import Floats, Mesh, bounds, unit

STRETCH = 0.10
"""The most that a single axis may be stretched to meet a given dimension, as a share of the uniform scale."""


def stand(mesh: Mesh) -> Mesh:
    """Moves the origin to the middle of the bottom of the bounding box."""
    low, high = bounds(mesh)
    shift = np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
    return replace(mesh, positions=(mesh.positions - shift).astype(np.float32))


def scale_to(mesh: Mesh, size: Dimensions) -> Mesh:
    """Brings a standing mesh to its true size in metres; unchanged when nothing is known of it.

    One dimension gives a uniform scale. Several give the scale in the middle between them, and each given axis is then
    stretched towards its own dimension by at most ``STRETCH``: what is further off stays off. A dimension along which
    the mesh is flat cannot be met.
    """
    low, high = bounds(mesh)
    extent = (high - low).astype(np.float64)
    ratios = {axis: metres / extent[axis] for axis, metres in size.given() if extent[axis] > 1e-9 * extent.max()}
    if not ratios:
        return mesh
    uniform = float(np.sqrt(min(ratios.values()) * max(ratios.values())))
    factors = np.full(3, uniform)
    for axis, ratio in ratios.items():
        factors[axis] = uniform * np.clip(ratio / uniform, 1 - STRETCH, 1 + STRETCH)
    return _scaled(mesh, factors)


def scale_to_unit(mesh: Mesh) -> Mesh:
    """The longest side of the bounding box becomes 1 m: what a model of unknown size is delivered as."""
    low, high = bounds(mesh)
    return _scaled(mesh, np.full(3, 1 / max(float((high - low).max()), 1e-12)))


def fill(mesh: Mesh, box: tuple[Floats, Floats]) -> Mesh:
    """Brings a mesh that lost a little of its size back into a box (low, high); each axis by at most ``STRETCH``."""
    low, high = bounds(mesh)
    extent, wanted = (high - low).astype(np.float64), (box[1] - box[0]).astype(np.float64)
    ratios = np.where(extent > 1e-9 * extent.max(), wanted / np.maximum(extent, 1e-30), 1.0)
    factors = np.clip(ratios, 1 - STRETCH, 1 + STRETCH)
    stretched = _scaled(replace(mesh, positions=(mesh.positions - low).astype(np.float32)), factors)
    return replace(stretched, positions=(stretched.positions + box[0]).astype(np.float32))


def _scaled(mesh: Mesh, factors: Floats) -> Mesh:
    # normals follow the inverse of the scale
    normals = None if mesh.normals is None else unit(mesh.normals / factors).astype(np.float32)
    return replace(mesh, positions=(mesh.positions * factors).astype(np.float32), normals=normals)
