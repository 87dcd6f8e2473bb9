"""The few picture operations that the whole engine shares, with plain types."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_GAMMA = 2.2


def to_linear(rgb: Bytes) -> Floats:
    """Turns sRGB (H, W, 3) into light, 0 to 1, with a plain gamma: near enough for shadows."""
    table = (np.arange(256, dtype=np.float32) / 255) ** _GAMMA
    return table[rgb].astype(np.float32)


def to_lab(linear: Floats) -> Floats:
    """Turns light (H, W, 3) into CIELAB: L 0 to 100, a and b about -100 to 100."""
    encoded = np.clip(linear, 0, 1) ** np.float32(1 / _GAMMA)
    return np.asarray(cv2.cvtColor(encoded, cv2.COLOR_RGB2LAB), np.float32)


def blurred(picture: npt.NDArray[Any], across: float, down: float | None = None) -> Floats:
    """Gaussian blur with the given sigmas in pixels."""
    down = across if down is None else down
    return np.asarray(cv2.GaussianBlur(picture.astype(np.float32, copy=False), (0, 0), across, sigmaY=down), np.float32)


def opened(mask: Mask, size: int) -> Mask:
    """Removes what is thinner than ``size`` pixels."""
    return np.asarray(cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, np.ones((size, size), np.uint8)), np.bool_)


def grown(mask: Mask, size: int) -> Mask:
    """Dilates by a square of ``size`` pixels."""
    return np.asarray(cv2.dilate(mask.view(np.uint8), np.ones((size, size), np.uint8)), np.bool_)


def distance_to(mask: Mask) -> Floats:
    """Distance in pixels of every pixel to the mask; 0 within it."""
    return np.asarray(cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, 5), np.float32)


def resized(picture: npt.NDArray[Any], width: int, height: int) -> npt.NDArray[Any]:
    """Scales by area when shrinking, linearly when enlarging."""
    shrinks = width < picture.shape[1]
    return np.asarray(
        cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    )


def pieces_with(mask: Mask, seeds: Mask) -> Mask:
    """The 4-connected pieces of ``mask`` that hold a seed."""
    _, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    touched = np.unique(labels[mask & seeds])
    return np.isin(labels, touched) & mask


def length(vectors: Floats) -> Floats:
    """Euclidean length of the vectors (..., N)."""
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))


def slope(picture: Floats) -> Floats:
    """Length of the gradient per pixel over all channels of (H, W) or (H, W, C)."""
    across = np.asarray(cv2.Sobel(picture, cv2.CV_32F, 1, 0, ksize=3), np.float32) / 8
    down = np.asarray(cv2.Sobel(picture, cv2.CV_32F, 0, 1, ksize=3), np.float32) / 8
    squares = across * across + down * down
    return np.sqrt(squares if squares.ndim == 2 else np.einsum("ijk->ij", squares))


def closed(mask: Mask, share: float) -> Mask:
    """Fills bays and gaps up to this share of the longer side. By distances, whose cost does not depend on the size."""
    radius = round(share * max(mask.shape)) // 2
    padded = np.pad(mask, radius + 1)
    if not mask.any():
        return mask.copy()
    near = distance_to(padded) <= radius
    return (distance_to(~near) > radius)[radius + 1 : -radius - 1, radius + 1 : -radius - 1]
