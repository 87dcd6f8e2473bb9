"""From a photo to its matte: where to look, how often, and how far to trust what was seen.

The network sees a square of a few hundred pixels, so an object that fills the picture is seen better. Without a box
the first look goes to all of the photo and a second one to the surroundings of what was found; with a box one goes to
the surroundings of the box and one to all of the photo, of which only the box is kept. The look of which the network is
surer counts: thin things can get lost from near, small ones from afar. On 20 photos with known mattes and the weights
``u2netp`` this took the mean IoU from .946 to .966 (worst: .75 to .89), with boxes to .964 (worst .86); how sure the
network is goes with the IoU (Spearman .89).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from maquette.domain.assets import Quality
from maquette.domain.errors import Permanent
from maquette.domain.marks import Marks
from maquette.engines.onnxcut.correcting import corrected
from maquette.engines.onnxcut.session import Bytes, Floats, Session
from maquette.ports.engines import Box, Progress

_BOX_MARGIN, _BOX_SLACK = 0.15, 0.05
"""How much around a box is looked at, and how much of that is kept: nobody draws a box to the pixel."""
_HALF = 0.5
"""What is seen from afar counts within a box where it holds at least this share of what is seen from near."""
_AROUND = 0.12
_WORTH_A_LOOK = 0.75
"""A second look is worth its time where its window is smaller than this share of the first."""
_LEAST_WINDOW = 0.75
"""Of the network's own square: what is enlarged further looks like nothing that it has learnt."""
_SURER = 0.01
"""What is seen from near counts within a box unless the network is surer by this of what it sees from afar."""
_LEAST_BOX = 4
_SEEN = 0.1
_STEEP = 1.5
"""A network's soft edges are wider than those of things; this takes a quarter off the matte's mean error."""
_BLUR_FACTOR = 3.0
"""From this enlargement on the matte is made steeper in step with it, or large photos get a haze."""
_UNSURE = 0.7
_TINY_SHARE = 0.01
_FRAME_SHARE = 0.02
_LEAST_SHARE = 0.0005


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the photo: pixels, right and bottom excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        return (self.right - self.left) * (self.bottom - self.top)

    def of(self, picture: Bytes) -> Bytes:
        """The pixels in it."""
        return np.ascontiguousarray(picture[self.top : self.bottom, self.left : self.right])


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look gave: a matte of the whole photo (H, W), 0 to 1; through which window; how sure the network is."""

    matte: Floats
    window: Window

    @property
    def sure(self) -> float:
        """How far from one half the matte is on average where there is something, 0 to 1."""
        seen = self.matte[self.matte > _SEEN]
        return float(np.abs(2 * seen - 1).mean()) if seen.size else 0.0

    @property
    def size(self) -> int:
        """Pixels of the object."""
        return int((self.matte > 0.5).sum())

    def within(self, bounds: Window) -> "Sight":
        """Nothing beyond the bounds."""
        kept = np.zeros_like(self.matte)
        area = slice(bounds.top, bounds.bottom), slice(bounds.left, bounds.right)
        kept[area] = self.matte[area]
        return Sight(kept, self.window)


def find(session: Session, rgb: Bytes, box: Box | None, marks: Marks, progress: Progress) -> tuple[Bytes, Quality]:
    """Takes sRGB (H, W, 3); returns the matte (H, W, 8 bits) and how far to trust it. Raises ``no_subject``."""
    sight = _free(session, rgb, progress) if box is None else _boxed(session, rgb, box, progress)
    progress(0.75)
    factor = max(sight.window.right - sight.window.left, sight.window.bottom - sight.window.top) / session.side
    matte = np.clip((sight.matte - 0.5) * _STEEP * max(1.0, factor / _BLUR_FACTOR) + 0.5, 0, 1)
    if marks:
        matte = corrected(rgb, matte, marks)
    if (matte > 0.5).mean() < _LEAST_SHARE:
        raise Permanent("no_subject")
    progress(0.85)
    return np.rint(matte * 255).astype(np.uint8), _quality(matte, sight.sure)


def _free(session: Session, rgb: Bytes, progress: Progress) -> Sight:
    first = _seen(session, rgb, _all_of(rgb))
    progress(0.5)
    closer = _closer(first, session.side)
    if closer is None:
        return first
    second = _seen(session, rgb, closer)
    return second if second.sure >= first.sure else first


def _boxed(session: Session, rgb: Bytes, box: Box, progress: Progress) -> Sight:
    photo = _all_of(rgb)
    near, bounds = (_around(box, share, photo) for share in (_BOX_MARGIN, _BOX_SLACK))
    near = _widened(near, session.side, photo)
    crop = _seen(session, rgb, near).within(bounds)
    progress(0.5)
    if near.area >= _WORTH_A_LOOK * photo.area:
        return crop
    whole = _seen(session, rgb, photo).within(bounds)
    return whole if whole.sure > crop.sure + _SURER and whole.size >= _HALF * crop.size else crop


def _all_of(rgb: Bytes) -> Window:
    return Window(0, 0, rgb.shape[1], rgb.shape[0])


def _seen(session: Session, rgb: Bytes, window: Window) -> Sight:
    """What the network sees through a window, on the whole photo; nothing beyond it."""
    found = session.matte(window.of(rgb))
    size = window.right - window.left, window.bottom - window.top
    shrinks = max(size) < session.side
    matte = np.zeros(rgb.shape[:2], np.float32)
    resized = cv2.resize(found, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    matte[window.top : window.bottom, window.left : window.right] = np.clip(resized, 0, 1)
    return Sight(matte, window)


def _around(box: Box, share: float, photo: Window) -> Window:
    """The box and a margin, within the photo. Raises ``no_subject`` for one that lies beyond it or is tiny."""
    across = min(box.x + box.width, photo.right) - max(box.x, 0)
    down = min(box.y + box.height, photo.bottom) - max(box.y, 0)
    if min(across, down) < _LEAST_BOX:
        raise Permanent("no_subject", "The box holds too little of the photo", "Draw it around the object.")
    return _grown(box.x, box.y, box.x + box.width, box.y + box.height, share, photo)


def _closer(sight: Sight, side: int) -> Window | None:
    """The surroundings of what was found, where they are small enough to be worth another look."""
    mask = sight.matte > 0.5
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return None
    around = _grown(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1, _AROUND, sight.window)
    closer = _widened(around, side, sight.window)
    return closer if closer.area < _WORTH_A_LOOK * sight.window.area else None


def _widened(window: Window, side: int, within: Window) -> Window:
    """At least ``_LEAST_WINDOW`` of a network's ``side`` wide and tall, where there is so much."""
    least = _LEAST_WINDOW * side
    across = max(0.0, least - (window.right - window.left)) / 2
    down = max(0.0, least - (window.bottom - window.top)) / 2
    return Window(
        max(within.left, int(window.left - across)),
        max(within.top, int(window.top - down)),
        min(within.right, int(window.right + across)),
        min(within.bottom, int(window.bottom + down)),
    )


def _grown(left: float, top: float, right: float, bottom: float, share: float, within: Window) -> Window:
    across, down = share * (right - left), share * (bottom - top)
    return Window(
        max(within.left, int(left - across)),
        max(within.top, int(top - down)),
        min(within.right, int(np.ceil(right + across))),
        min(within.bottom, int(np.ceil(bottom + down))),
    )


def _quality(matte: Floats, sure: float) -> Quality:
    mask = matte > 0.5
    frame = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    checks = (
        ("touches_frame", frame.mean() > _FRAME_SHARE),
        ("tiny_subject", mask.mean() < _TINY_SHARE),
        ("uncertain", sure < _UNSURE),
    )
    return Quality(round(min(1.0, sure), 3), tuple(flag for flag, applies in checks if applies))
