"""What perspective hides of an object's true width: its outlines if its cross-sections are full rectangles.

A camera near a box sees the front face larger than the back. Its rays run outwards behind the face's edges, so that
the visual hull of opposite views bulges between the faces and its outline is too wide. The outline of a box is where
the whole run of depth lies within the views; that of a round thing is where any of it does.
"""

import numpy as np

from maquette.media.meshes.mesh import Flags, Floats

_SLACK = 0.75
"""By how many voxels a run is taken longer than it is, so that its ends count."""
_ROUNDS = 2
"""The two outlines bound each other's runs; they settle quickly."""
_TYPICAL = 0.14
"""The usual bulge of a box seen from a distance of two of its lengths, as a share of its half width."""


def straight_outlines(front: Floats, side: Floats, step: float) -> tuple[Floats, Floats]:
    """The outlines (y, x) and (y, z) of upright boxes, from the signed distances (y, x, z) of the views of each axis.

    Both are at most those of the hull.
    """
    hull = np.minimum(front, side)
    wide, deep = widest, other = hull.max(axis=2), hull.max(axis=1)
    for _ in range(_ROUNDS):
        within = np.minimum(side, deep[:, None, :]) > -_SLACK * step
        across = np.minimum(front, wide[:, :, None]) > -_SLACK * step
        wide = np.minimum(_whole_runs(front, within), widest)
        deep = np.minimum(_whole_runs(side.transpose(0, 2, 1), across.transpose(0, 2, 1)), other)
    return wide, deep


def _whole_runs(field: Floats, within: Flags) -> Floats:
    """The least value in each run of ``within`` along the last axis, and of these the greatest; far below without."""
    best = np.full(field.shape[:-1], -1.0, field.dtype)
    least = np.full(field.shape[:-1], np.inf, field.dtype)
    for values, inside in zip(np.moveaxis(field, -1, 0), np.moveaxis(within, -1, 0), strict=True):
        best = np.maximum(best, np.where(inside | np.isinf(least), -1.0, least))
        least = np.where(inside, np.minimum(least, values), np.inf)
    return np.maximum(best, np.where(np.isinf(least), -1.0, least))


def bulge(power: float) -> float:
    """How much of the bulge a super-ellipse of exponent ``power`` lacks: from little for round ones to 1 for a box.

    A ray at the slope s touches |x / a|^p + |z / c|^p = 1 when its distance from the middle is
    (a^q + (s c)^q)^(1 / q) with 1 / p + 1 / q = 1: the dual norm. To the first order in s c / a this is the share.
    """
    dual = power / (power - 1)
    return float(_TYPICAL ** (dual - 1) / dual)
