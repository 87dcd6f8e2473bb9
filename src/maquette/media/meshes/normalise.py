"""Any valid model to the one form that Maquette delivers: one mesh, one material, one atlas, standing upright."""

from dataclasses import replace

import numpy as np

from maquette.media.meshes.glb_geometry import Part
from maquette.media.meshes.glb_read import read_parts
from maquette.media.meshes.mesh import Floats, Ints, Mesh, Model, Pixels, vertex_normals
from maquette.media.meshes.pixels import fetch, to_linear, to_srgb
from maquette.media.meshes.place import stand
from maquette.media.meshes.unwrap import lay, texels_of, unwrap

_REBAKED = 1024
"""Texels on a side of a new atlas."""


def normalise(data: bytes) -> Model:
    """Reads a GLB and brings it to one mesh, one texture, fresh smooth normals, the origin at the bottom's centre.

    Units stay as they are (glTF: metres). Several materials or tiled textures are baked into a new atlas. Raises
    ``Permanent("model_invalid")`` as ``inspect_glb`` does.
    """
    parts, pictures = read_parts(data)
    model = _as_it_is(parts, pictures) or _baked(parts, pictures)
    return Model(stand(replace(model.mesh, normals=vertex_normals(model.mesh))), model.texture)


def _as_it_is(parts: list[Part], pictures: list[Pixels]) -> Model | None:
    """The parts joined, if one untiled picture serves them all."""
    looks = {(part.texture, part.factor) for part in parts}
    if len(looks) != 1 or parts[0].texture is None:
        return None
    layouts = [part.mesh.uv for part in parts if part.mesh.uv is not None]
    if len(layouts) != len(parts) or any(uv.min() < -1e-3 or uv.max() > 1.001 for uv in layouts):
        return None
    mesh = replace(_joined(parts), uv=np.clip(np.concatenate(layouts), 0, 1))
    picture = pictures[parts[0].texture]
    if min(parts[0].factor) < 1:
        picture = np.rint(to_srgb(to_linear(picture / 255) * parts[0].factor) * 255).astype(np.uint8)
    return Model(mesh, picture)


def _joined(parts: list[Part]) -> Mesh:
    starts = np.cumsum([0] + [len(part.mesh.positions) for part in parts])
    faces = [part.mesh.faces + start for part, start in zip(parts, starts, strict=False)]
    return Mesh(np.concatenate([part.mesh.positions for part in parts]), np.concatenate(faces))


def _baked(parts: list[Part], pictures: list[Pixels]) -> Model:
    """The parts on a new atlas, which takes over their colours texel by texel."""
    whole = _joined(parts)
    mesh = unwrap(whole, _REBAKED)
    texels = texels_of(mesh, _REBAKED)
    owner = np.repeat(np.arange(len(parts)), [len(part.mesh.faces) for part in parts])[texels.face]
    first = np.cumsum([0] + [len(part.mesh.faces) for part in parts])
    colours = np.zeros((len(texels.face), 3))
    for number, part in enumerate(parts):
        mine = np.flatnonzero(owner == number)
        corners = part.mesh.faces[texels.face[mine] - first[number]]
        colours[mine] = _colour(part, pictures, corners, texels.weights[mine])
    return Model(mesh, lay(texels, colours))


def _colour(part: Part, pictures: list[Pixels], corners: Ints, weights: Floats) -> Floats:
    """sRGB 0..255 of points of a part, given as corners (k, 3) and their weights (k, 3)."""
    if part.texture is None or part.mesh.uv is None:
        return np.broadcast_to(to_srgb(np.array(part.factor)) * 255, (len(corners), 3))
    picture = pictures[part.texture]
    uv = np.einsum("ij,ijk->ik", weights, part.mesh.uv[corners]) % 1.0
    found = fetch(picture, uv[:, 0] * picture.shape[1] - 0.5, uv[:, 1] * picture.shape[0] - 0.5)
    return to_srgb(to_linear(found / 255) * part.factor) * 255
