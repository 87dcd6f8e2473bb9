"""Whether two photos may show opposite sides of an object.

From far enough away the outline of a thing seen from behind is the mirrored outline of its front: the rays are the
same lines, walked the other way (Laurentini, "The visual hull concept", PAMI 1994).
"""

import cv2
import numpy as np

from maquette.media.images.framing import Mask
from maquette.media.images.likeness import Descriptor

SIDE = 64
"""Pixels of the square that outlines are compared in."""


def mirrored_likeness(one: Descriptor, other: Descriptor) -> float:
    """Intersection over union of the one outline and the mirrored other, at equal height; 0 where one is not known."""
    if one.mask is None or other.mask is None or not one.mask.any() or not other.mask.any():
        return 0.0
    a, b = _upright(one.mask), _upright(other.mask)[:, ::-1]
    return float((a & b).sum() / (a | b).sum())


def _upright(mask: Mask) -> Mask:
    """The outline at ``SIDE`` pixels of height in the middle of a frame four times as wide."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    tight = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    width = min(4 * SIDE, max(1, round(tight.shape[1] * SIDE / tight.shape[0])))
    small = cv2.resize(tight.astype(np.float32), (width, SIDE), interpolation=cv2.INTER_AREA) >= 0.5
    frame = np.zeros((SIDE, 4 * SIDE), np.bool_)
    left = (4 * SIDE - width) // 2
    frame[:, left : left + width] = small
    return frame
