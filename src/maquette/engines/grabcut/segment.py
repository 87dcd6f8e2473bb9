"""From a picture to a mask, at a size where GrabCut is quick.

Beliefs about where the object is are tried on a small copy, and the mask that looks most like a good one is taken to
the full size of segmentation. On calm backdrops one of them is the picture's difference to its backdrop, at that
size, and in tidy rooms the others must promise clearly more; in busy scenes it is one guess among them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from maquette.engines.grabcut.claims import Marked
from maquette.engines.grabcut.cutting import grab_cut, sharpen
from maquette.engines.grabcut.expect import best_of, expected_iou, is_disputed, is_uncertain
from maquette.engines.grabcut.hints import apply_marks
from maquette.engines.grabcut.pieces import close_pinholes, keep_object, outlying
from maquette.engines.grabcut.pixels import Bytes, Mask, grown, opened, resized
from maquette.engines.grabcut.proposals import View, look_at, propose
from maquette.engines.grabcut.regions import Doubles
from maquette.engines.grabcut.scene import Scene, part
from maquette.engines.grabcut.traits import overlap, palette, traits

_SMALL = 240
"""Proposals are made on a copy of at most so many pixels a side."""
_BUSY_SPREAD = 4.5
_BUSY_AND_FULL = (2.4, 0.5), (3.5, 0.6)
"""Scenes are busy beyond a spread, and beyond smaller ones where less than a share of them is known to be backdrop.
Those of the small copy count: tidy rooms have 2.3 to 4.2 there.
"""
_STUDIO_SPREAD = 2.0
_SEAM_WIDTH = 11
_ITERATIONS = 3
_BAND = 13
"""The outline of a small mask is looked for anew within so many pixels of the larger copy."""
_FINE_BAND = 5
"""The same for a mask from the backdrop, whose outline follows blurred differences and runs a pixel wide."""
_CONVINCING = 0.7
"""In busy scenes a proposal of which less is expected does not stand alone."""
_LEAST_SHARE, _MOST_SHARE = 0.0005, 0.95
"""What covers less, or more, of the picture is no proposal."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The object's mask, its expected IoU, whether that is too low to go unseen, and whether the scene is too busy
    for a model of its backdrop.

    ``barred`` are the pixels that could not become the object: the rim, or all beyond the box. ``proposals`` are the
    masks among which it was chosen (by name, at a smaller size), with what was seen of each.
    """

    mask: Mask
    expected: float
    uncertain: bool
    busy: bool
    barred: Mask
    proposals: dict[str, tuple[Mask, Doubles]]


def segment(rgb: Bytes, box: tuple[int, int, int, int] | None, marked: Marked | None = None) -> Segment:
    """Takes sRGB (H, W, 3), an optional box (left, top, right, bottom) in pixels and what a person marked (H, W).

    The mask may be empty.
    """
    outside = _beyond(rgb.shape[:2], box)
    small, beyond = _shrunk(rgb, outside)
    view = look_at(small, beyond, boxed=box is not None)
    scene = part(small, beyond, boxed=view.boxed)
    busy = _is_busy(scene)
    calm = None if busy else _from_calm_scene(rgb, outside, boxed=view.boxed)
    proposals = _propose(view, _from_scene(scene, beyond) if calm is None else _at(calm, beyond.shape), calm=not busy)
    expected = {name: expected_iou(seen, boxed=view.boxed) for name, (_, seen) in proposals.items()}
    room = not busy and scene.spread > _STUDIO_SPREAD
    best = best_of(expected, room=room)
    mask, promise = np.zeros_like(outside), expected.get(best, 0.0)
    disputed = room and is_disputed(promise, _rivals(best, proposals, expected))
    if best == "scene" and calm is not None:
        mask = calm
    elif best and calm is None:
        mask = _from_busy_scene(rgb, outside, proposals, expected)
    elif best:
        mask = sharpen(rgb, _at(proposals[best][0], outside.shape), outside, _BAND)
        if room and calm is not None:  # colours alone take the line between wall and floor for a part of the object
            mask &= opened(mask, _SEAM_WIDTH) | grown(calm, 3)
    mask = close_pinholes(keep_object(mask, boxed=view.boxed))
    if best and calm is None:
        promise = min(promise, _promise_of(_at(mask, beyond.shape), proposals, view, calm=False))
    if marked is not None and marked.any():
        mask = apply_marks(rgb, mask, marked)
        disputed = False
        promise = max(promise, _promise_of(_at(mask, beyond.shape), proposals, view, calm=not busy))
    uncertain = disputed or is_uncertain(promise, boxed=view.boxed)
    return Segment(mask, promise, uncertain, busy, outside, proposals)


def _rivals(
    best: str, proposals: dict[str, tuple[Mask, Doubles]], expected: dict[str, float]
) -> Iterator[tuple[float, float]]:
    """What is expected of the other masks, and their overlap with the best."""
    for name, (mask, _) in proposals.items():
        if name != best:
            yield expected[name], overlap(mask, proposals[best][0])


def _propose(view: View, from_backdrop: Mask, *, calm: bool) -> dict[str, tuple[Mask, Doubles]]:
    """All masks that may be objects, with their traits."""
    masks = {"scene": from_backdrop, **propose(view)}
    masks = {name: keep_object(mask, boxed=view.boxed) for name, mask in masks.items()}
    masks = {name: mask for name, mask in masks.items() if _may_be_object(mask)}
    colours = palette(view.rgb)
    found: dict[str, tuple[Mask, Doubles]] = {}
    for name, mask in masks.items():
        peers = [peer for other, peer in masks.items() if other != name]
        found[name] = mask, traits(mask, peers, view, colours, calm=calm, from_backdrop=name == "scene")
    return found


def _from_busy_scene(
    rgb: Bytes, outside: Mask, proposals: dict[str, tuple[Mask, Doubles]], expected: dict[str, float]
) -> Mask:
    """From the best proposal, or from what they agree on where none convinces. All is open again at this size: what
    the small copy blurred together is told apart, and colours of the whole object speak for its forgotten parts.
    """
    best = max(expected, key=lambda name: expected[name])
    rough = proposals[best][0] if expected[best] >= _CONVINCING else _agreed(proposals, expected)
    labels = np.where(_at(rough, outside.shape), cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[outside] = cv2.GC_BGD
    return grab_cut(rgb, labels, 1)


def _agreed(proposals: dict[str, tuple[Mask, Doubles]], expected: dict[str, float]) -> Mask:
    """What more than half of them hold to be object, each by its odds."""
    odds = {name: share / (1 - share) for name, share in expected.items()}
    votes = np.sum([odds[name] * mask for name, (mask, _) in proposals.items()], axis=0)
    return np.asarray(votes > sum(odds.values()) / 2)


def _promise_of(mask: Mask, proposals: dict[str, tuple[Mask, Doubles]], view: View, *, calm: bool) -> float:
    """What to expect of a mask that was made after the proposals, (H, W) of the small copy."""
    if not _may_be_object(mask):
        return 0.0
    peers = [peer for peer, _ in proposals.values()]
    numbers = traits(mask, peers, view, palette(view.rgb), calm=calm, from_backdrop=False)
    return expected_iou(numbers, boxed=view.boxed)


def _may_be_object(mask: Mask) -> bool:
    return _LEAST_SHARE < float(mask.mean()) < _MOST_SHARE


def _is_busy(scene: Scene) -> bool:
    full = any(scene.spread > spread and scene.explained < known for spread, known in _BUSY_AND_FULL)
    return full or scene.spread > _BUSY_SPREAD


def _shrunk(rgb: Bytes, outside: Mask) -> tuple[Bytes, Mask]:
    height, width = outside.shape
    factor = min(1.0, _SMALL / max(height, width))
    size = max(8, round(width * factor)), max(8, round(height * factor))
    beyond = np.asarray(resized(outside.astype(np.float32), *size) > 0.5)
    beyond[[0, -1]] = beyond[:, [0, -1]] = True
    return np.asarray(resized(rgb, *size), np.uint8), beyond


def _at(mask: Mask, shape: tuple[int, ...]) -> Mask:
    return np.asarray(resized(mask.astype(np.float32), shape[1], shape[0]) > 0.5)


def _beyond(shape: tuple[int, ...], box: tuple[int, int, int, int] | None) -> Mask:
    """All beyond the box; the picture's rim always counts as beyond, so that there is a backdrop to learn from."""
    outside = np.ones(shape[:2], np.bool_)
    left, top, right, bottom = box or (0, 0, shape[1], shape[0])
    outside[max(1, top) : min(shape[0] - 1, bottom), max(1, left) : min(shape[1] - 1, right)] = False
    return outside


def _from_calm_scene(rgb: Bytes, outside: Mask, *, boxed: bool) -> Mask:
    return sharpen(rgb, _from_scene(part(rgb, outside, boxed=boxed), outside), outside, _FINE_BAND)


def _from_scene(scene: Scene, outside: Mask) -> Mask:
    labels = np.where(scene.object, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[scene.sure] = cv2.GC_FGD
    labels[outside] = cv2.GC_BGD
    mask = grab_cut(scene.flat, labels, _ITERATIONS)
    mask &= ~(scene.seams & ~opened(mask, _SEAM_WIDTH))
    return mask & ~outlying(opened(scene.seams & mask, 3), mask)
