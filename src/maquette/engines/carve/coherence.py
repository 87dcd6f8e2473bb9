"""How well outlines agree under given cameras: what each ray through an outline misses all the others by."""

from dataclasses import dataclass

import numpy as np

from maquette.engines.carve.cameras import Camera
from maquette.engines.carve.field import look_up
from maquette.engines.carve.sights import Sight
from maquette.media.meshes.mesh import Floats

_SAMPLES = 160
"""Points on an outline."""
_DEPTHS = np.linspace(-0.62, 0.62, 80)
"""Where a ray is sampled, around the object's middle."""
_AROUND = np.linspace(-1.5, 1.5, 25) * (_DEPTHS[1] - _DEPTHS[0])
"""Where it is sampled around the best of these places."""
_SHORTEST = 20
"""Pixels of a contour that is worth a look."""


@dataclass(frozen=True, slots=True)
class Contour:
    """A photo's outline: ``signed`` pixels to it (h, w), and pixels on it, ``columns`` and ``rows`` (n,)."""

    signed: Floats
    columns: Floats
    rows: Floats
    camera: Camera


Contours = tuple[Contour, ...]
Cameras = tuple[Camera, ...]


def read_contour(sight: Sight) -> Contour:
    """The outline of a photo, holes included, evenly sampled."""
    import cv2

    found, _ = cv2.findContours(sight.mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    lines = [line[:, 0, :] for line in found if len(line) >= _SHORTEST] or [found[0][:, 0, :]]
    pixels = np.concatenate(lines)
    chosen = pixels[np.linspace(0, len(pixels) - 1, min(_SAMPLES, len(pixels))).astype(int)]
    return Contour(sight.signed(), chosen[:, 0].astype(float), chosen[:, 1].astype(float), sight.camera)


class Coherence:
    """The signed distances of points on every ray to every other outline, kept so that one camera can be moved."""

    def __init__(self, contours: Contours, cameras: Cameras, depths: tuple[Floats, ...]) -> None:
        """``depths`` (n, k) are, for each view, the points of its rays: how much nearer than the object's middle."""
        self._contours = contours
        self._cameras = list(cameras)
        self._depths = depths
        views = range(len(contours))
        self._rays = [self._cast(view) for view in views]
        self._table = [[self._miss(ray, eye) for eye in views if eye != ray] for ray in views]

    def errors(self) -> Floats:
        """For each ray, how far it passes by the solid of the other outlines: 0 if it meets it, else below. (n,)."""
        best = [np.min(row, axis=0).max(axis=1) for row in self._table]
        return np.minimum(np.concatenate(best), 0).astype(np.float64)

    def errors_if(self, view: int, camera: Camera) -> Floats:
        """The errors with another camera for one view."""
        kept = self._cameras[view], self._rays[view], self._table
        self._cameras[view] = camera
        self._rays[view] = self._cast(view)
        views = range(len(self._contours))
        self._table = [
            [
                self._miss(ray, eye) if view in (ray, eye) else known
                for eye, known in zip((eye for eye in views if eye != ray), row, strict=True)
            ]
            for ray, row in enumerate(self._table)
        ]
        errors = self.errors()
        self._cameras[view], self._rays[view], self._table = kept
        return errors

    def closest(self) -> tuple[Floats, ...]:
        """For each view, the depth at which each of its rays is deepest in the others' solid, (n, 1)."""
        best = [np.min(row, axis=0).argmax(axis=1) for row in self._table]
        return tuple(np.take_along_axis(d, b[:, None], axis=1) for d, b in zip(self._depths, best, strict=True))

    def _cast(self, view: int) -> Floats:
        contour = self._contours[view]
        points = self._cameras[view].place(contour.columns[:, None], contour.rows[:, None], self._depths[view])
        return points.astype(np.float32)

    def _miss(self, ray: int, eye: int) -> Floats:
        points = self._rays[ray]
        column, row, scale = self._cameras[eye].project(points[..., 0], points[..., 1], points[..., 2])
        return look_up(self._contours[eye].signed, column, row) / scale


def meet(contours: Contours, cameras: Cameras) -> Coherence:
    """The coherence on fine steps around the best of coarse ones: thin parts fall between those."""
    everywhere = tuple(np.broadcast_to(_DEPTHS, (len(contour.columns), len(_DEPTHS))) for contour in contours)
    found = Coherence(contours, cameras, everywhere).closest()
    return Coherence(contours, cameras, tuple(depth + _AROUND for depth in found))
