"""Colours for what no photo shows: the smooth continuation over the surface of what is shown."""

import numpy as np

from maquette.media.meshes.mesh import Floats, Mesh, edges_of, weld
from maquette.media.meshes.unwrap import Texels

_STIFFNESS = 0.02
"""How much a vertex listens to its neighbours against its own texels."""


def spread(mesh: Mesh, texels: Texels, colours: Floats, sure: Floats) -> Floats:
    """A colour for every vertex (n, 3): the texels' ``colours`` (k, 3) where they are ``sure`` (k,), else diffused.

    Solves a screened Laplace equation on the welded mesh, so that charts do not show.
    """
    from scipy import sparse
    from scipy.sparse.linalg import splu

    welded, number = weld(mesh)
    n = len(welded.positions)
    owner = number[mesh.faces[texels.face, np.argmax(texels.weights, axis=1)]]
    weight = np.bincount(owner, sure, n)
    held = weight / max(float(np.median(weight[weight > 0])) if (weight > 0).any() else 1.0, 1e-9)
    mean = np.stack([np.bincount(owner, sure * colours[:, c], n) for c in range(3)], axis=1)
    mean /= np.maximum(weight, 1e-9)[:, None]
    a, b = edges_of(welded).T
    links = sparse.coo_matrix((np.full(len(a), _STIFFNESS), (a, b)), shape=(n, n)).tocsc()
    links = (links + links.T) / 2
    degree = np.asarray(links.sum(axis=1)).ravel()
    # the tiny term keeps a part that no photo shows at all solvable; it turns to the overall mean
    tiny = 1e-6
    overall = (weight @ mean) / max(weight.sum(), 1e-9)
    system = sparse.diags(degree + held + tiny) - links
    found = splu(system.tocsc()).solve(held[:, None] * mean + tiny * overall)
    return found[number]
