"""The intersection over union to expect of a mask, from its traits: a logistic model.

Fitted to all proposals for 75 composites, those with even seeds below 150 (``benchmarks/cutouts.py --calibrate``
prints both tables again); judged on those with odd seeds and on photos.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from maquette.engines.grabcut.regions import Doubles
from maquette.engines.grabcut.traits import TRAITS

_UNCERTAIN = 0.7, 0.8
"""Without a box and with one: lower expectations find most of the bad cut-outs (IoU below .8) and mark about 15 % of
the good ones. The first was set on finished cut-outs of composites with even seeds, the second on proposals.
"""
_MARGIN, _LEAST = 0.12, 0.5
"""In tidy rooms what differs from the backdrop stands unless another mask promises so much more, or it too little
itself: the others share their colour models, so that a shadow or a board misleads all of them and they agree on it.
The fit has seen few rooms.
"""
_CLOSE, _ALIKE = 0.05, 0.8
"""Masks in tidy rooms dispute each other if the promise of one falls short by no more and they overlap less."""
_SPREADS = 2.5
"""Traits count as at most so many standard deviations from the usual: beyond, the fit has seen nothing."""
_AS_THEY_ARE = 2
"""So many of the last traits are yes or no."""

_USUAL = {  # mean and standard deviation
    "agreement": (0.680, 0.247),
    "best_agreement": (0.814, 0.243),
    "second_agreement": (0.691, 0.286),
    "contrast": (3.327, 0.564),
    "weak_contrast": (2.770, 0.806),
    "unrest": (1.138, 0.438),
    "shared_colours": (0.200, 0.185),
    "shared_colours_near": (0.208, 0.190),
    "frame": (0.003, 0.018),
    "area": (0.197, 0.119),
    "log_area": (-1.860, 0.799),
    "fullness": (0.754, 0.220),
    "off_centre": (0.079, 0.063),
    "salience": (0.415, 0.261),
    "one_piece": (0.954, 0.125),
    "calm": (0.358, 0.479),
    "from_backdrop": (0.089, 0.285),
}
_WEIGHTS = {  # without a box, with one
    "agreement": (0.138, 0.052),
    "best_agreement": (0.156, 0.046),
    "second_agreement": (0.365, 0.314),
    "contrast": (-0.085, 0.018),
    "weak_contrast": (0.226, 0.036),
    "unrest": (-0.318, -0.283),
    "shared_colours": (-0.412, -0.419),
    "shared_colours_near": (-0.175, -0.489),
    "frame": (-0.155, 0.187),
    "area": (0.126, 0.344),
    "log_area": (-0.016, 0.165),
    "fullness": (0.082, -0.001),
    "off_centre": (-0.298, -0.345),
    "salience": (-0.076, -0.022),
    "one_piece": (0.253, 0.023),
    "calm": (-0.059, -0.030),
    "from_backdrop": (0.377, 0.077),
    "always": (0.505, 0.891),
}


def expected_iou(numbers: Doubles, *, boxed: bool) -> float:
    """Takes the numbers named in ``TRAITS``; returns 0 to 1."""
    weights = np.array([pair[boxed] for pair in _WEIGHTS.values()])
    return float(1 / (1 + np.exp(-inputs(numbers[None]) @ weights))[0])


def best_of(expected: Mapping[str, float], *, room: bool) -> str:
    """The name of the mask to take; "scene" is what differs from the backdrop. Empty where there is none."""
    best = max(expected, key=lambda name: expected[name], default="")
    if room and "scene" in expected and expected["scene"] >= max(_LEAST, expected[best] - _MARGIN):
        return "scene"
    return best


def is_disputed(expected: float, rivals: Iterable[tuple[float, float]]) -> bool:
    """Takes what to expect of a mask, and of others with their overlap with it."""
    return any(promise >= expected - _CLOSE and overlap < _ALIKE for promise, overlap in rivals)


def is_uncertain(expected: float, *, boxed: bool) -> bool:
    """Whether a person should look at a cut-out: its IoU may well be below .8."""
    return expected < _UNCERTAIN[boxed]


def inputs(numbers: Doubles) -> Doubles:
    """What the model weighs, (n, 18): from traits (n, 17) their distance to the usual, and a constant."""
    mean, spread = np.array([_USUAL[name] for name in TRAITS]).T
    steps = np.clip((numbers - mean) / spread, -_SPREADS, _SPREADS)
    steps[:, -_AS_THEY_ARE:] = numbers[:, -_AS_THEY_ARE:]
    return np.hstack([steps, np.ones((len(numbers), 1))])
