"""How good the models of an engine are: one command, one line per object.

    python benchmarks/quality_models.py                          own solids, orthographic, true masks
    python benchmarks/quality_models.py --set ortho              the shared objects (also: persp, casual)
    python benchmarks/quality_models.py --objects barrel,guitar --views front,left --quality full

The shared objects and their evaluator are looked for in the folder that MAQUETTE_SHARED names, else in ``../shared``
next to the repository; without them the engine is measured on solids made here, whose truth is exact. Every object
is carved in a fresh process, so that CPU seconds and peak memory are its own. Figures: IoU of the solids (voxels of
1/160), Chamfer distance (longest side 1), whether the mesh is closed, triangles, kB, CPU seconds, peak MB.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from skimage.measure import marching_cubes

from maquette.domain.assets import View
from maquette.engines.carve import Carve
from maquette.media.meshes.camera import Camera
from maquette.media.meshes.mesh import Floats, Mesh, Model, weld
from maquette.media.meshes.normalise import normalise
from maquette.media.meshes.rays import Caster
from maquette.media.meshes.render import render_solid
from maquette.ports.engines import SHAPES, MeshRequest, ViewImage

AZIMUTHS = {"front": 0, "left": 90, "back": 180, "right": 270}
SHARED = Path(os.environ.get("MAQUETTE_SHARED", Path(__file__).parents[2] / "shared"))
FIGURES = (
    "iou",
    "chamfer",
    "sil_iou_novel",
    "psnr_in_core",
    "watertight",
    "triangles",
    "kB",
    "cpu_s",
    "peak_MB",
    "score",
)


# -- own solids: fields that are positive inside, on points (n, 3) within -0.5..0.5


def vase(p: Floats) -> Floats:
    return np.minimum(0.2 + 0.1 * np.sin(5 * p[:, 1] + 1) - np.hypot(p[:, 0], p[:, 2]), 0.48 - abs(p[:, 1]))


def mug(p: Floats) -> Floats:
    body = np.minimum(0.27 - np.hypot(p[:, 0] + 0.12, p[:, 2]), 0.4 - abs(p[:, 1]))
    return np.maximum(body, 0.045 - np.hypot(np.hypot(p[:, 0] - 0.17, p[:, 1]) - 0.2, p[:, 2]))


def crate(p: Floats) -> Floats:
    return np.min([0.45 - abs(p[:, 0]), 0.3 - abs(p[:, 1]), 0.35 - abs(p[:, 2])], axis=0)


def stool(p: Floats) -> Floats:
    seat = np.min([0.35 - abs(p[:, 0]), 0.05 - abs(p[:, 1] - 0.4), 0.3 - abs(p[:, 2])], axis=0)
    legs = np.min([0.04 - abs(abs(p[:, 0]) - 0.3), 0.04 - abs(abs(p[:, 2]) - 0.25), 0.45 - abs(p[:, 1])], axis=0)
    return np.maximum(seat, legs)


def duck(p: Floats) -> Floats:
    body = 0.3 - np.linalg.norm((p - [0, -0.15, -0.05]) * [1.1, 1.2, 0.8], axis=1)
    head = 0.17 - np.linalg.norm(p - np.array([0, 0.22, 0.12]), axis=1)
    beak = 0.07 - np.linalg.norm((p - [0, 0.2, 0.32]) * [0.8, 1.6, 0.7], axis=1)
    return np.max([body, head, beak], axis=0)


SOLIDS = {field.__name__: field for field in (vase, mug, crate, stool, duck)}


def solid(name: str, samples: int = 161) -> Mesh:
    """The surface of one of the solids."""
    axis = np.linspace(-0.55, 0.55, samples)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    values = SOLIDS[name](grid).reshape(samples, samples, samples)
    points, faces, _, _ = marching_cubes(values.astype(np.float32), 0.0)
    return weld(Mesh(points * (axis[1] - axis[0]) - 0.55, faces[:, ::-1].astype(np.int64)))[0]


def stripes(points: Floats, _normals: Floats) -> Floats:
    """A pattern that no two sides share."""
    waves = np.sin(points * [9, 13, 11] + [0.5, 0, 1.1])
    return 0.5 + 0.4 * waves


def shoot_photos(name: str, folder: Path) -> None:
    """Cut-outs of a solid, 640 pixels, true masks."""
    mesh = solid(name)
    for view, azimuth in AZIMUTHS.items():
        picture = render_solid(mesh, stripes, Camera(azimuth, 0, (0, 0, 0), 1.15), 640)
        Image.fromarray(picture).save(folder / f"ortho_{view}.png", compress_level=1)


# -- measuring


def unit_box(points: Floats) -> Floats:
    low, high = points.min(axis=0), points.max(axis=0)
    return (points - (low + high) / 2) / (high - low).max()


def voxels(mesh: Mesh, n: int = 160) -> Floats:
    """Which of n^3 cells of the cube -0.7..0.7 lie inside a closed mesh: columns along y, filled between crossings."""
    centres = (np.arange(n) + 0.5) / n * 1.4 - 0.7
    origins = np.column_stack([np.repeat(centres, n) + 1e-5, np.full(n * n, -1.0), np.tile(centres, n) + 1e-5])
    caster, inside = Caster(mesh), np.zeros((n * n, n), np.int8)
    alive, height = np.arange(n * n), np.full(n * n, -1.0)
    for _ in range(64):
        hits = caster.first(origins[alive], np.array([0.0, 1.0, 0.0]))
        alive, height = alive[hits.struck], height[alive][hits.struck] + hits.distance[hits.struck]
        if not len(alive):
            break
        inside[alive] ^= (centres[None, :] > height[:, None]).astype(np.int8)
        heights = np.full(n * n, -1.0)
        heights[alive] = height + 1e-5
        origins[alive, 1] = heights[alive]
        height = heights
    return inside.astype(bool)


def surface(mesh: Mesh, count: int = 30_000) -> Floats:
    corners = mesh.positions[mesh.faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    rng = np.random.default_rng(0)
    pick, w = rng.choice(len(areas), count, p=areas / areas.sum()), np.sqrt(rng.random((count, 1)))
    v = rng.random((count, 1))
    a, b, c = corners[pick].transpose(1, 0, 2)
    return (1 - w) * a + w * (1 - v) * b + w * v * c


def compare(model: Model, truth: Mesh) -> dict[str, float]:
    """IoU and Chamfer distance of two closed meshes, each in its own box, longest side 1."""
    from scipy.spatial import KDTree

    pair = [Mesh(unit_box(mesh.positions), mesh.faces) for mesh in (model.mesh, truth)]
    a, b = (voxels(mesh) for mesh in pair)
    p, q = (surface(mesh) for mesh in pair)
    near, back = KDTree(q).query(p)[0], KDTree(p).query(q)[0]
    return {"iou": float((a & b).sum() / (a | b).sum()), "chamfer": float(near.mean() + back.mean()) / 2}


def evaluate_shared(model: Path, folder: Path, which: str) -> dict[str, Any]:
    """The figures of the shared evaluator."""
    spec = importlib.util.spec_from_file_location("evaluate_model", SHARED / "tools" / "evaluate_model.py")
    if spec is None or spec.loader is None:
        raise SystemExit("the shared evaluator cannot be loaded")
    evaluator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(evaluator)
    return evaluator.evaluate(str(model), str(folder), which, "bbox" if which == "ortho" else "auto")


def carve(photos: Path, arguments: argparse.Namespace) -> None:
    """The child process: carves one object and prints what it cost."""
    import resource

    images = tuple(ViewImage(View(view), photos / f"{arguments.set}_{view}.png") for view in arguments.views.split(","))
    result = Carve().mesh(
        MeshRequest(images, arguments.into, arguments.quality, shape=arguments.shape), lambda _done: None
    )
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = _peak_kilobytes() or used.ru_maxrss
    cost = {"cpu_s": used.ru_utime + used.ru_stime, "peak_MB": peak / 1024, "score": result.quality.score}
    print(json.dumps(cost | dict(result.stats) | {"kB": result.model.stat().st_size / 1000}))


def _peak_kilobytes() -> int:
    """The process's own peak where Linux tells it: what ``getrusage`` says includes the parent's before the start."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def measure(name: str, photos: Path, arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Carves one object in a process of its own and scores the result."""
    into = work / name / "out"
    into.mkdir(parents=True, exist_ok=True)
    child = [sys.executable, __file__, "--child", str(photos), "--into", str(into), "--set", arguments.set]
    options = ["--views", arguments.views, "--quality", arguments.quality, "--shape", arguments.shape]
    figures = json.loads(subprocess.run([*child, *options], check=True, capture_output=True, text=True).stdout)
    model = into / "model.glb"
    if name in SOLIDS:
        return figures | compare(normalise(model.read_bytes()), solid(name))
    return evaluate_shared(model, photos, arguments.set) | figures


def show(name: str, figures: dict[str, Any]) -> None:
    cells = [
        f"{figures[key]:.3f}" if isinstance(figures.get(key), float) else str(figures.get(key, "")) for key in FIGURES
    ]
    print(f"{name:16s}" + "".join(f"{cell:>14s}" for cell in cells), flush=True)


def main() -> None:
    """Reads the command line and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", default="", help="ortho, persp or casual: photos of the shared objects")
    parser.add_argument("--objects", default="", help="names, with commas between; all by default")
    parser.add_argument("--views", default="front,left,right,back")
    parser.add_argument("--quality", default="medium", choices=["fast", "medium", "full"])
    parser.add_argument("--shape", default="auto", choices=SHAPES)
    parser.add_argument("--keep", type=Path, help="a folder that the models are left in")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        carve(arguments.child, arguments)
        return
    with tempfile.TemporaryDirectory() as temporary:
        table(arguments, arguments.keep or Path(temporary))


def table(arguments: argparse.Namespace, work: Path) -> None:
    """One line per object and the means below them."""
    objects = SHARED / "data3d" / "objects"
    shared = bool(arguments.set) and objects.is_dir()
    names = sorted(path.name for path in objects.iterdir()) if shared else list(SOLIDS)
    names = arguments.objects.split(",") if arguments.objects else names
    print(f"{'object':16s}" + "".join(f"{key:>14s}" for key in FIGURES))
    found = []
    for name in names:
        photos = objects / name
        if not shared:
            arguments.set = "ortho"
            photos = work / name
            photos.mkdir(parents=True, exist_ok=True)
            shoot_photos(name, photos)
        found.append(measure(name, photos, arguments, work))
        show(name, found[-1])
    show("mean", {key: float(np.mean([row[key] for row in found])) for key in FIGURES if key in found[0]})


if __name__ == "__main__":
    main()
