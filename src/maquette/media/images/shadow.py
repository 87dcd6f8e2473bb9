"""A soft shadow where an object stands, drawn from nothing but its outline.

Nobody knows the light or the ground of a cut-out, so only the part of a shadow is drawn that every diffuse light
makes: the dark where an object touches the ground, fading within a fraction of its size. What touches is taken to be
the outline's lowest parts; the further a column of it ends above the lowest point, the less.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float32]

_SIDE = 640
"""The shadow is soft: it is drawn on a copy of at most so many pixels a side."""
_SOLID = 128
_TOUCH = 0.12
"""Height at which an outline has left the ground, as a share of the object's size (by eye, as are those below)."""
_ROUNDING, _BESIDE = 0.022, 0.04
"""How much an outline may rise within how much to the side and still lie on the ground: a ball's does not."""
_FORESHORTENED = 0.12
"""Depth of what stands on the ground against its width, seen from a little above."""
_FORWARD = 0.006
"""How far the shadow comes towards the viewer, from under what would hide it."""
_LAYERS = ((0.017, 0.5, 0.62), (0.045, 0.42, 0.5), (0.11, 0.33, 0.45))
"""Blur as a share of the object's size, its height against its width, and darkness."""
_DARKEST = 0.75


def contact_shadow(alpha: "Bytes") -> "Floats":
    """The share of light that an object's shadow takes from the ground.

    ``alpha`` (H, W): the object where it stands on its canvas. Returns (H, W), 0 to ``_DARKEST``; all 0 for an empty
    canvas. It lies under the object too.
    """
    import cv2
    import numpy as np

    height, width = alpha.shape
    factor = min(1.0, _SIDE / max(height, width))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    small = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.uint8) >= _SOLID
    if not small.any():
        return np.zeros((height, width), np.float32)
    # what lies beyond the canvas must not be mirrored into it
    rows, columns = np.flatnonzero(small.any(1)), np.flatnonzero(small.any(0))
    extent = float(np.sqrt((rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)))
    pad = int(0.3 * extent) + 2
    footprint = _footprint(np.pad(small, pad), extent)
    drawn = np.zeros_like(footprint)
    for share, squash, darkness in _LAYERS:
        sigma = max(0.5, share * extent)
        drawn += darkness * np.asarray(
            cv2.GaussianBlur(footprint, (0, 0), sigmaX=sigma, sigmaY=max(0.4, sigma * squash)), np.float32
        )
    shadow = np.clip(drawn, 0, _DARKEST)[pad:-pad, pad:-pad]
    return np.asarray(cv2.resize(shadow, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _footprint(solid: "npt.NDArray[np.bool_]", extent: float) -> "Floats":
    """How much of the object stands on each pixel of the ground, 0 to 1."""
    import cv2
    import numpy as np

    height = solid.shape[0]
    rows = np.arange(height, dtype=np.float32)[:, None]
    bottom = np.where(solid.any(0), height - 1 - np.argmax(solid[::-1], axis=0), -height).astype(np.float32)
    lowest = float(bottom.max())
    beside = np.ones((1, 2 * max(1, round(_BESIDE * extent)) + 1), np.uint8)
    around = np.asarray(cv2.dilate(bottom[None], beside), np.float32)[0]
    touch = np.exp(-(((lowest - bottom) / (_TOUCH * extent)) ** 2) - ((around - bottom) / (_ROUNDING * extent)) ** 2)
    front = bottom + 0.3 * (lowest - bottom) + _FORWARD * extent
    back = bottom - max(1.0, _FORESHORTENED * float(touch.sum()))
    return np.asarray(touch * (rows <= front) * (rows > back), np.float32)
