"""What a person marked, worked into what a network found.

A mark that the mask contradicts changes the piece it lies in: all of a thing that hangs together with nothing else (a
second object, a hole), else what has about its colour. GrabCut (Rother, Kolmogorov, Blake, SIGGRAPH 2004) then starts
from the mask with the marks as certain; of what it would change only the pieces that a mark touches are taken over.
So a click repairs the part it was made for, and nothing else moves.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from maquette.domain.marks import Marks
from maquette.engines.onnxcut.session import Bytes, Floats
from maquette.media.images.marks import INSIDE, OUTSIDE, painted

Mask = NDArray[np.bool_]
_SIDE = 480
"""GrabCut runs on a copy of at most so many pixels a side."""
_ITERATIONS = 3
_ALIKE = 14
"""Steps of 8-bit CIELAB within which colours count as one, after mean shift has evened out their texture."""
_SHIFT_SPACE, _SHIFT_COLOUR = 6, 12
_FILLED = 255
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
    piece = _alone(before, seeds, OUTSIDE, INSIDE) | _alone(~before, seeds, INSIDE, OUTSIDE)
    piece |= _alike(small, before, seeds, wrong & ~piece)
    started = before ^ piece
    after = _recut(small, started, seeds)
    added, removed = (
        _touched(change, wrong) | (piece & side)
        for change, side in ((after & ~before, ~before), (before & ~after, before))
    )
    out = matte.copy()
    for change, value in ((added, np.float32(1)), (removed, np.float32(0))):
        soft = cv2.GaussianBlur(change.astype(np.float32), (0, 0), 0.7)
        share = np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        out += share * (value - out)
    exact = painted(marks, width, height)
    return np.where(exact == INSIDE, np.float32(1), np.where(exact == OUTSIDE, np.float32(0), out))


def _alone(mask: Mask, seeds: NDArray[np.int8], mark: int, against: int) -> Mask:
    """Pieces of a mask, but the largest, that hold such a mark and none of the other kind."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count <= 1:
        return np.zeros_like(mask)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    found = np.asarray(labels)
    meant = set(np.unique(found[mask & (seeds == mark)])) - set(np.unique(found[mask & (seeds == against)]))
    return np.isin(found, list(meant - {0, largest}))


def _alike(small: Bytes, before: Mask, seeds: NDArray[np.int8], wrong: Mask) -> Mask:
    """What hangs together with a contradicted mark, on its side of the mask, and has about its colour."""
    filled = np.zeros_like(before)
    if not wrong.any():
        return filled
    even = cv2.cvtColor(cv2.pyrMeanShiftFiltering(small, _SHIFT_SPACE, _SHIFT_COLOUR), cv2.COLOR_RGB2LAB)
    count, labels = cv2.connectedComponents(wrong.astype(np.uint8))
    for label in range(1, count):
        rows, columns = np.nonzero(np.asarray(labels) == label)
        middle = len(rows) // 2
        start = int(columns[middle]), int(rows[middle])
        barred = (before != before[start[1], start[0]]) | (seeds == (INSIDE if before[start[1], start[0]] else OUTSIDE))
        area = np.pad(barred.astype(np.uint8), 1, constant_values=1)
        flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (_FILLED << 8)
        cv2.floodFill(even.copy(), area, start, 0, (_ALIKE,) * 3, (_ALIKE,) * 3, flags)
        filled |= area[1:-1, 1:-1] == _FILLED
    return filled


def _recut(small: Bytes, before: Mask, seeds: NDArray[np.int8]) -> Mask:
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


def _touched(change: Mask, wrong: Mask) -> Mask:
    """The pieces of a change that a mark asked for."""
    _, labels = cv2.connectedComponents(change.astype(np.uint8), connectivity=4)
    pieces = np.unique(np.asarray(labels)[wrong & change])
    return np.isin(labels, pieces[pieces > 0])
