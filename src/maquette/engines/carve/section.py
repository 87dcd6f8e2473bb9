"""How round an object is, judged from its photos: the exponent of its horizontal cross-sections.

A slice of the object is a super-ellipse |u|^p + |w|^p = 1 within the run of the front's row (u) and that of the side's
row (w): p = 2 is round, a large p the full rectangle. Four cues tell which, none of them alone (the weights were
fitted to the overlap with the true solids of 70 objects, see docs/explanation/shape.md):

- agreement: where a neighbouring photo shows the same point of the surface for the right p, it shows the same colour;
- shading: round things darken towards the ends of their runs, flat faces do not;
- proportion: what is equally wide from both sides at every height is probably turned;
- straight edges: boxes have upright and level outlines, above all where the proportions rule out a cylinder.
"""

from dataclasses import dataclass

import numpy as np

from maquette.engines.carve.facades import Facade, corners, take
from maquette.media.meshes.mesh import Flags, Floats

ROUND = 2.0
BOXY = 12.0
"""The exponent of a box whose edges are not quite sharp."""
SHARP = 50.0
"""The largest exponent: the full rectangle."""
_AGREEMENT, _SHADING, _PROPORTION, _STRAIGHT, _BOTH = 9.9, -33.0, -0.37, -1.3, -0.68
_OFFSET = -2.14
_CLEAREST = 0.6
"""Agreement beyond this says no more."""
_ACROSS = np.linspace(-0.92, 0.92, 32)
"""Where a row's shading is read."""
_GUESS = (-0.1, 0.2)
"""The shading of a thing that is neither round nor flat, and how much such a guess is worth: its spread."""
_ANGLES = np.radians([20.0, 30.0, 38.0, 45.0, 52.0, 60.0, 70.0])
"""Where between two neighbouring photos the surface faces on which they are compared."""
_RIM = 0.95
"""Nearer to the end of a run, pixels mix with the background."""
_STRANGE = 0.5
"""Differences (of logarithms of light) beyond this say that the photos show different things, not how different."""


@dataclass(frozen=True, slots=True)
class Cues:
    """``agreement``: -0.6 (box) to 0.6 (round), 0 without evidence; ``shading``: -0.25 (round) to 0.05 (flat);
    ``proportion``: -1 (equally wide from both sides) to 1; ``straight``: -1 (curved) to 1 (upright and level)."""

    agreement: float
    shading: float
    proportion: float
    straight: float


def read_cues(facades: tuple[Facade, ...]) -> Cues:
    """Reads the four cues; needs at least one photo along each axis."""
    wide, deep = (_half(tuple(f for f in facades if f.axis == axis)) for axis in (0, 2))
    both = (wide > 0) & (deep > 0)
    weight = np.where(both, wide * deep, 0)
    apart = np.abs(np.log(np.where(both, wide, 1) / np.where(both, deep, 1)))
    return Cues(
        agreement=_agreement(facades),
        shading=_shading(facades),
        proportion=1 - 2 * float(np.exp(-10 * (apart * weight).sum() / max(weight.sum(), 1e-9))),
        straight=float(np.clip((max(_straight(facade.inside) for facade in facades) - 0.2) / 0.175 - 1, -1, 1)),
    )


def exponent(cues: Cues) -> float:
    """The exponent that fits the cues: from 2 for round things to 50 for boxes."""
    # what has no straight edge is no box, whatever its pattern pretends
    agreement = max(cues.agreement, -_CLEAREST * (cues.straight + 1) / 2)
    score = _OFFSET + _AGREEMENT * agreement + _SHADING * cues.shading
    score += _PROPORTION * cues.proportion + _STRAIGHT * cues.straight + _BOTH * cues.proportion * cues.straight
    return float(1 / (1 / SHARP + (1 / ROUND - 1 / SHARP) / (1 + np.exp(-score))))


def _half(facades: tuple[Facade, ...]) -> Floats:
    """Half the width of each row's widest run, in samples; (rows,)."""
    return np.mean([facade.half for facade in facades], axis=0)


def _shading(facades: tuple[Facade, ...]) -> float:
    """How much darker the ends of the runs are than their middles, as a logarithm of light.

    The mean over the photos and a guess, weighted by how little the rows of a photo differ: a pattern's do.
    """
    values, spreads = [_GUESS[0]], [_GUESS[1]]
    for facade in facades:
        rows = np.flatnonzero(facade.half >= 4)
        if len(rows) < 8:
            continue
        light = take(facade, rows, _ACROSS).mean(axis=2)
        darker = light[:, np.abs(_ACROSS) > 0.8].mean(axis=1) - light[:, np.abs(_ACROSS) < 0.35].mean(axis=1)
        middle = _weighted_median(darker, facade.half[rows])
        values.append(float(np.clip(middle, -0.25, 0.05)))
        spreads.append(0.1 + 1.48 * _weighted_median(np.abs(darker - middle), facade.half[rows]))
    return float(np.average(values, weights=np.power(spreads, -2)))


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    share = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(share, share[-1] / 2)])


def _agreement(facades: tuple[Facade, ...]) -> float:
    """By how much neighbouring photos agree better on the surface of a round solid than on that of a box.

    In shares of how much unrelated rows differ; negative for boxes, 0 for plain things, which agree on anything.
    """
    found = [_compare(*corner) for corner in corners(facades)]
    found = [values for values in found if values is not None]
    if not found:
        return 0.0
    rounded, boxed, unrelated = np.mean(found, axis=0)
    return float(np.clip((boxed - rounded) / (unrelated + 0.02), -_CLEAREST, _CLEAREST))


def _compare(front: Facade, x: int, side: Facade, z: int) -> tuple[float, float, float] | None:
    """Differences of two photos at the corner ``x``, ``z``: on a round surface, on a box, and between other rows."""
    rows = np.flatnonzero((front.half > 3) & (side.half > 3))
    if len(rows) < 12:
        return None
    weight = np.minimum(front.half, side.half)[rows]
    unrelated: list[float] = []
    related: list[float] = []
    for power in (ROUND, SHARP):
        # where the surface faces each angle: on a box that is always the corner, both photos' rim
        u = np.tan(_ANGLES) ** (1 / (power - 1))
        w = (1 + u**power) ** (-1 / power)
        ahead = take(front, rows, np.minimum(u * w, _RIM) * x)
        beside = take(side, rows, np.minimum(w, _RIM) * z)
        related.append(_differ(ahead, beside, weight))
        unrelated += [_differ(ahead, np.roll(beside, len(rows) * k // 5, axis=0), weight) for k in (1, 2, 3, 4)]
    return related[0], related[1], float(np.mean(unrelated))


def _differ(ahead: Floats, beside: Floats, weight: Floats) -> float:
    """The mean difference of two sets of colours (rows, places, 3), whatever light they have."""
    difference = ahead - beside
    light = np.median(difference.mean(axis=2), axis=0)[:, None]
    difference = np.minimum(np.abs(difference - light), _STRANGE)
    return float((difference.mean(axis=(1, 2)) * weight).sum() / weight.sum())


def _straight(inside: Flags) -> float:
    """The share of an outline (rows, places) that runs straight up or straight across."""
    import cv2
    from scipy.ndimage import gaussian_filter1d

    lines, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    rows, columns = np.nonzero(inside)
    size = max(int(np.ptp(rows)), int(np.ptp(columns))) + 1 if len(rows) else 1
    reach = max(3, round(0.05 * size))
    straight = total = 0
    for line in lines:
        if len(line) < 4 * reach:
            continue
        path = np.asarray(gaussian_filter1d(line[:, 0].astype(np.float64), 1.5, axis=0, mode="wrap"))
        before, after = np.roll(path, reach, axis=0), np.roll(path, -reach, axis=0)
        chord = after - before
        length = np.hypot(chord[:, 0], chord[:, 1])
        bend = np.linalg.norm(path - (before + after) / 2, axis=1)
        level = np.abs(chord).min(axis=1) < 0.06 * length
        straight += int((level & (bend < 0.6) & (length > 1.6 * reach)).sum())
        total += len(path)
    return straight / max(total, 1)
