"""What a person marks changes the cut-out there, as asked, and hardly elsewhere."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from maquette.domain.marks import Click, Marks, Stroke
from maquette.engines.grabcut import GrabCut
from maquette.engines.grabcut.hints import apply_marks
from maquette.ports.engines import Box, CutRequest

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
HEIGHT, WIDTH = 240, 320
LEFT, RIGHT = (90, 120), (230, 120)


def disc(middle: tuple[int, int], radius: int = 40) -> Mask:
    return cv2.circle(np.zeros((HEIGHT, WIDTH), np.uint8), middle, radius, 1, -1).astype(bool)


def photo(*discs: tuple[Mask, tuple[int, int, int]]) -> Bytes:
    picture = np.full((HEIGHT, WIDTH, 3), 205.0) + np.random.default_rng(3).normal(0, 2, (HEIGHT, WIDTH, 3))
    for mask, colour in discs:
        picture[mask] = colour
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 0.7), 0, 255).astype(np.uint8)


def two_discs() -> Bytes:
    return photo((disc(LEFT), (190, 40, 30)), (disc(RIGHT), (30, 70, 180)))


def marked(spot: tuple[int, int], sign: int) -> npt.NDArray[np.int8]:
    sheet = np.zeros((HEIGHT, WIDTH), np.int8)
    cv2.circle(sheet, spot, 2, sign, -1)
    return sheet


def overlap(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_no_marks_change_nothing() -> None:
    mask = disc(LEFT)
    assert np.array_equal(apply_marks(two_discs(), mask, np.zeros((HEIGHT, WIDTH), np.int8)), mask)


def test_a_click_takes_in_what_it_stands_on() -> None:
    found = apply_marks(two_discs(), disc(LEFT), marked(RIGHT, 1))
    assert overlap(found, disc(LEFT) | disc(RIGHT)) > 0.95
    assert np.array_equal(found[:, :160], disc(LEFT)[:, :160])


def test_a_click_leaves_out_what_it_stands_on() -> None:
    both = disc(LEFT) | disc(RIGHT)
    found = apply_marks(two_discs(), both, marked(RIGHT, -1))
    assert overlap(found, disc(LEFT)) > 0.95
    assert np.array_equal(found[:, :160], disc(LEFT)[:, :160])


def test_a_click_beside_the_outline_mends_only_a_little() -> None:
    """The wrong strip is thin, so the mark means the strip and not the whole object that it borders on."""
    picture, true = photo((disc(LEFT), (190, 40, 30))), disc(LEFT)
    too_large = disc(LEFT, 45)
    found = apply_marks(picture, too_large, marked((LEFT[0], LEFT[1] + 43), -1))
    assert overlap(found, true) > overlap(too_large, true)
    assert (true & ~found).sum() < 0.01 * true.sum()


@pytest.mark.parametrize("include", [True, False])
def test_marked_pixels_are_as_marked_even_against_all_colours(include: bool) -> None:
    spot = (20, 20) if include else LEFT
    found = apply_marks(two_discs(), disc(LEFT), marked(spot, 1 if include else -1))
    assert (found[marked(spot, 1) != 0] == include).all()


def cut(folder: Path, box: Box | None = None, marks: Marks | None = None) -> Bytes:
    folder.mkdir()
    Image.fromarray(two_discs()).save(folder / "photo.png")
    result = GrabCut().cut(CutRequest(folder / "photo.png", folder, box, marks=marks or Marks()), lambda _: None)
    with Image.open(result.mask) as picture:
        return np.asarray(picture)


def test_clicks_reach_the_engine(tmp_path: Path) -> None:
    box = Box(45, 75, 90, 90)
    alone = cut(tmp_path / "alone", box) > 127
    assert overlap(alone, disc(LEFT)) > 0.95
    both = cut(tmp_path / "both", box, Marks((Click(*RIGHT),))) > 127
    assert overlap(both, disc(LEFT) | disc(RIGHT)) > 0.95


def test_strokes_reach_the_engine(tmp_path: Path) -> None:
    box = Box(40, 70, 240, 100)
    both = cut(tmp_path / "both", box) > 127
    assert overlap(both, disc(LEFT) | disc(RIGHT)) > 0.95
    stroke = Stroke(((210.0, 120.0), (250.0, 120.0)), 6, include=False)
    assert overlap(cut(tmp_path / "one", box, Marks(strokes=(stroke,))) > 127, disc(LEFT)) > 0.9


def test_a_mark_alone_is_a_subject(tmp_path: Path) -> None:
    """On a picture where nothing stands out a stroke still says what is wanted."""
    tmp_path = tmp_path / "flat"
    tmp_path.mkdir()
    Image.fromarray(photo()).save(tmp_path / "photo.png")
    marks = Marks(strokes=(Stroke(((100.0, 100.0), (180.0, 100.0)), 10),))
    result = GrabCut().cut(CutRequest(tmp_path / "photo.png", tmp_path, marks=marks), lambda _: None)
    with Image.open(result.mask) as picture:
        assert np.asarray(picture)[100, 100:180].min() > 127
