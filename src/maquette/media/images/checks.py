"""What is wrong with a photo, so that a person can take a better one: flags of ``domain.quality`` and a score.

The thresholds were chosen on photos of products, toys and rooms so that good ones pass without a remark; what cannot be
told for sure is not told.
"""

import numpy as np
from PIL import Image

from maquette.domain.assets import Quality
from maquette.media.images.framing import Bytes, Framing, locate, locate_alpha
from maquette.media.images.light import blown_share, grey_of, sharpness

SIDE = 512
"""Pixels of the longer side that the checks want to see; less will do, more is of no use."""
_FEW_PIXELS = 400
_DARK = 70
"""The 95th percentile of brightness (8-bit levels) below which even the brightest parts are dark."""
_BLOWN = 0.35
_HAZY = 45
"""8-bit levels between the 1st and the 99th percentile of brightness."""
_HOPELESS = 0.015
_SMALL_EXTENT = 0.25
_BUSY = 0.42
_SURE = 0.6
"""The plainness above which it is believed where the object is."""
_COSTS = {
    "too_dark": 0.35,
    "too_bright": 0.3,
    "hazy": 0.3,
    "blurred": 0.6,
    "few_pixels": 0.3,
    "cut_off": 0.25,
    "small_in_frame": 0.2,
    "busy_background": 0.25,
    "no_object": 0.1,
}
"""What each kind of flag takes off a score of 1."""


def judge_copy(copy: Image.Image, shorter_side: int) -> Quality:
    """Takes a small upright sRGB copy, RGB or RGBA, and the photo's own shorter side in pixels."""
    pixels = np.asarray(copy, np.uint8)
    alpha = np.ascontiguousarray(pixels[..., 3]) if copy.mode == "RGBA" else None
    return judge(np.ascontiguousarray(pixels[..., :3]), alpha, shorter_side)


def judge(rgb: Bytes, alpha: Bytes | None, shorter_side: int) -> Quality:
    """Takes a small upright sRGB copy (H, W, 3), its alpha (H, W) where it varies, and the photo's own shorter side."""
    framing = locate(rgb) if alpha is None else locate_alpha(alpha)
    flags = (*_pixels(shorter_side), *_light(rgb, framing), *_focus(rgb, framing), *_place(framing))
    cost = sum(_COSTS[kind] for kind in {flag.partition(":")[0] for flag in flags})
    return Quality(round(max(0.0, 1 - cost), 2), flags)


def _pixels(shorter_side: int) -> tuple[str, ...]:
    return (f"few_pixels:{shorter_side}",) if shorter_side < _FEW_PIXELS else ()


def _light(rgb: Bytes, framing: Framing) -> tuple[str, ...]:
    low, high, bright = (float(level) for level in np.percentile(grey_of(rgb, SIDE), (1, 99, 95)))
    if bright < _DARK:
        return ("too_dark",)
    if blown_share(rgb, framing) > _BLOWN:
        return ("too_bright",)
    return ("hazy",) if high - low < _HAZY else ()


def _focus(rgb: Bytes, framing: Framing) -> tuple[str, ...]:
    """Only what is beyond hope: how sharp a photo is shows beside others of its set."""
    return ("blurred",) if sharpness(rgb, framing) < _HOPELESS else ()


def _place(framing: Framing) -> tuple[str, ...]:
    if framing.plainness < _BUSY:
        return ("busy_background",)
    if not framing.mask.any():
        return ("no_object",)
    if not framing.found or framing.plainness < _SURE:
        return ()
    if framing.cut_off:
        return tuple(f"cut_off:{edge}" for edge in framing.cut_off)
    return (f"small_in_frame:{max(1, round(framing.coverage * 100))}",) if framing.extent < _SMALL_EXTENT else ()
