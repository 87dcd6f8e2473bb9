"""Marks drawn as seeds."""

import numpy as np

from maquette.domain.marks import Click, Marks, Stroke
from maquette.media.images.marks import INSIDE, OUTSIDE, painted


def test_a_stroke_is_as_wide_as_its_brush_at_every_scale():
    marks = Marks(strokes=(Stroke(((20, 50), (80, 50)), 10),))
    for scale in (1.0, 0.5, 2.0):
        seeds = painted(marks, round(100 * scale), round(100 * scale), scale)
        column = seeds[:, round(50 * scale)]
        assert abs((column == INSIDE).sum() - 20 * scale) <= 2
        row = np.flatnonzero(seeds[round(50 * scale)])
        assert abs(row[0] - 10 * scale) <= 2
        assert abs(row[-1] - 90 * scale) <= 2


def test_later_strokes_win_over_earlier_ones_and_clicks_over_both():
    whole, half = ((10, 30), (90, 30)), ((50, 30), (90, 30))
    marks = Marks((Click(80, 30),), (Stroke(whole, 6), Stroke(half, 6, include=False)))
    seeds = painted(marks, 100, 60)
    assert [seeds[30, x] for x in (20, 60, 80)] == [INSIDE, OUTSIDE, INSIDE]
    assert seeds[5, 5] == 0


def test_marks_beyond_the_picture_say_nothing():
    assert not painted(Marks((Click(500, 20),), (Stroke(((900, 900),), 5),)), 100, 60).any()
    assert painted(Marks((Click(20, 20, include=False),)), 100, 60).min() == OUTSIDE
