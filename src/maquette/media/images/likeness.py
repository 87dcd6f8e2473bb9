"""Whether two photos show the same thing from the same side, and what a photo is worth beside others of its set.

Hashes find copies (resized, compressed again, brightened). For photos taken a moment apart: ORB features matched
both ways and tied by one perspective map that at least ``_INLIERS`` of them follow (RANSAC). ORB: Rublee et al., "ORB:
an efficient alternative to SIFT or SURF", ICCV 2011. On plain backdrops only the object's own features count, because a
turntable's pictures share everything else; and there the map must lay the one outline and its colours on the other's:
the label of a bottle that was turned is found again, but beside itself.
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
_CORRELATION = 0.7
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
    """Whether the map lays one object on the other: outline on outline, light and dark on light and dark."""
    if one.mask is None or other.mask is None:
        return True
    size = one.mask.shape[::-1]
    back = np.diag([1 / one.scale, 1 / one.scale, 1]), np.diag([other.scale, other.scale, 1])
    step = back[1] @ tied @ back[0]
    ways = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    laid = np.asarray(cv2.warpPerspective(other.mask.view(np.uint8), step, size, flags=ways), np.bool_)
    both, either = laid & one.mask, laid | one.mask
    if both.sum() < _OVERLAP * either.sum():
        return False
    picture = np.asarray(cv2.warpPerspective(other.coarse, step, size, flags=ways), np.uint8)
    return _correlation(one.coarse[both], picture[both]) >= _CORRELATION


def _correlation(one: Bytes, other: Bytes) -> float:
    """Of the colours of two sets of pixels (N, 3), about the mean colour of each."""
    a, b = (np.asarray(pixels, np.float32) - pixels.mean(0, dtype=np.float32) for pixels in (one, other))
    return float((a * b).sum() / max(float(np.sqrt((a * a).sum() * (b * b).sum())), 1e-6))
