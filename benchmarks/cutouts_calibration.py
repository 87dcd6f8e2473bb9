"""Fits the IoU that the engine expects of a mask to composites, and prints it as it stands in the engine.

Then come levels for the flag ``uncertain`` without a box: how many finished cut-outs of the same composites each marks,
with the weights that the engine has.
"""

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt
from cutouts_measure import GOOD, Sample, box_of, overlap

from maquette.engines.grabcut.expect import inputs
from maquette.engines.grabcut.matte import refine
from maquette.engines.grabcut.segment import segment
from maquette.engines.grabcut.traits import TRAITS

Doubles = npt.NDArray[np.float64]
_SIDE = 480
_RIDGE = 3.0
_LEVELS = 0.6, 0.64, 0.68, 0.7, 0.72, 0.76


def calibrate(samples: Iterable[Sample]) -> None:
    """Every proposal of every sample counts, with its true IoU; one model without a box, one with."""
    seen: dict[bool, list[tuple[Doubles, float]]] = {False: [], True: []}
    finished: list[tuple[float, float]] = []
    for sample in samples:
        for boxed in seen:
            seen[boxed] += _proposals(sample, boxed=boxed)
        finished.append(_finished(sample))
        print(f"# {sample.name}", flush=True)
    together = np.array([numbers for part in seen.values() for numbers, _ in part])
    mean, spread = together.mean(0), together.std(0)
    print("_USUAL = {  # mean and standard deviation")
    for name, middle, width in zip(TRAITS, mean, spread, strict=True):
        print(f'    "{name}": ({middle:.3f}, {width:.3f}),')
    print("}\n_WEIGHTS = {  # without a box, with one")
    weights = [
        _fit(inputs(np.array([n for n, _ in part])), np.array([iou for _, iou in part])) for part in seen.values()
    ]
    for name, pair in zip((*TRAITS, "always"), np.stack(weights, axis=1), strict=True):
        print(f'    "{name}": ({pair[0]:.3f}, {pair[1]:.3f}),')
    print("}")
    bad, good = ([promise for promise, iou in finished if (iou < GOOD) is poor] for poor in (True, False))
    for level in _LEVELS:
        marked = [sum(promise < level for promise in part) for part in (bad, good)]
        print(f"# below {level}: {marked[0]} of {len(bad)} bad, {marked[1]} of {len(good)} good")


def _finished(sample: Sample) -> tuple[float, float]:
    """What the engine expects of the photo's cut-out without a box, and its true IoU with the matte."""
    factor = min(1.0, _SIDE / max(sample.alpha.shape))
    size = round(sample.alpha.shape[1] * factor), round(sample.alpha.shape[0] * factor)
    found = segment(cv2.resize(sample.photo, size, interpolation=cv2.INTER_AREA), None)
    if not found.mask.any():
        return found.expected, 0.0
    return found.expected, overlap(refine(sample.photo, found.mask)[0] > 127, sample.alpha > 127)


def _proposals(sample: Sample, *, boxed: bool) -> list[tuple[Doubles, float]]:
    photo, truth, box = sample.photo, sample.alpha > 127, None
    if boxed:
        bounds = box_of(sample.alpha)
        left, top = (max(0, int(at - 0.3 * size)) for at, size in ((bounds.x, bounds.width), (bounds.y, bounds.height)))
        right, bottom = int(bounds.x + 1.3 * bounds.width), int(bounds.y + 1.3 * bounds.height)
        photo, truth = photo[top:bottom, left:right], truth[top:bottom, left:right]
        box = bounds.x - left, bounds.y - top, bounds.x + bounds.width - left, bounds.y + bounds.height - top
    factor = min(1.0, _SIDE / max(truth.shape))
    size = round(truth.shape[1] * factor), round(truth.shape[0] * factor)
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    found = segment(small, None if box is None else tuple(round(at * factor) for at in box))
    rows = []
    for mask, numbers in found.proposals.values():
        own = cv2.resize(truth.astype(np.float32), mask.shape[::-1], interpolation=cv2.INTER_AREA) > 0.5
        rows.append((numbers, overlap(mask, own)))
    return rows


def _fit(rows: Doubles, ious: Doubles) -> Doubles:
    """Logistic regression onto shares (Papke, Wooldridge, 1996), by Newton steps, with a ridge."""
    weights = np.zeros(rows.shape[1])
    ridge = np.diag([_RIDGE] * (len(weights) - 1) + [0.0])
    for _ in range(50):
        expected = 1 / (1 + np.exp(-rows @ weights))
        bend = rows.T @ (rows * (expected * (1 - expected) + 1e-4)[:, None]) + ridge
        weights -= np.linalg.solve(bend, rows.T @ (expected - ious) + ridge @ weights)
    return weights
