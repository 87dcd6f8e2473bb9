"""Ghost limbs, on outlines small enough to draw by hand: rows run upwards."""

import numpy as np
import pytest

from maquette.engines.carve.limbs import find_ghosts
from maquette.media.meshes.mesh import Flags

Part = tuple[int, int, int, int]
"""First and last row, first and last place, all included."""


def outline(*parts: Part) -> Flags:
    drawn = np.zeros((80, 60), np.bool_)
    for low, high, left, right in parts:
        drawn[low : high + 1, left : right + 1] = True
    return drawn


def covers(front: Flags, side: Flags, ghosts: Flags) -> bool:
    """Whether what is left of the hull still fills both outlines."""
    left = front[:, :, None] & side[:, None, :] & ~ghosts
    rows = front.any(axis=1) & side.any(axis=1)
    return bool((left.any(axis=2) == front)[rows].all() and (left.any(axis=1) == side)[rows].all())


def test_leaves_pair_by_the_height_of_their_tips() -> None:
    pot = (0, 10, 5, 50)
    front = outline(pot, (11, 70, 8, 14), (11, 50, 40, 46))
    side = outline(pot, (11, 70, 30, 36), (11, 50, 10, 16))
    ghosts = find_ghosts(front, side)
    # the tall leaf is on the left from the front and deep from the side, the short one on the right and near
    assert not ghosts[20:69, 8:15, 30:37].any()
    assert not ghosts[20:50, 40:47, 10:17].any()
    assert ghosts[20:50, 8:15, 10:17].all()
    assert ghosts[20:50, 40:47, 30:37].all()
    assert covers(front, side, ghosts)


def test_legs_of_one_length_all_stay() -> None:
    seat = (40, 48, 5, 50)
    legs = outline(seat, (0, 39, 8, 14), (0, 39, 40, 46))
    assert not find_ghosts(legs, legs).any()


def test_a_post_behind_a_seat_does_not_get_the_width_of_the_seat() -> None:
    front = outline((0, 70, 10, 15), (0, 70, 42, 47), (20, 40, 2, 57))
    side = outline((0, 70, 2, 7), (20, 40, 14, 50))
    ghosts = find_ghosts(front, side)
    assert ghosts[25:36, 20:38, 2:8].all()
    assert not ghosts[25:36, 10:16, 2:8].any()
    assert not ghosts[25:36, 2:58, 14:51].any()
    assert covers(front, side, ghosts)


def test_a_limb_that_the_other_outline_hides_keeps_what_may_hide_it() -> None:
    # a handle beside a body: the side shows one run, as deep as the body, at every height
    front = outline((0, 60, 5, 35), (20, 25, 36, 48), (26, 44, 44, 48), (45, 50, 36, 48))
    side = outline((0, 60, 10, 40))
    assert not find_ghosts(front, side).any()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_outlines_nothing_is_left_bare(seed: int) -> None:
    random = np.random.default_rng(seed)
    front, side = (
        outline(*[(r, r + h, p, p + w) for r, h, p, w in random.integers((0, 5, 0, 3), (50, 30, 40, 16), (7, 4))])
        for _ in range(2)
    )
    assert covers(front, side, find_ghosts(front, side))


def test_outlines_without_limbs_have_no_ghosts() -> None:
    assert not find_ghosts(outline((0, 60, 5, 35)), outline((0, 60, 10, 40))).any()
