"""Openings in an object through which a plain backdrop shows: between the legs of a chair, in a handle.

They are too small or too narrow for the models of whole scenes. Taken for one is a patch within the mask that has the
colour of the backdrop nearest to it, to within its noise, no texture of its own, and the object all around. A patch
of the object in just that colour cannot be told from an opening, so it must match closely, and nothing is looked for
where the backdrop is blown out: there highlights look the same.
"""

import cv2
import numpy as np

from maquette.engines.grabcut.pixels import Bytes, Floats, Mask, blurred, distance_to, grown, opened

_CALM = 4.0
"""Backdrops that vary by more than this from pixel to pixel (8-bit levels) are not plain."""
_BLOWN = 251.0
_ALIKE, _SAME = 10.0, 2.0
"""A pixel of an opening, and the mean of all of them, are within so many levels of the backdrop."""
_APART, _ENCLOSED = 30.0, 0.85
"""Around an opening so large a share of the pixels is so many levels away from the backdrop."""
_LEAST, _LARGE = 12, 100
"""Pixels of the smallest opening, and of a large one: by chance so many do not match."""
_SAME_LARGE, _ENCLOSED_LARGE = 1.5, 0.2
"""What a large one must match; thin rods around it are less than a pixel wide here, so they differ by less."""
_RIM = 2.5, 5.0
"""What encloses an opening is looked at from so many to so many pixels beyond it."""


def with_openings(rgb: Bytes, mask: Mask) -> Mask:
    """Takes sRGB (H, W, 3) and the object's mask (H, W); returns the mask without its openings."""
    beyond = ~grown(mask, 7)
    if not mask.any() or not beyond.any():
        return mask
    photo = rgb.astype(np.float32)
    noise = float(np.median(np.abs(photo - blurred(photo, 1.5))[beyond])) / 0.6745
    if noise > _CALM:
        return mask
    backdrop = _nearest(photo, beyond)
    away = np.abs(blurred(photo, 0.7) - backdrop).max(-1)
    blown = backdrop.min(-1) >= _BLOWN
    alike = opened(mask & (away < _ALIKE) & ~blown, 3)
    found = np.zeros_like(mask)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(alike.view(np.uint8), connectivity=4)
    for label in range(1, count):
        left, top, width, height, area = stats[label].tolist()
        around = slice(max(0, top - 6), top + height + 6), slice(max(0, left - 6), left + width + 6)
        patch = labels[around] == label
        if area >= _LEAST:
            found[around] |= _opening(photo[around] - backdrop[around], patch, away[around])
    return mask & ~found


def _nearest(photo: Floats, beyond: Mask) -> Floats:
    """The colour of the backdrop (H, W, 3) that lies nearest to each pixel, averaged over a few pixels."""
    weight = blurred(beyond, 4)
    smooth = blurred(photo * beyond[..., None], 4) / np.maximum(weight, 1e-3)[..., None]
    rim = beyond & grown(~beyond, 3)
    labels = np.asarray(
        cv2.distanceTransformWithLabels((~rim).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)[1],
        np.int32,
    )
    known = np.zeros((int(labels.max()) + 1, 3), np.float32)
    known[labels[rim]] = smooth[rim]
    return known[labels]


def _opening(difference: Floats, patch: Mask, away: Floats) -> Mask:
    """The whole opening around a patch, up to where half of what encloses it shows; nothing if it is none."""
    inner = patch & ~grown(~patch, 3)
    inner = inner if inner.any() else patch
    distance = distance_to(patch)
    ring = (distance > _RIM[0]) & (distance <= _RIM[1])
    enclosed, same = (_ENCLOSED, _SAME) if patch.sum() < _LARGE else (_ENCLOSED_LARGE, _SAME_LARGE)
    off = float(np.abs(difference[inner].mean(0)).max())
    if off > same or not ring.any() or float((away[ring] > _APART).mean()) < enclosed:
        return np.zeros_like(patch)
    return grown(patch, 7) & (away < 0.5 * float(np.percentile(away[ring], 75)))
