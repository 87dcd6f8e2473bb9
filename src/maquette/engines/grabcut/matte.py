"""From a small hard mask to a soft matte at full size, with colours free of the background.

Along the outline each pixel is taken as a mix of the object's colour and the background's, both averaged from
nearby on their own side; its share on the line between the two is the alpha (the compositing equation, solved per
pixel). The colours along the edge are then estimated from a matte that is a little narrower than the one written: an
outline found on a small copy is off by about a pixel of that copy, and what it takes in too much is the background's.
Around the object its colours go on under alpha 0, so that scaling and textures mix in nothing else.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from maquette.engines.grabcut.pixels import Bytes, Floats, Mask, blurred, distance_to, resized
from maquette.media.images.foreground import estimated

_TILE = 1024
_UNSURE_CONTRAST = 20.0
"""Where object and background differ by less than about this (8-bit levels), the outline outweighs the colours."""
_HAZE = 0.08
_FAINT, _WHOLE = 0.05, 0.99
_NARROWER = 0.5
"""The matte for colours is the lesser of alpha and alpha blurred by this, in pixels of the small copy.

More of it is better on thick objects and worse on thin ones.
"""
_FUSED = (3.2, 1.07)
"""Radii of the two passes of blur fusion, in pixels of the small copy: the matte's errors are of that size."""


def refine(photo: Bytes, mask: Mask) -> tuple[Bytes, Bytes]:
    """Takes sRGB (H, W, 3) and the object's mask at the same or a smaller size.

    Returns alpha (H, W) and colours (H, W, 3), both 8 bits; alpha is straight. Colours go on under alpha 0 for a few
    pixels, and are black from there. Works tile by tile: memory beyond the results does not grow with the photo.
    """
    height, width = photo.shape[:2]
    scale = max(1.0, width / mask.shape[1])
    outline = resized(blurred(mask, 0.6), width, height) > 0.5
    reach = int(np.ceil(1.5 * scale)) + 2
    alpha = np.where(outline, np.uint8(255), np.uint8(0))
    colours = photo * outline[..., None]
    for inner, outer in _tiles(height, width, 4 * reach):
        part = np.ascontiguousarray(outline[outer])
        if part.all() or not part.any():
            continue
        crop = tuple(slice(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True))
        tile_alpha, tile_colours = _refine_tile(photo[outer].astype(np.float32), part, reach, scale)
        alpha[inner], colours[inner] = tile_alpha[crop], tile_colours[crop]
    return alpha, colours


def _tiles(height: int, width: int, halo: int) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Every tile of the picture, alone and with a halo around it."""
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            bottom, right = min(height, top + _TILE), min(width, left + _TILE)
            outer = (
                slice(max(0, top - halo), min(height, bottom + halo)),
                slice(max(0, left - halo), min(width, right + halo)),
            )
            yield (slice(top, bottom), slice(left, right)), outer


def _refine_tile(photo: Floats, outline: Mask, reach: int, scale: float) -> tuple[Bytes, Bytes]:
    depth = distance_to(~outline) - distance_to(outline)  # pixels within the object, negative outside
    near = np.abs(depth) <= reach
    inside = _average(photo, np.clip(depth, 0, reach) ** 2, reach)
    beyond = _average(photo, np.clip(-depth, 0, reach) ** 2, reach)
    alpha = np.where(near, _mix_share(photo, inside, beyond, depth, reach, scale), outline).astype(np.float32)
    colours = np.where(near[..., None], _own(photo, alpha, reach, scale), photo * outline[..., None])
    return np.rint(alpha * 255).astype(np.uint8), np.rint(colours).astype(np.uint8)


def _average(photo: Floats, weight: Floats, reach: int) -> Floats:
    """The weighted mean colour around each pixel; two box filters, whose cost does not depend on their size."""
    box = (2 * reach + 1, 2 * reach + 1)
    total = np.asarray(cv2.blur(cv2.blur(weight, box), box), np.float32)
    summed = np.asarray(cv2.blur(cv2.blur(photo * weight[..., None], box), box), np.float32)
    return np.asarray(summed / np.maximum(total, 1e-6)[..., None], np.float32)


def _mix_share(photo: Floats, inside: Floats, beyond: Floats, depth: Floats, reach: int, scale: float) -> Floats:
    """Alpha by colour where colours tell the two sides apart, else by the outline; far from the outline by its side."""
    span = inside - beyond
    contrast = (span * span).sum(-1)
    by_colour = np.clip(((photo - beyond) * span).sum(-1) / np.maximum(contrast, 1e-6), 0, 1)
    by_outline = np.clip(0.5 + depth / (2 * scale), 0, 1)
    trust = contrast / (contrast + 3 * _UNSURE_CONTRAST**2)
    alpha = by_outline + trust * (by_colour - by_outline)
    far = np.clip(2 * np.abs(depth) / reach - 1, 0, 1)
    alpha += far * ((depth > 0) - alpha)
    return np.asarray(np.clip((alpha - _HAZE) / (1 - 2 * _HAZE), 0, 1), np.float32)


def _own(photo: Floats, alpha: Floats, reach: int, scale: float) -> Floats:
    """The object's colours, and beyond it those of its nearest pixel."""
    narrow = np.minimum(alpha, blurred(alpha, _NARROWER * scale))
    radii = tuple(max(1, round(radius * scale)) for radius in _FUSED)
    own = estimated(photo, narrow[..., None], radii)
    return _carried(_bounded(own, photo, alpha, reach), alpha)


def _bounded(own: Floats, photo: Floats, alpha: Floats, reach: int) -> Floats:
    """Nothing darker or brighter than the object is nearby: what is taken out too much would be a rim of its own."""
    whole, window = (alpha >= _WHOLE)[..., None], np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    levels = photo.astype(np.uint8)
    least = cv2.erode(np.where(whole, levels, np.uint8(255)), window)
    most = cv2.dilate(np.where(whole, levels, np.uint8(0)), window)
    return np.where(least <= most, np.clip(own, least, most), own).astype(np.float32)


def _carried(colours: Floats, alpha: Floats) -> Floats:
    """Where next to nothing of the object is left, the colours of its nearest pixel that is half there."""
    there = alpha >= min(0.5, float(alpha.max()))
    blank = (~there).astype(np.uint8)
    labels = np.asarray(
        cv2.distanceTransformWithLabels(blank, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)[1], np.int32
    )
    known = np.zeros((int(labels.max()) + 1, 3), np.float32)
    known[labels[there]] = colours[there]
    return np.asarray(np.where((alpha < _FAINT)[..., None], known[labels], colours), np.float32)
