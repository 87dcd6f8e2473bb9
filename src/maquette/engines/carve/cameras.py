"""Where each photo was taken from: a pinhole camera that looks at the object's middle.

Frame: the object stands on y = 0, centred on x = z = 0, with its longest side 1. Lengths are in that unit.
"""

from dataclasses import dataclass, replace

import numpy as np

from maquette.media.meshes.mesh import Floats, unit

_OUTSIDE = 1.2
"""A distance from the object's middle that is outside it."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole, or with ``nearness`` 0 a parallel projection.

    ``azimuth`` (degrees; 0 from the front, 90 from the object's own left), ``elevation`` above the horizon and
    ``roll`` (positive turns the picture's right side up) say from where it looks. ``nearness`` is 1 / the distance to
    ``pivot``; ``scale`` is how many pixels one unit takes there, and the pivot lands on pixel (``column``, ``row``).
    ``stretch`` widens the columns: outlines that are a little wider or narrower than their opposite's.
    """

    azimuth: float
    elevation: float
    roll: float
    nearness: float
    scale: float
    column: float
    row: float
    pivot: tuple[float, float, float] = (0.0, 0.0, 0.0)
    stretch: float = 1.0

    def axes(self) -> tuple[Floats, Floats, Floats]:
        """Unit vectors (3,): to the camera, and to the right and up in its picture."""
        a, e, r = np.radians((self.azimuth, self.elevation, self.roll))
        toward = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
        level = np.array([np.cos(a), 0.0, -np.sin(a)])
        up = np.cross(toward, level)
        return toward, np.cos(r) * level + np.sin(r) * up, np.cos(r) * up - np.sin(r) * level

    def project(self, x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
        """Columns, rows and pixels per unit of the points whose coordinates broadcast together.

        (0, 0) is the first pixel's centre.
        """
        x, y, z = x - self.pivot[0], y - self.pivot[1], z - self.pivot[2]
        toward, right, up = self.axes()
        scale = self.scale / (1 - self.nearness * (x * toward[0] + y * toward[1] + z * toward[2]))
        column = self.column + scale * self.stretch * (x * right[0] + y * right[1] + z * right[2])
        return column, self.row - scale * (x * up[0] + y * up[1] + z * up[2]), scale

    def place(self, columns: Floats, rows: Floats, depth: Floats) -> Floats:
        """The points that pixels show when they are ``depth`` nearer to the camera than the pivot: (..., 3)."""
        toward, right, up = self.axes()
        share = (1 - self.nearness * depth) / self.scale
        across, above = (columns - self.column) / self.stretch * share, (self.row - rows) * share
        return self.pivot + across[..., None] * right + above[..., None] * up + depth[..., None] * toward

    def before(self, columns: Floats, rows: Floats, beyond: bool = False) -> Floats:
        """The points of the pixels' rays where they come to the object, or leave it ``beyond``: outside, (..., 3)."""
        depth = -_OUTSIDE if beyond else min(_OUTSIDE, 0.9 / max(self.nearness, 1e-9))
        return self.place(columns, rows, np.full(columns.shape, depth))

    def toward(self, points: Floats) -> Floats:
        """Unit vectors from ``points`` (n, 3) to the camera, (n, 3)."""
        toward = self.axes()[0]
        if not self.nearness:
            return np.broadcast_to(toward, points.shape)
        return unit(self.pivot + toward / self.nearness - points)

    def field_of_view(self, pixels: int) -> float:
        """The angle, in degrees, of ``pixels`` in a line through the picture's middle; 0 for a parallel projection."""
        return float(np.degrees(2 * np.arctan(pixels / 2 * self.nearness / self.scale)))

    def reframe(self, origin: Floats, size: float) -> "Camera":
        """The same camera in a frame that has its zero at ``origin`` (3,) and ``size`` for its unit."""
        x, y, z = (np.array(self.pivot) - origin) / size
        moved = (float(x), float(y), float(z))
        return replace(self, nearness=self.nearness * size, scale=self.scale * size, pivot=moved)
