"""Colours: between light and sRGB, out of pictures, and across the gaps of an atlas."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.media.meshes.mesh import Flags, Floats, Ints


def to_linear(colour: Floats) -> Floats:
    """sRGB 0..1 to linear light (IEC 61966-2-1)."""
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def to_srgb(light: Floats) -> Floats:
    """Linear light 0..1 to sRGB (IEC 61966-2-1)."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def fetch(picture: NDArray[Any], x: Floats, y: Floats) -> Floats:
    """Values (n, channels) float32 of a picture (h, w, channels) at columns ``x`` and rows ``y`` (n,), bilinear.

    (0, 0) is the first pixel's centre; outside the picture its edge goes on.
    """
    import cv2

    # OpenCV bounds each side of a picture to 32767: the points travel as a picture of 1024 columns
    height = -(-max(len(x), 1) // 1024)
    across, down = (np.pad(v, (0, height * 1024 - len(v))).astype(np.float32).reshape(height, 1024) for v in (x, y))
    source = picture.astype(np.float32, copy=False)
    found = cv2.remap(source, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32).reshape(height * 1024, -1)[: len(x)]


def nearest_source(sources: Flags) -> Ints:
    """For each pixel of ``sources`` (h, w), the flat index of the nearest one that is true, (h, w)."""
    import cv2

    _, found = cv2.distanceTransformWithLabels(
        (~sources).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    labels = np.asarray(found, np.int64)
    table = np.zeros(int(labels.max()) + 1, np.int64)
    where = np.flatnonzero(sources)
    table[labels.ravel()[where]] = where
    return table[labels]
