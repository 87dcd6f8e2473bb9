"""How well outlines agree under given cameras: what each ray through an outline misses all the others by."""

from dataclasses import dataclass

import numpy as np

from maquette.engines.carve.cameras import Camera
from maquette.engines.carve.field import look_up
from maquette.engines.carve.sights import Sight, Stage
from maquette.media.meshes.mesh import Flags, Floats

_SAMPLES = 160
"""Points on an outline."""
_DEPTHS = np.linspace(-0.62, 0.62, 80)
"""Where a ray is sampled, around the object's middle."""
_TOLERANCE = 0.005
"""What a ray may miss the others by, in object lengths, and still count as met."""
_FINE = 96
"""Pixels along the longer side of a raster."""
_SHORTEST = 20
"""Pixels of a contour that is worth a look."""


@dataclass(frozen=True, slots=True)
class Contour:
    """A photo's outline: ``signed`` pixels to it (h, w), and pixels on it, ``columns`` and ``rows`` (n,)."""

    signed: Floats
    columns: Floats
    rows: Floats
    camera: Camera


def read_contour(sight: Sight) -> Contour:
    """The outline of a photo, holes included, evenly sampled."""
    import cv2

    found, _ = cv2.findContours(sight.mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    lines = [line[:, 0, :] for line in found if len(line) >= _SHORTEST] or [found[0][:, 0, :]]
    pixels = np.concatenate(lines)
    chosen = pixels[np.linspace(0, len(pixels) - 1, min(_SAMPLES, len(pixels))).astype(int)]
    return Contour(sight.signed(), chosen[:, 0].astype(float), chosen[:, 1].astype(float), sight.camera)


class Coherence:
    """The signed distances of every ray's points to every other outline, kept so that one camera can be moved."""

    def __init__(self, contours: tuple[Contour, ...], cameras: tuple[Camera, ...]) -> None:
        self._contours = contours
        self._cameras = list(cameras)
        self._rays = [_rays(contour, camera) for contour, camera in zip(contours, cameras, strict=True)]
        views = range(len(contours))
        self._table = [[self._miss(ray, eye) for eye in views if eye != ray] for ray in views]

    def errors_if(self, view: int, camera: Camera) -> Floats:
        """The errors with another camera for one view."""
        kept = self._cameras[view], self._rays[view], self._table
        self._cameras[view], self._rays[view] = camera, _rays(self._contours[view], camera)
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

    def errors(self) -> Floats:
        """For each ray, how far it passes by the solid of the other outlines: 0 if it meets it, else below. (n,)."""
        return np.concatenate([self.errors_of(view) for view in range(len(self._table))])

    def errors_of(self, view: int) -> Floats:
        """The same for the rays of one view."""
        return np.minimum(np.min(self._table[view], axis=0).max(axis=1), 0).astype(np.float64)

    def _miss(self, ray: int, eye: int) -> Floats:
        points = self._rays[ray]
        column, row, scale = self._cameras[eye].project(points[..., 0], points[..., 1], points[..., 2])
        return look_up(self._contours[eye].signed, column, row) / scale


def _rays(contour: Contour, camera: Camera) -> Floats:
    """Points on the rays through an outline, (n, depths, 3)."""
    return camera.place(contour.columns[:, None], contour.rows[:, None], _DEPTHS[None, :]).astype(np.float32)


def overlap_of_opposites(stage: Stage) -> float:
    """How well the photos predict each other: 1 without opposite views.

    For each photo that has an opposite one, the overlap (IoU) of its outline with that of the solid which all other
    outlines leave; the mean.
    """
    contours = [read_contour(sight) for sight in stage.sights]
    found: list[float] = []
    for index, sight in enumerate(stage.sights):
        if len(stage.seen(sight.side.across)) == 2:
            raster, shown = _raster(sight)
            eyes = (*contours[:index], raster, *contours[index + 1 :])
            met = Coherence(eyes, tuple(eye.camera for eye in eyes)).errors_of(index) > -_TOLERANCE
            found.append(float((met & shown).sum() / max((met | shown).sum(), 1)))
    return float(np.mean(found)) if found else 1.0


def _raster(sight: Sight) -> tuple[Contour, Flags]:
    """Pixels all over a photo instead of those on its outline, and which of them show the object."""
    tall, wide = sight.mask.shape
    step = max(1, max(tall, wide) // _FINE)
    rows, columns = (part.ravel() for part in np.mgrid[0:tall:step, 0:wide:step])
    raster = Contour(sight.signed(), columns.astype(float), rows.astype(float), sight.camera)
    return raster, sight.mask[rows, columns]
