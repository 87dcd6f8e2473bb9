"""Files that mean harm, or met it: the answer is a verdict, never anything else."""

import faulthandler
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import mutated_photos
from maquette.domain.errors import Refused
from maquette.media.images.intake import make_working_copy, probe

SHARED = Path(os.environ.get("MAQUETTE_SHARED", Path(__file__).resolve().parents[5] / "shared")) / "data2d"
TESTS = Path(__file__).parents[3]
PICTURE_CODES = {"image_damaged", "image_truncated", "image_too_large", "image_too_small", "not_an_image"}
ANSWERS = PICTURE_CODES | {"read", "empty_file", "out_of_memory", "heic_missing"}


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


def counts(count: int, seed: int) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    command = [sys.executable, str(TESTS / "mutated_photos.py"), str(count), "--seed", str(seed)]
    return json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)


def judge_counts(found: dict[str, Any], count: int) -> None:
    assert found["ours"] == []
    assert sum(found["verdicts"].values()) == count
    assert set(found["verdicts"]) <= ANSWERS
    assert PICTURE_CODES - {"image_too_small"} <= set(found["verdicts"])
    assert found["peak_mb"] < 300


def test_mutations_give_a_verdict() -> None:
    judge_counts(counts(1000, 1), 1000)


@pytest.mark.slow
def test_many_mutations_give_a_verdict() -> None:
    judge_counts(counts(40_000, 2), 40_000)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (lambda: (faulthandler.disable(), os.kill(os.getpid(), signal.SIGSEGV)), mutated_photos.CRASH),
        (lambda: all(iter(lambda: True, False)), mutated_photos.HANG),
        (lambda: 1 // 0, mutated_photos.BUG),
    ],
)
def test_what_is_no_verdict_is_counted_and_the_rest_read(
    fault: Callable[[], object], verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = mutated_photos.glance

    def break_down(path: Path) -> object:
        return fault() if path.read_bytes() == mutated_photos.mutate(4, originals) else real(path)

    originals = list(mutated_photos.seeds().values())
    monkeypatch.setattr(mutated_photos, "glance", break_down)
    monkeypatch.setattr(mutated_photos, "HANG_S", 0.3)
    found = mutated_photos.run(range(8))
    assert [line.partition(":")[0] for line in found.ours] == ["4"]
    assert found.verdicts[verdict] == 1
    assert sum(found.verdicts.values()) == 8
