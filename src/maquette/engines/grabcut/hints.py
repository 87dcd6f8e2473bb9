"""Changes a mask around what a person marked, and hardly elsewhere.

A click claims what belongs with it nearby; GrabCut then finds the outline of what has changed, with the clicked pixels
fixed.

A brush says itself what it covers. Beyond that it only moves the outline to where GrabCut finds it within a brush's
radius, and only the way it asks: one that takes in never leaves out.
"""

import cv2
import numpy as np

from maquette.engines.grabcut.claims import Marked, claimed, pieces
from maquette.engines.grabcut.cutting import grab_cut
from maquette.engines.grabcut.pixels import Bytes, Mask, distance_to, grown, pieces_with

BRUSHED, CLICKED = 1, 2
"""How marks are told apart on one sheet: what a stroke covers, and where a click is; negative where they say not."""
_MARGIN = 5
_OVERRULED = 0.5
_LEAST_BRUSH, _MOST_BRUSH = 1.5, 0.02
"""A stroke reaches at least so many pixels beyond itself, and at most this share of the longer side: a scribble is
one wide mark to look at."""


def apply_marks(rgb: Bytes, mask: Mask, marked: Marked) -> Mask:
    """Takes sRGB (H, W, 3), the mask without marks, and the marks; all of one size."""
    clicked, brushed = (np.where(np.abs(marked) == kind, np.sign(marked), 0) for kind in (CLICKED, BRUSHED))
    return _with_strokes(rgb, _with_clicks(rgb, mask, clicked), brushed, marked)


def _with_clicks(rgb: Bytes, mask: Mask, clicked: Marked) -> Mask:
    if not clicked.any():
        return mask
    wanted = claimed(rgb, mask, clicked)
    changed = grown((wanted != mask) | (clicked != 0), _MARGIN)
    found = grab_cut(rgb, _labels(wanted, changed, mask, clicked), 1)
    asked = wanted != mask
    if asked.any() and (found == mask)[asked].mean() > _OVERRULED:  # the colours at large outvoted the click
        found = wanted
    return _exact(found, clicked)


def _with_strokes(rgb: Bytes, mask: Mask, brushed: Marked, marked: Marked) -> Mask:
    """What strokes cover is as they say, but for the clicks on them."""
    wanted = _exact(mask, marked)
    near = _near(mask, brushed)
    if not (near[1] | near[-1]).any():
        return wanted
    found = grab_cut(rgb, _labels(wanted, near[1] | near[-1], wanted, marked), 1)
    gained = pieces_with(near[1] & found, brushed > 0)
    lost = pieces_with(near[-1] & ~found, brushed < 0)
    return _exact((wanted | gained) & ~lost, marked)


def _near(mask: Mask, brushed: Marked) -> dict[int, Mask]:
    """How far strokes of either sign reach; one over what is already so only confirms it."""
    near = {1: np.zeros_like(mask), -1: np.zeros_like(mask)}
    for sign, spot in pieces({1: brushed > 0, -1: brushed < 0}):
        new = spot & (mask != (sign > 0))
        if new.any():
            near[sign] |= distance_to(new) <= _brush_reach(spot)
    return near


def _brush_reach(spot: Mask) -> float:
    radius = float(distance_to(~spot).max())
    return max(_LEAST_BRUSH, min(radius, _MOST_BRUSH * max(spot.shape)))


def _labels(likely: Mask, open_: Mask, mask: Mask, marked: Marked) -> Bytes:
    """OpenCV's labels: what is not open stays as in the mask, what is marked as marked."""
    labels = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[~open_ & mask], labels[~open_ & ~mask] = cv2.GC_FGD, cv2.GC_BGD
    labels[marked > 0], labels[marked < 0] = cv2.GC_FGD, cv2.GC_BGD
    return labels


def _exact(mask: Mask, marked: Marked) -> Mask:
    return (mask | (marked > 0)) & ~(marked < 0)
