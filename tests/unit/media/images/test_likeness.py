"""Which photos show the same view, and how sharp they are beside each other."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from drawn_photos import Picture, backdrop, thing
from maquette.media.images.framing import Edge
from maquette.media.images.likeness import PhotoMeasure, groups, measure, same_view

BOX = (220, 120, 200, 240)


def measured(folder: Path, picture: Picture, name: str = "a.png") -> PhotoMeasure:
    Image.fromarray(picture).save(folder / name)
    return measure(folder / name)


def test_a_copy_is_the_same_view(tmp_path: Path) -> None:
    picture = thing(backdrop(), BOX)
    small = cv2.resize(picture, (320, 240), interpolation=cv2.INTER_AREA).astype(np.uint8)
    Image.fromarray(small).save(tmp_path / "b.jpg", quality=60)
    assert same_view(measured(tmp_path, picture), measure(tmp_path / "b.jpg"))


def test_a_step_to_the_side_is_the_same_view(tmp_path: Path) -> None:
    one = measured(tmp_path, thing(backdrop(), BOX))
    other = measured(tmp_path, thing(backdrop(seed=2), (150, 90, 240, 288)))
    assert same_view(one, other)


def test_another_side_before_the_same_wall_is_another_view(tmp_path: Path) -> None:
    wall = backdrop()
    wall[400:] = wall[400:] // 2
    one = measured(tmp_path, thing(wall, BOX, seed=7))
    other = measured(tmp_path, thing(wall, BOX, seed=8))
    assert not same_view(one, other)


def test_another_side_before_the_same_clutter_is_another_view(tmp_path: Path) -> None:
    room = backdrop(busy=True)
    box = (150, 90, 320, 340)
    one, other = (measured(tmp_path, thing(room, box, seed=seed)) for seed in (7, 8))
    assert not same_view(one, other)
    assert same_view(one, measured(tmp_path, np.roll(thing(room, box, seed=7), 9, 1)))


def test_a_door_makes_another_side_of_it(tmp_path: Path) -> None:
    front = thing(backdrop(), BOX)
    door = front.copy()
    cv2.rectangle(door, (300, 280), (340, 350), (70, 140, 220), -1)
    assert not same_view(measured(tmp_path, front), measured(tmp_path, door))
    lit = np.clip(front * 0.8 + 10, 0, 255).astype(np.uint8)
    assert same_view(measured(tmp_path, front), measured(tmp_path, lit))


def test_a_mirrored_photo_is_another_view(tmp_path: Path) -> None:
    picture = thing(backdrop(), BOX)
    assert not same_view(measured(tmp_path, picture), measured(tmp_path, np.ascontiguousarray(picture[:, ::-1])))


def test_groups_hold_those_that_belong_together(tmp_path: Path) -> None:
    seeds = [7, 8, 7, 9, 8, 7]
    measures = [measured(tmp_path, thing(backdrop(seed=number), BOX, seed=seed)) for number, seed in enumerate(seeds)]
    assert groups([entry.descriptor for entry in measures]) == ((0, 2, 5), (1, 4))


def test_sharpness_falls_with_blur_and_not_with_light(tmp_path: Path) -> None:
    picture = thing(backdrop(1000, 750), (350, 200, 300, 380))
    blurred = [cv2.GaussianBlur(picture, (0, 0), sigma).astype(np.uint8) for sigma in (1.5, 3)]
    sharp, soft, softer = (measured(tmp_path, entry).sharpness for entry in (picture, *blurred))
    assert sharp > soft > softer
    assert measured(tmp_path, (picture * 0.6).astype(np.uint8)).sharpness == pytest.approx(sharp, rel=0.1)


def test_a_photo_in_figures(tmp_path: Path) -> None:
    found = measured(tmp_path, thing(backdrop(), (470, 120, 250, 240)))
    assert found.cut_off == (Edge.RIGHT,)
    assert found.plainness > 0.7
    assert found.exposure > 0.95
    dark = measured(tmp_path, (thing(backdrop(), BOX) * 0.2).astype(np.uint8))
    assert dark.exposure < 0.4


def test_an_empty_photo_has_no_coverage(tmp_path: Path) -> None:
    found = measured(tmp_path, backdrop())
    assert (found.coverage, found.cut_off) == (0.0, ())
