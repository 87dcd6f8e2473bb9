"""Where the object of a photo is, roughly, and how it sits in the frame; without weights, in some milliseconds.

What stands at the frame's corners is taken for the backdrop. Frame pixels whose colour does not occur there are the
object where it leaves the picture; pixels within that look like none of the backdrop at their left, right, above or
below are the object. It is a guess for photos of one thing before a backdrop, and says how sure it is: in a cluttered
scene nobody should act on it.
"""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

SIDE = 200
"""Pixels of the longer side that the object is looked for at."""
_CORNER = 0.15
"""The share of an edge, from each of its ends, that is taken for backdrop."""
_BAND = 0.02
_TOLERANCE = 11.0
"""CIELAB units beyond which a colour is another one, for a backdrop without grain."""
_LIGHTNESS = 0.7
"""Steps in lightness count for less than steps in hue: shadows and pools of light are backdrop."""
_SHORTEST_RUN = 0.03
_RUN_GAP = 0.03
_MINOR_PIECE = 0.1
_FAMILIAR = 0.08
_ALIKE = 0.3
_ONE_RUN = 0.3
_CLEAR = 1.5
_CLEAR_PERCENTILE = 75
"""A quarter of an object must differ from the backdrop by ``_CLEAR`` times the tolerance."""
_PLAIN = 0.7
"""Studios have .8 and more, tidy rooms .6 to .9, clutter less than .6."""


class Edge(StrEnum):
    """A side of the picture."""

    TOP = "top"
    RIGHT = "right"
    BOTTOM = "bottom"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Framing:
    """The object in its frame.

    ``mask`` (H, W) at ``SIDE`` pixels; ``coverage``: the share of the picture that the box around the object takes;
    ``extent``: the larger of the box's width and height as shares of the picture's; ``cut_off``: the edges that it
    runs over; ``plainness``: 1 for an even backdrop, towards 0 for clutter; ``found``: whether there is an object
    that stands out from its backdrop, without which the other figures say nothing.
    """

    mask: Mask
    coverage: float
    extent: float
    cut_off: tuple[Edge, ...]
    plainness: float
    found: bool

    @property
    def stands_out(self) -> bool:
        """Whether the mask can be relied on: an object was found, and the backdrop is plain."""
        return self.found and self.plainness >= _PLAIN

    def around(self, height: int, width: int) -> Bytes | None:
        """The object and a margin as 0 and 255, (height, width); None where the mask cannot be relied on."""
        if not self.stands_out:
            return None
        wide = cv2.dilate(self.mask.view(np.uint8), np.ones((7, 7), np.uint8))
        return np.asarray(cv2.resize(wide, (width, height), interpolation=cv2.INTER_NEAREST) * 255, np.uint8)


@dataclass(frozen=True, slots=True)
class _Lines:
    """The colours along each edge, and which of them are no backdrop."""

    colours: dict[Edge, Floats]
    foreign: dict[Edge, Mask]


def locate(rgb: Bytes) -> Framing:
    """Takes sRGB (H, W, 3) of any size."""
    lab = _lab(_small(rgb))
    grain = _grain(lab)
    tolerance = _TOLERANCE + 2 * grain
    lines = _read_frame(lab, tolerance)
    difference = _unlike_backdrop(lab, lines)
    mask = _pieces(difference > max(tolerance, 0.5 * _otsu(difference)))
    return _describe(mask, difference, lines, grain, tolerance)


def locate_alpha(alpha: Bytes) -> Framing:
    """The same for a picture that tells its object by an 8-bit alpha channel (H, W)."""
    mask = np.asarray(_small(alpha) >= 128, np.bool_)
    edges = {Edge.TOP: mask[0], Edge.RIGHT: mask[:, -1], Edge.BOTTOM: mask[-1], Edge.LEFT: mask[:, 0]}
    cut_off = tuple(edge for edge, line in edges.items() if line.mean() > _SHORTEST_RUN)
    coverage, extent = _box(mask)
    return Framing(mask, coverage, extent, cut_off, 1.0, bool(mask.any()))


def _small(picture: Bytes) -> Bytes:
    factor = min(1.0, SIDE / max(picture.shape[:2]))
    size = (max(8, round(picture.shape[1] * factor)), max(8, round(picture.shape[0] * factor)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _lab(rgb: Bytes) -> Floats:
    calm = cv2.bilateralFilter(rgb, 5, 20, 3)
    lab = np.asarray(cv2.cvtColor(np.asarray(calm, np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    return lab * np.array([_LIGHTNESS, 1, 1], np.float32)


def _grain(lab: Floats) -> float:
    """The median deviation of the outer fifth from its own neighbourhood: texture, CIELAB units."""
    deviation = np.linalg.norm(lab - cv2.GaussianBlur(lab, (0, 0), 3), axis=-1)
    return float(np.median(deviation[_outer(deviation.shape)]))


def _outer(shape: tuple[int, ...]) -> Mask:
    outer = np.ones(shape[:2], np.bool_)
    rows, columns = max(1, shape[0] // 8), max(1, shape[1] // 8)
    outer[rows:-rows, columns:-columns] = False
    return outer


def _read_frame(lab: Floats, tolerance: float) -> _Lines:
    band = max(2, round(_BAND * max(lab.shape[:2])))
    colours: dict[Edge, Floats] = {
        Edge.TOP: np.asarray(lab[:band].mean(0), np.float32),
        Edge.RIGHT: np.asarray(lab[:, -band:].mean(1), np.float32),
        Edge.BOTTOM: np.asarray(lab[-band:].mean(0), np.float32),
        Edge.LEFT: np.asarray(lab[:, :band].mean(1), np.float32),
    }
    corners = _backdrop(colours, tolerance)
    strange = {edge: _nearest(line, corners) > tolerance for edge, line in colours.items()}
    for one, other in ((Edge.LEFT, Edge.RIGHT), (Edge.RIGHT, Edge.LEFT)):
        strange[one] = strange[one] & ~_at_same_height(colours[one], colours[other], tolerance)
    return _Lines(colours, {edge: _runs(line) for edge, line in strange.items()})


def _backdrop(colours: dict[Edge, Floats], tolerance: float) -> Floats:
    """The colours at the corners, without a corner that looks like no other: there the object fills it."""
    top, right, bottom, left = (_ends(colours[edge]) for edge in (Edge.TOP, Edge.RIGHT, Edge.BOTTOM, Edge.LEFT))
    meeting = ((top[0], left[0]), (top[1], right[0]), (bottom[1], right[1]), (bottom[0], left[1]))
    corners = [np.concatenate(ends) for ends in meeting]
    others = [np.concatenate(corners[:number] + corners[number + 1 :]) for number in range(4)]
    known = [float((_nearest(a, b) < tolerance).mean()) > _ALIKE for a, b in zip(corners, others, strict=True)]
    return np.concatenate([corner for corner, kept in zip(corners, known, strict=True) if kept or not any(known)])


def _ends(line: Floats) -> tuple[Floats, Floats]:
    length = max(1, round(_CORNER * len(line)))
    return line[:length], line[-length:]


def _nearest(colours: Floats, known: Floats) -> Floats:
    """Each colour's distance to the nearest known one."""
    return np.asarray(np.linalg.norm(colours[:, None] - known[None], axis=-1).min(1), np.float32)


def _at_same_height(line: Floats, opposite: Floats, tolerance: float) -> Mask:
    """Whether the opposite edge shows the same colour at about the same height: horizons, skirting boards, shelves."""
    reach = max(1, round(_FAMILIAR * len(line)))
    padded = np.pad(opposite, ((reach, reach), (0, 0)), mode="edge")
    windows = np.stack([padded[shift : shift + len(line)] for shift in range(2 * reach + 1)])
    return np.asarray(np.linalg.norm(windows - line[None], axis=-1).min(0) < tolerance, np.bool_)


def _runs(strange: Mask) -> Mask:
    """Joins runs over small gaps and drops short ones."""
    gap, least = (max(1, round(share * len(strange))) for share in (_RUN_GAP, _SHORTEST_RUN))
    line = strange.view(np.uint8)[None]
    joined = cv2.morphologyEx(line, cv2.MORPH_CLOSE, np.ones((1, 2 * gap + 1), np.uint8))
    return np.asarray(cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((1, least), np.uint8))[0], np.bool_)


def _unlike_backdrop(lab: Floats, lines: _Lines) -> Floats:
    """Each pixel's distance to the nearest of what the backdrop may look like behind it, (H, W)."""
    left, right, top, bottom = (_mended(lines, edge) for edge in (Edge.LEFT, Edge.RIGHT, Edge.TOP, Edge.BOTTOM))
    across = np.linspace(0, 1, lab.shape[1], dtype=np.float32)[None, :, None]
    between = left[:, None] * (1 - across) + right[:, None] * across
    candidates = (left[:, None], right[:, None], between, top[None], bottom[None])
    distances = [np.linalg.norm(lab - candidate, axis=-1) for candidate in candidates]
    return np.asarray(np.minimum.reduce(distances), np.float32)


def _mended(lines: _Lines, edge: Edge) -> Floats:
    """The backdrop along an edge, carried on where the object hides it."""
    line, known = lines.colours[edge], ~lines.foreign[edge]
    if known.all() or not known.any():
        return line
    places = np.arange(len(line))
    return np.stack([np.interp(places, places[known], line[known, band]) for band in range(3)], -1).astype(np.float32)


def _otsu(difference: Floats) -> float:
    levels = np.clip(difference * 2, 0, 255).astype(np.uint8)
    return cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)[0] / 2


def _pieces(raw: Mask) -> Mask:
    """The largest piece and what is nearly as large; specks and threads go."""
    solid = cv2.morphologyEx(raw.view(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    if count < 2:
        return np.zeros_like(raw)
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = np.flatnonzero(areas >= _MINOR_PIECE * areas.max()) + 1
    return np.isin(labels, kept)


def _describe(mask: Mask, difference: Floats, lines: _Lines, grain: float, tolerance: float) -> Framing:
    coverage, extent = _box(mask)
    unexplained = float((difference[~mask] > 0.6 * tolerance).mean()) if not mask.all() else 1.0
    restless = float(np.mean([_restless(line) for line in lines.foreign.values()]))
    plainness = float(np.exp(-(grain / 4 + unexplained + restless)))
    inside = float(np.percentile(difference[mask], _CLEAR_PERCENTILE)) if mask.any() else 0.0
    found = 0.001 < mask.mean() < 0.9 and inside > _CLEAR * tolerance
    cut_off = tuple(edge for edge in Edge if _leaves(mask, lines.foreign[edge], edge))
    return Framing(mask, coverage, extent, cut_off, plainness, found)


def _restless(foreign: Mask) -> float:
    """The share of an edge that is no backdrop; little of it where it is one run, as an object's that is cut off."""
    runs = int(np.diff(foreign.astype(np.int8), prepend=0).clip(0).sum())
    return float(foreign.mean()) * (1.0 if runs > 1 else _ONE_RUN)


def _leaves(mask: Mask, foreign: Mask, edge: Edge) -> bool:
    border = {Edge.TOP: mask[:2].any(0), Edge.BOTTOM: mask[-2:].any(0), Edge.LEFT: mask[:, :2].any(1)}
    line = border.get(edge, mask[:, -2:].any(1))
    return bool((line & foreign).mean() >= _SHORTEST_RUN)


def _box(mask: Mask) -> tuple[float, float]:
    if not mask.any():
        return 0.0, 0.0
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    tall, wide = (rows[-1] - rows[0] + 1) / len(mask), (columns[-1] - columns[0] + 1) / mask.shape[1]
    return float(tall * wide), float(max(tall, wide))
