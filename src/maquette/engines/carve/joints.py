"""What hangs together: objects are of one piece, so a solid that falls apart was rounded too much."""

import numpy as np

from maquette.engines.carve.field import Evidence, rounded
from maquette.engines.carve.section import BOXY
from maquette.media.meshes.mesh import Floats

_LOOSE = 0.02
"""The share of a solid that may be apart from its largest part."""
_BETTER = 0.25
"""What must at most be left of that share with a boxy section."""


def join(evidence: Evidence, power: float) -> Floats:
    """The solid of exponent ``power``, a field (y, x, z), or where much of it is loose and a boxy one is whole, that.

    Legs at the corners carry a square top: a round one does not reach them.
    """
    solid = rounded(evidence, power)
    loose = _loose(solid)
    if loose < _LOOSE:
        return solid
    boxy = rounded(evidence, BOXY)
    return boxy if _loose(boxy) < _BETTER * loose else solid


def _loose(solid: Floats) -> float:
    """The share of a solid that is apart from its largest part."""
    from skimage.measure import label

    sizes = np.bincount(np.asarray(label(solid > 0, connectivity=3)).ravel())[1:]
    return float(1 - sizes.max() / sizes.sum()) if len(sizes) else 0.0
