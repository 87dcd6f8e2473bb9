"""What can be seen of a mask without knowing the truth, in numbers that tell good masks from bad ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from maquette.engines.grabcut.pixels import Bytes, Floats, Mask
from maquette.engines.grabcut.proposals import View
from maquette.engines.grabcut.regions import Doubles, Integers

TRAITS = (
    "agreement",
    "best_agreement",
    "second_agreement",
    "contrast",
    "weak_contrast",
    "unrest",
    "shared_colours",
    "shared_colours_near",
    "frame",
    "area",
    "log_area",
    "fullness",
    "off_centre",
    "salience",
    "one_piece",
    "calm",
    "from_backdrop",
)
"""The last two: the scene is calm, and there the mask is what differs from the backdrop (else 0)."""


@dataclass(frozen=True, slots=True)
class Palette:
    """A small picture's CIELAB colours, the number of each pixel's colour among ``count``, and its mean slope."""

    lab: Floats
    colour: Integers
    count: int
    unrest: float


def palette(rgb: Bytes) -> Palette:
    lab = np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    calm = cv2.GaussianBlur(lab, (0, 0), 1)
    across, down = cv2.Sobel(calm, cv2.CV_32F, 1, 0), cv2.Sobel(calm, cv2.CV_32F, 0, 1)
    unrest = float(np.sqrt((across**2 + down**2).sum(-1)).mean() / 8)
    bins = ((lab + np.array([0, 128, 128])) / np.array([12.6, 16, 16])).astype(np.int64)
    _, colour = np.unique(bins[..., 0] * 256 + bins[..., 1] * 16 + bins[..., 2], return_inverse=True)
    return Palette(lab, colour.reshape(rgb.shape[:2]), int(colour.max()) + 1, unrest)


def traits(
    mask: Mask, peers: Sequence[Mask], view: View, colours: Palette, *, calm: bool, from_backdrop: bool
) -> Doubles:
    """The numbers named in ``TRAITS``, (17,); ``peers`` are the other masks of the picture.

    The mask must be neither empty nor full.
    """
    agreements = sorted((overlap(mask, peer) for peer in peers), reverse=True) or [1.0, 1.0]
    steps = _steps(mask, colours.lab)
    ours = _share_of_colours(colours, mask)
    beside = ~mask & _around(mask)
    salience = view.salience[view.regions.labels]
    area = float(mask.mean())
    return np.array(
        [
            np.mean(agreements),
            agreements[0],
            agreements[min(1, len(agreements) - 1)],
            np.log1p(np.percentile(steps, 50)),
            np.log1p(np.percentile(steps, 20)),
            np.log1p(colours.unrest),
            np.minimum(ours, _share_of_colours(colours, ~mask)).sum(),
            np.minimum(ours, _share_of_colours(colours, beside)).sum(),
            min(0.3, float(np.concatenate([mask[2], mask[-3], mask[:, 2], mask[:, -3]]).mean())),
            area,
            np.log(area),
            *_form(mask),
            salience[mask].mean() - salience[~mask].mean(),
            _one_piece(mask),
            calm,
            calm and from_backdrop,
        ],
        np.float64,
    )


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union; 0 for two empty masks."""
    return int((one & other).sum()) / max(1, int((one | other).sum()))


def _steps(mask: Mask, lab: Floats) -> Floats:
    """Colour steps across the outline, CIELAB units, at each of its pixels within the picture."""
    inside = mask.astype(np.float32)
    share = cv2.blur(inside, (7, 7))
    total = cv2.blur(lab, (7, 7))
    ours = cv2.blur(lab * inside[..., None], (7, 7))
    theirs = (total - ours) / np.maximum(1 - share, 1e-3)[..., None]
    rim = mask & (cv2.erode(mask.view(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) == 0)
    steps = np.linalg.norm(ours / np.maximum(share, 1e-3)[..., None] - theirs, axis=-1)[rim]
    return np.asarray(steps if steps.size else np.zeros(1), np.float32)


def _share_of_colours(colours: Palette, mask: Mask) -> Doubles:
    return np.bincount(colours.colour[mask], minlength=colours.count) / max(1, int(mask.sum()))


def _around(mask: Mask) -> Mask:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    down, across = len(rows) // 4 + 3, len(columns) // 4 + 3
    near = np.zeros_like(mask)
    near[max(0, rows[0] - down) : rows[-1] + down, max(0, columns[0] - across) : columns[-1] + across] = True
    return near


def _form(mask: Mask) -> tuple[float, float]:
    """The share of its convex hull that the mask fills, and its centre's distance from the picture's."""
    outlines, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.contourArea(cv2.convexHull(np.concatenate(outlines)))
    rows, columns = np.nonzero(mask)
    aside = np.array([rows.mean() / mask.shape[0], columns.mean() / mask.shape[1]]) - 0.5
    return min(1.0, len(rows) / max(1.0, hull)), float(np.linalg.norm(aside))


def _one_piece(mask: Mask) -> float:
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8))
    return float(stats[1:, cv2.CC_STAT_AREA].max() / mask.sum())
