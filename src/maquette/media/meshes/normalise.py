"""Any valid model to the one form that Maquette delivers: one mesh, one material, one atlas, standing upright."""

from dataclasses import replace

import numpy as np

from maquette.media.meshes.glb_geometry import Part
from maquette.media.meshes.glb_read import read_parts
from maquette.media.meshes.lods import beneath
from maquette.media.meshes.measure import inverted_normals, inverted_uv, joined
from maquette.media.meshes.mesh import Floats, Ints, Mesh, Model, Pixels, vertex_normals
from maquette.media.meshes.pixels import fetch, to_linear, to_srgb
from maquette.media.meshes.place import stand
from maquette.media.meshes.simplify import simplify
from maquette.media.meshes.unwrap import lay, texels_of, unwrap

_ATLAS = (1024, 2048)
"""Texels on a side of a new atlas: the larger one where the pictures together have more than the smaller one holds."""
MOST = 60_000
"""Triangles that a new atlas is made for: unfolding more takes minutes."""


def normalise(data: bytes, triangles: int = MOST) -> Model:
    """Reads a GLB and brings it to one mesh and one texture, the origin at the bottom's centre.

    Units stay as they are (glTF: metres), and so do normals, unless some are missing or look inwards: then all are made
    afresh and smooth. Several materials, tiled textures and mirrored texture coordinates are baked into a new atlas, of
    a surface with about ``triangles`` at most: nobody needs more than the largest level that follows.
    Raises ``Permanent("model_invalid")`` as ``inspect_glb`` does.
    """
    parts, pictures = read_parts(data)
    model = _as_it_is(parts, pictures) or _baked(parts, pictures, min(triangles, MOST))
    if model.mesh.normals is None:
        model = replace(model, mesh=replace(model.mesh, normals=vertex_normals(model.mesh)))
    return replace(model, mesh=stand(model.mesh))


def _as_it_is(parts: list[Part], pictures: list[Pixels]) -> Model | None:
    """The parts joined, if one untiled picture serves them all and nothing lies mirrored on it."""
    looks = {(part.texture, part.factor) for part in parts}
    if len(looks) != 1 or parts[0].texture is None:
        return None
    layouts = [part.mesh.uv for part in parts if part.mesh.uv is not None]
    if len(layouts) != len(parts) or any(uv.min() < -1e-3 or uv.max() > 1.001 for uv in layouts):
        return None
    if any(inverted_uv(part.mesh) for part in parts):
        return None
    mesh = replace(_whole(parts), uv=np.clip(np.concatenate(layouts), 0, 1))
    picture = pictures[parts[0].texture]
    if min(parts[0].factor) < 1:
        picture = np.rint(to_srgb(to_linear(picture / 255) * parts[0].factor) * 255).astype(np.uint8)
    return Model(mesh, picture)


def _whole(parts: list[Part]) -> Mesh:
    """The parts as one mesh, with their normals if those can be believed."""
    normals = [part.mesh.normals for part in parts if part.mesh.normals is not None]
    if len(normals) != len(parts) or any(inverted_normals(part.mesh).any() for part in parts):
        return joined(parts)
    return replace(joined(parts), normals=np.concatenate(normals))


def _baked(parts: list[Part], pictures: list[Pixels], triangles: int) -> Model:
    """The parts on a new atlas, which takes over their colours texel by texel."""
    whole = _whole(parts)
    worn = sum(picture.shape[0] * picture.shape[1] for picture in pictures)
    size = _ATLAS[worn > _ATLAS[0] ** 2]
    if len(whole.faces) <= triangles:
        mesh = unwrap(whole, size)
        texels = texels_of(mesh, size)
        face, weights = texels.face, texels.weights
    else:
        mesh = unwrap(simplify(whole, triangles), size)
        texels = texels_of(mesh, size)
        face, weights = beneath(whole, texels.mix(mesh, mesh.positions), texels.directions(mesh))
    return Model(mesh, lay(texels, _colours(parts, pictures, face, weights)))


def _colours(parts: list[Part], pictures: list[Pixels], face: Ints, weights: Floats) -> Floats:
    """sRGB 0..255 (k, 3) of points on the joined parts, given by their ``face`` (k,) and ``weights`` (k, 3)."""
    owner = np.repeat(np.arange(len(parts)), [len(part.mesh.faces) for part in parts])[face]
    first = np.cumsum([0] + [len(part.mesh.faces) for part in parts])
    colours = np.zeros((len(face), 3))
    for number, part in enumerate(parts):
        mine = np.flatnonzero(owner == number)
        corners = part.mesh.faces[face[mine] - first[number]]
        colours[mine] = _colour(part, pictures, corners, weights[mine])
    return colours


def _colour(part: Part, pictures: list[Pixels], corners: Ints, weights: Floats) -> Floats:
    """sRGB 0..255 of points of a part, given as corners (k, 3) and their weights (k, 3)."""
    if part.texture is None or part.mesh.uv is None:
        return np.broadcast_to(to_srgb(np.array(part.factor)) * 255, (len(corners), 3))
    picture = pictures[part.texture]
    uv = np.einsum("ij,ijk->ik", weights, part.mesh.uv[corners]) % 1.0
    found = fetch(picture, uv[:, 0] * picture.shape[1] - 0.5, uv[:, 1] * picture.shape[0] - 0.5)
    return to_srgb(to_linear(found / 255) * part.factor) * 255
