"""Which pieces of a mask are the object."""

import cv2
import numpy as np

from maquette.engines.grabcut.pixels import Mask, distance_to, grown

_REACH = 0.06
"""A piece belongs to the main one when it is no farther from it than this share of its longer side."""
_LEAST_SHARE = 0.002
_EQUAL_SHARE = 0.3
"""A far piece belongs when it is this large beside the main one; within a person's box a small one will do."""
_EQUAL_SHARE_IN_BOX = 0.02
_PINHOLE_SHARE = 0.003
_FACING_SHARE = 0.6
_CENTRE_SIGMA = 0.6


def keep_object(mask: Mask, *, boxed: bool = False) -> Mask:
    """Keeps the biggest piece, central ones preferred, and what is close to it or nearly as big. Holes stay open."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    if count <= 2:
        return mask
    height, width = mask.shape
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.float64)
    off_centre = (centres[1:] / (width / 2, height / 2) - 1) ** 2
    main = 1 + int((areas * np.exp(-0.5 * off_centre.sum(1) / _CENTRE_SIGMA**2)).argmax())
    kept = np.asarray(labels == main)
    reach = _REACH * max(stats[main, cv2.CC_STAT_WIDTH], stats[main, cv2.CC_STAT_HEIGHT]) + 2
    shares = areas / areas[main - 1]
    near = set(np.unique(labels[distance_to(kept) < reach]))
    equal = _EQUAL_SHARE_IN_BOX if boxed else _EQUAL_SHARE
    belongs = [
        piece
        for piece, share in enumerate(shares, start=1)
        if share >= equal or (piece in near and share >= _LEAST_SHARE)
    ]
    return np.asarray(np.isin(labels, belongs))


def outlying(parts: Mask, mask: Mask) -> Mask:
    """Those connected parts of a mask whose rim mostly faces the outside: what hangs on, not what lies within."""
    count, labels = cv2.connectedComponents(parts.view(np.uint8), connectivity=4)
    rim = parts & grown(~parts, 3)
    rims = np.bincount(labels[rim], minlength=count)
    facing = np.bincount(labels[rim & grown(~mask, 5)], minlength=count)
    return np.isin(labels, np.flatnonzero(facing > _FACING_SHARE * np.maximum(rims, 1))) & parts


def close_pinholes(mask: Mask) -> Mask:
    """Fills holes too small to be a handle or a gap between slats: speckles that happen to match the backdrop."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~mask).view(np.uint8), connectivity=4)
    small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < _PINHOLE_SHARE * int(mask.sum()))
    return mask | np.isin(labels, small[small > 0])
