"""A row as it was given becomes the draft of a job, or a list of what is wrong with it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from maquette.app.batches.sheet import name_of, problem
from maquette.app.batches.sources import HINT, check_url, short, shown, source_of
from maquette.domain.assets import View
from maquette.domain.batches import RowPhoto, RowProblem
from maquette.domain.dimensions import AXES, UNITS, Dimensions
from maquette.domain.errors import Problem, Refused
from maquette.pipelines.catalog import DIMENSIONS, Choice, Count, Entry, settle
from maquette.pipelines.inputs import NO_SIDE, NO_SIDE_HINT, lacks_side

PLAIN = ("sku", "name", *AXES, "unit", "dimensions", "photos")
LONGEST_SKU, LONGEST_NAME = 100, 200
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_SIDES = re.compile(r"\s*[x×*]\s*")
_UNIT = re.compile(r"(.*?)\s*(mm|cm|m|in|ft)?")

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Draft:
    """One row, read. ``settings`` are those of the job, as far as they are given; ``problems`` empty where it is good.

    The photos are still only named: see ``sources``. What is wrong with one of them is its own.
    """

    number: int
    sku: str
    name: str = ""
    photos: tuple[RowPhoto, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    problems: tuple[RowProblem, ...] = ()

    @property
    def wrong(self) -> tuple[RowProblem, ...]:
        """All that is wrong with the row and with its photos."""
        return (*self.problems, *photo_problems(self.number, self.sku, self.photos))


def photo_problems(number: int, sku: str, photos: Iterable[RowPhoto]) -> tuple[RowProblem, ...]:
    """What is wrong with the photos of a row, as problems of the row."""
    return tuple(
        RowProblem(number, photo.column, sku or None, one.code, _named(photo, one), one.hint)
        for photo in photos
        if (one := photo.problem) is not None
    )


def columns(entry: Entry) -> tuple[str, ...]:
    """Every column that a table for this pipeline may have."""
    settings = [name for name in entry.settings if name != DIMENSIONS]
    return (*PLAIN, *View, *settings)


def draft(entry: Entry, number: int, row: Row, common: Mapping[str, Any]) -> Draft:
    """Reads one row; ``common`` are settings of all rows, which its own ones override."""
    return _Reading(entry, number, row).draft(common)


def duplicates(drafts: Iterable[Draft]) -> list[RowProblem]:
    """Every SKU that came before, whatever its case: folders are named by it."""
    first: dict[str, int] = {}
    found: list[RowProblem] = []
    for one in drafts:
        before = first.setdefault(one.sku.casefold(), one.number)
        if one.sku and before != one.number:
            message = f"Row {before} has the SKU {one.sku!r} already."
            found.append(problem("duplicate_sku", message, row=one.number, column="sku", sku=one.sku))
    return found


def check_views(entry: Entry, row: Draft) -> tuple[Draft, list[RowProblem]]:
    """The row with a view for each photo, where the pipeline wants one, and what is wrong with them.

    A single photo without one shows the front.
    """
    found: list[RowProblem] = []
    photos = row.photos
    if entry.views and len(photos) == 1 and photos[0].view is None:
        photos = (replace(photos[0], view=View.FRONT),)
    if len(photos) > entry.max_photos:
        message = f"{entry.pipeline.name} takes at most {entry.max_photos} photos, not {len(photos)}."
        found.append(problem("too_many_photos", message, row=row.number, column="photos", sku=row.sku))
    seen: dict[View | None, str] = {}
    for photo in photos if entry.views else ():
        number, column, sku, name = row.number, photo.column, row.sku, short(photo.source)
        if photo.view is None and photo.problem is not None:
            continue
        if photo.view not in entry.views:
            message, hint = f"{name} does not say which side it shows.", f"Name the view: {', '.join(entry.views)}."
            found.append(problem("view_missing", message, row=number, column=column, sku=sku, hint=hint))
        elif photo.view in seen:
            message = f"{seen[photo.view]} and {name} both show the {photo.view}."
            found.append(problem("duplicate_view", message, row=number, column=column, sku=sku))
        seen.setdefault(photo.view, name)
    if photos and not found and lacks_side(entry, [photo.view for photo in photos]):
        column = photos[0].column
        found.append(problem("view_missing", NO_SIDE, row=row.number, column=column, sku=row.sku, hint=NO_SIDE_HINT))
    return replace(row, photos=photos), found


class _Reading:
    """The reading of one row. Collects problems instead of stopping at the first."""

    def __init__(self, entry: Entry, number: int, row: Row) -> None:
        self._entry = entry
        self._number = number
        self._row = {name_of(name): value for name, value in row.items() if value not in (None, "")}
        self._found: list[RowProblem] = []
        self._sku = ""

    def draft(self, common: Mapping[str, Any]) -> Draft:
        self._sku = self._text("sku", LONGEST_SKU)
        if not self._sku:
            self._add("sku_missing", column="sku")
        known = {*columns(self._entry), "settings"}
        for name in sorted(self._row.keys() - known):
            self._add("unknown_column", f"There is no column {name!r}.", column=name, hint=_known(self._entry))
        settings = self._settings(common)
        size = self._size()
        if size and DIMENSIONS in self._entry.settings:
            settings[DIMENSIONS] = size.document()
        photos = tuple(self._photos())
        if not photos and not any(one.column == "photos" for one in self._found):
            self._add("no_photo", column="photos")
        name = self._text("name", LONGEST_NAME)
        return Draft(self._number, self._sku, name, photos, settings, tuple(self._found))

    def _add(self, code: str, message: str = "", *, column: str | None = None, hint: str = "") -> None:
        self._found.append(problem(code, message, row=self._number, column=column, sku=self._sku, hint=hint))

    def _refused(self, refusal: Refused, column: str) -> None:
        self._add(refusal.code, refusal.message, column=column, hint=refusal.hint)

    def _text(self, column: str, longest: int) -> str:
        given = self._row.get(column, "")
        if isinstance(given, int) and not isinstance(given, bool):
            given = str(given)
        if not isinstance(given, str) or len(given.strip()) > longest or not given.isprintable():
            message = f"{column} is no text of at most {longest} printable characters."
            self._add("invalid_request", message, column=column, hint="Shorten it.")
            return ""
        return given.strip()

    # -- settings

    def _settings(self, common: Mapping[str, Any]) -> dict[str, Any]:
        given = dict(common)
        own = self._row.get("settings", {})
        if isinstance(own, Mapping):
            given |= cast(Mapping[str, Any], own)
        else:
            self._add("invalid_setting", "settings is no object.", column="settings")
        for name in self._entry.settings:
            if name != DIMENSIONS and name in self._row:
                given[name] = self._value(name)
        for name in list(given):
            try:
                settle(self._entry, {name: given[name]})
            except Refused as refusal:
                column = name if name in self._row else "settings"
                self._refused(refusal, column)
                del given[name]
        return given

    def _value(self, name: str) -> object:
        """A cell is text; what the pipeline counts or chooses need not be."""
        given, setting = self._row[name], self._entry.settings[name]
        if isinstance(given, str) and isinstance(setting, Count) and given.isdecimal():
            return int(given)
        if isinstance(given, str) and isinstance(setting, Choice):
            return given.lower()
        return given

    # -- size

    def _size(self) -> Dimensions | None:
        unit = self._unit()
        if unit is not None and not _is_unit(unit):
            self._add("invalid_dimensions", f"There is no unit {unit!r}.", column="unit")
            return None
        try:
            return Dimensions.of(self._whole(unit)) if "dimensions" in self._row else self._sides(unit)
        except Refused as refusal:
            self._refused(refusal, "dimensions")
            return None

    def _sides(self, unit: str | None) -> Dimensions:
        metres: dict[str, float | None] = {}
        for axis in AXES:
            try:
                told = {axis: _length(self._row.get(axis), unit), "unit": unit or "m"}
                metres[axis] = getattr(Dimensions.of(told), axis)
            except Refused as refusal:
                self._refused(refusal, axis)
        return Dimensions(**metres)

    def _unit(self) -> str | None:
        given = self._row.get("unit")
        return given.strip().lower() if isinstance(given, str) else None

    def _whole(self, unit: str | None) -> object:
        """``80 x 75 x 60 cm``: width, height and depth, as far as they are given."""
        given = self._row["dimensions"]
        if not isinstance(given, str):
            return given
        match = _UNIT.fullmatch(given.strip().lower())
        sides, told = (match[1], match[2]) if match else (given, None)
        lengths = _SIDES.split(sides)
        if len(lengths) > len(AXES):
            raise Refused("invalid_dimensions", f"{given!r} has more than three sides.", "Write 80 x 75 x 60 cm.")
        return {axis: _length(side, told or unit) for axis, side in zip(AXES, lengths, strict=False)}

    # -- photos

    def _photos(self) -> Iterable[RowPhoto]:
        for view in View:
            if view.value in self._row:
                yield from self._one(self._row[view.value], view.value, view)
        given = self._row.get("photos", ())
        if isinstance(given, str):
            given = [part for part in given.split(";") if part.strip()]
        if not isinstance(given, Sequence):
            self._add("invalid_request", "photos is no list.", column="photos", hint=HINT)
            return
        for item in cast(Sequence[object], given):
            yield from self._one(item, "photos", None)

    def _one(self, given: object, column: str, view: View | None) -> Iterable[RowPhoto]:
        try:
            source, told = source_of(given)
            if told is not None and view is not None and told is not view:
                message = f"The column {view} holds a photo that shows the {told}."
                raise Refused("invalid_view", message, "Put it into its own column.")
            check_url(source)
        except Refused as refusal:
            yield RowPhoto(shown(given), column, view, problem=Problem.of(refusal))
            return
        yield RowPhoto(source, column, view or told)


def _length(given: object, unit: str | None) -> object:
    """A bare number in a text takes the unit that the row names."""
    is_bare = isinstance(given, str) and _NUMBER.fullmatch(given.strip())
    return f"{given} {unit}" if is_bare and unit else given


def _is_unit(text: str) -> bool:
    return text in UNITS


def _known(entry: Entry) -> str:
    return f"The columns are: {', '.join(columns(entry))}."


def _named(photo: RowPhoto, one: Problem) -> str:
    name = short(photo.source)
    return one.message if not name or name in one.message else f"{name}: {one.message}"
