"""Colours for what no photo shows: what is shown, continued over the surface, each material for itself."""

import numpy as np

from maquette.media.meshes.mesh import Floats, Ints, Mesh, edges_of, weld
from maquette.media.meshes.unwrap import Texels

_STIFFNESS = 0.02
"""How much a vertex listens to its neighbours against its own texels."""
_MATERIALS = 6
_CRISP = 4
"""Exponent on the shares of the materials: two of them meet in a line rather than in a wide mixture."""
_TINY = 1e-6
"""Keeps a part that no photo shows at all solvable; it turns to the overall mean."""


def spread(mesh: Mesh, texels: Texels, colours: Floats, sure: Floats) -> Floats:
    """A colour for every vertex (n, 3): the texels' ``colours`` (k, 3) where they are ``sure`` (k,), else continued.

    The colours are sorted into a few materials. A screened Laplace equation on the welded mesh, so that charts do not
    show, gives each vertex its share of each material (the random walker of Grady, 2006) and the tone of it there.
    """
    welded, number = weld(mesh)
    n = len(welded.positions)
    owner = number[mesh.faces[texels.face, np.argmax(texels.weights, axis=1)]]
    weight = np.bincount(owner, sure, n)
    mean = np.stack([np.bincount(owner, sure * colours[:, c], n) for c in range(3)], axis=1)
    mean /= np.maximum(weight, 1e-9)[:, None]
    held = weight / max(float(np.median(weight[weight > 0])) if (weight > 0).any() else 1.0, 1e-9)
    material = np.zeros(n, np.int64)
    shown = np.flatnonzero(weight > 0)
    material[shown] = _materials(mean[shown])
    own = (material[:, None] == np.arange(_MATERIALS)) * 1.0
    known = np.concatenate([own, (own[:, :, None] * mean[:, None, :]).reshape(n, -1)], axis=1)
    found = _continued(welded, held, known)
    share = np.maximum(found[:, :_MATERIALS], 1e-12)
    tone = found[:, _MATERIALS:].reshape(n, _MATERIALS, 3) / share[:, :, None]
    crisp = share**_CRISP
    return (np.einsum("nm,nmc->nc", crisp, tone) / crisp.sum(axis=1, keepdims=True))[number]


def _materials(colours: Floats) -> Ints:
    """A number below ``_MATERIALS`` for each colour (n, 3): k-means, from layers along the main axis."""
    import cv2

    count = min(_MATERIALS, len(colours))
    if count < 2:
        return np.zeros(len(colours), np.int64)
    axis = np.linalg.svd(np.cov((colours - colours.mean(axis=0)).T))[0][:, 0]
    rank = np.argsort(np.argsort(colours @ axis, kind="stable"), kind="stable")
    first = (rank * count // len(colours)).astype(np.int32)[:, None]
    stop = (cv2.TERM_CRITERIA_COUNT, 10, 0.0)
    labels = cv2.kmeans(colours.astype(np.float32), count, first, stop, 1, cv2.KMEANS_USE_INITIAL_LABELS)[1]
    return np.asarray(labels, np.int64).ravel()


def _continued(mesh: Mesh, held: Floats, known: Floats) -> Floats:
    """Values (n, k) that are ``known`` as far as they are ``held`` (n,), and else the mean of their neighbours'."""
    from scipy import sparse
    from scipy.sparse.linalg import splu

    n = len(held)
    a, b = edges_of(mesh).T
    links = sparse.coo_matrix((np.full(len(a), _STIFFNESS), (a, b)), shape=(n, n)).tocsc()
    links = (links + links.T) / 2
    degree = np.asarray(links.sum(axis=1)).ravel()
    overall = (held @ known) / max(held.sum(), 1e-9)
    system = sparse.diags(degree + held + _TINY) - links
    return splu(system.tocsc()).solve(held[:, None] * known + _TINY * overall)
