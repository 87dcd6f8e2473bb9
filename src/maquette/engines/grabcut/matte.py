"""From a small hard mask to a soft matte at full size, with colours free of the background.

Along the outline each pixel is taken as a mix of the object's colour and the background's, both averaged from
nearby on their own side; its share on the line between the two is the alpha (the compositing equation, solved per
pixel). Colours along the edge are what remains when the background's share is taken out.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from maquette.engines.grabcut.pixels import Bytes, Floats, Mask, blurred, distance_to, resized

_TILE = 1024
_UNSURE_CONTRAST = 20.0
"""Where object and background differ by less than about this (8-bit levels), the outline outweighs the colours."""
_HAZE = 0.08


def refine(photo: Bytes, mask: Mask) -> tuple[Bytes, Bytes]:
    """Takes sRGB (H, W, 3) and the object's mask at the same or a smaller size.

    Returns alpha (H, W) and colours (H, W, 3), both 8 bits; alpha is straight. Works tile by tile: memory beyond
    the results does not grow with the photo.
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
    colours = _unmix(photo, inside, beyond, alpha) * near[..., None] + photo * (outline & ~near)[..., None]
    return np.rint(alpha * 255).astype(np.uint8), np.rint(np.clip(colours, 0, 255)).astype(np.uint8)


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


def _unmix(photo: Floats, inside: Floats, beyond: Floats, alpha: Floats) -> Floats:
    """Takes the background's share out; where little of the object is left, its average colour stands in."""
    share = alpha[..., None]
    exact = np.clip((photo - (1 - share) * beyond) / np.maximum(share, 0.1), 0, 255)
    trust = np.clip((share - 0.2) / 0.4, 0, 1)
    return np.asarray(inside + trust * (exact - inside), np.float32)
