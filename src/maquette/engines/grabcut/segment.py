"""From a picture to a mask, at a size where GrabCut is quick.

On calm backdrops GrabCut runs on the picture's difference to its backdrop, started from the likely object. Where
the backdrop explains little of itself (busy rooms, landscapes) that picture means nothing: GrabCut then runs on the
colours, started from a rectangle. GrabCut: Rother, Kolmogorov, Blake, SIGGRAPH 2004.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from maquette.engines.grabcut.pieces import close_pinholes, keep_object, outlying
from maquette.engines.grabcut.pixels import Bytes, Mask, opened
from maquette.engines.grabcut.scene import Scene, part

_BUSY_SPREAD = 3.5
_BUSY_AND_FULL = (2.4, 0.5)
_MARGIN = 0.04
_SEAM_WIDTH = 11
_ITERATIONS = 3


@dataclass(frozen=True, slots=True)
class Segment:
    """The object's mask, the scene it was found in, and whether that scene is too busy for a model of its backdrop.

    ``barred`` are the pixels that could not become the object: the rim, or all beyond the box.
    """

    mask: Mask
    scene: Scene
    busy: bool
    barred: Mask


def segment(rgb: Bytes, box: tuple[int, int, int, int] | None) -> Segment:
    """Takes sRGB (H, W, 3) and an optional box (left, top, right, bottom) in pixels; the mask may be empty."""
    outside = _beyond(rgb.shape[:2], box)
    scene = part(rgb, outside, boxed=box is not None)
    spread, known = _BUSY_AND_FULL
    busy = scene.spread > _BUSY_SPREAD or (scene.spread > spread and scene.explained < known)
    if busy and box is None:
        outside = _beyond(outside.shape, _inset(outside.shape))
    mask = _from_rectangle(rgb, outside) if busy else _from_scene(scene, outside)
    mask = close_pinholes(keep_object(mask, boxed=box is not None))
    return Segment(mask, scene, busy, outside)


def _inset(shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The rectangle that stands in for a person's box."""
    down, across = (max(1, round(side * _MARGIN)) for side in shape)
    return across, down, shape[1] - across, shape[0] - down


def _beyond(shape: tuple[int, ...], box: tuple[int, int, int, int] | None) -> Mask:
    """All beyond the box; the picture's rim always counts as beyond, so that there is a backdrop to learn from."""
    outside = np.ones(shape[:2], np.bool_)
    left, top, right, bottom = box or (0, 0, shape[1], shape[0])
    outside[max(1, top) : min(shape[0] - 1, bottom), max(1, left) : min(shape[1] - 1, right)] = False
    return outside


def _from_scene(scene: Scene, outside: Mask) -> Mask:
    labels = np.where(scene.object, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[scene.sure] = cv2.GC_FGD
    labels[outside] = cv2.GC_BGD
    mask = _grab_cut(scene.flat, labels)
    mask &= ~(scene.seams & ~opened(mask, _SEAM_WIDTH))
    return mask & ~outlying(opened(scene.seams & mask, 3), mask)


def _from_rectangle(rgb: Bytes, outside: Mask) -> Mask:
    return _grab_cut(rgb, np.where(outside, cv2.GC_BGD, cv2.GC_PR_FGD).astype(np.uint8))


def _grab_cut(picture: Bytes, labels: Bytes) -> Mask:
    found = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    if not found.any() or found.all():
        return found
    cv2.setRNGSeed(0)  # its k-means draws from OpenCV's generator: the same photo must give the same mask
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(picture, labels, (0, 0, 0, 0), *models, _ITERATIONS, cv2.GC_INIT_WITH_MASK)
    return np.asarray((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD))
