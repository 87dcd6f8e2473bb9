"""Where a model stands and how large it is: origin at the bottom's centre, metres, one scale."""

from dataclasses import replace

import numpy as np

from maquette.media.meshes.mesh import Mesh, bounds, vertex_normals

STRETCH = 0.10
"""The most that a single axis may be stretched to meet a given dimension, as a share of the uniform scale."""


def stand(mesh: Mesh) -> Mesh:
    """Moves the origin to the middle of the bottom of the bounding box."""
    low, high = bounds(mesh)
    shift = np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
    return replace(mesh, positions=(mesh.positions - shift).astype(np.float32))


def scale_to(mesh: Mesh, width: float | None = None, height: float | None = None, depth: float | None = None) -> Mesh:
    """Brings a standing mesh to its true size in metres.

    One dimension gives a uniform scale. Several give the scale that fits them best (geometric mean), and then each
    given axis is stretched towards its own dimension by at most ``STRETCH``.
    """
    low, high = bounds(mesh)
    wanted = [(axis, value) for axis, value in enumerate((width, height, depth)) if value and high[axis] > low[axis]]
    if not wanted:
        return mesh
    ratios = {axis: value / float(high[axis] - low[axis]) for axis, value in wanted}
    uniform = float(np.exp(np.mean(np.log(list(ratios.values())))))
    factors = np.full(3, uniform)
    for axis, ratio in ratios.items():
        factors[axis] = uniform * np.clip(ratio / uniform, 1 - STRETCH, 1 + STRETCH)
    scaled = replace(mesh, positions=(mesh.positions * factors).astype(np.float32))
    even = np.allclose(factors, factors[0])
    return scaled if even or mesh.normals is None else replace(scaled, normals=vertex_normals(scaled))
