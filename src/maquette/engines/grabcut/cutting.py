"""GrabCut: Rother, Kolmogorov, Blake, SIGGRAPH 2004."""

import cv2
import numpy as np

from maquette.engines.grabcut.pixels import Bytes, Mask


def grab_cut(picture: Bytes, labels: Bytes, iterations: int) -> Mask:
    """Takes sRGB (H, W, 3) and OpenCV's labels (H, W), which stay as they are."""
    found = _object_in(labels)
    if found.all() or not found.any():
        return found
    cv2.setRNGSeed(0)  # its k-means draws from OpenCV's generator: the same photo must give the same mask
    result = labels.copy()
    cv2.grabCut(picture, result, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), iterations, cv2.GC_INIT_WITH_MASK)
    return _object_in(result)


def grab_likely(picture: Bytes, likely: Mask, outside: Mask, iterations: int) -> Mask:
    """GrabCut from a first guess; ``outside`` never becomes object."""
    labels = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[outside] = cv2.GC_BGD
    return grab_cut(picture, labels, iterations)


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
