"""Where the object is, and which edges cut it."""

import numpy as np
import pytest

from drawn_photos import backdrop, thing
from maquette.media.images.framing import SIDE, Edge, locate, locate_alpha


def test_finds_an_object_before_a_wall() -> None:
    found = locate(thing(backdrop(), (220, 120, 200, 240)))
    assert found.found
    assert found.stands_out
    assert found.cut_off == ()
    assert found.coverage == pytest.approx(200 * 240 / (640 * 480), abs=0.03)
    assert found.extent == pytest.approx(0.5, abs=0.04)
    assert found.mask.shape == (150, SIDE)


@pytest.mark.parametrize(
    ("box", "edges"),
    [
        ((-80, 120, 250, 240), {Edge.LEFT}),
        ((470, 120, 250, 240), {Edge.RIGHT}),
        ((220, -60, 200, 300), {Edge.TOP}),
        ((220, 250, 200, 300), {Edge.BOTTOM}),
        ((220, -60, 200, 600), {Edge.TOP, Edge.BOTTOM}),
    ],
)
def test_names_the_edges_that_cut_it(box: tuple[int, int, int, int], edges: set[Edge]) -> None:
    assert set(locate(thing(backdrop(), box)).cut_off) == edges


def test_a_floor_below_a_wall_is_no_object() -> None:
    room = backdrop()
    room[330:] = np.array([120, 85, 60], np.uint8)
    found = locate(thing(room, (220, 120, 200, 280)))
    assert found.cut_off == ()
    assert found.coverage == pytest.approx(200 * 280 / (640 * 480), abs=0.04)


def test_an_empty_wall_holds_nothing() -> None:
    assert not locate(backdrop()).found


def test_clutter_is_told_from_a_wall() -> None:
    busy, plain = (locate(thing(backdrop(busy=kind), (220, 120, 200, 240))) for kind in (True, False))
    assert busy.plainness < 0.45 < 0.8 < plain.plainness
    assert not busy.stands_out


def test_a_transparent_picture_tells_its_object_itself() -> None:
    alpha = np.zeros((480, 640), np.uint8)
    alpha[100:480, 200:400] = 255
    found = locate_alpha(alpha)
    assert found.cut_off == (Edge.BOTTOM,)
    assert found.coverage == pytest.approx(380 * 200 / (480 * 640), abs=0.02)


@pytest.mark.parametrize("shape", [(16, 16), (16, 4000), (4000, 16)])
def test_odd_shapes_are_measured_as_well(shape: tuple[int, int]) -> None:
    found = locate(np.random.default_rng(3).integers(0, 255, (*shape, 3), np.uint8))
    assert 0 <= found.coverage <= 1
