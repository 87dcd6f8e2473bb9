"""Flat tops and bases under perspective: what the hull adds beyond them is seen by no photo.

A camera that looks down a little sees the far rim of a top and the near rim of a base. Between the rims its rays leave
room for a low hat and a keel. Both can go without uncovering anything in any outline; the tip of a cone cannot.
"""

from collections.abc import Sequence

import numpy as np

from maquette.engines.carve.sights import Sight
from maquette.media.meshes.mesh import Flags, Floats, Ints

_REACH = 0.3
"""How much of the height may go at each end."""
_FELT = 0.05
_UNCOVERED = 0.5
"""Half of the strips that feel a cut may be uncovered by this, in voxels."""
_STEEP = 3.5
"""And none by more than this. At its sides an outline is steep, where single strips jump."""


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
        if any(_is_uncovered((now - before) / step) for now, before in zip(gaps, whole, strict=True)):
            break
        end = int(row)
    # one voxel is given back: what was still covered may have been so by half a voxel's grace
    return float(y[max(end - 1, int(rows[0]))])


def _is_uncovered(gaps: Floats) -> bool:
    """Whether gaps, in voxels, are more than what voxels and outlines are unsure of."""
    felt = gaps[gaps > _FELT]
    return len(felt) > 0 and bool(np.median(felt) > _UNCOVERED or felt.max() > _STEEP)


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
        return gaps[np.isfinite(self._ends)]
