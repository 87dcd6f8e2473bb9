"""What the benchmark of cut-outs measures: samples with known alpha, scores, the plain rectangle, simulated people."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from composites import composite
from PIL import Image
from skimage.graph import MCP_Geometric

from maquette.domain.marks import Click, Stroke
from maquette.ports.engines import Box

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]
Coordinates = npt.NDArray[np.int64]
PLAIN = ("white", "grey", "twotone")
BOX_MARGIN = 0.03
GOOD = 0.8
"""IoU from which a cut-out counts as good."""


@dataclass(frozen=True)
class Sample:
    """A photo (h, w, 3), its true alpha (h, w) and, where they are known, the true straight colours (h, w, 3)."""

    group: str
    name: str
    photo: Bytes
    alpha: Bytes
    colours: Bytes | None = None


@dataclass(frozen=True)
class Score:
    """The errors of straight colours are mean |colour - truth| of 255 where the true alpha lies between .05 and .95.

    ``edge`` weights each pixel by the alpha that was found, for what is transparent shows no colour; a wrong alpha
    counts in ``mae``. ``edge_even`` weights all pixels alike, and ``edge_photo`` is ``edge`` of the photo's own
    colours under the same alpha. None without a truth.
    """

    iou: float
    boundary_f: float
    mae: float
    edge: float | None = None
    edge_even: float | None = None
    edge_photo: float | None = None


def shared_samples(shared: Path) -> Iterator[Sample]:
    flat = shared / "data2d"
    for item in json.loads((flat / "manifest.json").read_text())["items"]:
        if item["cls"] not in ("matte_comp", "matte_real"):
            continue
        group = (
            "photographs" if item["cls"] == "matte_real" else "plain" if item["background"] in PLAIN else "cluttered"
        )
        photo, alpha, colours = (item["files"].get(key) for key in ("image", "alpha", "foreground"))
        truth = read(flat / colours["path"], "RGBA")[..., :3] if colours else None
        yield Sample(group, item["id"], read(flat / photo["path"], "RGB"), alpha_of(flat / alpha["path"]), truth)


def room_samples(shared: Path) -> Iterator[Sample]:
    """Rendered objects photographed in tidy rooms."""
    for folder in sorted((shared / "data3d" / "objects").iterdir()):
        for view in ("front", "left", "back", "right"):
            for photo, truth in (("photo", "persp"), ("casualphoto", "casual")):
                name = f"{folder.name} {photo} {view}"
                picture = read(folder / f"{photo}_{view}.jpg", "RGB")
                yield Sample("tidy rooms", name, picture, alpha_of(folder / f"{truth}_{view}.png"))


def composite_samples(seeds: range, rooms: list[Path]) -> Iterator[Sample]:
    for seed in seeds:
        made = composite(seed, rooms)
        alpha, colours = (np.rint(values).astype(np.uint8) for values in (made.alpha * 255, made.foreground))
        group = "composites, plain" if made.plain else "composites, busy"
        yield Sample(group, made.name, made.photo, alpha, colours)


def read(path: Path, mode: str) -> Bytes:
    with Image.open(path) as picture:
        return np.asarray(picture.convert(mode))


def alpha_of(path: Path) -> Bytes:
    with Image.open(path) as picture:
        return np.asarray(picture.getchannel("A") if "A" in picture.getbands() else picture.convert("L"))


def measure(sample: Sample, alpha: Bytes, colours: Bytes | None = None) -> Score:
    found, true = alpha > 127, sample.alpha > 127
    mae = float(np.abs(alpha.astype(float) - sample.alpha).mean() / 255)
    edges: list[float | None] = [None] * 3
    if colours is not None and sample.colours is not None:
        even = np.full_like(alpha, 255)
        edges = [edge_error(sample, *pair) for pair in ((colours, alpha), (colours, even), (sample.photo, alpha))]
    return Score(overlap(found, true), boundary_f(found, true), mae, *edges)


def edge_error(sample: Sample, colours: Bytes, weight: Bytes) -> float | None:
    if sample.colours is None:
        return None
    band = (sample.alpha > 0.05 * 255) & (sample.alpha < 0.95 * 255) & (weight > 0)
    if not band.any():
        return None
    wrong = np.abs(colours[band].astype(float) - sample.colours[band]).mean(axis=-1)
    return float(np.average(wrong, weights=weight[band]))


def overlap(found: Mask, true: Mask) -> float:
    return float((found & true).sum() / max(1, (found | true).sum()))


def boundary_f(found: Mask, true: Mask) -> float:
    """Perazzi et al., "A benchmark dataset and evaluation methodology for video object segmentation", CVPR 2016."""
    reach = max(1, round(0.004 * float(np.hypot(*true.shape))))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    of_found, of_true = _boundary(found), _boundary(true)
    if not of_found.any() or not of_true.any():
        return float(of_found.any() == of_true.any())
    precision = (of_found & (cv2.dilate(of_true, disc) > 0)).sum() / of_found.sum()
    recall = (of_true & (cv2.dilate(of_found, disc) > 0)).sum() / of_true.sum()
    return float(2 * precision * recall / max(1e-9, precision + recall))


def _boundary(mask: Mask) -> Bytes:
    whole = mask.astype(np.uint8)
    return whole - cv2.erode(whole, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)))


def rectangle(photo: Bytes) -> Bytes:
    """What anyone gets from OpenCV: GrabCut from a rectangle 4 % inside the frame, 5 iterations, at 480 pixels."""
    height, width = photo.shape[:2]
    factor = min(1.0, 480 / max(height, width))
    small = cv2.resize(photo, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_AREA)
    down, across = (round(0.04 * side) for side in small.shape[:2])
    labels, models = np.zeros(small.shape[:2], np.uint8), (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.setRNGSeed(0)
    frame = (across, down, small.shape[1] - 2 * across, small.shape[0] - 2 * down)
    cv2.grabCut(small, labels, frame, *models, 5, cv2.GC_INIT_WITH_RECT)
    mask = np.where((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    return np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR))


def box_of(alpha: Bytes) -> Box:
    """The reference's bounds and 3 %."""
    rows, columns = np.flatnonzero((alpha > 127).any(1)), np.flatnonzero((alpha > 127).any(0))
    width, height = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    aside, above = BOX_MARGIN * width, BOX_MARGIN * height
    left, top = float(columns[0] - aside), float(rows[0] - above)
    return Box(left, top, float(width + 2 * aside), float(height + 2 * above))


def next_click(alpha: Bytes, true: Bytes) -> Click | None:
    """Where a person would click: the middle of the largest wrong area."""
    area = _largest((alpha > 127) ^ (true > 127))
    if not area.any():
        return None
    depth = _depth(area)
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return Click(float(column), float(row), bool(true[row, column] > 127))


def next_stroke(alpha: Bytes, true: Bytes) -> Stroke | None:
    """A stroke from end to end of the largest area that is missing or too much, along its middle, half as wide."""
    found, object_ = alpha > 127, true > 127
    area = max(_largest(object_ & ~found), _largest(found & ~object_), key=np.count_nonzero)
    if area.sum() < 30:
        return None
    depth = _depth(area)
    line = _middle_line(depth)
    radius = max(1.0, float(np.median(depth[*line.T])) * 0.5)
    fitting = np.flatnonzero(depth[*line.T] >= radius)
    line = line[fitting[0] : fitting[-1] + 1][::3]
    include = bool(true[*line[0]] > 127)
    return Stroke(tuple((float(column), float(row)) for row, column in line), radius, include)


def _middle_line(depth: Doubles) -> Coordinates:
    """The way (row, column) between the two ends of an area that keeps to where it is deep."""
    even = np.where(depth > 0, 1.0, np.inf)
    end = _farthest(even, np.unravel_index(int(depth.argmax()), depth.shape))
    ways = MCP_Geometric(np.where(depth > 0, 1 / np.maximum(depth, 1) ** 2, np.inf))
    ways.find_costs([end])
    return np.array(ways.traceback(_farthest(even, end)))


def _farthest(cost: Doubles, start: tuple[np.intp, ...]) -> tuple[np.intp, ...]:
    found, _ = MCP_Geometric(cost).find_costs([start])
    return np.unravel_index(int(np.where(np.isfinite(found), found, -1).argmax()), cost.shape)


def _depth(area: Mask) -> Doubles:
    return cv2.distanceTransform(np.pad(area.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1].astype(np.float64)


def _largest(wrong: Mask) -> Mask:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(wrong.astype(np.uint8), connectivity=4)
    if len(stats) < 2:
        return np.zeros_like(wrong)
    return np.asarray(labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()))
