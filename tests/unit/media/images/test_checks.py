"""Photos are judged before anybody works on them."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from drawn_photos import Picture, backdrop, thing
from maquette.domain.quality import MEANINGS
from maquette.media.images.checks import judge, judge_copy
from maquette.media.images.intake import GLANCE_SIDE, glance

BOX = (220, 120, 200, 240)
GOOD = thing(backdrop(), BOX)


def scaled(picture: Picture, factor: float, offset: float = 0) -> Picture:
    return np.clip(picture.astype(np.float32) * factor + offset, 0, 255).astype(np.uint8)


def white_thing() -> Picture:
    picture = scaled(backdrop(), 0.6)
    cv2.rectangle(picture, (220, 120), (420, 360), (255, 255, 255), -1)
    return scaled(picture, 1)


@pytest.mark.parametrize(
    ("picture", "flags"),
    [
        (GOOD, ()),
        (scaled(GOOD, 0.25), ("too_dark",)),
        (white_thing(), ("too_bright",)),
        (backdrop(), ("hazy", "no_object")),
        (cv2.GaussianBlur(GOOD, (0, 0), 12), ("blurred",)),
        (thing(backdrop(), (470, 120, 250, 240)), ("cut_off:right",)),
        (thing(backdrop(), (-80, 300, 250, 300)), ("cut_off:bottom", "cut_off:left")),
        (thing(backdrop(), (300, 200, 60, 80)), ("small_in_frame:2",)),
        (thing(backdrop(busy=True), BOX), ("busy_background",)),
    ],
)
def test_each_fault_is_named(picture: Picture, flags: tuple[str, ...]) -> None:
    found = judge(np.asarray(picture, np.uint8), None, 1000)
    assert found.flags == flags
    assert (found.score == 1) == (not flags)
    assert {flag.partition(":")[0] for flag in flags} <= set(MEANINGS)


def test_pixels_are_counted_in_the_photo_and_not_in_the_copy() -> None:
    assert judge(GOOD, None, 399).flags == ("few_pixels:399",)
    assert judge(GOOD, None, 400).flags == ()


def test_a_white_wall_is_not_blown_out() -> None:
    wall = np.full((480, 640, 3), 255, np.uint8)
    assert judge(thing(wall, BOX), None, 1000).flags == ()


def test_a_transparent_photo_is_judged_by_its_alpha() -> None:
    alpha = np.zeros((480, 640), np.uint8)
    alpha[:300, 220:420] = 255
    assert judge(GOOD, alpha, 1000).flags == ("cut_off:top",)


@pytest.mark.parametrize(("orientation", "edge"), [(1, "right"), (3, "left"), (6, "bottom"), (8, "top")])
def test_edges_are_those_of_the_upright_picture(tmp_path: Path, orientation: int, edge: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(thing(backdrop(1280, 960), (940, 240, 500, 480))).save(tmp_path / "a.jpg", exif=exif)
    facts, copy = glance(tmp_path / "a.jpg")
    assert max(copy.size) == GLANCE_SIDE
    assert (copy.width > copy.height) == (facts.width > facts.height) == (orientation < 5)
    assert judge_copy(copy, 960).flags == (f"cut_off:{edge}",)


@pytest.mark.parametrize("size", [(16, 16), (16, 16000), (16000, 16), (17, 400)])
def test_odd_pictures_get_a_score_too(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.effect_noise(size, 90).save(tmp_path / "a.png")
    facts, copy = glance(tmp_path / "a.png")
    assert 0 <= judge_copy(copy, min(facts.width, facts.height)).score <= 1
