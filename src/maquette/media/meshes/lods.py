"""Levels of detail: the same model with fewer triangles and a smaller texture."""

import numpy as np

from maquette.media.meshes.mesh import Floats, Ints, Mesh, Model, Pixels, bounds
from maquette.media.meshes.place import fill, stand
from maquette.media.meshes.rays import Caster, Hits
from maquette.media.meshes.render import sample
from maquette.media.meshes.simplify import simplify
from maquette.media.meshes.unwrap import lay, texels_of, unwrap


def reduce(model: Model, triangles: int, texture: int) -> Model:
    """The model with about ``triangles`` triangles and a square texture of at most ``texture`` pixels.

    What is small enough stays as it is. Otherwise edges are collapsed on the welded surface, the result is unfolded
    afresh, and every texel takes the colour of the surface that it now stands for.
    """
    size = _square(model.texture, texture)
    if len(model.mesh.faces) <= triangles:
        return Model(model.mesh, _resized(model.texture, size))
    # collapses round corners off: a coarse level would else be smaller than the size that was asked for
    mesh = unwrap(fill(simplify(model.mesh, triangles), bounds(model.mesh)), size)
    texels = texels_of(mesh, size)
    face, weights = beneath(model.mesh, texels.mix(mesh, mesh.positions), texels.directions(mesh))
    # a texture of half the size is averaged first, or fine detail would turn to grain; more than that would draw in
    # what lies between the charts
    source = Model(model.mesh, _resized(model.texture, max(size, len(model.texture) // 2)))
    colours = sample(source, Hits(face, weights, np.zeros(len(face)))) * 255
    return Model(stand(mesh), lay(texels, colours))


def beneath(mesh: Mesh, points: Floats, normals: Floats) -> tuple[Ints, Floats]:
    """The face (n,) of a mesh next to each point, looked for along ``normals``, and the weights (n, 3) there."""
    caster = Caster(mesh)
    low, high = bounds(mesh)
    reach = 0.05 * float(np.linalg.norm(high - low))
    outwards = caster.first(points - normals * reach * 0.01, normals)
    inwards = caster.first(points + normals * reach * 0.01, -normals)
    out = outwards.distance <= inwards.distance
    face = np.where(out, outwards.face, inwards.face)
    weights = np.where(out[:, None], outwards.weights, inwards.weights)
    far = (face < 0) | (np.minimum(outwards.distance, inwards.distance) >= reach)
    if far.any():
        face[far], weights[far] = _nearest(mesh, points[far])
    return face, weights


def _nearest(mesh: Mesh, points: Floats) -> tuple[Ints, Floats]:
    """A face at the vertex that is nearest to each point, and its weights: for the few that no ray leads anywhere."""
    from scipy.spatial import KDTree

    first = np.zeros(len(mesh.positions), np.int64)
    corner = np.zeros(len(mesh.positions), np.int64)
    for k in range(3):
        first[mesh.faces[:, k]] = np.arange(len(mesh.faces))
        corner[mesh.faces[:, k]] = k
    _, index = KDTree(mesh.positions).query(points)
    index = np.asarray(index)
    return first[index], np.eye(3)[corner[index]]


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
