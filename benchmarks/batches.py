"""Forty products as a batch, eight of them with a fault that can be known before: refused whole, then with the faulty
ones skipped and the program killed twice.

    python benchmarks/batches.py [--products 40] [--kills 2] [--quality fast] [--keep DIR]

The photos are drawn: solids of ``solids.py``, each product in a colour of its own, two to four sides, on a plain ground
or in a plain room. Everything is done by ``maquette batch`` in processes of its own; a kill takes the whole group with
SIGKILL, and the same command goes on. Exits 1 unless the first call told exactly the eight faults and kept nothing, and
the last one left exactly the right rows completed and refused, with nothing done twice.
"""

import argparse
import contextlib
import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from solids import AZIMUTHS, SOLIDS, solid

from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.domain.ids import LOCAL_OWNER
from maquette.domain.jobs import Job, TaskStatus
from maquette.media.meshes.camera import Camera
from maquette.media.meshes.mesh import Floats, Mesh
from maquette.media.meshes.render import render_solid

PIXELS = 560
SIDES = (("front", "left"), ("front", "left", "back"), ("front", "left", "right", "back"))
FAULTS = 8
BROKEN_ROWS: dict[str, dict[str, str]] = {
    "invalid_dimensions": {"width": "wide"},
    "invalid_setting": {"shape": "pyramid"},
    "duplicate_sku": {"sku": "P-01"},
    "file_missing": {"left": "nowhere.jpg"},
    "sku_missing": {"sku": ""},
}
BROKEN_PHOTOS = ("image_truncated", "not_an_image", "empty_file")


def mottled(seed: int) -> Any:
    """A pattern in colours of the product's own."""
    chance = np.random.default_rng(seed)
    base, waves = chance.uniform(0.15, 0.75, 3), chance.uniform(6, 14, 3)

    def albedo(points: Floats, _normals: Floats) -> Floats:
        return np.clip(base + 0.2 * np.sin(points * waves + seed), 0.02, 0.98)

    return albedo


def ground(seed: int) -> np.ndarray:
    """Light paper, or a wall above a floor; with the noise of a sensor. float, (PIXELS, PIXELS, 3), 0..255."""
    chance = np.random.default_rng(seed)
    rows = np.linspace(0, 1, PIXELS)[:, None, None]
    if seed % 2:
        picture = np.full((PIXELS, PIXELS, 3), chance.uniform(215, 245, 3)) - 12 * rows
    else:
        wall, floor = chance.uniform(170, 230, 3), chance.uniform(110, 170, 3)
        picture = np.where(rows < 0.72, wall + 15 * rows, floor + 20 * (rows - 0.72)) * np.ones((1, PIXELS, 1))
    return picture + chance.normal(0, 2, picture.shape)


def shoot(mesh: Mesh, seed: int, view: str, path: Path) -> None:
    """One photo."""
    camera = Camera(AZIMUTHS[view], 8, (0, 0, 0), 1.5)
    cut = render_solid(mesh, mottled(seed), camera, PIXELS).astype(float)
    alpha = cut[..., 3:] / 255
    picture = alpha * cut[..., :3] + (1 - alpha) * ground(seed)
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(path, quality=92)


def draw(folder: Path, products: int) -> tuple[Path, dict[str, str]]:
    """The table with its photos, and the faults by row (from 1) with their codes."""
    meshes = {name: solid(name, 97) for name in SOLIDS}
    names, rows, faults = list(meshes), list[dict[str, str]](), dict[str, str]()
    for number in range(products):
        row = {"sku": f"P-{number + 1:02}", "name": names[number % len(names)], "height": "75,5", "unit": "cm"}
        for view in SIDES[number % len(SIDES)]:
            row[view] = f"{number + 1:02}-{view}.jpg"
            shoot(meshes[row["name"]], number, view, folder / row[view])
        rows.append(row)
    places = iter(range(4, products, max(1, (products - 4) // FAULTS)))
    for code, fault in BROKEN_ROWS.items():
        place = next(places)
        rows[place] |= fault
        faults[str(place + 1)] = code
    for code in BROKEN_PHOTOS:
        place = next(places)
        path = folder / rows[place]["front"]
        data = {"image_truncated": path.read_bytes()[:9000], "not_an_image": b"no picture " * 50, "empty_file": b""}
        path.write_bytes(data[code])
        faults[str(place + 1)] = code
    table = folder / "products.csv"
    with table.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, ["sku", "name", "height", "width", "unit", "shape", *AZIMUTHS], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return table, faults


class Program:
    """``maquette`` on a data folder of its own."""

    def __init__(self, home: Path) -> None:
        self.data = home / "data"
        self._environment = {**os.environ, "MAQUETTE_DATA": str(self.data), "OMP_NUM_THREADS": "1"}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "maquette", *arguments, "--json"],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """The exit code and the document on stdout."""
        process = self.start(*arguments)
        out, _ = process.communicate()
        return process.returncode, json.loads(out)

    def jobs(self) -> list[Job]:
        """Those that are stored."""
        database = SqlDatabase(sqlite_url(self.data / "maquette.db"))
        with contextlib.closing(database), database.read() as tx:
            return list(tx.jobs.list(LOCAL_OWNER, limit=500).items)

    def tasks(self, jobs: list[Job]) -> list[Any]:
        """Every try of every stage."""
        database = SqlDatabase(sqlite_url(self.data / "maquette.db"))
        with contextlib.closing(database), database.read() as tx:
            return [task for job in jobs for task in tx.tasks.of_job(job.id)]

    def ended(self) -> int:
        with contextlib.suppress(Exception):
            return sum(job.ended_at is not None for job in self.jobs())
        return 0


def storm(program: Program, command: list[str], kills: int, good: int) -> tuple[int, dict[str, Any]]:
    """Runs the command, killing it while ``good`` rows are being worked on; the last call may finish."""
    chance = random.Random(1)
    for number in range(kills):
        process = program.start(*command)
        while program.ended() < good * (number + 1) // (kills + 2) and process.poll() is None:
            time.sleep(0.5)
        time.sleep(chance.uniform(0.5, 3))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        print(f"killed when {program.ended()} of {good} had ended", flush=True)
    return program.run(*command)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=40)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--quality", default="fast")
    parser.add_argument("--keep", type=Path, help="a folder to work in, which stays")
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        home = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        home.mkdir(parents=True, exist_ok=True)
        sys.exit(0 if _measure(home, given) else 1)


def _measure(home: Path, given: argparse.Namespace) -> bool:
    table, faults = draw(home, given.products)
    program, good = Program(home), given.products - FAULTS
    command = ["batch", str(table), "--quality", given.quality, "-o", str(home / "out")]
    started = time.monotonic()
    code, told = program.run(*command)
    seen = {str(one["row"]): one["code"] for one in told["problems"]}
    _, assets = program.run("assets", "list")
    kept = len(assets["items"]) + len(program.jobs()) + (home / "out").exists()
    took = time.monotonic() - started
    print(f"refused whole              exit {code}, {len(told['problems'])} faults told, {took:.1f} s")
    print(f"faults told rightly        {sum(seen.get(row) == fault for row, fault in faults.items())} of {len(faults)}")
    print(f"kept of what was refused   {kept}", flush=True)
    started = time.monotonic()
    _, told = storm(program, [*command, "--on-error", "skip"], given.kills, good)
    seconds = time.monotonic() - started
    batch, jobs = told["batch"], program.jobs()
    tasks = program.tasks(jobs)
    finished = Counter((task.job_id, task.stage) for task in tasks if task.status is TaskStatus.FINISHED)
    statuses = Counter(row["status"] for row in told["rows"])
    refused = {str(row["row"]) for row in told["rows"] if row["status"] == "refused"}
    models = len(list((home / "out").glob("*/model.glb")))
    print(f"rows                       {dict(statuses)}")
    print(f"success rate               {batch['success_rate']} (right: {good / given.products})")
    print(f"jobs, models               {len(jobs)}, {models}")
    print(f"stages lost, done twice    {sum(t.status is TaskStatus.LOST for t in tasks)}, {max(finished.values()) - 1}")
    print(
        f"took                       {seconds:.0f} s, stages {sum(task.cpu_ms for task in tasks) / 1000:.0f} s of CPU"
    )
    return (
        (code, seen, kept) == (1, faults, 0)
        and statuses == {"completed": good, "refused": FAULTS}
        and refused == set(faults)
        and batch["success_rate"] == good / given.products
        and (len(jobs), models, max(finished.values())) == (good, good, 1)
    )


if __name__ == "__main__":
    main()
