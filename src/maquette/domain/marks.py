"""What a person marked on a photo to say what belongs to the object: clicks and strokes of a brush."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from maquette.domain.errors import Refused

MAX_CLICKS = 200
MAX_STROKES = 100
MAX_POINTS = 2000
"""Of one stroke."""
MAX_PIXEL = 100_000.0
MAX_RADIUS = 2000.0
_HINT = 'Give {"clicks": [{"x": 10, "y": 20, "include": true}], "strokes": [{"points": [[1, 2]], "radius": 8}]}.'
_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Click:
    """A point in pixels of the upright picture, origin top left: part of the object, or of what is around it.

    One beyond the picture says nothing.
    """

    x: float
    y: float
    include: bool = True


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line that a round brush drew through ``points`` (x, y); all lengths in pixels of the upright picture."""

    points: tuple[tuple[float, float], ...]
    radius: float
    include: bool = True


@dataclass(frozen=True, slots=True)
class Marks:
    """All marks on one photo, false where there are none.

    Where they contradict each other a later stroke wins over an earlier one, a click over every stroke, and a later
    click over an earlier one.
    """

    clicks: tuple[Click, ...] = ()
    strokes: tuple[Stroke, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.clicks or self.strokes)

    def document(self) -> dict[str, Any]:
        """As ``of`` reads it."""
        return {
            "clicks": [{"x": click.x, "y": click.y, "include": click.include} for click in self.clicks],
            "strokes": [
                {"points": [list(point) for point in stroke.points], "radius": stroke.radius, "include": stroke.include}
                for stroke in self.strokes
            ],
        }

    @classmethod
    def of(cls, given: object) -> "Marks":
        """From JSON; None marks nothing. Lengths are kept to a hundredth of a pixel. Raises ``invalid_marks``."""
        if given is None:
            return NO_MARKS
        entries = _fields(given, "The marks", {"clicks", "strokes"})
        clicks = _list(entries.get("clicks", ()), "clicks", MAX_CLICKS)
        strokes = _list(entries.get("strokes", ()), "strokes", MAX_STROKES)
        return cls(tuple(_click(entry) for entry in clicks), tuple(_stroke(entry) for entry in strokes))


NO_MARKS = Marks()


def _click(given: object) -> Click:
    entries = _fields(given, "A click", {"x", "y", "include"})
    return Click(_pixel(entries.get("x")), _pixel(entries.get("y")), _include(entries))


def _stroke(given: object) -> Stroke:
    entries = _fields(given, "A stroke", {"points", "radius", "include"})
    points = _list(entries.get("points", ()), "points of a stroke", MAX_POINTS)
    if not points:
        raise _refused("A stroke has no points.")
    radius = _number(entries.get("radius"), 0.0, MAX_RADIUS)
    if radius == 0:
        raise _refused("The radius of a stroke must be more than 0.")
    return Stroke(tuple(_point(point) for point in points), radius, _include(entries))


def _point(given: object) -> tuple[float, float]:
    pair = _list(given, "numbers of a point", 2)
    if len(pair) != 2:
        raise _refused("A point is not x and y.")
    return _pixel(pair[0]), _pixel(pair[1])


def _include(entries: Mapping[str, object]) -> bool:
    include = entries.get("include", True)
    if not isinstance(include, bool):
        raise _refused("`include` is neither true nor false.")
    return include


def _pixel(given: object) -> float:
    return _number(given, 0.0, MAX_PIXEL)


def _number(given: object, low: float, high: float) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise _refused("A length is not a number.")
    if not low <= given <= high or not math.isfinite(given):
        raise _refused(f"A length does not lie between {low:.0f} and {high:.0f}.")
    return round(float(given), _DECIMALS)


def _list(given: object, what: str, most: int) -> Sequence[object]:
    if not isinstance(given, list | tuple):
        raise _refused(f"The {what} are not a list.")
    found = cast(Sequence[object], given)
    if len(found) > most:
        raise _refused(f"There are more than {most} {what}.")
    return found


def _fields(given: object, what: str, known: set[str]) -> Mapping[str, object]:
    if not isinstance(given, Mapping):
        raise _refused(f"{what} should be an object.")
    entries = cast(Mapping[str, object], given)
    if unknown := sorted(set(entries) - known):
        raise _refused(f"{what} cannot hold {unknown[0]!r}.")
    return entries


def _refused(message: str) -> Refused:
    return Refused("invalid_marks", message, _HINT)
