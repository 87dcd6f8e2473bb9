"""The object's own colours where it is only partly there.

Blur fusion: Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021. The foreground's and the background's
colours are each blurred with the matte as weight, then corrected by what the compositing equation still lacks; twice,
from wide to narrow. Only mixed pixels are computed: where alpha is 1 the photo is the foreground, where it is 0 the
background, of which the paper goes on with blurred copies instead.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float32]

_RADII = (90, 6)
"""Pixels, the paper's own."""
_TILE = 1024
_LEAST = np.float32(1e-5)


def own_colours(photo: "Bytes", alpha: "Bytes") -> "Bytes":
    """sRGB (H, W, 3) and a matte (H, W) to the foreground's colours (H, W, 3), black where alpha is 0.

    Where alpha is 255 the photo is kept to the bit. Works tile by tile: beyond the result it needs memory for one.
    """
    colours = np.where((alpha > 0)[..., None], photo, np.uint8(0))
    halo = 2 * _RADII[0]
    for top in range(0, alpha.shape[0], _TILE):
        for left in range(0, alpha.shape[1], _TILE):
            inner = slice(top, top + _TILE), slice(left, left + _TILE)
            part = alpha[inner]
            mixed = (part > 0) & (part < 255)
            if not mixed.any():
                continue
            outer = (
                slice(max(0, top - halo), top + _TILE + halo),
                slice(max(0, left - halo), left + _TILE + halo),
            )
            share = alpha[outer].astype(np.float32) * np.float32(1 / 255)
            found = estimated(photo[outer].astype(np.float32), share)
            start = top - outer[0].start, left - outer[1].start
            found = found[start[0] : start[0] + part.shape[0], start[1] : start[1] + part.shape[1]]
            colours[inner][mixed] = np.rint(np.clip(found, 0, 255)).astype(np.uint8)[mixed]
    return colours


def estimated(photo: "Floats", alpha: "Floats", radii: tuple[int, ...] = _RADII) -> "Floats":
    """sRGB (H, W, 3) of 0..255 and a matte (H, W) of 0..1 to the foreground's colours (H, W, 3), one pass a radius.

    Where alpha is 1 or 0 that is the photo.
    """
    mixed = (alpha > 0) & (alpha < 1)
    share, seen = alpha[mixed][:, None], photo[mixed]
    front, back = photo.copy(), photo.copy()
    for radius in radii:
        mean_front = _average(front, alpha, radius, mixed)
        mean_back = _average(back, 1 - alpha, radius, mixed)
        lacking = seen - share * mean_front - (1 - share) * mean_back
        front[mixed], back[mixed] = np.clip(mean_front + share * lacking, 0, 255), mean_back
    return front


def _average(values: "Floats", weight: "Floats", radius: int, where: "NDArray[np.bool_]") -> "Floats":
    """The weighted mean colour (N, 3) around the chosen pixels."""
    import cv2

    size = (2 * radius + 1, 2 * radius + 1)
    total = np.asarray(cv2.blur(weight, size), np.float32)[where][:, None]
    summed = np.asarray(cv2.blur(values * weight[..., None], size), np.float32)[where]
    return np.asarray(summed / (total + _LEAST), np.float32)
