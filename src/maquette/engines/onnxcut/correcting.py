"""What a person marked, worked into what a network found.

GrabCut (Rother, Kolmogorov, Blake, SIGGRAPH 2004) starts from the network's mask with the marks as certain; of what
it would change only the pieces that a mark touches are taken over. So a click repairs the part it was made for, and
nothing else moves.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from maquette.domain.marks import Marks
from maquette.engines.onnxcut.session import Bytes, Floats
from maquette.media.images.marks import INSIDE, OUTSIDE, painted

_SIDE = 480
"""GrabCut runs on a copy of at most so many pixels a side."""
_ITERATIONS = 3
_SEED = 0
_NO_RECTANGLE = (0, 0, 1, 1)
"""Not looked at where there is a mask."""


def corrected(rgb: Bytes, matte: Floats, marks: Marks) -> Floats:
    """sRGB (H, W, 3) and a matte (H, W), 0 to 1; returns the matte with the marks obeyed."""
    height, width = matte.shape
    scale = min(1.0, _SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    before = np.asarray(cv2.resize(matte, size, interpolation=cv2.INTER_AREA), np.float32) > 0.5
    seeds = painted(marks, *size, scale)
    wrong = (before & (seeds == OUTSIDE)) | (~before & (seeds == INSIDE))
    if not wrong.any():
        return matte
    after = _recut(small, before, seeds)
    added, removed = (_touched(change, wrong) for change in (after & ~before, before & ~after))
    out = matte.copy()
    for change, value in ((added, np.float32(1)), (removed, np.float32(0))):
        soft = cv2.GaussianBlur(change.astype(np.float32), (0, 0), 0.7)
        share = np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        out += share * (value - out)
    exact = painted(marks, width, height)
    return np.where(exact == INSIDE, np.float32(1), np.where(exact == OUTSIDE, np.float32(0), out))


def _recut(small: Bytes, before: NDArray[np.bool_], seeds: NDArray[np.int8]) -> NDArray[np.bool_]:
    state = np.where(before, np.uint8(cv2.GC_PR_FGD), np.uint8(cv2.GC_PR_BGD))
    state[seeds == INSIDE] = cv2.GC_FGD
    state[seeds == OUTSIDE] = cv2.GC_BGD
    kinds = np.isin(state, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if not kinds.all() and kinds.any():
        # the mixtures of colours start from random means
        cv2.setRNGSeed(_SEED)
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(small, state, _NO_RECTANGLE, *models, _ITERATIONS, cv2.GC_INIT_WITH_MASK)
    return np.isin(state, (cv2.GC_FGD, cv2.GC_PR_FGD))


def _touched(change: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pieces of a change that a mark asked for."""
    _, labels = cv2.connectedComponents(change.astype(np.uint8), connectivity=4)
    pieces = np.unique(np.asarray(labels)[wrong & change])
    return np.isin(labels, pieces[pieces > 0])
