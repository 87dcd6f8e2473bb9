"""Changes a mask around what a person marked, and hardly elsewhere.

A click claims the pixels that a short way joins to it; ways grow long over edges and through colours unlike the
clicked one (geodesic distance: Bai, Sapiro, "A geodesic framework for fast interactive image and video segmentation",
ICCV 2007). How far a click reaches follows from its distance to the outline: a person clicks into the middle of what
is wrong. GrabCut then finds the outline of what has changed, with the clicked pixels fixed.

A brush says itself what it covers. Beyond that it only moves the outline to where GrabCut finds it within a brush's
radius, and only the way it asks: one that takes in never leaves out.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from maquette.engines.grabcut.cutting import grab_cut
from maquette.engines.grabcut.pixels import (
    Bytes,
    Floats,
    Mask,
    blurred,
    distance_to,
    grown,
    pieces_with,
    resized,
    slope,
)

Marked = npt.NDArray[np.int8]
"""``CLICKED`` where a click says object, ``BRUSHED`` where only a stroke does, negative where they say not, else 0."""

BRUSHED, CLICKED = 1, 2
_SIDE = 240
_REACH = 3.0
"""How far a click reaches through even colour, in distances to the outline."""
_LEAST, _MOST = 1.5, 0.06
"""The distance to the outline counts as at least so many pixels, and at most as this share of the longer side."""
_UNLIKE, _EDGE = 9.0, 3.0
"""CIELAB units of difference to the clicked colours, and of slope a pixel, that make a way twice as long."""
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
    wanted = _claimed(rgb, mask, clicked)
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
    for sign, spot in _pieces({1: brushed > 0, -1: brushed < 0}):
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


def _claimed(rgb: Bytes, mask: Mask, clicked: Marked) -> Mask:
    """The mask with what the clicks claim; where two reach, the nearer wins."""
    height, width = mask.shape
    factor = min(1.0, _SIDE / max(height, width))
    size = max(8, round(width * factor)), max(8, round(height * factor))
    calm = blurred(np.asarray(resized(rgb, *size), np.float32) / 255, 0.7)
    lab = np.asarray(cv2.cvtColor(calm, cv2.COLOR_RGB2LAB), np.float32)
    small = np.asarray(resized(mask.astype(np.float32), *size) > 0.5)
    depth = np.where(small, distance_to(~small), distance_to(small))
    ways = {sign: np.full(small.shape, np.inf, np.float32) for sign in (1, -1)}
    shares = {sign: resized((clicked == sign).astype(np.float32), *size) for sign in (1, -1)}
    for sign, spot in _pieces({sign: np.asarray(share > 0) for sign, share in shares.items()}):
        away = depth * (small != (sign > 0))
        reach = _REACH * min(_MOST * max(size), max(_LEAST, float(away[spot].max())))
        ways[sign] = np.minimum(ways[sign], _way(lab, spot, reach))
    wins = {sign: (ways[sign] < 1) & (ways[sign] < ways[-sign]) for sign in (1, -1)}
    wanted = (small | wins[1]) & ~wins[-1]
    return mask ^ (resized((wanted != small).astype(np.float32), width, height) > 0.5)


def _pieces(marks: dict[int, Mask]) -> Iterator[tuple[int, Mask]]:
    """Every connected piece of what was marked, and what it says."""
    for sign, mask in marks.items():
        count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
        for number in range(1, count):
            yield sign, np.asarray(labels == number)


def _way(lab: Floats, spot: Mask, reach: float) -> Floats:
    """The shortest way to a click, in reaches; infinite beyond 1."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra

    rows, columns = np.flatnonzero(spot.any(1)), np.flatnonzero(spot.any(0))
    far = int(np.ceil(reach)) + 1
    window = slice(max(0, rows[0] - far), rows[-1] + far + 1), slice(max(0, columns[0] - far), columns[-1] + far + 1)
    part, seeds = lab[window], spot[window]
    palette = part[seeds][:: max(1, int(seeds.sum()) // 16)]
    unlike = np.min([np.linalg.norm(part - colour, axis=-1) for colour in palette], axis=0)
    cost = (1 + (unlike / _UNLIKE) ** 2 + (slope(part) / _EDGE) ** 2) / reach
    cost[seeds] = 0
    number = np.arange(cost.size).reshape(cost.shape)
    pairs = [(number[:, :-1], number[:, 1:], 1.0), (number[:-1], number[1:], 1.0)]
    pairs += [(number[:-1, :-1], number[1:, 1:], 1.414), (number[1:, :-1], number[:-1, 1:], 1.414)]
    one, other, length = (np.concatenate([np.broadcast_to(p[k], p[0].shape).ravel() for p in pairs]) for k in range(3))
    flat = cost.ravel()
    steps = length * (flat[one] + flat[other]) / 2 + 1e-9
    graph = csr_matrix((steps, (one, other)), (cost.size, cost.size))
    found = dijkstra(graph, directed=False, indices=np.flatnonzero(seeds.ravel()), limit=1.0, min_only=True)
    ways = np.full(spot.shape, np.inf, np.float32)
    ways[window] = found.reshape(cost.shape)
    return ways
