"""What hangs together: objects are of one piece, so a solid that falls apart was rounded too much."""

import numpy as np

from maquette.engines.carve.field import Evidence, rounded
from maquette.engines.carve.section import BOXY
from maquette.media.meshes.mesh import Flags, Floats

_CRUMBLING = 0.003
"""The share of a solid that may be apart from its largest part."""
_LOOSE = 0.02
"""With more than this apart, legs stand at the corners of a top that does not reach them."""
_BETTER, _MUCH_BETTER = 0.6, 0.25
"""What must at most be left of that share: where thin parts are kept, and with a boxy section."""
_THIN = 3.0
"""Half the thickness of thin parts, in voxels."""


def join(evidence: Evidence, power: float) -> Floats:
    """The solid of exponent ``power``, a field (y, x, z), or one that hangs together better.

    Where much is loose and a boxy solid is whole, that is it: legs at the corners carry a square top. Else thin parts
    of the hull are kept as they are: cameras that are a little off leave little of a leg, and rounding breaks it.
    """
    solid = rounded(evidence, power)
    apart = _apart(solid)
    if _share(apart, solid) > _LOOSE:
        boxy = rounded(evidence, BOXY)
        if _share(_apart(boxy), boxy) < _MUCH_BETTER * _share(apart, solid):
            return boxy
    if _share(apart, solid) > _CRUMBLING:
        kept = rounded(evidence, power, _thin_around(apart, evidence))
        if _share(_apart(kept), kept) < _BETTER * _share(apart, solid):
            return kept
    return solid


def _apart(solid: Floats) -> Flags:
    """The voxels of a solid that are apart from its largest part."""
    from skimage.measure import label

    parts = np.asarray(label(solid > 0, connectivity=3))
    sizes = np.bincount(parts.ravel())
    return (parts > 0) & (parts != 1 + np.argmax(sizes[1:])) if len(sizes) > 2 else np.zeros(solid.shape, np.bool_)


def _share(apart: Flags, solid: Floats) -> float:
    return float(apart.sum() / max((solid > 0).sum(), 1))


def _thin_around(apart: Flags, evidence: Evidence) -> Flags:
    """The thin parts of the hull, with their roots, that what is apart belongs to."""
    from scipy.ndimage import binary_dilation, distance_transform_edt
    from skimage.measure import label

    inside = evidence.hull > 0
    away = np.asarray(distance_transform_edt(evidence.hull <= _THIN * evidence.grid.step))
    thin: Flags = np.logical_and(inside, away > _THIN + 1, dtype=np.bool_)
    parts = np.asarray(label(thin, connectivity=3))
    touched = np.isin(parts, np.unique(parts[apart & thin]))
    return np.logical_and(inside, binary_dilation(touched & thin, iterations=2), dtype=np.bool_)
