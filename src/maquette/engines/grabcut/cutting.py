"""GrabCut: Rother, Kolmogorov, Blake, SIGGRAPH 2004."""

import cv2
import numpy as np
import numpy.typing as npt

from maquette.engines.grabcut.pixels import Bytes, Mask

Models = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
_NOTHING = 0.001
"""A mask that covers no more of the picture has collapsed."""


def grab_cut(picture: Bytes, labels: Bytes, iterations: int) -> Mask:
    """Takes sRGB (H, W, 3) and OpenCV's labels (H, W), which stay as they are."""
    return _cut(picture, labels, iterations, cv2.GC_INIT_WITH_MASK, _blank())


def grab_likely(picture: Bytes, likely: Mask, outside: Mask, iterations: int) -> Mask:
    """GrabCut from a first guess; ``outside`` never becomes object.

    The colour models are learnt on every other pixel of every other row, at a quarter of the cost; one cut with them
    through all pixels is the result. Where that leaves next to nothing, all pixels teach the models after all.
    """
    labels = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[outside] = cv2.GC_BGD
    few, models = np.ascontiguousarray(labels[::2, ::2]), _blank()
    if not _both_sides(few):
        return grab_cut(picture, labels, iterations)
    _cut(np.ascontiguousarray(picture[::2, ::2]), few, iterations, cv2.GC_INIT_WITH_MASK, models)
    found = _cut(picture, labels, 1, cv2.GC_EVAL_FREEZE_MODEL, models)
    return found if found.mean() > _NOTHING else grab_cut(picture, labels, iterations)


def _cut(picture: Bytes, labels: Bytes, iterations: int, mode: int, models: Models) -> Mask:
    if not _both_sides(labels):
        return _object_in(labels)
    cv2.setRNGSeed(0)  # its k-means draws from OpenCV's generator: the same photo must give the same mask
    result = labels.copy()
    cv2.grabCut(picture, result, (0, 0, 0, 0), *models, iterations, mode)
    return _object_in(result)


def _blank() -> Models:
    return np.zeros((1, 65)), np.zeros((1, 65))


def _both_sides(labels: Bytes) -> bool:
    found = _object_in(labels)
    return bool(found.any()) and not found.all()


def _object_in(labels: Bytes) -> Mask:
    return np.asarray((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD))


def sharpen(picture: Bytes, rough: Mask, outside: Mask, band: int, iterations: int = 1) -> Mask:
    """GrabCut within ``band`` pixels along a rough outline; what lies deeper or farther stays as it is."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (band, band))
    deep = cv2.erode(rough.view(np.uint8), disc, borderValue=1) > 0
    far = cv2.dilate(rough.view(np.uint8), disc) == 0
    labels = np.where(rough, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[deep], labels[far | outside] = cv2.GC_FGD, cv2.GC_BGD
    return grab_cut(picture, labels, iterations)
