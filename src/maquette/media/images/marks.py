"""Marks as pixels, for engines that take them as seeds."""

from typing import TYPE_CHECKING

from maquette.domain.marks import Marks

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

INSIDE, OUTSIDE = 1, -1
_CLICK_SHARE = 0.006
"""Radius of a click, as a share of the longer side: a fingertip on an object that fills the picture."""
_SHIFT = 4
"""OpenCV draws with this many bits of a fraction."""


def painted(marks: Marks, width: int, height: int, scale: float = 1.0) -> "npt.NDArray[np.int8]":
    """Draws marks on a copy of the photo that is ``scale`` times its size, in the order in which they win.

    Returns int8 (height, width): ``INSIDE`` the object, ``OUTSIDE`` it, 0 where nothing was marked.
    """
    import cv2
    import numpy as np

    canvas = np.zeros((height, width), np.int8)
    for stroke in marks.strokes:
        points = (np.array(stroke.points) * scale * 2**_SHIFT).round().astype(np.int32)
        shown = INSIDE if stroke.include else OUTSIDE
        radius = stroke.radius * scale
        for point in (points[0], points[-1]):
            _disc(canvas, point, radius, shown)
        cv2.polylines(canvas, [points], False, shown, max(1, round(2 * radius)), cv2.LINE_8, _SHIFT)
    for click in marks.clicks:
        point = (np.array([click.x, click.y]) * scale * 2**_SHIFT).round().astype(np.int32)
        _disc(canvas, point, max(1.0, _CLICK_SHARE * max(width, height)), INSIDE if click.include else OUTSIDE)
    return canvas


def _disc(canvas: "npt.NDArray[np.int8]", point: "npt.NDArray[np.int32]", radius: float, shown: int) -> None:
    import cv2

    centre = int(point[0]), int(point[1])
    cv2.circle(canvas, centre, max(1, round(radius * 2**_SHIFT)), shown, cv2.FILLED, cv2.LINE_8, _SHIFT)
