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
        a, e = np.radians(self.azimuth), np.radians(self.elevation)
        toward = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
        right = np.array([np.cos(a), 0.0, -np.sin(a)])
        up = np.cross(toward, right)
        steps = ((np.arange(size) + 0.5) / size - 0.5) * self.span
        offsets = np.tile(steps, size)[:, None] * right - np.repeat(steps, size)[:, None] * up
        at = np.array(self.target) + offsets
        if not self.fov:
            return at + toward * 4 * self.span, np.broadcast_to(-toward, at.shape)
        eye = np.array(self.target) + toward * (self.span / 2 / np.tan(np.radians(self.fov) / 2))
        away = at - eye
        return np.broadcast_to(eye, at.shape), away / np.linalg.norm(away, axis=1, keepdims=True)

    def toward(self) -> Floats:
        """The unit vector from the target to the camera, (3,)."""
        a, e = np.radians(self.azimuth), np.radians(self.elevation)
        return np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
