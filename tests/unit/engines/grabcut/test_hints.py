"""What a person marks changes the cut-out there, as asked, and hardly elsewhere."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from maquette.domain.marks import Click, Marks, Stroke
from maquette.engines.grabcut import GrabCut
from maquette.engines.grabcut.claims import Marked, claimed
from maquette.engines.grabcut.hints import BRUSHED, CLICKED, apply_marks
from maquette.engines.grabcut.pixels import grown
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


def clicked(spot: tuple[int, int], sign: int) -> Marked:
    sheet = np.zeros((HEIGHT, WIDTH), np.int8)
    cv2.circle(sheet, spot, 2, sign * CLICKED, -1)
    return sheet


def brushed(start: tuple[int, int], end: tuple[int, int], radius: int, sign: int) -> Marked:
    sheet = np.zeros((HEIGHT, WIDTH), np.int8)
    cv2.line(sheet, start, end, sign * BRUSHED, 2 * radius)
    return sheet


def overlap(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / (one | other).sum())


def distances(sheet: Marked) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.distanceTransform((sheet == 0).astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def test_no_marks_change_nothing() -> None:
    mask = disc(LEFT)
    assert np.array_equal(apply_marks(two_discs(), mask, np.zeros((HEIGHT, WIDTH), np.int8)), mask)


def test_a_click_takes_in_what_it_stands_on() -> None:
    found = apply_marks(two_discs(), disc(LEFT), clicked(RIGHT, 1))
    assert overlap(found, disc(LEFT) | disc(RIGHT)) > 0.95
    assert np.array_equal(found[:, :160], disc(LEFT)[:, :160])


def test_a_click_leaves_out_what_it_stands_on() -> None:
    both = disc(LEFT) | disc(RIGHT)
    found = apply_marks(two_discs(), both, clicked(RIGHT, -1))
    assert overlap(found, disc(LEFT)) > 0.95
    assert np.array_equal(found[:, :160], disc(LEFT)[:, :160])


def test_a_click_beside_the_outline_mends_only_a_little() -> None:
    """The wrong strip is thin, so the mark means the strip and not the whole object that it borders on."""
    picture, true = photo((disc(LEFT), (190, 40, 30))), disc(LEFT)
    too_large = disc(LEFT, 45)
    found = apply_marks(picture, too_large, clicked((LEFT[0], LEFT[1] + 43), -1))
    assert overlap(found, true) > overlap(too_large, true)
    assert (true & ~found).sum() < 0.01 * true.sum()


def test_a_click_on_a_thin_leg_does_not_take_in_the_wall_behind_it() -> None:
    """The click is wider than the leg and far from the mask, so that it covers, and reaches, more wall than leg."""
    leg = cv2.line(np.zeros((HEIGHT, WIDTH), np.uint8), (90, 160), (110, 225), 1, 3).astype(bool)
    picture, body = photo((disc(LEFT) | leg, (120, 90, 70))), disc(LEFT)
    sheet = clicked((103, 202), 1)
    claim = claimed(picture, body, np.sign(sheet)) & ~body
    assert (claim & leg).sum() > 0.2 * leg.sum()
    assert (claim & ~grown(leg, 5)).sum() < 0.05 * claim.sum()
    found = apply_marks(picture, body, sheet) & ~body
    assert (found & leg).sum() > 0.4 * leg.sum()
    assert (found & ~leg).sum() < 0.5 * leg.sum()


@pytest.mark.parametrize("include", [True, False])
def test_clicked_pixels_are_as_marked_even_against_all_colours(include: bool) -> None:
    spot = (20, 20) if include else LEFT
    sheet = clicked(spot, 1 if include else -1)
    found = apply_marks(two_discs(), disc(LEFT), sheet)
    assert (found[sheet != 0] == include).all()


@pytest.mark.parametrize("include", [True, False])
def test_a_stroke_covers_what_is_brushed_and_at_most_a_radius_beyond(include: bool) -> None:
    """Half of the blue disc is brushed; the other half has the same colour and no edge before it."""
    mask = disc(LEFT) if include else disc(LEFT) | disc(RIGHT)
    sheet = brushed((215, 100), (215, 140), 6, 1 if include else -1)
    found = apply_marks(two_discs(), mask, sheet)
    assert (found[sheet != 0] == include).all()
    assert distances(sheet)[found != mask].max() <= 7


@pytest.mark.parametrize("include", [True, False])
def test_the_outline_is_found_around_a_stroke(include: bool) -> None:
    """The brush leaves a ring of 4 pixels, and beyond it all is other than the disc."""
    both = disc(LEFT) | disc(RIGHT)
    before, true = (disc(LEFT), both) if include else (both, disc(LEFT))
    sheet = np.where(disc(RIGHT, 36), 1 if include else -1, 0).astype(np.int8) * BRUSHED
    found = apply_marks(two_discs(), before, sheet)
    assert (found != true).sum() < 0.5 * ((before != true) & (sheet == 0)).sum()


def test_a_stroke_stops_at_an_edge() -> None:
    """The brush passes 3 pixels from the disc's outline and is twice as wide."""
    missing = disc(RIGHT) & ~disc((205, 120), 35)
    found = apply_marks(two_discs(), disc(LEFT) | (disc(RIGHT) & ~missing), brushed((257, 105), (257, 135), 7, 1))
    assert (found & ~disc(LEFT) & ~disc(RIGHT)).sum() < 0.02 * disc(RIGHT).sum()
    assert found[120, 268]


@pytest.mark.parametrize("include", [True, False])
def test_a_stroke_over_what_is_so_already_changes_nothing(include: bool) -> None:
    mask = disc(LEFT, 36)
    line = ((70, 120), (110, 120)) if include else ((140, 60), (140, 180))
    assert np.array_equal(apply_marks(two_discs(), mask, brushed(*line, 6, 1 if include else -1)), mask)


def test_a_stroke_leaves_what_clicks_have_mended() -> None:
    click, stroke = clicked(RIGHT, 1), brushed((60, 90), (120, 90), 5, -1)
    before = apply_marks(two_discs(), disc(LEFT), click)
    found = apply_marks(two_discs(), disc(LEFT), click + stroke)
    assert np.array_equal(found[:, 160:], before[:, 160:])
    assert not (found & ~before).any()
    assert not found[stroke != 0].any()


def test_a_click_on_a_stroke_wins() -> None:
    sheet = brushed((200, 120), (260, 120), 8, 1)
    sheet[clicked(RIGHT, 1) != 0] = -CLICKED
    found = apply_marks(two_discs(), disc(LEFT), sheet)
    assert found[sheet == BRUSHED].all()
    assert not found[sheet == -CLICKED].any()


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
    stroke = Stroke(((226.0, 120.0), (234.0, 120.0)), 34, include=False)
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
