"""Cameras around an object."""

from dataclasses import dataclass

import numpy as np

from maquette.media.meshes.mesh import Floats


@dataclass(frozen=True, slots=True)
class Camera:
    """Looks at ``target`` from ``azimuth`` (degrees; 0 from the front, 90 from the object's left) and ``elevation``.

    ``span`` is the height of what it shows at the target. ``fov`` is the vertical angle of view in degrees; 0 is
    orthographic. Pictures are square.
    """

    azimuth: float
    elevation: float
    target: tuple[float, float, float]
    span: float
    fov: float = 0.0

    def rays(self, size: int) -> tuple[Floats, Floats]:
        """Origins and unit directions of the rays through the pixels' centres, (size * size, 3), row by row."""
        centres = np.arange(size) + 0.5
        return self.rays_at(np.tile(centres, size), np.repeat(centres, size), size)

    def rays_at(self, x: Floats, y: Floats, size: int) -> tuple[Floats, Floats]:
        """Origins and unit directions, (n, 3), of the rays through points of a picture of ``size`` pixels.

        ``x`` and ``y`` (n,) count pixels from the upper left corner.
        """
        toward, right, up = self.axes()
        offsets = ((x / size - 0.5) * self.span)[:, None] * right - ((y / size - 0.5) * self.span)[:, None] * up
        if not self.fov:
            at = np.array(self.target) + offsets
            return at + toward * 4 * self.span, np.broadcast_to(-toward, at.shape)
        away = offsets - toward * self.distance()
        eye = np.array(self.target) + toward * self.distance()
        return np.broadcast_to(eye, away.shape), away / np.linalg.norm(away, axis=1, keepdims=True)

    def place(self, points: Floats) -> Floats:
        """Where ``points`` (n, 3) lie in the picture, (n, 2): 0..1 from its upper left corner to its lower right."""
        toward, right, up = self.axes()
        offsets = points - np.array(self.target)
        scale = self.span * np.ones(len(points))
        if self.fov:
            scale *= np.maximum(1 - offsets @ toward / self.distance(), 1e-6)
        return np.stack([0.5 + offsets @ right / scale, 0.5 - offsets @ up / scale], axis=1)

    def axes(self) -> tuple[Floats, Floats, Floats]:
        """Unit vectors (3,): from the target to the camera, to the picture's right, and up in it."""
        a = np.radians(self.azimuth)
        toward = self.toward()
        right = np.array([np.cos(a), 0.0, -np.sin(a)])
        return toward, right, np.cross(toward, right)

    def distance(self) -> float:
        """How far the eye is from the target; for a camera with an angle of view."""
        return float(self.span / 2 / np.tan(np.radians(self.fov) / 2))

    def toward(self) -> Floats:
        """The unit vector from the target to the camera, (3,)."""
        a, e = np.radians(self.azimuth), np.radians(self.elevation)
        return np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
