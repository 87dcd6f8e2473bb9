"""How well a photo is lit and how sharp it is. Pictures are sRGB (H, W, 3) of any size."""

import cv2
import numpy as np

from maquette.media.images.framing import Bytes, Framing

_SHARPNESS_SIDE = 1024
_WELL_LIT = 140
"""The 95th percentile of brightness (8-bit levels) from which a photo counts as well lit."""
_LIGHT_SIDE = 200
_GRAIN = 3.2
"""The 97th percentile of a normal deviate's size over its median."""
_WHITE_WALL = 0.7


def sharpness(rgb: Bytes, framing: Framing) -> float:
    """How much of the finest detail is left beside the next coarser one, around the object if there is one.

    The ratio of the strongest steps at the two scales of a picture of 1024 pixels: contrast and light cancel out, and
    grain, which is everywhere, is taken off.
    """
    grey = np.asarray(grey_of(rgb, _SHARPNESS_SIDE), np.float32)
    fine = grey - np.asarray(cv2.GaussianBlur(grey, (0, 0), 1), np.float32)
    coarse = grey - fine - np.asarray(cv2.GaussianBlur(grey, (0, 0), 4), np.float32)
    region = framing.around(*grey.shape)
    kept = np.ones(grey.shape, np.bool_) if region is None else region > 0
    middle, detail = (float(level) for level in np.percentile(np.abs(fine[kept]), (50, 97)))
    strong = float(np.percentile(np.abs(coarse[kept]), 97))
    return round(max(0.0, detail - _GRAIN * middle) / max(strong, 1.0), 4)


def exposure(rgb: Bytes, framing: Framing) -> float:
    """1 for well lit, towards 0 for a picture that is dark as a whole or an object that is blown out."""
    lit = min(1.0, float(np.percentile(grey_of(rgb, _LIGHT_SIDE), 95)) / _WELL_LIT)
    return round(lit * (1 - blown_share(rgb, framing)), 3)


def blown_share(rgb: Bytes, framing: Framing) -> float:
    """The share of the object that is pure white; without an object, how far more of the picture is than a wall."""
    size = framing.mask.shape[::-1]
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    white = small.min(-1) >= 253
    if framing.found:
        return float(white[framing.mask].mean())
    return max(0.0, (float(white.mean()) - _WHITE_WALL) / (1 - _WHITE_WALL))


def grey_of(rgb: Bytes, side: int) -> Bytes:
    """The picture in grey (h, w) with the longer side at most ``side`` pixels."""
    return np.asarray(cv2.cvtColor(shrunk(rgb, side), cv2.COLOR_RGB2GRAY), np.uint8)


def shrunk(rgb: Bytes, side: int) -> Bytes:
    """The picture with the longer side at most ``side`` pixels."""
    factor = side / max(rgb.shape[:2])
    if factor >= 1:
        return rgb
    size = (max(1, round(rgb.shape[1] * factor)), max(1, round(rgb.shape[0] * factor)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
