"""Files that mean harm, or met it: the answer is a verdict, never anything else."""

import json
import os
import random
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from maquette.domain.errors import MaquetteError, Refused
from maquette.media.images.intake import make_working_copy, probe

SHARED = Path(os.environ.get("MAQUETTE_SHARED", Path(__file__).resolve().parents[5] / "shared")) / "data2d"
PICTURE_CODES = {"image_damaged", "image_truncated", "image_too_large", "image_too_small", "not_an_image"}


def corpus() -> list[dict[str, str]]:
    manifest = SHARED / "manifest.json"
    if not manifest.is_file():
        return []
    items = json.loads(manifest.read_text())["items"]
    hostile = [item for item in items if item["cls"] == "hostile"]
    return [{"path": item["files"]["file"]["path"], "expect": item["expect"]} for item in hostile]


def verdict(path: Path, target: Path) -> str:
    """``accept`` or the code; both ways in must agree."""
    answers = []
    for read in (lambda: probe(path), lambda: make_working_copy(path, target, 512)):
        try:
            read()
            answers.append("accept")
        except Refused as refused:
            answers.append(refused.code)
    assert answers[0] == answers[1]
    return answers[0]


@pytest.mark.skipif(not corpus(), reason="the shared corpus is not here")
@pytest.mark.parametrize("item", corpus(), ids=lambda item: item["path"])
def test_corpus(item: dict[str, str], tmp_path: Path) -> None:
    if item["path"].endswith((".heic", ".heif")):
        pytest.importorskip("pillow_heif")
    found, expect = verdict(SHARED / item["path"], tmp_path / "copy"), item["expect"]
    if expect == "accept_or_reject":
        return
    assert (found == "accept") == expect.startswith("accept"), found
    if expect == "reject_too_small":
        assert found == "image_too_small"
    if expect == "reject_dimensions":
        assert found in ("image_too_large", "not_an_image")
    if expect.startswith("accept_orient"):
        with Image.open(tmp_path / "copy") as copy:
            assert (copy.width > copy.height) == expect.endswith("landscape")


def samples() -> dict[str, bytes]:
    picture = Image.effect_noise((64, 48), 50).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0xA405] = 26
    kinds: list[tuple[str, Image.Image, dict[str, object]]] = [
        ("JPEG", picture, {"exif": exif}),
        ("JPEG", picture.convert("CMYK"), {}),
        ("JPEG", picture, {"progressive": True}),
        ("PNG", picture, {"exif": exif}),
        ("PNG", picture.quantize(16), {"transparency": 0}),
        ("WEBP", picture, {}),
        ("WEBP", picture.convert("RGBA"), {"lossless": True}),
        ("AVIF", picture, {"exif": exif}),
    ]
    made: dict[str, bytes] = {}
    for number, (kind, image, options) in enumerate(kinds):
        buffer = BytesIO()
        image.save(buffer, format=kind, **options)
        made[f"{number} {kind}"] = buffer.getvalue()
    return made


def mutate(content: bytes, dice: random.Random) -> bytes:
    damaged = bytearray(content)
    kind = dice.randrange(4)
    if kind == 0:
        del damaged[dice.randrange(len(damaged)) :]
    elif kind == 1:  # headers are where it hurts
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(min(200, len(damaged)))] ^= 1 << dice.randrange(8)
    elif kind == 2:
        for _ in range(dice.randint(1, 12)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
    else:
        at = dice.randrange(len(damaged))
        damaged[at:at] = damaged[at : at + dice.randint(1, 64)]
    return bytes(damaged)


@pytest.mark.parametrize("name", list(samples()))
def test_mutations_give_a_verdict(name: str, tmp_path: Path) -> None:
    dice, content = random.Random(name), samples()[name]
    path = tmp_path / "a"
    met: set[str] = set()
    for _ in range(250):
        path.write_bytes(mutate(content, dice))
        for read in (lambda: probe(path), lambda: make_working_copy(path, tmp_path / "copy")):
            try:
                read()
            except MaquetteError as error:
                met.add(error.code)
    assert met & PICTURE_CODES
    assert met <= PICTURE_CODES | {"empty_file", "out_of_memory", "heic_missing"}
