"""The true size of an object, as people give it and as models need it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from maquette.domain.errors import Refused

UNITS: Mapping[str, float] = MappingProxyType({"mm": 0.001, "cm": 0.01, "m": 1.0, "in": 0.0254, "ft": 0.3048})
"""Metres in one of each unit."""
AXES = ("width", "height", "depth")
"""Along X, Y and Z of a model."""
SMALLEST_M, LARGEST_M = 0.001, 1000.0
_LENGTH = re.compile(r"\s*([0-9]+(?:[.,][0-9]+)?)\s*(mm|cm|m|in|ft)\s*")
_HINT = 'Give a number with a unit (80cm, 1.2 m, 31.5in), or {"height": 80, "unit": "cm"}.'


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Metres; None where it is not known."""

    width: float | None = None
    height: float | None = None
    depth: float | None = None

    def given(self) -> tuple[tuple[int, float], ...]:
        """The axes (0 to 2, as X, Y, Z) that are known, with their metres."""
        values = (self.width, self.height, self.depth)
        return tuple((axis, value) for axis, value in enumerate(values) if value is not None)

    def __bool__(self) -> bool:
        return bool(self.given())

    def document(self) -> dict[str, Any]:
        """As ``of`` reads it, in metres."""
        return {AXES[axis]: value for axis, value in self.given()} | {"unit": "m"}

    @classmethod
    def of(cls, given: object) -> "Dimensions":
        """From JSON: ``width``, ``height``, ``depth`` (numbers of ``unit``, or texts with a unit of their own).

        None and an empty object know nothing. Raises ``invalid_dimensions``.
        """
        if given is None:
            return cls()
        if not isinstance(given, Mapping):
            raise Refused("invalid_dimensions", "The dimensions are no object.", _HINT)
        entries = cast(Mapping[str, object], given)
        if unknown := sorted(set(entries) - {*AXES, "unit"}):
            raise Refused("invalid_dimensions", f"There is no dimension {unknown[0]!r}.", _HINT)
        unit = entries.get("unit", "m")
        if not isinstance(unit, str) or unit not in UNITS:
            raise Refused("invalid_dimensions", f"There is no unit {unit!r}.", f"Use one of: {', '.join(UNITS)}.")
        return cls(**{axis: _metres(axis, entries.get(axis), unit) for axis in AXES})


UNKNOWN = Dimensions()


def parse_length(text: str) -> float:
    """Metres from ``80cm``, ``1.2 m``, ``31.5in``. Raises ``invalid_dimensions``."""
    match = _LENGTH.fullmatch(text.lower().replace('"', "in"))
    if match is None:
        raise Refused("invalid_dimensions", f"{text!r} is not a length.", _HINT)
    return _checked(text, float(match[1].replace(",", ".")) * UNITS[match[2]])


def _metres(axis: str, value: object, unit: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, str):
        return parse_length(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("invalid_dimensions", f"The {axis} is not a number.", _HINT)
    # a whole number of hundreds of digits has no float
    number = float(value) if abs(value) <= LARGEST_M / UNITS["mm"] else math.inf
    return _checked(f"{value} {unit}", number * UNITS[unit])


def _checked(text: str, metres: float) -> float:
    if not math.isfinite(metres) or not SMALLEST_M <= metres <= LARGEST_M:
        raise Refused("invalid_dimensions", f"{text} is not between 1 mm and 1 km.", _HINT)
    return round(metres, 6)
