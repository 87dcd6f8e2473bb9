"""A photo thrown back onto the object: where it lands, how well it shows each place, and what it shows there."""

from dataclasses import dataclass

import numpy as np

from maquette.engines.carve.sights import Sight, Stage
from maquette.media.meshes.mesh import Flags, Floats, Pixels
from maquette.media.meshes.pixels import fetch, nearest_source
from maquette.media.meshes.rays import Caster

_RASTER = 512
"""Cells on the long side of the map of what a photo sees."""
_FAR = 4.0
"""Further away than anything, in object lengths."""
_BIAS = 0.006
"""How far behind the map's surface a point may lie and still count as seen, in object lengths."""
_STEEP = 3.0
"""The same for slanted surfaces, in cells times their slope."""
_JUMP = 0.04
"""A step in depth that hides something."""
_FEATHER = 0.02
"""Width of the soft border along such steps, in object lengths."""
_LOW = 0.025
"""Standard deviation that parts a photo's low frequencies from its high ones, as a share of the object's size."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """A photo thrown onto the object: along its rays, or ``through`` it onto the far side, as a guess.

    The guess is for a side that has no photo of its own: it is taken to look alike.
    """

    sight: Sight
    through: bool

    def toward(self, points: Floats) -> Floats:
        """Unit vectors from ``points`` (n, 3) to where the photo is thrown from, (n, 3)."""
        toward = self.sight.camera.toward(points)
        return -toward if self.through else toward

    def axis(self) -> Floats:
        """The unit vector (3,) to where the photo is thrown from, at the object's middle."""
        toward = self.sight.camera.axes()[0]
        return -toward if self.through else toward

    def rays(self, columns: Floats, rows: Floats) -> tuple[Floats, Floats]:
        """Origins and unit directions (n, 3) of what the photo's pixels (n,) look along, from outside the object."""
        origins = self.sight.camera.before(columns, rows, self.through)
        return origins, -self.toward(origins)

    def pixels(self, points: Floats) -> tuple[Floats, Floats]:
        """The photo's columns and rows (n,) that show ``points`` (n, 3)."""
        column, row, _ = self.sight.camera.project(points[:, 0], points[:, 1], points[:, 2])
        return column, row


def lamps(stage: Stage) -> list[Lamp]:
    """One for each photo, and one more for each photo whose opposite side has none."""
    alone = [sight for axis in (0, 2) for sight in stage.seen(axis) if len(stage.seen(axis)) == 1]
    return [Lamp(sight, False) for sight in stage.sights] + [Lamp(sight, True) for sight in alone]


def seen(lamp: Lamp, caster: Caster, points: Floats, slope: Floats) -> Floats:
    """How well the photo shows points (n, 3), 0..1: nothing where they are hidden, little next to what hides.

    ``slope`` (n,) is the tangent of the angle between surface normal and view.
    """
    import cv2

    tall, wide = lamp.sight.mask.shape
    cell = max(tall, wide) / _RASTER
    rows, columns = int(tall / cell), int(wide / cell)
    x, y = (np.arange(columns) + 0.5) * cell - 0.5, (np.arange(rows) + 0.5) * cell - 0.5
    origins, directions = lamp.rays(np.tile(x, rows), np.repeat(y, columns))
    distance = caster.first(origins, directions).distance
    hit = np.isfinite(distance)
    depth = np.full(len(distance), -_FAR, np.float32)
    depth[hit] = (origins[hit] + directions[hit] * distance[hit, None]) @ lamp.axis()
    depth = depth.reshape(rows, columns)
    window = np.ones((3, 3), np.uint8)
    nearest = cv2.dilate(depth, window)
    jump = nearest - cv2.erode(depth, window) > _JUMP
    size = cell / lamp.sight.camera.scale
    away = cv2.distanceTransform((~jump).astype(np.uint8), cv2.DIST_L2, 5) * size
    at_x, at_y = lamp.pixels(points)
    found = fetch(np.dstack([nearest, away]), (at_x + 0.5) / cell - 0.5, (at_y + 0.5) / cell - 0.5)
    slack = _BIAS + _STEEP * size * np.minimum(slope, 6)
    behind = found[:, 0] - points @ lamp.axis()
    return np.clip(2 - behind / slack, 0, 1) * np.clip(found[:, 1] / _FEATHER, 0.02, 1)


def bands(sight: Sight) -> tuple[Floats, Floats]:
    """The photo, (h, w, 3) float32 sRGB 0..255, and its low frequencies, the same at a quarter of the size.

    Colours are drawn outwards over the outline; the low frequencies are those of the object alone.
    """
    import cv2

    whole = extended(sight).astype(np.float32)
    small = cv2.resize(whole, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(sight.mask.astype(np.float32), small.shape[1::-1], interpolation=cv2.INTER_AREA)
    sigma = _LOW * max(sight.box[2:]) / 4
    weight = cv2.GaussianBlur(mask, (0, 0), sigma)
    low = cv2.GaussianBlur(small * mask[..., None], (0, 0), sigma) / np.maximum(weight, 1e-4)[..., None]
    return whole, np.asarray(low, np.float32)


def extended(sight: Sight) -> Pixels:
    """The photo with its colours drawn outwards from safely inside the outline, over the mixed pixels at its edge."""
    import cv2

    reach = max(1.5, 0.004 * max(sight.box[2:]))
    inside = cv2.distanceTransform(sight.mask.astype(np.uint8), cv2.DIST_L2, 5)
    core: Flags = inside > reach
    # what is too thin to have an inside keeps its own middle
    around = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, 5)
    core |= sight.mask & (around > 2 * reach + 2) & (inside > 1)
    if not core.any():
        core = sight.mask
    return sight.colours.reshape(-1, 3)[nearest_source(core)]
