"""The object's own colours where it is only partly there.

Blur fusion: Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021. The foreground's and the background's
colours are each blurred with the matte as weight, then corrected by what the compositing equation still lacks; twice,
from wide to narrow.
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
            found = estimated(photo[outer].astype(np.float32), share[..., None])
            start = top - outer[0].start, left - outer[1].start
            found = found[start[0] : start[0] + part.shape[0], start[1] : start[1] + part.shape[1]]
            colours[inner][mixed] = np.rint(np.clip(found, 0, 255)).astype(np.uint8)[mixed]
    return colours


def estimated(photo: "Floats", alpha: "Floats", radii: tuple[int, ...] = _RADII) -> "Floats":
    """sRGB (H, W, 3) of 0..255 and a matte (H, W, 1) of 0..1 to the foreground's colours (H, W, 3), one pass a radius.

    Where alpha is 1 that is the photo; beyond the last radius (pixels) from the foreground it is black.
    """
    front, back = photo, photo
    for radius in radii:
        front, back = _fused(photo, front, back, alpha, radius)
    return front


def _fused(photo: "Floats", front: "Floats", back: "Floats", alpha: "Floats", radius: int) -> "tuple[Floats, Floats]":
    share = _blurred(alpha, radius)[..., None]
    mean_front = _blurred(front * alpha, radius) / (share + _LEAST)
    mean_back = _blurred(back * (1 - alpha), radius) / (1 - share + _LEAST)
    lacking = photo - alpha * mean_front - (1 - alpha) * mean_back
    return np.asarray(np.clip(mean_front + alpha * lacking, 0, 255), np.float32), np.asarray(mean_back, np.float32)


def _blurred(values: "Floats", radius: int) -> "Floats":
    import cv2

    return np.asarray(cv2.blur(values, (2 * radius + 1, 2 * radius + 1)), np.float32)
