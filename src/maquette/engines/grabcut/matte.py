"""From a small hard mask to a soft matte at full size, with colours free of the background.

Along the outline each pixel is taken as a mix of the object's colour and the background's, both averaged from
nearby on their own side; its share on the line between the two is the alpha (the compositing equation, solved per
pixel; Smith and Blinn, "Blue Screen Matting", SIGGRAPH 1996). It is solved twice: first to see where the outline
runs and how wide the passage is, then with colours from just beyond it. The colours along the edge are estimated
from a matte that is a little narrower than the one written: what an outline takes in too much is the background's.
Around the object its colours go on under alpha 0, so that scaling and textures mix in nothing else.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from maquette.engines.grabcut.edges import (
    bounded,
    depth_in,
    layers_of,
    outlined_anew,
    passage,
    share_of,
    side,
    sure_of,
)
from maquette.engines.grabcut.pixels import Bytes, Floats, Mask, blurred, resized
from maquette.media.images.foreground import estimated

_TILE = 1024
_BAND = 3.0
"""The edge lies within so many pixels of the small copy of the mask's outline; a blurred one is this wide."""
_ASTRAY = 1.0
"""An outline found on a small copy is off by about so many of its pixels."""
_NEAR, _WIDE = 1.0, 2.0
"""Colours of the two sides are averaged over so many pixels of the small copy."""
_SURE = 0.7
"""Half of a passage is so many times its width as its steepest slope tells: lenses blur like a bell, not a box."""
_NOISE = 0.7
"""Shares are blurred by this, in pixels, before the outline is read off."""
_HAZE = 0.04
_FAINT = 0.05
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
    reach = int(np.ceil(_BAND * scale)) + 2
    alpha = np.where(outline, np.uint8(255), np.uint8(0))
    colours = photo * outline[..., None]
    for inner, outer in _tiles(outline, 4 * reach):
        part = np.ascontiguousarray(outline[outer])
        if part.all() or not part.any():
            continue
        crop = tuple(slice(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True))
        tile_alpha, tile_colours = _refine_tile(photo[outer].astype(np.float32), part, reach, scale)
        alpha[inner], colours[inner] = tile_alpha[crop], tile_colours[crop]
    return alpha, colours


def _tiles(outline: Mask, halo: int) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Every tile of the object's surroundings, alone and with a halo around it."""
    (top, bottom), (left, right) = (_reach_of(np.asarray(outline.any(axis)), halo) for axis in (1, 0))
    for low in range(top, bottom, _TILE):
        for first in range(left, right, _TILE):
            inner = slice(low, min(bottom, low + _TILE)), slice(first, min(right, first + _TILE))
            outer = (slice(max(0, part.start - halo), part.stop + halo) for part in inner)
            yield inner, (next(outer), next(outer))


def _reach_of(there: Mask, halo: int) -> tuple[int, int]:
    """From where to where a row or a column of the picture can hold some of the edge."""
    at = np.flatnonzero(there)
    return (0, 0) if not len(at) else (max(0, int(at[0]) - halo), min(len(there), int(at[-1]) + 1 + halo))


def _refine_tile(photo: Floats, outline: Mask, reach: int, scale: float) -> tuple[Bytes, Bytes]:
    depth = depth_in(outline)
    where = np.nonzero(np.abs(depth) <= reach)
    layers = layers_of(photo)
    near, wide = max(1, round(_NEAR * scale)), max(2, round(_WIDE * scale))
    weights = np.clip(depth, 0, reach) ** 2, np.clip(-depth, 0, reach) ** 2
    own, other = (side(layers, weight, reach, wide, where) for weight in weights)
    share, trust = share_of(photo[where], own, other, depth[where] > -1)
    shares, trusts = outline.astype(np.float32), np.zeros_like(depth)
    shares[where], trusts[where] = share, trust
    shares = blurred(shares, _NOISE)
    outline = outlined_anew(outline, depth, shares, trusts, _ASTRAY * scale)
    depth = depth_in(outline)
    width = passage(shares, depth, trusts, 2 * scale, 2 * _BAND * scale)
    margin = _SURE * width + 0.5
    weights = (sure.astype(np.float32) for sure in sure_of(depth, margin))
    own, other = (side(layers, weight, near, wide, where) for weight in weights)
    share, trust = share_of(photo[where], own, other, depth[where] > -1)
    alpha = outline.astype(np.float32)
    alpha[where] = _alpha(share, trust, depth[where], width[where], margin[where], scale)
    colours = _own(photo, alpha, scale)
    colours[where] = np.where(alpha[where][:, None] < 1, bounded(colours[where], own, other), photo[where])
    colours = _carried(colours, alpha, np.abs(depth) <= margin + 2 * scale)
    return np.rint(alpha * 255).astype(np.uint8), np.rint(colours).astype(np.uint8)


def _alpha(share: Floats, trust: Floats, depth: Floats, width: Floats, margin: Floats, scale: float) -> Floats:
    """By colour where colours tell the two sides apart, else by the outline; far from the outline by its side."""
    by_outline = np.clip(0.5 + depth / np.maximum(width, 2 * scale), 0, 1)
    alpha = by_outline + trust * (share - by_outline)
    far = np.clip(np.abs(depth) - margin - 1, 0, 1)
    alpha += far * ((depth > 0) - alpha)
    return np.asarray(np.clip((alpha - _HAZE) / (1 - 2 * _HAZE), 0, 1), np.float32)


def _own(photo: Floats, alpha: Floats, scale: float) -> Floats:
    """The object's colours where alpha is above 0."""
    narrow = np.minimum(alpha, blurred(alpha, _NARROWER * scale))
    return estimated(photo, narrow, tuple(max(1, round(radius * scale)) for radius in _FUSED))


def _carried(colours: Floats, alpha: Floats, near: Mask) -> Floats:
    """Where next to nothing of the object is left, the colours of its nearest pixel that is half there, or black."""
    there = alpha >= min(0.5, float(alpha.max()))
    rim = there & (cv2.erode(there.view(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    labels = np.asarray(
        cv2.distanceTransformWithLabels((~rim).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)[1],
        np.int32,
    )
    known = np.zeros((int(labels.max()) + 1, 3), np.float32)
    known[labels[rim]] = colours[rim]
    blank = near & (alpha < _FAINT)
    colours[(alpha == 0) & ~near] = 0
    colours[blank] = known[labels[blank]]
    return colours
