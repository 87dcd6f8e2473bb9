"""How good and how quick the embedded cut-outs are: one command, no settings needed.

    python benchmarks/quality_cutouts.py [--show FOLDER]

With the shared pictures (MAQUETTE_SHARED, or ../shared beside the repository) it scores plain, cluttered and real
photos and rendered rooms against reference mattes; the box is the reference's bounds and 3 %. Without them it scores
drawn samples. ``--show`` keeps every cut-out over a checkerboard.

iou: intersection over union at alpha .5. bf: boundary F-score within .4 % of the diagonal (Perazzi et al., "A
benchmark dataset and evaluation methodology for video object segmentation", CVPR 2016). cpu: process seconds per
megapixel, reading and writing PNG included. low: of the cut-outs below .8 IoU, the share flagged ``uncertain``.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from maquette.domain.errors import Permanent
from maquette.engines.grabcut import GrabCut
from maquette.ports.engines import Box, CutRequest

Mask = npt.NDArray[np.uint8]
PLAIN = ("white", "grey", "twotone")
BOX_MARGIN = 0.03


@dataclass(frozen=True)
class Sample:
    """A photo and the picture that holds its true alpha."""

    group: str
    name: str
    photo: Path
    truth: Path


@dataclass(frozen=True)
class Score:
    iou: float
    boundary_f: float
    cpu_per_megapixel: float
    quality: float
    uncertain: bool


def shared_samples(shared: Path) -> Iterator[Sample]:
    flat = shared / "data2d"
    for item in json.loads((flat / "manifest.json").read_text())["items"]:
        if item["cls"] not in ("matte_comp", "matte_real"):
            continue
        group = "real" if item["cls"] == "matte_real" else "plain" if item["background"] in PLAIN else "cluttered"
        files = item["files"]
        yield Sample(group, item["id"], flat / files["image"]["path"], flat / files["alpha"]["path"])
    for folder in sorted((shared / "data3d" / "objects").iterdir()):
        for view in ("front", "left", "back", "right"):
            for photo, truth in (("photo", "persp"), ("casualphoto", "casual")):
                name = f"{folder.name} {photo} {view}"
                yield Sample("room", name, folder / f"{photo}_{view}.jpg", folder / f"{truth}_{view}.png")


def drawn_samples(folder: Path) -> Iterator[Sample]:
    """A shaded ellipse, a ring and a stool, over a wall, a gradient and grain."""
    side = 900
    backdrops = {
        "wall": np.full((side, side, 3), 225.0),
        "gradient": np.linspace(140, 235, side)[:, None, None] * np.ones((1, side, 3)),
        "grain": 200 + np.random.default_rng(1).normal(0, 8, (side, side, 3)),
    }
    for shape in ("ellipse", "ring", "stool"):
        alpha = np.zeros((side, side), np.uint8)
        if shape == "stool":
            cv2.rectangle(alpha, (250, 300), (650, 380), 255, -1, cv2.LINE_AA)
            for x in (280, 450, 620):
                cv2.line(alpha, (x, 380), (x, 720), 255, 14, cv2.LINE_AA)
        else:
            cv2.ellipse(alpha, (450, 450), (240, 190), 20, 0, 360, 255, -1 if shape == "ellipse" else 60, cv2.LINE_AA)
        share = alpha[..., None] / 255
        for name, backdrop in backdrops.items():
            body = np.linspace(0.7, 1.2, side)[None, :, None] * np.array([150, 70, 40])
            photo, truth = folder / f"{shape}_{name}.png", folder / f"{shape}_{name}_alpha.png"
            Image.fromarray((body * share + backdrop * (1 - share)).clip(0, 255).astype(np.uint8)).save(photo)
            Image.fromarray(alpha).save(truth)
            yield Sample("drawn", f"{shape} {name}", photo, truth)


def alpha_of(path: Path) -> Mask:
    with Image.open(path) as picture:
        return np.asarray(picture.getchannel("A") if "A" in picture.getbands() else picture.convert("L"))


def boundary(mask: Mask) -> Mask:
    return mask - cv2.erode(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)))


def boundary_f(found: Mask, true: Mask) -> float:
    reach = max(1, round(0.004 * float(np.hypot(*true.shape))))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    of_found, of_true = boundary(found), boundary(true)
    if not of_found.any() or not of_true.any():
        return float(of_found.any() == of_true.any())
    precision = (of_found & cv2.dilate(of_true, disc)).sum() / of_found.sum()
    recall = (of_true & cv2.dilate(of_found, disc)).sum() / of_true.sum()
    return float(2 * precision * recall / max(1e-9, precision + recall))


def box_of(truth: Mask) -> Box:
    rows, columns = np.flatnonzero((truth > 127).any(1)), np.flatnonzero((truth > 127).any(0))
    width, height = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    return Box(
        float(columns[0] - BOX_MARGIN * width),
        float(rows[0] - BOX_MARGIN * height),
        float(width * (1 + 2 * BOX_MARGIN)),
        float(height * (1 + 2 * BOX_MARGIN)),
    )


def score(sample: Sample, *, boxed: bool, show: Path | None) -> Score:
    truth = alpha_of(sample.truth)
    with tempfile.TemporaryDirectory() as folder:
        request = CutRequest(sample.photo, Path(folder), box_of(truth) if boxed else None)
        began = time.process_time()
        try:
            result = GrabCut().cut(request, lambda _: None)
        except Permanent:
            return Score(0.0, 0.0, 0.0, 0.0, True)
        cpu = (time.process_time() - began) / (truth.size / 1e6)
        found = (alpha_of(result.mask) > 127).astype(np.uint8)
        if show:
            keep_over_checkerboard(result.cutout, show / f"{sample.group} {sample.name}{' box' if boxed else ''}.png")
    true = (truth > 127).astype(np.uint8)
    iou = float((found & true).sum() / max(1, (found | true).sum()))
    uncertain = "uncertain" in result.quality.flags
    return Score(iou, boundary_f(found, true), cpu, result.quality.score, uncertain)


def keep_over_checkerboard(cutout: Path, target: Path) -> None:
    with Image.open(cutout) as picture:
        squares = (np.indices((picture.height, picture.width)) // 16).sum(0) % 2 * 60 + 160
        board = Image.fromarray(squares.astype(np.uint8)).convert("RGBA")
        Image.alpha_composite(board, picture).convert("RGB").save(target)


def report(group: str, scores: list[Score]) -> None:
    ious = [one.iou for one in scores]
    poor = [one for one in scores if one.iou < 0.8]
    low = f"{sum(one.uncertain for one in poor)}/{len(poor)}"
    print(
        f"{group:16} n {len(scores):3}  median iou {statistics.median(ious):.3f}  worst {min(ious):.3f}  "
        f"median bf {statistics.median(one.boundary_f for one in scores):.3f}  "
        f"cpu s/MP {statistics.median(one.cpu_per_megapixel for one in scores):.2f}  low {low}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", type=Path)
    show: Path | None = parser.parse_args().show
    if show:
        show.mkdir(parents=True, exist_ok=True)
    shared = Path(os.environ.get("MAQUETTE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    with tempfile.TemporaryDirectory() as folder:
        here = (shared / "data2d" / "manifest.json").is_file()
        samples = list(shared_samples(shared) if here else drawn_samples(Path(folder)))
        groups = list(dict.fromkeys(sample.group for sample in samples))
        for group in groups:
            for boxed in (False, True):
                own = [sample for sample in samples if sample.group == group]
                report(f"{group}{' + box' if boxed else ''}", [score(one, boxed=boxed, show=show) for one in own])


if __name__ == "__main__":
    main()
