"""What comes in: large photos, hostile files, near duplicates, damaged files by the hundred thousand.

    python benchmarks/intake.py [--shared FOLDER] [--mutations N] [--seed S] [--only STEP]

`decode`: JPEG of 12 and 48 megapixels, drawn here, each read in a fresh process: as an upload is (checked to its last
byte, judged), as two previews (1024 and 256 pixels), as two previews by Pillow without its drafts, and as the working
copy of a job. Aims for previews of 48 megapixels: 0.6 s of CPU and 100 MiB. `hostile`: each file of `data2d/hostile` of
the shared folder, or a small set of our own, through the process with limits that uploads use and through a `maquette
serve` of its own; aims: the expected verdict, 2 s, 300 MiB, no answer of 500 and more, nothing of a file's metadata in
what is made of it. `likeness`: pairs of `data2d/select`. `framing`: photos of whole objects, and the same cut at each
edge. `mutations`: what becomes of damaged files, the same ones for the same seed; aims: nothing outside the child, no
hang of 5 s.
"""

import argparse
import asyncio
import contextlib
import io
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import previews
from PIL import Image

from maquette.adapters.processes.forked import ForkedProcesses
from maquette.app.uploads import PROBE_LIMITS
from maquette.domain.errors import MaquetteError
from maquette.pipelines.child import PROBE
from maquette.ports.processes import Kind, Limits

ROOT = Path(__file__).parents[1]
MIB = 1024**2
SERVE = "from maquette.cli.main import main; main()"
CANARY = b"Canary Camera"


def draw(path: Path, width: int, height: int) -> None:
    """A photo-like JPEG of quality 92: soft shapes, edges, grain."""
    dice = np.random.default_rng(1)
    coarse = dice.integers(0, 255, (height // 250, width // 250, 3), np.uint8)
    picture = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), np.int16)
    grain = dice.normal(0, 4, (512, 512, 1)).astype(np.int16)
    tiles = np.tile(grain, (height // 512 + 1, width // 512 + 1, 1))[:height, :width]
    Image.fromarray(np.clip(picture + tiles, 0, 255).astype(np.uint8)).save(path, quality=92)


# -- large photos


async def decode(folder: Path) -> None:
    print("## Large photos\n\n| JPEG | way | CPU s | peak MiB |\n| --- | --- | --- | --- |")
    processes = ForkedProcesses(threads=1)
    limits = Limits(seconds=60, memory_bytes=2048 * MIB, cpu_seconds=60)
    try:
        for width, height in ((4000, 3000), (8000, 6000)):
            path = folder / f"{width}.jpg"
            draw(path, width, height)
            name = f"{width * height // 1_000_000} MP, {path.stat().st_size / 1e6:.1f} MB"
            for way in (previews.upload, previews.two_previews, previews.plain_pillow, previews.working_copy):
                payload = {"path": str(path), "into": str(folder)}
                function = f"previews:{way.__name__}"
                runs = [await processes.run(function, payload, limits=limits, kind=Kind.DECODE) for _ in range(3)]
                cpu, peak = min(done.cpu_seconds for done in runs), max(done.peak_bytes for done in runs) / MIB
                print(f"| {name} | {way.__name__.replace('_', ' ')} | {cpu:.2f} | {peak:.0f} |")
    finally:
        await processes.close()
    print()


# -- hostile files


def corpus(shared: Path, folder: Path) -> dict[Path, str]:
    """Files and what is expected of them: those of the shared folder, or a few of our own."""
    manifest = shared / "data2d" / "manifest.json"
    if not manifest.is_file():
        return our_own(folder)
    items = json.loads(manifest.read_text())["items"]
    return {
        shared / "data2d" / item["files"]["file"]["path"]: item["expect"] for item in items if item["cls"] == "hostile"
    }


def our_own(folder: Path) -> dict[Path, str]:
    made: dict[Path, str] = {}

    def add(name: str, expect: str, content: bytes) -> None:
        (folder / name).write_bytes(content)
        made[folder / name] = expect

    def saved(image: Image.Image, kind: str, **options: object) -> bytes:
        with io.BytesIO() as file:
            image.save(file, format=kind, **options)
            return file.getvalue()

    noise = Image.effect_noise((640, 480), 60).convert("RGB")
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = CANARY.decode(), 6
    exif.get_ifd(0x8825)[1] = "N"
    jpeg = saved(noise, "JPEG", exif=exif)
    add("turned.jpg", "accept_orient_portrait", jpeg)
    add("page.jpg", "accept_reencode", jpeg + b"<script>alert(1)</script>" + CANARY)
    add("cut.jpg", "reject", jpeg[: len(jpeg) // 2])
    add("bomb.png", "reject_dimensions", saved(Image.new("1", (15_000, 14_000)), "PNG"))
    add("dot.png", "reject_too_small", saved(Image.new("RGB", (1, 1)), "PNG"))
    add("strip.png", "reject_aspect", saved(Image.new("RGB", (4000, 2)), "PNG"))
    add("drawing.png", "reject", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    add("script.jpg", "reject", b"%!PS-Adobe-3.0 EPSF-3.0\n")
    add("deep.png", "accept_to_8bit", saved(Image.new("I;16", (64, 64), 0x8000), "PNG"))
    add("paper.jpg", "accept_convert_srgb", saved(noise.convert("CMYK"), "JPEG"))
    add("moving.webp", "accept_first_frame", saved(noise, "WEBP", save_all=True, append_images=[noise.rotate(90)]))
    add("moving.gif", "reject", saved(noise.quantize(8), "GIF"))
    return made


def fits(expect: str, verdict: str) -> bool:
    if expect in ("accept_or_reject", "reject_or_flag"):
        return True
    return (verdict == "accept") == expect.startswith("accept")


async def look(processes: ForkedProcesses, path: Path) -> tuple[str, float, float]:
    """The verdict of the process with limits, its seconds and its MiB."""
    began = time.monotonic()
    try:
        done = await processes.run(PROBE, {"path": str(path)}, limits=PROBE_LIMITS, kind=Kind.DECODE)
    except MaquetteError as error:
        return error.code, time.monotonic() - began, 0.0
    return "accept", time.monotonic() - began, done.peak_bytes / MIB


def leaks(path: Path, folder: Path) -> bool:
    """Whether anything but pixels is left in what is made of a photo that is accepted."""
    from maquette.media.images.intake import make_working_copy

    make_working_copy(path, folder / "derived", 1024)
    content = (folder / "derived").read_bytes()
    with Image.open(io.BytesIO(content)) as copy:
        copy.load()
        said = set(copy.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        return bool(said or copy.getexif()) or any(word in content for word in (CANARY, b"<script", b"Exif\0"))


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAQUETTE_")}
    child = subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", "--port", "0", "--json"],
        env=environment | {"MAQUETTE_DATA": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())["url"]
    finally:
        child.terminate()
        child.wait(20)


def answers(files: dict[Path, str], folder: Path) -> Counter[str]:
    """The status of each file when it is sent to a server."""
    told: Counter[str] = Counter()
    with serving(folder / "data") as url, httpx.Client(base_url=url, timeout=60) as http:
        for path in files:
            told[
                str(http.put("/api/v1/assets", params={"name": path.name}, content=path.read_bytes()).status_code)
            ] += 1
        told["healthy afterwards"] = int(http.get("/healthz").status_code == 200)
    return told


async def hostile(shared: Path, folder: Path) -> None:
    files = corpus(shared, folder)
    processes = ForkedProcesses()
    try:
        await look(processes, next(iter(files)))  # the server of processes starts
        found = {path: await look(processes, path) for path in files}
    finally:
        await processes.close()
    wrong = [
        f"{path.name}: {found[path][0]}, not {expect}"
        for path, expect in files.items()
        if not fits(expect, found[path][0])
    ]
    taken = [path for path in files if found[path][0] == "accept"]
    said = [path.name for path in taken if leaks(path, folder)]
    print("## Hostile files\n\n| | |\n| --- | --- |")
    print(f"| files | {len(files)}, {len(taken)} of them accepted |")
    print(f"| other verdicts than expected | {len(wrong)}{': ' + '; '.join(wrong) if wrong else ''} |")
    print(f"| slowest, in a process of its own | {max(entry[1] for entry in found.values()):.2f} s |")
    print(f"| most memory, of those accepted | {max(entry[2] for entry in found.values()):.0f} MiB |")
    print(f"| something but pixels in what was made of them | {len(said)} {' '.join(said)} |")
    print(f"| answers of a server | {', '.join(f'{c} x {s}' for s, c in sorted(answers(files, folder).items()))} |\n")


# -- near duplicates


def likeness(shared: Path) -> None:
    from maquette.media.images.likeness import PhotoMeasure, measure, same_view

    manifest = shared / "data2d" / "manifest.json"
    if not manifest.is_file():
        return
    items = [item for item in json.loads(manifest.read_text())["items"] if item["cls"] == "select"]
    measured: list[tuple[str, PhotoMeasure]] = []
    began = time.process_time()
    for item in items:
        with contextlib.suppress(OSError):  # one of them cannot be read by anybody
            measured.append((item["group"], measure(shared / "data2d" / next(iter(item["files"].values()))["path"])))
    spent = time.process_time() - began
    pairs = list(itertools.combinations(measured, 2))
    began = time.process_time()
    found = [(a[0] == b[0], same_view(a[1], b[1])) for a, b in pairs]
    each = (time.process_time() - began) / len(pairs)
    alike = sum(same for same, _ in found)
    hits, false = sum(same and said for same, said in found), sum(said and not same for same, said in found)
    print("## Photos of the same view\n\n| | |\n| --- | --- |")
    print(f"| pairs of one group found | {hits} of {alike} ({hits / alike:.2f}) |")
    print(f"| pairs of different groups taken for one | {false} of {len(pairs) - alike} |")
    print(f"| CPU a photo, a pair | {1000 * spent / len(measured):.0f} ms, {1000 * each:.1f} ms |\n")


# -- objects cut off by the frame

CUT = 0.2
"""The share of the object's width or height that is cut away."""


def with_truth(shared: Path) -> Iterator[tuple[Path, Path]]:
    """Photos before rooms and other backdrops, each with the picture whose alpha is the object."""
    for kind, truth in (("photo", "persp"), ("casualphoto", "casual")):
        for path in sorted(shared.glob(f"data3d/objects/*/{kind}_*.jpg")):
            yield path, path.with_name(path.name.replace(kind, truth)).with_suffix(".png")
    for path in sorted(shared.glob("data2d/matte_comp/*.jpg")):
        yield path, path.with_name(f"{path.stem}_alpha.png")


def crops(photo: Path, truth: Path) -> Iterator[tuple[str | None, np.ndarray]]:
    """The whole photo, and the photo with a fifth of the object cut away at each edge."""
    with Image.open(photo) as picture, Image.open(truth) as alpha:
        pixels = np.asarray(picture.convert("RGB"))
        band = alpha.getchannel("A") if "A" in alpha.getbands() else alpha.convert("L")
        mask = np.asarray(band.resize(picture.size)) > 128
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    down, across = int(CUT * (rows[-1] - rows[0])), int(CUT * (columns[-1] - columns[0]))
    yield None, pixels
    yield "left", pixels[:, columns[0] + across :]
    yield "right", pixels[:, : columns[-1] - across]
    yield "top", pixels[rows[0] + down :]
    yield "bottom", pixels[: rows[-1] - down]


def framing(shared: Path) -> None:
    from maquette.media.images.checks import judge

    told: Counter[tuple[bool, str]] = Counter()
    for photo, truth in with_truth(shared):
        for edge, pixels in crops(photo, truth):
            flags = judge(np.ascontiguousarray(pixels), None, 1000).flags
            said = {flag.partition(":")[2] for flag in flags if flag.startswith("cut_off")}
            verdict = "silent" if not said else "right" if said == {edge} else "wrong"
            told[edge is not None, verdict] += 1
    if not told:
        return
    print("## Objects cut off by the frame\n\n| photos | said nothing | named the edge | named another |")
    print("| --- | --- | --- | --- |")
    for is_cut, name in ((False, "whole"), (True, "cut at one edge")):
        print(f"| {name} | {told[is_cut, 'silent']} | {told[is_cut, 'right']} | {told[is_cut, 'wrong']} |")
    print()


# -- damaged files


def mutations(count: int, seed: int) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), *sys.path])}
    command = [sys.executable, str(ROOT / "tests" / "mutated_photos.py"), str(count), "--seed", str(seed)]
    done = json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)
    verdicts = Counter(done["verdicts"])
    print(f"## Damaged files ({count:,}, seed {seed})\n\n| | |\n| --- | --- |")
    print(f"| verdicts | {', '.join(f'{code} {number:,}' for code, number in verdicts.most_common())} |")
    print(f"| not an answer (crash, hang, bug) | {len(done['ours'])} {'; '.join(done['ours'][:5])} |")
    print(f"| slowest file, most memory | {done['slowest_s']:.2f} s of CPU, {done['peak_mb']} MB |")
    print(f"| CPU | {done['cpu_s']:.0f} s in {done['children']:,} children |\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("MAQUETTE_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--mutations", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=["decode", "hostile", "likeness", "framing", "mutations"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        steps: dict[str, Callable[[], None]] = {
            "decode": lambda: asyncio.run(decode(folder)),
            "hostile": lambda: asyncio.run(hostile(options.shared, folder)),
            "likeness": lambda: likeness(options.shared),
            "framing": lambda: framing(options.shared),
            "mutations": lambda: mutations(options.mutations, options.seed),
        }
        for step, work in steps.items():
            if options.only in (None, step):
                work()


if __name__ == "__main__":
    main()
