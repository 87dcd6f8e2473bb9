"""What a click means: the pixels that a short way joins to it.

Ways grow long over edges, through colours unlike the clicked ones, and most where a pixel looks more like what lies
around the click than like the click itself (geodesic distance: Bai, Sapiro, "A geodesic framework for fast
interactive image and video segmentation", ICCV 2007). So a click on a thin leg claims the leg and not the wall behind
it. How far a click reaches follows from its distance to the outline: a person clicks into the middle of what is wrong.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from maquette.engines.grabcut.pixels import Bytes, Floats, Mask, blurred, distance_to, resized, slope

Marked = npt.NDArray[np.int8]
"""Positive where a mark says object, negative where it says not, else 0."""

_SIDE = 240
_REACH = 3.0
"""How far a click reaches through even colour, in distances to the outline."""
_SURROUNDINGS = 2.0
"""From so many distances to the outline on, what is as the click says it should not be is taken to be right so."""
_LEAST, _MOST = 1.5, 0.06
"""The distance to the outline counts as at least so many pixels, and at most as this share of the longer side."""
_UNLIKE, _EDGE = 9.0, 3.0
"""CIELAB units of difference to the clicked colours, and of slope a pixel, that make a way twice as long."""
_FOREIGN = 1.0
"""By how much a way grows for each CIELAB unit by which a pixel is nearer to the surroundings' colours."""
_SAME = 2.0
"""Clicked pixels nearer to the surroundings' colours than to the click's middle do not count, but for so little."""
_OWN_COLOURS, _OTHER_COLOURS = 16, 128


def claimed(rgb: Bytes, mask: Mask, clicked: Marked) -> Mask:
    """Takes sRGB (H, W, 3), a mask and clicks; returns the mask with what they claim. Where two reach, the nearer wins.

    Works on a copy of at most 240 pixels a side.
    """
    height, width = mask.shape
    factor = min(1.0, _SIDE / max(height, width))
    size = max(8, round(width * factor)), max(8, round(height * factor))
    calm = blurred(np.asarray(resized(rgb, *size), np.float32) / 255, 0.7)
    lab = np.asarray(cv2.cvtColor(calm, cv2.COLOR_RGB2LAB), np.float32)
    small = np.asarray(resized(mask.astype(np.float32), *size) > 0.5)
    depth = np.where(small, distance_to(~small), distance_to(small))
    ways = {sign: np.full(small.shape, np.inf, np.float32) for sign in (1, -1)}
    spots = {sign: np.asarray(resized((clicked == sign).astype(np.float32), *size) > 0) for sign in (1, -1)}
    for sign, spot in pieces(spots):
        wrong = small != (sign > 0)
        away = min(_MOST * max(size), max(_LEAST, float((depth * wrong)[spot].max())))
        ways[sign] = np.minimum(ways[sign], _way(lab, spot, wrong, away))
    wins = {sign: (ways[sign] < 1) & (ways[sign] < ways[-sign]) for sign in (1, -1)}
    wanted = (small | wins[1]) & ~wins[-1]
    return mask ^ (resized((wanted != small).astype(np.float32), width, height) > 0.5)


def pieces(marks: dict[int, Mask]) -> Iterator[tuple[int, Mask]]:
    """Every connected piece of what was marked, and what it says."""
    for sign, mask in marks.items():
        count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
        for number in range(1, count):
            yield sign, np.asarray(labels == number)


def _way(lab: Floats, spot: Mask, wrong: Mask, away: float) -> Floats:
    """The shortest way to a click, in reaches, (H, W); infinite beyond 1. ``wrong`` is all unlike what it says."""
    reach = _REACH * away
    rows, columns = np.flatnonzero(spot.any(1)), np.flatnonzero(spot.any(0))
    far = int(np.ceil(reach)) + 1
    window = slice(max(0, rows[0] - far), rows[-1] + far + 1), slice(max(0, columns[0] - far), columns[-1] + far + 1)
    part, seeds = lab[window], spot[window]
    around = wrong[window] & (distance_to(seeds) >= max(2.0, _SURROUNDINGS * away))
    cost = np.asarray((_unlikeness(part, seeds, around) + (slope(part) / _EDGE) ** 2) / reach, np.float32)
    cost[seeds] = 0
    ways = np.full(spot.shape, np.inf, np.float32)
    ways[window] = _shortest(cost, seeds)
    return ways


def _unlikeness(lab: Floats, spot: Mask, around: Mask) -> Floats:
    """The cost of a pixel's colour, 1 or more, from those clicked and those of the surroundings."""
    own = lab[spot]
    if not around.any():
        return 1 + (_nearest(lab, _some(own, _OWN_COLOURS)) / _UNLIKE) ** 2
    others = _some(lab[around], _OTHER_COLOURS)
    depth = distance_to(~spot)[spot]
    middle = own[depth >= depth.max() - 0.01].mean(0)
    kept = own[np.linalg.norm(own - middle, axis=-1) <= np.maximum(_nearest(own, others), _SAME)]
    unlike = _nearest(lab, _some(kept, _OWN_COLOURS) if len(kept) else middle[None])
    foreign = np.maximum(0, unlike - _nearest(lab, others))
    return np.asarray(1 + (unlike / _UNLIKE) ** 2 + _FOREIGN * foreign, np.float32)


def _some(colours: Floats, count: int) -> Floats:
    return colours[:: max(1, len(colours) // count)]


def _nearest(lab: Floats, colours: Floats) -> Floats:
    """The distance of every pixel's colour to the nearest of those given."""
    nearest = np.full(lab.shape[:-1], np.inf, np.float32)
    for colour in colours:
        offset = lab - colour
        np.minimum(nearest, (offset * offset).sum(-1), out=nearest)
    return np.sqrt(nearest)


def _shortest(cost: Floats, seeds: Mask) -> Floats:
    """The cost of the cheapest way from every pixel to a seed, up to 1, by steps to all eight neighbours."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra

    number = np.arange(cost.size).reshape(cost.shape)
    pairs = [(number[:, :-1], number[:, 1:], 1.0), (number[:-1], number[1:], 1.0)]
    pairs += [(number[:-1, :-1], number[1:, 1:], 1.414), (number[1:, :-1], number[:-1, 1:], 1.414)]
    one, other, length = (np.concatenate([np.broadcast_to(p[k], p[0].shape).ravel() for p in pairs]) for k in range(3))
    flat = cost.ravel()
    steps = length * (flat[one] + flat[other]) / 2 + 1e-9
    graph = csr_matrix((steps, (one, other)), (cost.size, cost.size))
    found = dijkstra(graph, directed=False, indices=np.flatnonzero(seeds.ravel()), limit=1.0, min_only=True)
    return np.asarray(found.reshape(cost.shape), np.float32)
