"""Marks come as JSON, are bounded, and go back as they came."""

import json
import math
from typing import Any

import pytest

from maquette.domain.errors import Refused
from maquette.domain.jobs import JobInput
from maquette.domain.marks import MAX_CLICKS, MAX_POINTS, MAX_STROKES, NO_MARKS, Click, Marks, Stroke


def test_marks_survive_json() -> None:
    marks = Marks((Click(1.5, 2), Click(3, 4, include=False)), (Stroke(((1, 2), (3.25, 4)), 6.5, include=False),))
    assert Marks.of(json.loads(json.dumps(marks.document()))) == marks
    assert marks


def test_nothing_marked_is_false_and_what_is_not_said_includes() -> None:
    assert not Marks.of(None)
    assert not Marks.of({"clicks": []})
    assert Marks.of({"clicks": [{"x": 1, "y": 2.006}]}).clicks == (Click(1.0, 2.01, include=True),)


def clicks(count: int) -> dict[str, Any]:
    return {"clicks": [{"x": 1, "y": 2}] * count}


def strokes(count: int, points: int) -> dict[str, Any]:
    return {"strokes": [{"points": [[1, 2]] * points, "radius": 3}] * count}


def test_as_many_as_are_allowed() -> None:
    assert len(Marks.of(clicks(MAX_CLICKS)).clicks) == MAX_CLICKS
    assert len(Marks.of(strokes(MAX_STROKES, 1)).strokes) == MAX_STROKES
    assert len(Marks.of(strokes(1, MAX_POINTS)).strokes[0].points) == MAX_POINTS


@pytest.mark.parametrize(
    "given",
    [
        [],
        "clicks",
        {"boxes": []},
        {"clicks": {}},
        {"clicks": [[1, 2]]},
        {"clicks": [{"x": 1}]},
        {"clicks": [{"x": 1, "y": True}]},
        {"clicks": [{"x": 1, "y": "2"}]},
        {"clicks": [{"x": 1, "y": -1}]},
        {"clicks": [{"x": 1, "y": math.nan}]},
        {"clicks": [{"x": math.inf, "y": 1}]},
        {"clicks": [{"x": 10**400, "y": 1}]},
        {"clicks": [{"x": 1, "y": 1, "include": "no"}]},
        {"clicks": [{"x": 1, "y": 1, "z": 1}]},
        {"strokes": [{"points": [], "radius": 3}]},
        {"strokes": [{"points": [[1, 2, 3]], "radius": 3}]},
        {"strokes": [{"points": [[1]], "radius": 3}]},
        {"strokes": [{"points": [[1, 2]]}]},
        {"strokes": [{"points": [[1, 2]], "radius": 0.001}]},
        {"strokes": [{"points": [[1, 2]], "radius": 3000}]},
        clicks(MAX_CLICKS + 1),
        strokes(MAX_STROKES + 1, 1),
        strokes(1, MAX_POINTS + 1),
    ],
)
def test_what_is_no_mark_is_refused(given: object) -> None:
    with pytest.raises(Refused, match="invalid_marks"):
        Marks.of(given)


def test_an_input_without_marks_is_told_as_before_there_were_any() -> None:
    marked = JobInput("ast_1", None, (1, 2, 3, 4), Marks((Click(1, 2),)))
    assert JobInput("ast_1", None, (1, 2, 3, 4)).document() == ["ast_1", None, [1, 2, 3, 4]]
    assert marked.document()[3] == marked.marks.document()
    assert JobInput("ast_1").marks is NO_MARKS
