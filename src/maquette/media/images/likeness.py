"""Whether two photos show the same thing from the same side, and what a photo is worth beside others of its set.

Hashes find copies (resized, compressed again, brightened). For photos taken a moment apart: ORB features matched
both ways and tied by one perspective map that at least ``_INLIERS`` of them follow (RANSAC). ORB: Rublee et al., "ORB:
an efficient alternative to SIFT or SURF", ICCV 2011. On plain backdrops only the object's own features count, because a
turntable's pictures share everything else; and there the map must lay the one outline and its colours on the other's:
a tower looks alike from all sides but for its door, the label of a bottle that was turned is found again beside itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maquette.media.images.framing import Bytes, Edge, Floats, Framing, Mask, locate, locate_alpha
from maquette.media.images.light import exposure, grey_of, sharpness

SIDE = 640
"""Pixels of the longer side that features are looked for at."""
_FEATURES = 700
_INLIERS = 20
_RATIO = 0.8
_REACH = 5.0
"""Pixels that a feature may be off the map."""
_COPY_BITS = 3
_OVERLAP = 0.8
"""Of two outlines that one map should lay on each other: intersection over union."""
_SCENE_OVERLAP = 0.3
_DRIFT = 2
"""Pixels of the coarse picture that a place may have moved."""
_STRANGE = 18.0
"""CIELAB units."""
_PATCHES = 0.015
"""The share of the object that may look strange: two photos of one side have up to this, two sides mostly 2 to 20 %."""
_SCENE_PATCHES = 0.08
"""The same of whole pictures in which people may have moved; an object that was turned changes more."""
_READ_SIDE = 1024


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What is compared.

    ``hash``: 64 bits of the coarse picture; ``places`` (N, 2) in pixels and ``codes`` (N, 32): ORB features;
    ``coarse`` (h, w, 3): the picture in sRGB at ``scale`` times the size of the places, and ``mask`` (h, w) the object
    in it, None where none stands out from a plain backdrop.
    """

    hash: int
    places: Floats
    codes: Bytes
    coarse: Bytes
    scale: float
    mask: Mask | None


@dataclass(frozen=True, slots=True)
class Tie:
    """A map (3, 3) from pixels of one photo to those of another, and how many features follow it."""

    map: NDArray[np.float64]
    inliers: int


@dataclass(frozen=True, slots=True)
class PhotoMeasure:
    """One photo in figures.

    ``sharpness``: comparable within a set only, higher is sharper. ``exposure``: 1 for well lit, towards 0 for dark
    or blown out. ``plainness``: of the backdrop, 1 to 0. ``coverage``: the share of the picture that the box around
    the object takes, 0 where no object was found. ``cut_off``: the edges that it runs over.
    """

    sharpness: float
    exposure: float
    plainness: float
    coverage: float
    cut_off: tuple[Edge, ...]
    descriptor: Descriptor


def measure(path: Path) -> PhotoMeasure:
    """Reads a working copy (upright sRGB, 8 bits, RGB or RGBA) and measures it."""
    rgb, alpha = open_copy(path)
    framing = locate(rgb) if alpha is None else locate_alpha(alpha)
    return PhotoMeasure(
        sharpness=sharpness(rgb, framing),
        exposure=exposure(rgb, framing),
        plainness=framing.plainness,
        coverage=framing.coverage if framing.found else 0.0,
        cut_off=framing.cut_off if framing.found else (),
        descriptor=describe(rgb, framing),
    )


def same_view(one: PhotoMeasure | Descriptor, other: PhotoMeasure | Descriptor) -> bool:
    """Whether two photos show the same side of the same thing. Mirrored pictures do not."""
    a, b = (entry.descriptor if isinstance(entry, PhotoMeasure) else entry for entry in (one, other))
    if (a.hash ^ b.hash).bit_count() <= _COPY_BITS and _alike(a, b, _stretch(a, b)):
        return True
    found = tie(a, b)
    return found is not None and found.inliers >= _INLIERS and _alike(a, b, found.map)


def groups(descriptors: Sequence[Descriptor]) -> tuple[tuple[int, ...], ...]:
    """The numbers of photos that show the same view, in groups of two and more."""
    leader = list(range(len(descriptors)))
    for one in range(len(descriptors)):
        for other in range(one + 1, len(descriptors)):
            if leader[one] != leader[other] and same_view(descriptors[one], descriptors[other]):
                old, new = leader[other], leader[one]
                leader = [new if entry == old else entry for entry in leader]
    members = {head: tuple(number for number, entry in enumerate(leader) if entry == head) for head in leader}
    return tuple(found for found in members.values() if len(found) > 1)


def describe(rgb: Bytes, framing: Framing) -> Descriptor:
    """Takes sRGB (H, W, 3) and where its object is."""
    grey = grey_of(rgb, SIDE)
    detector: Any = cv2.ORB.create(nfeatures=_FEATURES, fastThreshold=12)
    places, codes = detector.detectAndCompute(grey, framing.around(*grey.shape))
    points = np.array([place.pt for place in places], np.float32).reshape(-1, 2)
    found = np.zeros((0, 32), np.uint8) if codes is None else np.asarray(codes, np.uint8)
    height, width = framing.mask.shape
    coarse = np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    mask = framing.mask if framing.stands_out else None
    return Descriptor(_hash(grey), points, found, coarse, width / grey.shape[1], mask)


def tie(one: Descriptor, other: Descriptor) -> Tie | None:
    """The perspective map that most features of the one photo follow to the other; None where there is none."""
    if min(len(one.codes), len(other.codes)) < _INLIERS:
        return None
    there, back = (_best(a, b) for a, b in ((one, other), (other, one)))
    pairs = [(a, b) for a, b in there.items() if back.get(b) == a]
    if len(pairs) < _INLIERS:
        return None
    source = np.array([one.places[a] for a, _ in pairs])
    target = np.array([other.places[b] for _, b in pairs])
    cv2.setRNGSeed(1)
    answer: Any = cv2.findHomography(source, target, cv2.RANSAC, _REACH)
    found, inliers = answer
    return Tie(found, int(inliers.sum())) if found is not None and _plausible(found) else None


def open_copy(path: Path) -> tuple[Bytes, Bytes | None]:
    """A working copy's colours (H, W, 3), JPEG down to 1024 pixels, and its alpha (H, W) if it has one."""
    with Image.open(path, formats=["JPEG", "PNG"]) as picture:
        picture.draft(None, (_READ_SIDE, _READ_SIDE))
        pixels = np.asarray(picture.convert("RGBA" if picture.mode == "RGBA" else "RGB"), np.uint8)
    return np.ascontiguousarray(pixels[..., :3]), (pixels[..., 3] if pixels.shape[2] == 4 else None)


def _hash(grey: Bytes) -> int:
    """The signs of 64 low frequencies (DCT), as pHash takes them."""
    coarse = cv2.dct(np.asarray(cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA), np.float32))
    low = np.asarray(coarse[:8, :8]).ravel()
    bits = low > np.median(low[1:])
    return int("".join("1" if bit else "0" for bit in bits), 2)


def _best(one: Descriptor, other: Descriptor) -> dict[int, int]:
    """The clearly nearest feature of the other photo for each of the one's (Lowe's ratio)."""
    matches = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(one.codes, other.codes, k=2)
    return {
        pair[0].queryIdx: pair[0].trainIdx
        for pair in matches
        if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance
    }


def _plausible(tied: NDArray[np.float64]) -> bool:
    """Two photos of one view differ by a turn, a shift, some scale; a map that folds or mirrors is chance."""
    turn = tied[:2, :2] / tied[2, 2]
    size = float(np.linalg.det(turn))
    return 0.1 < size < 10 and float(np.abs(tied[2, :2]).max()) < 2e-3


def _stretch(one: Descriptor, other: Descriptor) -> NDArray[np.float64]:
    """The map between two copies of one picture."""
    (tall, wide), (high, broad) = one.coarse.shape[:2], other.coarse.shape[:2]
    return np.diag([broad / other.scale / wide * one.scale, high / other.scale / tall * one.scale, 1.0])


def _alike(one: Descriptor, other: Descriptor, tied: NDArray[np.float64]) -> bool:
    """Whether the map lays one object on the other: outline on outline, colour on colour.

    Where no object stands out from its backdrop the whole pictures are laid on each other.
    """
    if one.mask is None or other.mask is None:
        masks, limit = (np.ones(photo.coarse.shape[:2], np.bool_) for photo in (one, other)), _SCENE_PATCHES
    else:
        masks, limit = (one.mask, other.mask), _PATCHES
    mine, theirs = masks
    size = mine.shape[::-1]
    step = np.diag([other.scale, other.scale, 1]) @ tied @ np.diag([1 / one.scale, 1 / one.scale, 1])
    ways = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    laid = np.asarray(cv2.warpPerspective(theirs.view(np.uint8), step, size, flags=ways), np.bool_)
    both, either = laid & mine, laid | mine
    if both.sum() < (_OVERLAP if limit == _PATCHES else _SCENE_OVERLAP) * either.sum():
        return False
    picture = cv2.warpPerspective(other.coarse, step, size, flags=ways, borderMode=cv2.BORDER_REPLICATE)
    return _patches(one.coarse, np.asarray(picture, np.uint8), both) <= limit


def _patches(one: Bytes, other: Bytes, both: Mask) -> float:
    """The share of the object that has other colours than anything within some pixels of it in the other photo.

    That is the door that the next side has not; edges that moved a little with the camera are found again near by.
    """
    a, b = (_levelled(picture, both) for picture in (one, other))
    steps = range(-_DRIFT, _DRIFT + 1)
    apart = [np.linalg.norm(a - np.roll(b, (down, right), (0, 1)), axis=-1) for down in steps for right in steps]
    inside = cv2.erode(both.view(np.uint8), np.ones((2 * _DRIFT + 1, 2 * _DRIFT + 1), np.uint8))
    strange = (np.minimum.reduce(apart) > _STRANGE) & (inside > 0)
    solid = cv2.morphologyEx(strange.view(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return float(np.sum(solid) / max(1, int(np.sum(inside))))


def _levelled(picture: Bytes, both: Mask) -> Floats:
    """CIELAB about the median colour of the object, so that another exposure does not count; lightness counts less."""
    calm = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.8), np.float32) / 255
    lab = np.asarray(cv2.cvtColor(calm, cv2.COLOR_RGB2LAB), np.float32) * np.array([0.7, 1, 1], np.float32)
    return np.asarray(lab - np.median(lab[both], axis=0), np.float32)
