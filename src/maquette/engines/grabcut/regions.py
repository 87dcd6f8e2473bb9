"""Superpixels: some hundred patches of even colour that stand for the pixels where whole-picture questions are asked.

SLIC: Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", PAMI 34 (2012).
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from maquette.engines.grabcut.pixels import Bytes, Mask

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Regions:
    """``labels`` (H, W) numbers the n regions from 0. Per region: ``area`` in pixels, mean ``colours`` (n, 3) CIELAB,
    mean ``places`` (n, 2) down and across as shares of the picture; ``beyond`` are those at its frame or beyond a box.
    ``pairs`` (m, 2) are neighbours.
    """

    labels: Integers
    area: Doubles
    colours: Doubles
    places: Doubles
    beyond: Mask
    pairs: Integers

    def mean(self, values: npt.NDArray[Any]) -> Doubles:
        """The mean of a picture (H, W) over each region, (n,)."""
        return _means(self.labels, self.area, values)

    def colour_distances(self) -> Doubles:
        """CIELAB distance of every region to every other, (n, n)."""
        return _distances(self.colours)

    def place_distances(self) -> Doubles:
        """Distance of the centres, in shares of the picture's sides, (n, n)."""
        return _distances(self.places)


def find_regions(rgb: Bytes, outside: Mask, count: int) -> Regions:
    """Takes sRGB (H, W, 3) and what is certainly not object, (H, W); the number of regions comes near to ``count``."""
    from skimage.segmentation import slic

    labels = np.asarray(slic(rgb, count, compactness=15, start_label=0, max_num_iter=6), np.int64)
    area = np.bincount(labels.ravel()).astype(np.float64)
    lab = np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB))
    height, width = labels.shape
    down, across = np.mgrid[:height, :width]
    return Regions(
        labels,
        area,
        np.stack([_means(labels, area, lab[..., channel]) for channel in range(3)], axis=1),
        np.stack([_means(labels, area, down / height), _means(labels, area, across / width)], axis=1),
        _beyond(labels, area, outside),
        _neighbours(labels),
    )


def _means(labels: Integers, area: Doubles, values: npt.NDArray[Any]) -> Doubles:
    return np.bincount(labels.ravel(), values.ravel(), minlength=len(area)) / area


def _distances(points: Doubles) -> Doubles:
    return np.asarray(np.linalg.norm(points[:, None] - points[None], axis=2), np.float64)


def _beyond(labels: Integers, area: Doubles, outside: Mask) -> Mask:
    frame = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return (np.bincount(frame, minlength=len(area)) > 0) | (_means(labels, area, outside) > 0.5)


def _neighbours(labels: Integers) -> Integers:
    steps = [(labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])]
    steps += [(labels[:-1, :-1], labels[1:, 1:]), (labels[1:, :-1], labels[:-1, 1:])]
    both = np.concatenate([np.stack([one.ravel(), other.ravel()], axis=1) for one, other in steps])
    both = np.sort(both[both[:, 0] != both[:, 1]], axis=1)
    count = int(labels.max()) + 1
    codes = np.unique(both[:, 0] * count + both[:, 1])
    return np.stack([codes // count, codes % count], axis=1)
