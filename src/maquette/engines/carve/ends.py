"""Flat tops and bases under perspective: what the hull adds beyond them is seen by no photo.

A camera that looks down a little sees the far rim of a top and the near rim of a base. Between the rims its rays leave
room for a low hat and a keel. Both can go without uncovering anything in any outline; the tip of a cone cannot.
"""

from collections.abc import Sequence

import numpy as np

from maquette.engines.carve.sights import Sight
from maquette.media.meshes.mesh import Flags, Floats, Ints

_REACH = 0.15
"""How much of the height may go at each end."""
_UNCOVERED = 1.0
"""How far an outline may be uncovered while ends are looked for, in voxels; as much is given back."""

_WIDE = 6
"""An outline of more strips than this can do without the outermost."""


def find_ends(sights: Sequence[Sight], solid: Floats, axes: tuple[Floats, Floats, Floats]) -> tuple[float, float]:
    """The heights that a field (y, x, z), positive inside, can be cut at so that every outline stays covered.

    ``axes`` are the x, y and z of its voxels. The heights are those of the field's own ends where nothing can go.
    """
    x, y, z = axes
    inside = solid > 0
    rows = np.flatnonzero(inside.any(axis=(1, 2)))
    low = _find(sights, inside, (x, y, z), rows)
    # upside down the top is a base
    high = _find(sights, inside[::-1], (x, y[::-1], z), len(y) - 1 - rows[::-1])
    return low, high


def _find(sights: Sequence[Sight], inside: Flags, axes: tuple[Floats, Floats, Floats], rows: Ints) -> float:
    """The height of the end at the first of ``rows``, whose heights may run upwards or downwards."""
    y = axes[1]
    step = float(abs(y[1] - y[0]))
    covers = [_Cover(sight, 1.0 if y[1] > y[0] else -1.0, step) for sight in sights]
    whole = [cover.gaps(inside, axes, rows[0]) for cover in covers]
    end = int(rows[0])
    for row in rows[1 : max(2, int(_REACH * len(rows)))]:
        gaps = [cover.gaps(inside, axes, row) for cover in covers]
        if any((now - before).max(initial=0) > _UNCOVERED * step for now, before in zip(gaps, whole, strict=True)):
            break
        end = int(row)
    given_back = round(_UNCOVERED) if end > rows[0] else 0
    return float(y[max(end - given_back, int(rows[0]))])


class _Cover:
    """The end of one outline, in strips as wide as a voxel. ``sign`` is 1 for the lower end, -1 for the upper."""

    def __init__(self, sight: Sight, sign: float, step: float) -> None:
        self._camera, self._sign = sight.camera, sign
        self._strip = max(1.0, sight.camera.scale * step)
        height, width = sight.mask.shape
        filled = sight.mask.any(axis=0)
        ends = (height - 1 - np.argmax(sight.mask[::-1], axis=0)) if sign > 0 else np.argmax(sight.mask, axis=0)
        self._count = int(width / self._strip) + 1
        self._ends = np.full(self._count, -np.inf)
        strips = (np.arange(width) / self._strip).astype(np.int64)
        np.maximum.at(self._ends, strips[filled], sign * ends[filled])
        held = np.flatnonzero(np.isfinite(self._ends))
        if len(held) > _WIDE:
            # at its sides an outline is steep, and a strip there says little of its end
            self._ends[held[[0, -1]]] = -np.inf

    def gaps(self, inside: Flags, axes: tuple[Floats, Floats, Floats], first: int) -> Floats:
        """How far each strip of the outline goes beyond the solid from row ``first`` on, in object lengths."""
        x, y, z = axes
        left = inside[first:]
        i, k = np.nonzero(left.any(axis=0))
        height = y[first + np.argmax(left[:, i, k], axis=0)]
        column, row, scale = self._camera.project(x[i], height, z[k])
        strip = np.rint(column / self._strip - 0.5).astype(np.int64)
        seen = (strip >= 0) & (strip < self._count)
        reached = np.full(self._count, -np.inf)
        np.maximum.at(reached, strip[seen], self._sign * row[seen])
        held = np.isfinite(self._ends) & np.isfinite(reached)
        gaps = np.zeros(self._count)
        gaps[held] = np.maximum(0, self._ends[held] - reached[held]) / float(np.median(scale))
        # a strip that nothing is left in is uncovered altogether
        gaps[np.isfinite(self._ends) & ~np.isfinite(reached)] = 1.0
        return gaps
