"""How good and how quick the embedded cut-outs are: one command, no settings needed.

    python benchmarks/cutouts.py [--composites 150] [--tidy] [--hints] [--show FOLDER] [--results FOLDER]
    python benchmarks/cutouts.py --calibrate [--composites 150]     prints the numbers in engines/grabcut/expect.py

With the shared pictures (MAQUETTE_SHARED, or ../shared beside the repository) it scores plain, cluttered and real
photos against reference mattes, ``--tidy`` rendered objects in rooms as well; always composites drawn here, of which
those with even seeds have set the score. The box is the reference's bounds and 3 %. ``--hints`` adds three clicks and
a stroke where a person would put them. ``--show`` keeps contact sheets (photo, truth, ours, rectangle),
``--results`` the cut-outs under the names that ``evaluate_cutouts.py`` reads.

iou: intersection over union at alpha .5. bf: boundary F-score within .4 % of the diagonal. mae: of alpha. edge: mean
error of the colours along the edge, of 255, by how much of them shows; all alike; the photo's own by what shows.
cpu: process seconds a megapixel, reading and writing PNG included. rect: IoU of a plain rectangle GrabCut in the same
run. score: what the engine expects; ! marks the flag ``uncertain``.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from cutouts_calibration import calibrate
from cutouts_measure import (
    GOOD,
    Bytes,
    Sample,
    Score,
    box_of,
    composite_samples,
    measure,
    next_click,
    next_stroke,
    read,
    rectangle,
    room_samples,
    shared_samples,
)
from PIL import Image

from maquette.domain.errors import Permanent
from maquette.domain.marks import NO_MARKS, Marks
from maquette.engines.grabcut import GrabCut
from maquette.ports.engines import Box, CutRequest

CLICKS = 3


@dataclass(frozen=True)
class Row:
    sample: Sample
    boxed: bool
    score: Score
    cpu: float
    expected: float
    uncertain: bool
    rectangle: float | None


def cut(sample: Sample, box: Box | None = None, marks: Marks = NO_MARKS) -> tuple[Bytes, float, float, bool]:
    """The cut-out (h, w, 4), CPU seconds a megapixel, the expected IoU, and whether it is marked uncertain."""
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.png"
        Image.fromarray(sample.photo).save(photo, compress_level=1)
        began = time.process_time()
        try:
            result = GrabCut().cut(CutRequest(photo, Path(folder), box, marks=marks), lambda _: None)
        except Permanent:
            return np.zeros((*sample.alpha.shape, 4), np.uint8), 0.0, 0.0, True
        cpu = (time.process_time() - began) / (sample.alpha.size / 1e6)
        return read(result.cutout, "RGBA"), cpu, result.quality.score, "uncertain" in result.quality.flags


def run(samples: Iterable[Sample], show: Path | None, results: Path | None, *, boxes: bool) -> Iterator[Row]:
    for sample in samples:
        plain = rectangle(sample.photo)
        for boxed in (False, True) if boxes else (False,):
            pixels, cpu, expected, uncertain = cut(sample, box_of(sample.alpha) if boxed else None)
            score = measure(sample, pixels[..., 3], pixels[..., :3])
            other = None if boxed else measure(sample, plain).iou
            row = Row(sample, boxed, score, cpu, expected, uncertain, other)
            if results and not boxed:
                Image.fromarray(pixels).save(results / f"{sample.name}.png", compress_level=1)
            if show:
                keep_sheet(row, pixels, plain, show)
            tell(row)
            yield row


def tell(row: Row) -> None:
    edges = row.score.edge, row.score.edge_even, row.score.edge_photo
    edge = ", ".join("" if error is None else f"{error:.1f}" for error in edges) if any(edges) else ""
    other = "" if row.rectangle is None else f"{row.rectangle:.3f}"
    print(
        f"| {row.sample.name}{' + box' if row.boxed else ''} | {row.score.iou:.3f} | {row.score.boundary_f:.3f} "
        f"| {row.score.mae:.4f} | {edge} | {row.cpu:.2f} | {other} | {row.expected:.2f}"
        f"{' !' if row.uncertain else ''} |",
        flush=True,
    )


def keep_sheet(row: Row, pixels: Bytes, plain: Bytes, show: Path) -> None:
    height, width = row.sample.alpha.shape
    board = ((np.indices((height, width)) // 16).sum(0) % 2 * 60 + 160)[..., None] * np.ones(3)

    def over(colours: Bytes, alpha: Bytes) -> Bytes:
        share = alpha[..., None] / 255
        return np.rint(colours * share + board * (1 - share)).astype(np.uint8)

    photo = row.sample.photo
    tiles = [photo, over(photo, row.sample.alpha), over(pixels[..., :3], pixels[..., 3]), over(photo, plain)]
    sheet = np.hstack([cv2.resize(tile, (480 * width // height, 480), interpolation=cv2.INTER_AREA) for tile in tiles])
    name = f"{row.sample.group} {row.sample.name}{' box' if row.boxed else ''} {row.score.iou:.2f}.jpg"
    Image.fromarray(sheet).save(show / name, quality=88)


def summarise(rows: list[Row]) -> None:
    print("\n| pictures | median IoU | worst | median bf | edge | cpu s/MP | rectangle: median | worst |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for group, boxed in dict.fromkeys((row.sample.group, row.boxed) for row in rows):
        own = [row for row in rows if (row.sample.group, row.boxed) == (group, boxed)]
        ious = [row.score.iou for row in own]
        edges = [row.score.edge for row in own if row.score.edge is not None]
        others = [row.rectangle for row in own if row.rectangle is not None]
        print(
            f"| {group}{' + box' if boxed else ''} ({len(own)}) | {statistics.median(ious):.3f} | {min(ious):.3f} "
            f"| {statistics.median(row.score.boundary_f for row in own):.3f} "
            f"| {f'{statistics.median(edges):.1f}' if edges else ''} | {statistics.median(row.cpu for row in own):.2f} "
            f"| {f'{statistics.median(others):.3f} | {min(others):.3f}' if others else ' | '} |"
        )


def judge_flags(rows: list[Row]) -> None:
    """How well the flag finds bad cut-outs, and what the score is worth."""
    for boxed in (False, True):
        for what, own in (
            ("shared", [row for row in rows if not row.sample.group.startswith("composites")]),
            ("composites", [row for row in rows if row.sample.group.startswith("composites")]),
        ):
            of = [row for row in own if row.boxed is boxed]
            bad, good = ([row for row in of if (row.score.iou < GOOD) is poor] for poor in (True, False))
            if not of:
                continue
            print(
                f"\n{what}{' + box' if boxed else ''}: of {len(bad)} below {GOOD} marked "
                f"{sum(row.uncertain for row in bad)}, of {len(good)} others {sum(row.uncertain for row in good)}"
            )
            for low in (0.0, 0.4, 0.6, 0.7, 0.8, 0.9):
                high = {0.0: 0.4, 0.4: 0.6, 0.6: 0.7, 0.7: 0.8, 0.8: 0.9, 0.9: 1.01}[low]
                part = [row.score.iou for row in of if low <= row.expected < high]
                if part:
                    print(
                        f"  score {low:.1f} to {min(1.0, high):.1f}: {len(part)}, mean IoU {statistics.mean(part):.3f}"
                    )


def with_hints(samples: Iterable[Sample]) -> None:
    """Box, three clicks one after the other, then a stroke: IoU after each."""
    steps = ["photo", "box", *(f"click {number + 1}" for number in range(CLICKS)), "stroke"]
    table: list[list[float]] = []
    for sample in samples:
        box, marks = box_of(sample.alpha), NO_MARKS
        alpha = cut(sample)[0][..., 3]
        ious = [measure(sample, alpha).iou]
        alpha = cut(sample, box)[0][..., 3]
        ious.append(measure(sample, alpha).iou)
        for _ in range(CLICKS):
            if click := next_click(alpha, sample.alpha):
                marks = Marks((*marks.clicks, click))
                alpha = cut(sample, box, marks)[0][..., 3]
            ious.append(measure(sample, alpha).iou)
        if stroke := next_stroke(alpha, sample.alpha):
            alpha = cut(sample, box, Marks(marks.clicks, (stroke,)))[0][..., 3]
        ious.append(measure(sample, alpha).iou)
        table.append(ious)
        print(f"| {sample.name} | {' | '.join(f'{iou:.3f}' for iou in ious)} |", flush=True)
    print(f"\n| | {' | '.join(steps)} |\n| --- {'| --- ' * len(steps)}|")
    columns = list(zip(*table, strict=True))
    print(f"| mean | {' | '.join(f'{statistics.mean(column):.3f}' for column in columns)} |")
    print(f"| median | {' | '.join(f'{statistics.median(column):.3f}' for column in columns)} |")
    worse = [sum(b < a - 0.001 for a, b in zip(*pair, strict=True)) for pair in pairwise(columns)]
    print(f"| worse than before (of {len(table)}) | | {' | '.join(map(str, worse))} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--composites", type=int, default=150)
    for name in ("--tidy", "--hints", "--calibrate"):
        parser.add_argument(name, action="store_true")
    for name in ("--show", "--results"):
        parser.add_argument(name, type=Path)
    choice = parser.parse_args()
    for folder in (choice.show, choice.results):
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
    shared = Path(os.environ.get("MAQUETTE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    here = (shared / "data2d" / "manifest.json").is_file()
    rooms = sorted((shared / "data2d" / "room").glob("*.jpg"))
    rooms += sorted((shared / "data2d" / "select").glob("bedroom*.jpg"))
    if choice.calibrate:
        calibrate(composite_samples(range(0, choice.composites, 2), rooms))
        return
    samples = list(shared_samples(shared)) if here else []
    if choice.hints:
        with_hints([*samples, *composite_samples(range(1, min(choice.composites, 80), 4), rooms)])
        return
    print("| picture | iou | bf | mae | edge | cpu | rect | score |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    rows = list(run(samples, choice.show, choice.results, boxes=True))
    if here and choice.tidy:
        rows += run(room_samples(shared), choice.show, None, boxes=False)
    rows += run(composite_samples(range(1, choice.composites, 2), rooms), choice.show, None, boxes=True)
    summarise(rows)
    judge_flags(rows)


if __name__ == "__main__":
    main()
