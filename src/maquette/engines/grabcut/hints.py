"""Changes a mask around what a person marked, and hardly elsewhere.

A mark claims the pixels that a short way joins to it; ways grow long over edges and through colours unlike the
marked one (geodesic distance: Bai, Sapiro, "A geodesic framework for fast interactive image and video segmentation",
ICCV 2007). How far a mark reaches follows from its distance to the outline: a person clicks into the middle of what
is wrong. GrabCut then finds the outline of what has changed, with the marked pixels fixed.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from maquette.engines.grabcut.cutting import grab_cut
from maquette.engines.grabcut.pixels import Bytes, Floats, Mask, blurred, distance_to, grown, resized, slope

Marked = npt.NDArray[np.int8]
"""1 where a person said object, -1 where not, else 0."""

_SIDE = 240
_REACH = 3.0
"""How far a mark reaches through even colour, in distances to the outline."""
_LEAST, _MOST = 1.5, 0.06
"""The distance to the outline counts as at least so many pixels, and at most as this share of the longer side."""
_UNLIKE, _EDGE = 9.0, 3.0
"""CIELAB units of difference to the marked colours, and of slope a pixel, that make a way twice as long."""
_MARGIN = 5
_OVERRULED = 0.5


def apply_marks(rgb: Bytes, mask: Mask, marked: Marked) -> Mask:
    """Takes sRGB (H, W, 3), the mask without marks, and the marks; all of one size."""
    if not marked.any():
        return mask
    wanted = _claimed(rgb, mask, marked)
    changed = grown((wanted != mask) | (marked != 0), _MARGIN)
    labels = np.where(wanted, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[~changed & mask], labels[~changed & ~mask] = cv2.GC_FGD, cv2.GC_BGD
    labels[marked > 0], labels[marked < 0] = cv2.GC_FGD, cv2.GC_BGD
    found = grab_cut(rgb, labels, 1)
    asked = wanted != mask
    if asked.any() and (found == mask)[asked].mean() > _OVERRULED:  # the colours at large outvoted the mark
        found = wanted
    return (found | (marked > 0)) & ~(marked < 0)


def _claimed(rgb: Bytes, mask: Mask, marked: Marked) -> Mask:
    """The mask with what the marks claim; where two reach, the nearer wins."""
    height, width = mask.shape
    factor = min(1.0, _SIDE / max(height, width))
    size = max(8, round(width * factor)), max(8, round(height * factor))
    calm = blurred(np.asarray(resized(rgb, *size), np.float32) / 255, 0.7)
    lab = np.asarray(cv2.cvtColor(calm, cv2.COLOR_RGB2LAB), np.float32)
    small = np.asarray(resized(mask.astype(np.float32), *size) > 0.5)
    depth = np.where(small, distance_to(~small), distance_to(small))
    ways = {sign: np.full(small.shape, np.inf, np.float32) for sign in (1, -1)}
    for sign, spot in _spots(marked, size):
        away = depth * (small != (sign > 0))
        reach = _REACH * min(_MOST * max(size), max(_LEAST, float(away[spot].max())))
        ways[sign] = np.minimum(ways[sign], _way(lab, spot, reach))
    wins = {sign: (ways[sign] < 1) & (ways[sign] < ways[-sign]) for sign in (1, -1)}
    wanted = (small | wins[1]) & ~wins[-1]
    return mask ^ (resized((wanted != small).astype(np.float32), width, height) > 0.5)


def _spots(marked: Marked, size: tuple[int, int]) -> Iterator[tuple[int, Mask]]:
    """Every connected mark at the small size, and what it says."""
    for sign in (1, -1):
        share = resized((marked == sign).astype(np.float32), *size)
        count, labels = cv2.connectedComponents((share > 0).astype(np.uint8), connectivity=8)
        for number in range(1, count):
            yield sign, np.asarray(labels == number)


def _way(lab: Floats, spot: Mask, reach: float) -> Floats:
    """The shortest way to a mark, in reaches; infinite beyond 1."""
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
