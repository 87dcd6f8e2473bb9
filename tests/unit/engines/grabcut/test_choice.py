"""How the engine tells objects from backgrounds, and good masks from bad ones."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from maquette.engines.grabcut.expect import best_of, expected_iou, is_disputed
from maquette.engines.grabcut.proposals import View, look_at, propose
from maquette.engines.grabcut.regions import find_regions
from maquette.engines.grabcut.segment import segment
from maquette.engines.grabcut.traits import TRAITS, overlap, palette, traits

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
SIZE = 200


def disc(x: int, y: int, radius: int) -> Mask:
    return cv2.circle(np.zeros((SIZE, SIZE), np.uint8), (x, y), radius, 1, -1).astype(bool)


def bricks() -> Bytes:
    dice = np.random.default_rng(5)
    picture = np.full((SIZE, SIZE, 3), (140.0, 110.0, 95.0))
    for row, top in enumerate(range(0, SIZE, 16)):
        for left in range(-(row % 2) * 20, SIZE, 40):
            brick = np.array([150, 95, 75]) * dice.uniform(0.85, 1.1)
            picture[top + 2 : top + 16, max(0, left + 2) : max(0, left + 40)] = brick
    return np.clip(picture + dice.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)


def on_bricks(true: Mask) -> Bytes:
    picture = bricks()
    picture[true] = (40, 90, 170)
    return cv2.GaussianBlur(picture, (0, 0), 0.7)


def frame() -> Mask:
    outside = np.zeros((SIZE, SIZE), np.bool_)
    outside[[0, -1]] = outside[:, [0, -1]] = True
    return outside


def view_of(picture: Bytes) -> View:
    return look_at(picture, frame(), boxed=False)


def test_regions_cover_the_picture_and_know_their_neighbours() -> None:
    regions = find_regions(on_bricks(disc(100, 100, 40)), frame(), 200)
    assert regions.area.sum() == SIZE * SIZE
    assert (regions.pairs[:, 0] < regions.pairs[:, 1]).all()
    assert regions.beyond[regions.labels[0]].all()
    assert not regions.beyond[regions.labels[100, 100]]


def test_what_the_frame_does_not_hold_is_salient() -> None:
    true = disc(120, 90, 35)
    view = view_of(on_bricks(true))
    salience = view.salience[view.regions.labels]
    assert salience[true].mean() > 0.7
    assert salience[~true].mean() < 0.25
    assert view.background[view.regions.labels][~true].mean() > view.background[view.regions.labels][true].mean()


@pytest.mark.parametrize("name", ["salient", "middle", "inner"])
def test_each_belief_finds_a_clear_object(name: str) -> None:
    true = disc(100, 100, 40)
    assert overlap(propose(view_of(on_bricks(true)))[name], true) > 0.9


def test_traits_tell_a_good_mask_from_bad_ones() -> None:
    true = disc(110, 95, 38)
    picture = on_bricks(true)
    view, colours = view_of(picture), palette(picture)
    masks = {"true": true, "shifted": disc(140, 95, 38), "large": disc(110, 95, 60), "elsewhere": disc(50, 160, 30)}

    def numbers(name: str) -> npt.NDArray[np.float64]:
        peers = [true, disc(110, 95, 37), masks["shifted"]]
        return traits(masks[name], peers, view, colours, calm=False, from_backdrop=False)

    assert numbers("true").shape == (len(TRAITS),)
    expected = {name: expected_iou(numbers(name), boxed=False) for name in masks}
    assert max(expected, key=lambda name: expected[name]) == "true"
    assert expected["true"] > 0.8
    assert expected["elsewhere"] < 0.5


@pytest.mark.parametrize(
    ("expected", "room", "best"),
    [
        ({"scene": 0.74, "salient": 0.85, "middle": 0.84}, True, "scene"),
        ({"scene": 0.74, "salient": 0.85, "middle": 0.84}, False, "salient"),
        ({"scene": 0.6, "salient": 0.85}, True, "salient"),
        ({"scene": 0.4, "salient": 0.45}, True, "salient"),
        ({"salient": 0.3, "inner": 0.4}, True, "inner"),
        ({}, True, ""),
    ],
)
def test_in_rooms_others_must_promise_clearly_more(expected: dict[str, float], room: bool, best: str) -> None:
    assert best_of(expected, room=room) == best


@pytest.mark.parametrize(
    ("rivals", "disputed"),
    [([(0.85, 0.56)], True), ([(0.7, 0.5)], True), ([(0.6, 0.5), (0.8, 0.9)], False), ([], False)],
)
def test_masks_that_promise_as_much_but_differ_dispute_each_other(
    rivals: list[tuple[float, float]], disputed: bool
) -> None:
    assert is_disputed(0.74, rivals) is disputed


def test_little_of_a_soft_shadow_stays_with_the_object() -> None:
    true, dice = disc(100, 100, 40), np.random.default_rng(1)
    picture = np.full((SIZE, SIZE, 3), 190.0) + np.linspace(-15, 15, SIZE)[:, None, None]
    shadow = cv2.GaussianBlur(np.roll(true, 6, 0).astype(np.float64), (0, 0), 4)
    picture *= 1 - 0.35 * shadow[..., None]
    marbled = np.array([90, 120, 70]) + cv2.GaussianBlur(dice.normal(0, 180, picture.shape), (0, 0), 2)
    picture[true] = marbled[true]
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7) + dice.normal(0, 2, picture.shape)
    assert overlap(segment(np.clip(picture, 0, 255).astype(np.uint8), None).mask, true) > 0.85


def test_an_object_off_centre_on_bricks_is_found_and_known_to_be() -> None:
    true = disc(130, 80, 36)
    found = segment(on_bricks(true), None)
    assert overlap(found.mask, true) > 0.93
    assert found.expected > 0.7


def test_a_picture_of_nothing_but_clutter_promises_nothing() -> None:
    dice = np.random.default_rng(2)
    picture = np.full((SIZE, SIZE, 3), 128, np.uint8)
    for _ in range(220):
        x, y, w, h = (int(value) for value in dice.integers(0, SIZE, 4))
        cv2.rectangle(picture, (x, y), (x + w // 4, y + h // 4), dice.integers(30, 255, 3).tolist(), -1)
    assert segment(picture, None).expected < 0.6
