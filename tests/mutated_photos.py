"""Damaged photos by the thousand, read in forked children with limits; the parent counts what came of each.

Run as a script it prints the counts as JSON: ``python tests/mutated_photos.py COUNT [--seed S]``.
"""

import argparse
import ctypes
import io
import json
import mmap
import os
import random
import resource
import signal
import struct
import sys
import tempfile
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms

from maquette.domain.errors import MaquetteError
from maquette.media.images.checks import judge_copy
from maquette.media.images.intake import glance, make_working_copy

BATCH = 500
MEMORY = 700 << 20
HANG_S = 5.0
"""Seconds of CPU for one file."""
JUDGED_EVERY = 17
"""Of the files that can be read, every so many are judged and copied as well: damage is done by then or not at all."""
CRASH, HANG, BUG = "crash", "hang", "bug"


def seeds() -> dict[str, bytes]:
    """Small photos of every kind that is read, and of some that are refused."""
    picture = Image.frombytes("RGB", (16, 12), random.Random(5).randbytes(576)).resize((64, 48))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0xA405] = 26
    exif.get_ifd(0x8825)[1] = "N"
    icc = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    icc[24:36] = bytes(12)  # when it was made: the same files every time
    frames = {"save_all": True, "append_images": [picture.rotate(90), picture.rotate(180)]}
    kinds: list[tuple[str, Image.Image, dict[str, Any]]] = [
        ("JPEG", picture, {"exif": exif, "icc_profile": bytes(icc)}),
        ("JPEG", picture.convert("CMYK"), {}),
        ("JPEG", picture, {"progressive": True, "restart_marker_blocks": 2}),
        ("MPO", picture, frames),
        ("PNG", picture, {"exif": exif, "icc_profile": bytes(icc)}),
        ("PNG", picture.quantize(16), {"transparency": 0}),
        ("PNG", picture.convert("I").point(lambda value: value * 256).convert("I;16"), {}),
        ("PNG", picture, frames),
        ("WEBP", picture, {"exif": exif}),
        ("WEBP", picture.convert("RGBA"), {"lossless": True}),
        ("WEBP", picture, frames),
        ("AVIF", picture, {"exif": exif}),
        ("GIF", picture.quantize(16), {}),
        ("TIFF", picture, {"compression": "tiff_lzw"}),
        ("BMP", picture, {}),
    ]
    made = {f"{number} {kind}": _saved(image, kind, options) for number, (kind, image, options) in enumerate(kinds)}
    try:
        import pillow_heif
    except ImportError:
        return made
    with io.BytesIO() as file:
        pillow_heif.from_pillow(picture).save(file)
        return made | {f"{len(made)} HEIC": file.getvalue()}


def _saved(image: Image.Image, kind: str, options: dict[str, Any]) -> bytes:
    with io.BytesIO() as file:
        image.save(file, format=kind, **options)
        return file.getvalue()


def mutate(number: int, originals: list[bytes], seed: int = 0) -> bytes:
    """The mutation with that number; always the same."""
    dice = random.Random(seed * 1_000_003 + number)
    damaged = bytearray(originals[number % len(originals)])
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        dice.choice(_WAYS)(damaged, dice, originals)
    return _mended(damaged) if dice.random() < 0.5 else bytes(damaged)


def _cut(damaged: bytearray, dice: random.Random, _others: list[bytes]) -> None:
    del damaged[dice.randrange(len(damaged) + 1) :]


def _flip(damaged: bytearray, dice: random.Random, _others: list[bytes]) -> None:
    for _ in range(dice.randint(1, 8)):
        if damaged:
            damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)


def _flip_head(damaged: bytearray, dice: random.Random, _others: list[bytes]) -> None:
    for _ in range(dice.randint(1, 4)):
        if damaged:
            damaged[dice.randrange(min(200, len(damaged)))] ^= 1 << dice.randrange(8)


def _field(damaged: bytearray, dice: random.Random, _others: list[bytes]) -> None:
    """Writes a number that hurts over two or four bytes: sizes, counts and offsets live in those."""
    number = dice.choice((0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF, dice.randrange(1 << 32)))
    form, mask = dice.choice(((">H", 0xFFFF), ("<H", 0xFFFF), (">I", 0xFFFFFFFF), ("<I", 0xFFFFFFFF)))
    if len(damaged) > 8:
        struct.pack_into(form, damaged, dice.randrange(min(600, len(damaged) - 4)), number & mask)


def _repeat(damaged: bytearray, dice: random.Random, _others: list[bytes]) -> None:
    at = dice.randrange(len(damaged) + 1)
    damaged[at:at] = damaged[at : at + dice.randint(1, 64)] * dice.choice((1, 1, 20))


def _drop(damaged: bytearray, dice: random.Random, _others: list[bytes]) -> None:
    at = dice.randrange(len(damaged) + 1)
    del damaged[at : at + dice.randint(1, 64)]


def _splice(damaged: bytearray, dice: random.Random, others: list[bytes]) -> None:
    """The head of one file, the tail of another."""
    other = dice.choice(others)
    damaged[dice.randrange(len(damaged) + 1) :] = other[dice.randrange(len(other)) :]


_WAYS = (_cut, _flip, _flip, _flip_head, _flip_head, _field, _field, _repeat, _drop, _splice)


def _mended(damaged: bytearray) -> bytes:
    """With the checksums of PNG chunks put right, so that the damage gets past them."""
    if not damaged.startswith(b"\x89PNG\r\n\x1a\n"):
        return bytes(damaged)
    at = 8
    while at + 12 <= len(damaged):
        length = int.from_bytes(damaged[at : at + 4], "big")
        end = at + 8 + length
        if end + 4 > len(damaged):
            break
        struct.pack_into(">I", damaged, end, zlib.crc32(damaged[at + 4 : end]))
        at = end + 4
    return bytes(damaged)


@dataclass
class Tally:
    """``verdicts``: how often each code (or ``read``) was the answer; ``ours``: the numbers that were not an answer."""

    verdicts: Counter[str] = field(default_factory=Counter[str])
    ours: list[str] = field(default_factory=list[str])
    slowest_s: float = 0.0
    peak_bytes: int = 0
    children: int = 0


def run(numbers: range, seed: int = 0) -> Tally:
    """Reads the mutations with these numbers."""
    originals, tally = list(seeds().values()), Tally()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        start = numbers.start
        while start < numbers.stop:
            start = _batch(range(start, min(start + BATCH, numbers.stop)), originals, seed, Path(folder), tally)
    return tally


def _batch(numbers: range, originals: list[bytes], seed: int, folder: Path, tally: Tally) -> int:
    """Reads a batch in one child; the number to go on with, which is early when the child died."""
    shared = mmap.mmap(-1, 16)
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        os.close(told)
        _child(numbers, originals, seed, folder, shared, tell)
    os.close(tell)
    tally.children += 1
    with os.fdopen(told, "rb") as stream:
        hung, lines = _watched(child, shared, stream.fileno())
    _, status, usage = os.wait4(child, 0)
    tally.peak_bytes = max(tally.peak_bytes, usage.ru_maxrss * 1024)
    for line in lines:
        _count(json.loads(line), tally)
    if status == 0:
        return numbers.stop
    at = struct.unpack("q", shared[:8])[0]
    kind = HANG if hung else CRASH
    tally.verdicts[kind] += 1
    tally.ours.append(f"{at}: {kind}, wait status {status}")
    return at + 1


def _count(line: list[Any], tally: Tally) -> None:
    number, verdict, seconds = line
    tally.verdicts[verdict.partition(":")[0]] += 1
    tally.slowest_s = max(tally.slowest_s, seconds)
    if verdict.startswith(BUG):
        tally.ours.append(f"{number}: {verdict}")


def _watched(child: int, shared: mmap.mmap, told: int) -> tuple[bool, list[bytes]]:
    """Reads what the child tells until its end; kills it when one file has cost it too much CPU."""
    os.set_blocking(told, False)
    said, at, spent = bytearray(), -1, 0.0
    while True:
        try:
            piece = os.read(told, 1 << 16)
            said += piece
            if not piece:
                return False, bytes(said).splitlines()
        except BlockingIOError:
            time.sleep(0.02)
        now = struct.unpack("q", shared[:8])[0]
        if now != at:
            at, spent = now, _cpu(child)
        elif _cpu(child) - spent > HANG_S:
            os.kill(child, signal.SIGKILL)
            return True, bytes(said[: said.rfind(b"\n") + 1]).splitlines()


def _cpu(child: int) -> float:
    try:
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _child(
    numbers: range, originals: list[bytes], seed: int, folder: Path, shared: mmap.mmap, tell: int
) -> None:  # pragma: no cover - in another process
    status = 1
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 2)
        warnings.simplefilter("error")
        for line in _read_all(numbers, originals, seed, folder, shared):
            os.write(tell, line)
        status = 0
    finally:
        os._exit(status)


def _read_all(
    numbers: range, originals: list[bytes], seed: int, folder: Path, shared: mmap.mmap
) -> Iterator[bytes]:  # pragma: no cover - in another process
    path, copy = folder / "photo", folder / "copy"
    for number in numbers:
        shared[:8] = struct.pack("q", number)
        path.write_bytes(mutate(number, originals, seed))
        began = time.process_time()
        verdict = _verdict(path, copy, number)
        yield json.dumps([number, verdict, round(time.process_time() - began, 3)]).encode() + b"\n"


def _verdict(path: Path, copy: Path, number: int) -> str:  # pragma: no cover - in another process
    try:
        facts, small = glance(path)
        if number % JUDGED_EVERY == 0:
            judge_copy(small, min(facts.width, facts.height))
            make_working_copy(path, copy)
    except MaquetteError as error:
        return error.code
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the verdict
        return f"{BUG}: {error!r}"
    return "read"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = os.times()
    tally = run(range(options.count), options.seed)
    ended = os.times()
    cpu = sum(ended[:4]) - sum(began[:4])
    found = {"cpu_s": round(cpu, 1), "peak_mb": round(tally.peak_bytes / 1e6), "slowest_s": tally.slowest_s}
    json.dump(found | {"verdicts": dict(tally.verdicts), "children": tally.children, "ours": tally.ours}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
