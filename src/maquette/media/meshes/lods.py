"""Levels of detail: the same model with fewer triangles and a smaller texture."""

import numpy as np

from maquette.media.meshes.mesh import Floats, Model, Pixels, bounds, unit
from maquette.media.meshes.place import stand
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
    mesh = unwrap(simplify(model.mesh, triangles), size)
    texels = texels_of(mesh, size)
    if mesh.normals is None:
        raise ValueError("an unwrapped mesh has normals")
    points, normals = texels.mix(mesh, mesh.positions), unit(texels.mix(mesh, mesh.normals))
    # a texture of half the size is averaged first, or fine detail would turn to grain; more than that would draw in
    # what lies between the charts
    source = Model(model.mesh, _resized(model.texture, max(size, len(model.texture) // 2)))
    # a collapse may shift the lowest point a little
    return Model(stand(mesh), lay(texels, _transfer(source, points, normals)))


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
