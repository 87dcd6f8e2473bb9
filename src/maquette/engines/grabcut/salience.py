"""How likely each region is object, from how little of the frame belongs with it.

Zhu, Liang, Wei, Sun, "Saliency optimization from robust background detection", CVPR 2014: a region whose likes reach
the frame along much of their length is background; what differs in colour from near background is object; a
quadratic energy over neighbours joins both.
"""

import numpy as np

from maquette.engines.grabcut.regions import Doubles, Regions

_LIKE = 10.0
"""Sigma of likeness, CIELAB units (the paper's sigma_clr)."""
_NEAR = 0.4
"""Sigma of nearness, shares of the picture (the paper's sigma_spa)."""
_CALM, _BACKGROUND = 0.1, 5.0
"""Weights of smoothness in even places and of the background's term (the paper's mu and its code's bgLambda)."""


def find_salience(regions: Regions) -> tuple[Doubles, Doubles]:
    """Returns per region the salience, 0 to 1, and the probability that it is background, 0 to 1."""
    distances = regions.colour_distances()
    background = 1 - np.exp(-0.5 * _boundary_connectivity(regions, distances) ** 2)
    nearness = np.exp(-0.5 * (regions.place_distances() / _NEAR) ** 2)
    contrast = _stretched((distances * nearness) @ background)
    object_ = np.where(contrast < contrast.mean(), 0.0, contrast)
    return _stretched(_optimised(regions, distances, background, object_)), background


def _boundary_connectivity(regions: Regions, distances: Doubles) -> Doubles:
    """Length on the frame by the square root of area, both over all that is like the region (equation 4)."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra

    count = len(regions.area)
    near = np.zeros((count, count), np.bool_)
    near[regions.pairs[:, 0], regions.pairs[:, 1]] = True
    near[np.ix_(regions.beyond, regions.beyond)] = True
    one, other = np.nonzero(np.triu(near | near.T, 1))
    steps = distances[regions.pairs[:, 0], regions.pairs[:, 1]]
    least = np.full(count, np.inf)
    for side in regions.pairs.T:
        np.minimum.at(least, side, steps)
    clip = least[np.isfinite(least)].mean() if len(steps) else 0.0
    costs = np.maximum(0, distances[one, other] - clip) + 1e-6
    ways = dijkstra(csr_matrix((costs, (one, other)), (count, count)), directed=False)
    alike = np.exp(-0.5 * (ways / _LIKE) ** 2)
    return np.asarray(alike[:, regions.beyond].sum(1) / np.sqrt(alike.sum(1)))


def _optimised(regions: Regions, distances: Doubles, background: Doubles, object_: Doubles) -> Doubles:
    one, other = regions.pairs.T
    smooth = np.exp(-0.5 * (distances[one, other] / _LIKE) ** 2) + _CALM
    system = np.zeros_like(distances)
    system[one, other] = system[other, one] = -smooth
    system[np.diag_indices_from(system)] = -system.sum(1) + _BACKGROUND * background + object_ + 1e-6
    return np.asarray(np.linalg.solve(system, object_), np.float64)


def _stretched(values: Doubles) -> Doubles:
    low, high = values.min(), values.max()
    return np.asarray((values - low) / max(1e-9, float(high - low)), np.float64)
