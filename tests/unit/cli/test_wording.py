"""Figures as people read them."""

from pathlib import Path

import pytest

from maquette.cli import wording


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3_500_000, "3.3 MiB"), (2**41, "2.0 TiB")]
)
def test_sizes(count: int, text: str) -> None:
    assert wording.size(count) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0 ms"), (99, "99 ms"), (100, "0.1 s"), (59_900, "59.9 s"), (60_000, "1 min 00 s"), (125_400, "2 min 05 s")],
)
def test_durations(milliseconds: int, text: str) -> None:
    assert wording.duration(milliseconds) == text


def test_counts_and_money() -> None:
    assert wording.plural(1, "photo") == "1 photo"
    assert wording.plural(15_000, "triangle") == "15,000 triangles"
    assert wording.money(0) == "nothing"
    assert wording.money(0.25) == "$0.25"


def test_paths_are_as_short_as_the_folder_allows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert wording.near(tmp_path / "out" / "a.png") == "out/a.png"
    assert wording.near(Path("out/a.png")) == "out/a.png"
    assert wording.near(Path("/elsewhere/a.png")) == "/elsewhere/a.png"


def test_flags_are_told_as_sentences_and_unknown_ones_by_their_code() -> None:
    told = wording.flag_texts(("cut_off:left", "too_shiny"))
    assert told == [
        "The object is cut off at the left edge. Step back or turn the camera until all of it is in.",
        "too_shiny",
    ]


def test_what_a_report_tells_of_photos() -> None:
    note = {"code": "too_dark", "severity": "warning", "message": "The photo is too dark.", "hint": "Use more light."}
    twins = {"message": "Front and Back look the same.", "hint": "Keep one.", "asset_ids": ["ast_1", "ast_2"]}
    photos = [{"view": "front", "notes": [note]}, {"view": None, "notes": [note]}, {"view": "left", "notes": []}]
    assert wording.photo_remarks({"photo_checks": {"photos": photos, "sets": [twins]}}) == [
        "front: The photo is too dark. Use more light.",
        "photo 2: The photo is too dark. Use more light.",
        "Front and Back look the same. Keep one.",
    ]
    assert wording.photo_remarks({"pipeline": "optimize"}) == []
