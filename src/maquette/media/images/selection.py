"""Chooses the photos that a model is made from: at most one of each side, the best of those that show it.

Sharpness counts by its rank within the set, for what is sharp depends on the camera and on the object. The weights are
a judgement, not a fit: what spoils a model most (an object that runs out of the picture, a backdrop that it cannot be
told from) counts most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import permutations
from types import MappingProxyType

from maquette.domain.assets import CAPTURE_VIEWS, View
from maquette.domain.sides import sides_in
from maquette.media.images.facing import mirrored_likeness
from maquette.media.images.likeness import PhotoMeasure, groups

WEIGHTS: Mapping[str, float] = MappingProxyType({"whole": 0.35, "plain": 0.25, "sharp": 0.25, "lit": 0.15})
GOOD = 0.8
"""From here on a figure is worth a word of praise, and below ``POOR`` one of warning."""
POOR = 0.5
CLEARLY = 0.06
"""How much more alike, in intersection over union, outlines must be to be believed against the order of the photos."""
NOTHING: frozenset[View] = frozenset()
OPPOSITE = ((View.FRONT, View.BACK), (View.LEFT, View.RIGHT))


class From(StrEnum):
    """What a photo's view was taken from; the last two are guesses."""

    GIVEN = "given"
    NAME = "name"
    LIKENESS = "likeness"
    ORDER = "order"


class Out(StrEnum):
    """Why a photo was left out."""

    NEAR_DUPLICATE = "near_duplicate"
    SAME_VIEW = "same_view"
    NOT_A_SIDE = "not_a_side"
    NO_SIDE_FREE = "no_side_free"
    REJECTED = "rejected"
    REPLACED = "replaced"
    NOT_CHOSEN = "not_chosen"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A photo to choose from, in the order in which the photos came. ``view`` is what the caller says it shows."""

    id: str
    name: str
    view: View | None
    measure: PhotoMeasure
    score: float = 0.0
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A photo that is used."""

    photo: Candidate
    view: View
    view_from: From


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A photo that is not used, and why."""

    photo: Candidate
    reason: Out
    sentence: str


@dataclass
class _Table:
    """The choice as it is being made."""

    seats: dict[View, Chosen] = field(default_factory=dict[View, Chosen])
    out: list[LeftOut] = field(default_factory=list[LeftOut])

    @property
    def free(self) -> list[View]:
        return [view for view in CAPTURE_VIEWS if view not in self.seats]


def choose(photos: Sequence[Candidate]) -> tuple[tuple[Chosen, ...], tuple[LeftOut, ...]]:
    """The best one to four photos, in the order front, left, right, back, and the rest; no photo is in neither."""
    judged = _judged(photos)
    table = _Table()
    distinct = _without_duplicates(judged, table)
    unnamed = _seat_named(distinct, table)
    _seat_unnamed(unnamed, table)
    chosen = tuple(table.seats[view] for view in CAPTURE_VIEWS if view in table.seats)
    places = {photo.id: place for place, photo in enumerate(judged)}
    return chosen, tuple(sorted(table.out, key=lambda entry: places[entry.photo.id]))


def _judged(photos: Sequence[Candidate]) -> list[Candidate]:
    order = sorted(range(len(photos)), key=lambda number: photos[number].measure.sharpness)
    ranks = {number: rank for rank, number in enumerate(order)}
    last = max(1, len(photos) - 1)
    return [
        _with_score(photo, ranks[number] / last if len(photos) > 1 else 1.0, len(photos))
        for number, photo in enumerate(photos)
    ]


def _with_score(photo: Candidate, sharp: float, count: int) -> Candidate:
    measure = photo.measure
    parts = {
        "whole": 0.0 if measure.cut_off else 1.0,
        "plain": measure.plainness,
        "sharp": sharp,
        "lit": measure.exposure,
    }
    score = round(sum(WEIGHTS[name] * value for name, value in parts.items()), 3)
    return replace(photo, score=score, reasons=_reasons(measure, sharp, count))


def _reasons(measure: PhotoMeasure, sharp: float, count: int) -> tuple[str, ...]:
    edges = " and ".join(edge.value for edge in measure.cut_off)
    told = [f"The object runs out of the picture ({edges})." if edges else "The whole object is in the picture."]
    if count > 1 and sharp in (0.0, 1.0):
        told.append(f"The {'sharpest' if sharp else 'least sharp'} of {count}.")
    told += _worded(measure.plainness, "The backdrop is plain.", "The backdrop is busy.")
    told += _worded(measure.exposure, "It is well lit.", "It is too dark or too bright.")
    return tuple(told)


def _worded(value: float, praise: str, warning: str) -> list[str]:
    return [praise] if value >= GOOD else [warning] if value < POOR else []


def _without_duplicates(photos: Sequence[Candidate], table: _Table) -> list[Candidate]:
    """Of photos that show the same from the same place the best stays.

    Those that are said to show different sides are believed: many things look alike from all around.
    """
    gone: set[str] = set()
    for group in groups([photo.measure.descriptor for photo in photos]):
        by_side: dict[frozenset[View], list[Candidate]] = {}
        for number in group:
            by_side.setdefault(_told(photos[number]), []).append(photos[number])
        unnamed = by_side.pop(NOTHING, [])
        rivals = list(by_side.values()) or [[]]
        rivals[0] = [*rivals[0], *unnamed]
        for same in rivals:
            gone |= _keep_best(same, table)
    return [photo for photo in photos if photo.id not in gone]


def _told(photo: Candidate) -> frozenset[View]:
    return frozenset({photo.view}) if photo.view else sides_in(photo.name)


def _keep_best(same: Sequence[Candidate], table: _Table) -> set[str]:
    best = max(same, key=lambda photo: (photo.view is not None, bool(sides_in(photo.name)), photo.score))
    others = [photo for photo in same if photo is not best]
    for photo in others:
        sentence = f"It shows the same as {best.name}, which {_better(best, photo)}. If not, say which side it shows."
        table.out.append(LeftOut(photo, Out.NEAR_DUPLICATE, sentence))
    return {photo.id for photo in others}


def _better(one: Candidate, other: Candidate) -> str:
    """What speaks for the one, in words."""
    a, b = one.measure, other.measure
    for is_better, words in (
        (one.view and not other.view, "says its side"),
        (b.cut_off and not a.cut_off, "shows the whole object"),
        (a.sharpness > 1.1 * b.sharpness, "is sharper"),
        (a.plainness > b.plainness + 0.1, "has the plainer backdrop"),
        (a.exposure > b.exposure + 0.1, "is better lit"),
    ):
        if is_better:
            return words
    return "is as good"


def _seat_named(photos: Sequence[Candidate], table: _Table) -> list[Candidate]:
    """Seats those whose side is given, then those whose name tells it; the rest is returned in its order."""
    unnamed: list[Candidate] = []
    by_name: list[tuple[Candidate, frozenset[View]]] = []
    for photo in sorted(photos, key=lambda photo: -photo.score):
        if photo.view is not None:
            _take(table, photo, photo.view, From.GIVEN)
        elif told := sides_in(photo.name):
            by_name.append((photo, told))
        else:
            unnamed.append(photo)
    # a name that leaves two sides open takes what the others left
    for photo, told in sorted(by_name, key=lambda entry: len(entry[1])):
        free = [view for view in CAPTURE_VIEWS if view in told and view not in table.seats]
        _take(table, photo, (free or sorted(told))[0], From.NAME if len(told) == 1 else From.ORDER)
    places = {photo.id: place for place, photo in enumerate(photos)}
    return sorted(unnamed, key=lambda photo: places[photo.id])


def _take(table: _Table, photo: Candidate, view: View, view_from: From) -> None:
    if view not in CAPTURE_VIEWS:
        sentence = f"It shows {_article(view)}: a model is made from the front, left, right and back."
        table.out.append(LeftOut(photo, Out.NOT_A_SIDE, sentence))
    elif view in table.seats:
        seated = table.seats[view].photo
        sentence = f"{seated.name} shows the {view} too, and {_better(seated, photo)}."
        table.out.append(LeftOut(photo, Out.SAME_VIEW, sentence))
    else:
        table.seats[view] = Chosen(photo, view, view_from)


def _article(view: View) -> str:
    return {View.DETAIL: "a detail", View.OTHER: "no side straight on"}.get(view, f"the {view}")


def _seat_unnamed(photos: Sequence[Candidate], table: _Table) -> None:
    """The first is the front; the others sit opposite to what they are a mirrored likeness of, or in their order."""
    waiting = _best_of(list(photos), table)
    if waiting and View.FRONT in table.free:
        _take(table, waiting.pop(0), View.FRONT, From.ORDER)
    usual = tuple(table.free[: len(waiting)])
    likely = _likeliest(waiting, usual, table)
    for photo, view in zip(waiting, likely, strict=True):
        _take(table, photo, view, From.ORDER if likely == usual else From.LIKENESS)


def _likeliest(waiting: Sequence[Candidate], usual: tuple[View, ...], table: _Table) -> tuple[View, ...]:
    """The seats in which opposite sides are most alike in the mirror, if clearly more than in the usual ones."""
    seated = {view: chosen.photo for view, chosen in table.seats.items()}

    def pairs(views: tuple[View, ...]) -> list[tuple[Candidate, Candidate]]:
        by_view = {**seated, **dict(zip(views, waiting, strict=True))}
        return [(by_view[one], by_view[other]) for one, other in OPPOSITE if one in by_view and other in by_view]

    def likeness(views: tuple[View, ...]) -> float:
        return sum(mirrored_likeness(a.measure.descriptor, b.measure.descriptor) for a, b in pairs(views))

    # seats with more pairs in them would win by that alone
    rivals = [views for views in permutations(table.free, len(waiting)) if len(pairs(views)) == len(pairs(usual))]
    best = max(rivals, key=likeness)
    return best if likeness(best) - likeness(usual) >= CLEARLY else usual


def _best_of(photos: list[Candidate], table: _Table) -> list[Candidate]:
    """No more than there are sides free: the first, for it may well be the front, and then the best."""
    free = len(table.free)
    first = photos[:1] if View.FRONT in table.free else []
    others = sorted((photo for photo in photos if photo not in first), key=lambda photo: -photo.score)
    kept = [*first, *others][:free]
    for photo in photos:
        if photo not in kept:
            sentence = "Every side has its photo." if not free else "Its name tells no side, and others are better."
            table.out.append(LeftOut(photo, Out.NO_SIDE_FREE, sentence))
    return [photo for photo in photos if photo in kept]
