"""What lies on the two sides of an outline, and how wide the passage between them is."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from maquette.engines.grabcut.pixels import Floats, Mask, distance_to

Places = tuple[npt.NDArray[np.intp], ...]

_RIM = 1.0
"""The slope of alpha is read off so near to the outline, in pixels."""
_SHARPEST = 1.5
"""Pixels; no camera's passage is narrower."""
_WIDE_SHARE = 0.02
"""The colours near by count for all, unless there are almost none: then those of farther away."""
_UNSURE_CONTRAST = 20.0
"""Where object and background differ by less than about this (8-bit levels), the outline outweighs the colours."""
_OWN_SPREAD = 1.0
_UNSURE_SPREAD = 20.0
"""The same for colours that vary: that many times their variance weighs against the squared contrast."""

_SPREADS = 1.0
"""The object's colours lie within so many standard deviations of their mean."""


@dataclass(frozen=True, slots=True)
class Side:
    """Mean colours (N, 3) of one side near the chosen pixels, and their variance (N,) over all channels."""

    colours: Floats
    variance: Floats


def depth_in(outline: Mask) -> Floats:
    """Pixels within the object (H, W), negative outside."""
    return distance_to(~outline) - distance_to(outline)


def layers_of(photo: Floats) -> Floats:
    """What means and variances are summed from: the colours, their square and 1 (H, W, 5)."""
    squares = np.einsum("ijk,ijk->ij", photo, photo)
    return np.dstack([photo, squares, np.ones_like(squares)]).astype(np.float32, copy=False)


def side(layers: Floats, weight: Floats, reach: int, wide: int, where: Places) -> Side:
    """The weighted mean over about ``reach`` pixels, over ``wide`` where there is next to nothing near by.

    Box filters twice, whose cost does not depend on their size; the wide ones run on a copy at a quarter of the size.
    """
    near = _boxed(layers * weight[..., None], reach)
    quarter = np.ascontiguousarray(near[::4, ::4])
    far = _boxed(quarter, max(1, round(wide / 4))) * np.float32(_WIDE_SHARE)
    far += np.float32(1e-4) * cv2.blur(quarter, (2 * wide + 1, 2 * wide + 1))
    row, column = where
    total = near[row, column] + far[row // 4, column // 4]
    mean = np.asarray(total[:, :4] / np.maximum(total[:, 4:], 1e-9), np.float32)
    variance = mean[:, 3] - np.einsum("ij,ij->i", mean[:, :3], mean[:, :3])
    return Side(mean[:, :3], np.maximum(variance, 0))


def _boxed(layers: npt.NDArray[Any], reach: int) -> Floats:
    box = (2 * reach + 1, 2 * reach + 1)
    return np.asarray(cv2.blur(cv2.blur(layers, box), box), np.float32)


def share_of(seen: Floats, own: Side, other: Side, within: Mask) -> tuple[Floats, Floats]:
    """How much of the object each of N pixels shows, 0..1, solved from the compositing equation, and the trust in it.

    Within the outline whatever is as far from the background's colour as the object is counts as the object too:
    its colours vary more than the background's.
    """
    span, beyond = own.colours - other.colours, seen - other.colours
    contrast = np.einsum("ij,ij->i", span, span)
    least = np.maximum(contrast, 1e-6)
    share = np.einsum("ij,ij->i", beyond, span) / least
    apart = np.sqrt(np.einsum("ij,ij->i", beyond, beyond) / least)
    share = np.where(within, np.maximum(share, apart), share)
    doubt = 3 * _UNSURE_CONTRAST**2 + (_OWN_SPREAD * own.variance + _UNSURE_SPREAD * other.variance)
    return np.clip(share, 0, 1), contrast / (contrast + doubt)


def bounded(colours: Floats, own: Side, other: Side) -> Floats:
    """Colours (N, 3) that differ from the background's no more than the object's do: what is taken out of an edge too
    much would be a rim of its own.
    """
    span = own.colours - other.colours
    contrast = np.maximum(np.einsum("ij,ij->i", span, span), 1e-6)
    part = np.einsum("ij,ij->i", colours - other.colours, span) / contrast
    excess = part - 1 - _SPREADS * np.sqrt(own.variance / contrast)
    return np.asarray(colours - np.maximum(excess, 0)[:, None] * span, np.float32)


def outlined_anew(outline: Mask, depth: Floats, share: Floats, trust: Floats, reach: float) -> Mask:
    """Moves the outline by up to ``reach`` pixels to where half of the object shows."""
    lean = np.clip(0.5 + depth / (2 * reach), 0, 1)
    return np.where(np.abs(depth) < reach, lean + trust * (share - lean) > 0.5, outline)


def passage(share: Floats, depth: Floats, trust: Floats, usual: float, most: float) -> Floats:
    """The width in pixels (H, W) over which the object goes over into the background, near each pixel.

    One over the slope of ``share`` where half of it shows, averaged along the outline.
    """
    across = cv2.Sobel(share, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(share, cv2.CV_32F, 0, 1, ksize=3)
    slope = np.sqrt(across * across + down * down) / 8
    weight = np.where(np.abs(depth) <= _RIM, trust, np.float32(0))
    reach = max(2, round(usual))
    total, sloped = _boxed(weight, reach), _boxed(slope * weight, reach)
    width = np.clip(total / np.maximum(sloped, 1e-6), _SHARPEST, most)
    return np.where(total > 1e-6, width, usual).astype(np.float32)


def sure_of(depth: Floats, margin: Floats) -> tuple[Mask, Mask]:
    """What is wholly the object's and wholly the background's; of thin parts the middle counts as the object's."""
    ridge = (depth > 0) & (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)))
    return (depth > margin) | ridge, depth < -margin
