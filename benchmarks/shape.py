"""How good the 3D models of the embedded engine are: figures, and pictures beside the truth.

    python benchmarks/shape.py --out FOLDER                      all shared objects and sets, with both baselines
    python benchmarks/shape.py --out FOLDER --sets ortho --objects barrel,guitar --variants auto --quality full

The shared objects and their evaluator are looked for in the folder that MAQUETTE_SHARED names, else in ``../shared``
next to the repository; without them, or with ``--sets solids``, the engine is measured on solids made here, whose
truth is exact. Sets: ``ortho``, ``persp`` and ``casual`` have true masks; ``photo`` and ``casualphoto`` are the latter
two as JPEG in a room, through our own cut-outs. Variants are cross-sections: ``auto`` is the engine as it comes,
``round`` a super-ellipse of exponent 2 everywhere, ``hull`` all that the outlines allow.

Each object is made in a fresh process, so that CPU seconds and peak memory are its own; ``cut s`` is what the cut-outs
took before. FOLDER gets ``shape.md`` (a table for each set), a contact sheet for each set (truth on the left, then the
variants, each from two new views) and the models. Figures: IoU of the solids (voxels of 1/160), Chamfer distance
(longest side 1), F-score at 2 %; from eight new views: silhouette IoU, PSNR, PSNR inside both silhouettes, SSIM;
``in`` is PSNR inside the silhouettes of the given views.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from plain import make_plain
from solids import AZIMUTHS, NOVEL, SOLIDS, compare, shoot_photos, solid, unit_box

from maquette.domain.assets import View
from maquette.engines.carve import Carve
from maquette.engines.grabcut import GrabCut
from maquette.media.meshes.camera import Camera
from maquette.media.meshes.mesh import Mesh, Model, bounds
from maquette.media.meshes.normalise import normalise
from maquette.media.meshes.pictures import shoot
from maquette.media.meshes.pixels import to_srgb
from maquette.media.meshes.studio import set_up
from maquette.ports.engines import CutRequest, MeshRequest, ViewImage

SHARED = Path(os.environ.get("MAQUETTE_SHARED", Path(__file__).parents[2] / "shared"))
OBJECTS = SHARED / "data3d" / "objects"
TRUE_MASKS = ("ortho", "persp", "casual")
CUT_OUT = {"photo": "persp", "casualphoto": "casual"}
"""Sets that need our own cut-outs, and the set that they show."""
FIGURES = {
    "IoU": "iou",
    "Chamfer": "chamfer",
    "F@2%": "f2",
    "silhouette": "sil_iou_novel",
    "PSNR": "psnr_novel",
    "inside": "psnr_novel_core",
    "SSIM": "ssim_novel",
    "in": "psnr_in_core",
    "closed": "watertight",
    "triangles": "triangles",
    "kB": "kB",
    "CPU s": "cpu_s",
    "cut s": "cut_s",
    "MB": "peak_MB",
    "score": "score",
}
PICTURED = ("novel_0.png", "novel_5.png"), ("novel_0.png", "novel_2.png")
"""The new views on the contact sheets: of the shared objects, and of the solids."""
SIDE, HEAD = 240, 36
SHRUNK = 0.35
"""A volume against the truth's that no model comes to by its outlines."""


@dataclass(frozen=True)
class Case:
    """One object of one set: its folder of photos, and what is measured against."""

    name: str
    which: str
    photos: Path
    own: bool


# -- making: in a process of its own


def photos_of(folder: Path, which: str, view: str, into: Path) -> Path:
    """The cut-out of one view; sets without true masks are cut out first."""
    if which not in CUT_OUT:
        return folder / f"{which}_{view}.png"
    place = into / "cutouts" / view
    place.mkdir(parents=True, exist_ok=True)
    return GrabCut().cut(CutRequest(folder / f"{which}_{view}.jpg", place), lambda _done: None).cutout


def carve(arguments: argparse.Namespace) -> None:
    """Makes one model and prints what it took."""
    import resource

    began = time.process_time()
    views = arguments.views.split(",")
    cutouts = {view: photos_of(arguments.child, arguments.sets, view, arguments.out) for view in views}
    images = tuple(ViewImage(View(view), path) for view, path in cutouts.items())
    cut = time.process_time()
    stats = make(arguments.variants, MeshRequest(images, arguments.out, arguments.quality))
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = {
        "cut_s": (cut - began) if arguments.sets in CUT_OUT else 0.0,
        # the start of the process and its imports count too
        "cpu_s": used.ru_utime + used.ru_stime - ((cut - began) if arguments.sets in CUT_OUT else 0.0),
        "peak_MB": (_peak_kilobytes() or used.ru_maxrss) / 1024,
        "kB": (arguments.out / "model.glb").stat().st_size / 1000,
    }
    print(json.dumps(stats | cost))


def make(variant: str, request: MeshRequest) -> dict[str, Any]:
    """The model of a variant, in the request's folder, and what is told of it."""
    if variant == "plain":
        return make_plain(request)
    result = Carve().mesh(replace(request, shape=variant), lambda _done: None)
    return dict(result.stats) | {"score": result.quality.score}


def _peak_kilobytes() -> int:
    """The process's own peak where Linux tells it: what ``getrusage`` says includes the parent's before the start."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


# -- measuring


def measure(case: Case, variant: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Makes one model in a process of its own and scores it."""
    into = model_of(case, variant, arguments.out).parent
    into.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, __file__, "--child", str(case.photos), "--out", str(into), "--sets", case.which]
    command += ["--variants", variant, "--views", arguments.views, "--quality", arguments.quality]
    figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    model = into / "model.glb"
    if case.own:
        return figures | compare(normalise(model.read_bytes()).mesh, solid(case.name))
    return score(model, case) | figures


def score(model: Path, case: Case) -> dict[str, Any]:
    """The shared evaluator's figures. Its free alignment now and then shrinks a model to a spot: then by the box."""
    tool, seen = evaluator(), CUT_OUT.get(case.which, case.which)
    found: dict[str, Any] = {"volume_ratio": 0.0}
    if case.which != "ortho":
        found = tool.evaluate(str(model), str(case.photos), seen, "auto")
    if found["volume_ratio"] < SHRUNK:
        found = tool.evaluate(str(model), str(case.photos), seen, "bbox")
    return found


def model_of(case: Case, variant: str, out: Path) -> Path:
    return out / "models" / case.which / case.name / variant / "model.glb"


def evaluator() -> Any:
    """The shared evaluator."""
    spec = importlib.util.spec_from_file_location("evaluate_model", SHARED / "tools" / "evaluate_model.py")
    if spec is None or spec.loader is None:
        raise SystemExit("the shared evaluator cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- reporting


def row(name: str, variant: str, figures: dict[str, Any]) -> str:
    cells = [figures.get(key, "") for key in FIGURES.values()]
    return "| " + " | ".join([name, variant, *(_cell(cell) for cell in cells)]) + " |"


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:.4f}" if value < 0.1 else f"{value:.3f}" if value < 1 else f"{value:.1f}"
    return str(value)


def mean(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The mean of each figure; how many of them are closed."""
    keys = [key for key in FIGURES.values() if all(key in found for found in rows)]
    means: dict[str, Any] = {key: float(np.mean([found[key] for found in rows])) for key in keys}
    return means | {"watertight": f"{sum(bool(found['watertight']) for found in rows)} of {len(rows)}"}


def contact_sheet(cases: list[Case], variants: list[str], out: Path) -> Image.Image:
    """A row for each object: two new views of the truth, then the same of each variant's model."""
    rows: list[np.ndarray] = []
    for case in cases:
        names = PICTURED[case.own]
        truth = [_truth(case.photos / name) for name in names]
        made = [_picture(case, variant, name, out) for variant in variants for name in names]
        rows.append(np.hstack(truth + made))
    sheet = Image.new("RGB", (rows[0].shape[1], SIDE * len(rows) + HEAD), "white")
    sheet.paste(Image.fromarray(np.vstack(rows)), (0, HEAD))
    pen = ImageDraw.Draw(sheet)
    for number, title in enumerate(("truth", *variants)):
        pen.text((2 * SIDE * number + 8, 8), title, "black", font_size=20)
    for number, case in enumerate(cases):
        pen.text((8, SIDE * number + HEAD + 4), case.name, "grey", font_size=14)
    return sheet


def _truth(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        small = picture.convert("RGBA").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(Image.alpha_composite(Image.new("RGBA", small.size, "white"), small).convert("RGB"))


def _picture(case: Case, variant: str, name: str, out: Path) -> np.ndarray:
    """The model in its own unit box, as the camera of a new view sees it."""
    model = normalise(model_of(case, variant, out).read_bytes())
    mesh = Mesh(unit_box(model.mesh.positions), model.mesh.faces, model.mesh.normals, model.mesh.uv)
    film = shoot(set_up(Model(mesh, model.texture)), _camera(case, name), SIDE)
    return np.rint(to_srgb(film[..., :3] + 1 - film[..., 3:]) * 255).astype(np.uint8)


def _camera(case: Case, name: str) -> Camera:
    if case.own:
        azimuth, elevation = NOVEL[int(name.removesuffix(".png").removeprefix("novel_"))]
        # the solid's own camera, in the solid's unit box
        low, high = bounds(solid(case.name))
        size = float((high - low).max())
        x, y, z = (-(low + high) / 2 / size).tolist()
        return Camera(azimuth, elevation, (x, y, z), 1.5 / size, 35)
    views = json.loads((case.photos / "manifest.json").read_text())["views"]
    view = next(view for view in views if view["file"] == name)
    span = 2 * view["dist"] * float(np.tan(np.radians(view["fov"]) / 2))
    return Camera(view["az"], view["el"], (0, 0, 0), span, view["fov"])


def cases_of(which: str, arguments: argparse.Namespace) -> list[Case]:
    """The objects of a set; the solids are photographed here."""
    own = which == "solids"
    found = sorted(SOLIDS) if own else sorted(path.name for path in OBJECTS.iterdir())
    wanted = [name for name in found if not arguments.objects or name in arguments.objects.split(",")]
    if not own:
        return [Case(name, which, OBJECTS / name, False) for name in wanted]
    cases = [Case(name, "ortho", arguments.out / "solids" / name, True) for name in wanted]
    for case in cases:
        case.photos.mkdir(parents=True, exist_ok=True)
        shoot_photos(case.name, case.photos)
    return cases


def report(which: str, arguments: argparse.Namespace) -> str:
    """The table of one set; its contact sheet goes to the folder."""
    cases, variants = cases_of(which, arguments), arguments.variants.split(",")
    lines = [f"## {which}", "| object | variant | " + " | ".join(FIGURES) + " |", "|---" * (2 + len(FIGURES)) + "|"]
    found: dict[str, list[dict[str, Any]]] = {variant: [] for variant in variants}
    print("\n".join(lines), flush=True)
    for case in cases:
        for variant in variants:
            found[variant].append(measure(case, variant, arguments))
            lines.append(row(case.name, variant, found[variant][-1]))
            print(lines[-1], flush=True)
    lines += [row("**mean**", variant, mean(rows)) for variant, rows in found.items() if rows]
    print("\n".join(lines[-len(variants) :]), flush=True)
    contact_sheet(cases, variants, arguments.out).save(arguments.out / f"{which}.png")
    return "\n".join(lines)


def main() -> None:
    """Reads the command line, measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = ",".join((*TRUE_MASKS, "photo")) if OBJECTS.is_dir() else "solids"
    parser.add_argument("--out", type=Path, required=True, help="the folder for tables, sheets and models")
    parser.add_argument("--sets", default=shared, help=f"{', '.join((*TRUE_MASKS, *CUT_OUT))}, solids")
    parser.add_argument("--objects", default="", help="names, with commas between; all by default")
    parser.add_argument("--variants", default="auto,plain,hull")
    parser.add_argument("--views", default=",".join(AZIMUTHS))
    parser.add_argument("--quality", default="medium", choices=["fast", "medium", "full"])
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        carve(arguments)
        return
    arguments.out.mkdir(parents=True, exist_ok=True)
    tables = [report(which, arguments) for which in arguments.sets.split(",")]
    (arguments.out / "shape.md").write_text("\n\n".join(tables) + "\n")


if __name__ == "__main__":
    main()
