"""What can be said of photos only beside each other: the same view twice, which is softest, which side is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from maquette.domain.assets import CAPTURE_VIEWS, View
from maquette.media.images.likeness import PhotoMeasure, groups

_SOFT = 0.5
"""A photo with less than this share of the set's median sharpness is softer than the others."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo of a set: how a person would call it, the side that it is said to show, what was measured."""

    name: str
    view: View | None
    measured: PhotoMeasure


@dataclass(frozen=True, slots=True)
class Finding:
    """A flag of ``domain.quality``, and the numbers of the photos that it is about; none for the set as a whole."""

    flag: str
    photos: tuple[int, ...] = ()


def compare(shots: Sequence[Shot]) -> tuple[Finding, ...]:
    """Sides are missed only in a set whose sides are named."""
    return (*_twins(shots), *_soft(shots), *_missing({shot.view for shot in shots}))


def ranks(shots: Sequence[Shot]) -> tuple[int, ...]:
    """Each photo's place by sharpness, 1 for the sharpest."""
    order = sorted(range(len(shots)), key=lambda number: -shots[number].measured.sharpness)
    return tuple(order.index(number) + 1 for number in range(len(shots)))


def _twins(shots: Sequence[Shot]) -> list[Finding]:
    found = groups([shot.measured.descriptor for shot in shots])
    return [Finding(f"same_view:{_listed([_called(shots[number]) for number in group])}", group) for group in found]


def _soft(shots: Sequence[Shot]) -> list[Finding]:
    figures = sorted(shot.measured.sharpness for shot in shots)
    if len(figures) < 3:
        return []
    least = _SOFT * figures[len(figures) // 2]
    soft = [number for number, shot in enumerate(shots) if shot.measured.sharpness < least]
    return [Finding(f"soft_in_set:{_called(shots[number])}", (number,)) for number in soft]


def _missing(views: set[View | None]) -> list[Finding]:
    if not views <= set(CAPTURE_VIEWS):
        return []
    needed = {"side_missing": {View.LEFT, View.RIGHT}, "front_missing": {View.FRONT, View.BACK}}
    return [Finding(flag) for flag, sides in needed.items() if not views & sides]


def _called(shot: Shot) -> str:
    return shot.view.value.capitalize() if shot.view in CAPTURE_VIEWS and shot.view else shot.name


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
