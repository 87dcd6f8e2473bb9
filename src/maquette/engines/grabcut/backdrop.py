"""What would be seen without the object, guessed from what is seen beside it."""

import numpy as np

from maquette.engines.grabcut.pixels import Floats, Mask, blurred


def estimate_backdrop(linear: Floats, known: Mask) -> Floats:
    """Fills the unknown pixels of ``linear`` (H, W, 3), row by row, between the known ones at their left and right.

    Rows alone, because horizons, table edges and skirting boards run across an upright picture: mixing in columns
    smeared them and cost .02 to .05 IoU. A row without a known pixel takes the nearest row that has one; at least
    one pixel must be known.
    """
    source = _smooth(linear, known)
    rows = np.flatnonzero(known.any(1))
    nearest = rows[np.abs(np.arange(len(known))[:, None] - rows[None]).argmin(1)]
    return _interpolate(source, known)[nearest]


def _smooth(linear: Floats, known: Mask) -> Floats:
    """Averages known pixels along rows, so that one speck of noise does not become a streak."""
    weight = known.astype(np.float32)
    total = np.maximum(blurred(weight, 6, 2), 1e-6)
    return np.asarray(blurred(linear * weight[..., None], 6, 2) / total[..., None], np.float32)


def _interpolate(source: Floats, known: Mask) -> Floats:
    height, width = known.shape
    column, row = np.arange(width)[None], np.arange(height)[:, None]
    left = np.maximum.accumulate(np.where(known, column, -1), axis=1)
    right = np.minimum.accumulate(np.where(known, column, 2 * width)[:, ::-1], axis=1)[:, ::-1]
    has_left, has_right = left >= 0, right < width
    share = (column - left) / np.maximum(right - left, 1)
    share = np.where(has_left & has_right, share, np.where(has_left, 0.0, 1.0)).astype(np.float32)[..., None]
    from_left = source[row, np.clip(left, 0, width - 1)]
    from_right = source[row, np.clip(right, 0, width - 1)]
    return np.asarray(from_left * (1 - share) + from_right * share, np.float32)
