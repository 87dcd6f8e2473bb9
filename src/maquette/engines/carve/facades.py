"""The photos laid on the object's own frame, row by row, so that neighbouring ones can be compared."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from maquette.domain.assets import View
from maquette.engines.carve.sights import SIDES, Sight, Stage
from maquette.media.meshes.mesh import Flags, Floats

_DARK = 0.02
"""Linear light below this is noise."""


@dataclass(frozen=True, slots=True)
class Facade:
    """One photo on the heights and places of a grid.

    ``light`` (rows, places, 3) is the logarithm of linear light, float32; ``inside`` (rows, places) the outline.
    ``middle`` and ``half`` (rows,) are those of each row's widest run, in samples; without a run they are 0.
    """

    view: View
    light: Floats
    inside: Flags
    middle: Floats
    half: Floats

    @property
    def axis(self) -> int:
        """The axis that the places run along: 0 for x, 2 for z."""
        return SIDES[self.view].across


def lay(stage: Stage, axes: tuple[Floats, Floats, Floats], front: Floats, side: Floats) -> tuple[Facade, ...]:
    """Every photo on the grid ``axes`` (x, y, z), with the outlines' signed distances (y, x) and (y, z)."""
    return tuple(_lay(stage, sight, axes, front > 0 if sight.side.across == 0 else side > 0) for sight in stage.sights)


def _lay(stage: Stage, sight: Sight, axes: tuple[Floats, Floats, Floats], inside: Flags) -> Facade:
    import cv2

    along, heights = axes[sight.side.across], axes[1]
    points = np.zeros((len(heights), len(along), 3))
    points[..., sight.side.across] = along
    points[..., 1] = heights[:, None]
    column, row = stage.pixel(sight, points.reshape(-1, 3))
    places = [part.reshape(inside.shape).astype(np.float32) for part in (column, row)]
    pixels = max(float(np.abs(np.diff(places[1][:, 0])).mean()), 1.0)
    # premultiplied, so that the smoothing brings in nothing from outside the object
    light = np.dstack([(sight.colours / np.float32(255)) ** 2.2 * sight.mask[..., None], sight.mask]).astype(np.float32)
    light = cv2.GaussianBlur(light, (0, 0), 0.45 * pixels)
    picked = cv2.remap(light, places[0], places[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    colours = np.log(picked[..., :3] / np.maximum(picked[..., 3:], 1e-3) + _DARK)
    middle, half = _widest(inside)
    return Facade(sight.view, colours, inside, middle, half)


def _widest(inside: Flags) -> tuple[Floats, Floats]:
    """Middle and half width of each row's widest run, in samples."""
    middle, half = np.zeros(len(inside)), np.zeros(len(inside))
    steps = np.diff(np.pad(inside, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    for index, row in enumerate(steps):
        starts, ends = np.flatnonzero(row > 0), np.flatnonzero(row < 0)
        if len(starts):
            widest = int(np.argmax(ends - starts))
            middle[index] = (starts[widest] + ends[widest] - 1) / 2
            half[index] = (ends[widest] - starts[widest]) / 2
    return middle, half


def take(facade: Facade, rows: np.ndarray, places: Floats) -> Floats:
    """The light (rows, places, 3) at shares of the runs: 0 is the middle, -1 and 1 the ends, along the axis."""
    import cv2

    across = facade.middle[rows, None] + places * facade.half[rows, None]
    down = np.broadcast_to(rows[:, None], across.shape)
    return np.asarray(
        cv2.remap(facade.light, across.astype(np.float32), down.astype(np.float32), cv2.INTER_LINEAR), np.float32
    )


def corners(facades: tuple[Facade, ...]) -> Iterator[tuple[Facade, int, Facade, int]]:
    """The pairs of neighbouring photos: one along x, the sign of x at their common corner, one along z, that of z."""
    for front in (facade for facade in facades if facade.axis == 0):
        for side in (facade for facade in facades if facade.axis == 2):
            yield front, round(SIDES[side.view].toward[0]), side, round(SIDES[front.view].toward[2])
