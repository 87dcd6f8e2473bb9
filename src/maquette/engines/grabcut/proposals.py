"""Several masks of one picture, each from another belief about where its object is.

None is best everywhere: what differs from the backdrop fails in busy rooms, the middle of the picture fails for wide
and small things, salience fails where the object looks like the frame. ``judge`` chooses.
"""

from dataclasses import dataclass

import numpy as np

from maquette.engines.grabcut.cutting import grab_likely
from maquette.engines.grabcut.pixels import Bytes, Mask
from maquette.engines.grabcut.regions import Doubles, Regions, find_regions
from maquette.engines.grabcut.salience import find_salience

_REGIONS = 300
_ITERATIONS = 3
_MIDDLE = 0.3
_MIDDLE_OF_BOX = 0.45
"""Half axes of the ellipse in the middle, as shares of the picture's sides or of the box's."""
_INSET = 0.14


@dataclass(frozen=True, slots=True)
class View:
    """A small picture (H, W, 3) sRGB, what is certainly not object, its regions, their ``salience`` and the
    probability ``background`` of each.
    """

    rgb: Bytes
    outside: Mask
    boxed: bool
    regions: Regions
    salience: Doubles
    background: Doubles


def look_at(rgb: Bytes, outside: Mask, *, boxed: bool) -> View:
    regions = find_regions(rgb, outside, _REGIONS)
    return View(rgb, outside, boxed, regions, *find_salience(regions))


def propose(view: View) -> dict[str, Mask]:
    """Masks (H, W) by the name of the belief; some may be empty."""
    salience = view.salience[view.regions.labels]
    return {
        "salient": grab_likely(view.rgb, salience > salience.mean(), view.outside, _ITERATIONS),
        "middle": grab_likely(view.rgb, _ellipse(view), view.outside, _ITERATIONS),
        "inner": _inner(view),
    }


def _ellipse(view: View) -> Mask:
    inside = ~view.outside
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    if not len(rows):
        return inside
    share = _MIDDLE_OF_BOX if view.boxed else _MIDDLE
    down, across = (np.arange(length, dtype=np.float32) for length in inside.shape)
    y, x = (
        (line - (ends[0] + ends[-1]) / 2) / max(1.0, share * len(ends))
        for line, ends in ((down, rows), (across, columns))
    )
    return np.asarray(y[:, None] ** 2 + x[None] ** 2 < 1)


def _inner(view: View) -> Mask:
    """GrabCut from a rectangle: a person's box, or the picture without its margins."""
    outside = view.outside.copy()
    if not view.boxed:
        down, across = (max(1, round(side * _INSET)) for side in outside.shape)
        outside[:down] = outside[-down:] = True
        outside[:, :across] = outside[:, -across:] = True
    return grab_likely(view.rgb, ~outside, outside, _ITERATIONS)
