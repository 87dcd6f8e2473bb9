"""What the cells of an old row mean: columns were called differently in each system, and in each year."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import get_args

from maquette.app.old_photos.dump import Row
from maquette.domain.assets import CAPTURE_VIEWS, View
from maquette.domain.projections import S0, S1

NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "photo_id", "uuid"),
    "url": (
        "url", "image_url", "photo_url", "original_url", "public_url", "storage_path", "storage_key", "image_path",
        "file_path", "path", "r2_key", "key", "file",
    ),
    "cutout": (
        "cutout_url", "bgr_url", "bgr_removed_url", "bg_removed_url", "background_removed_url", "no_bg_url",
        "processed_url", "processed_image_url", "processed_path",
    ),
    "model": ("model_url", "glb_url", "model_path", "model_storage_path", "model_file", "result_url"),
    "group": ("model_id",),
    "view": ("view", "angle", "side"),
    "status": ("generation_status", "model_status", "status"),
    "name": ("name", "title", "original_filename", "filename", "file_name"),
    "at": ("created_at", "uploaded_at", "inserted_at"),
}  # fmt: skip
"""What is looked for, and the columns that may hold it: the first that does counts."""
WORDS = frozenset({*get_args(S0), *get_args(S1)})
"""The statuses that the old systems knew."""
_CUT = frozenset({"cutout", "bgr", "bg", "nobg", "removed", "processed", "background"})
_NOT_PICTURES = frozenset({"mask", "width", "height", "status", "at", "id", "size", "bytes"})
_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


class Unfit(Exception):
    """A row that cannot be used, and why."""


@dataclass(frozen=True, slots=True)
class OldPhoto:
    """One picture: where it was, and where its cut-out was."""

    url: str
    view: View | None = View.FRONT
    cutout: str | None = None


@dataclass(frozen=True, slots=True)
class OldThing:
    """What becomes one project. ``key`` names it for ever: the same row again finds the same project."""

    key: str
    row: Row
    photos: tuple[OldPhoto, ...]
    name: str = ""
    model: str | None = None
    status: str | None = None
    at: datetime | None = None
    remarks: tuple[str, ...] = field(default_factory=tuple[str, ...])


def thing(row: Row) -> OldThing:
    """Reads one row of ``photos`` or of ``models``. Raises ``Unfit``."""
    cells = {_snake(name): value.strip() for name, value in row.cells.items() if value and value.strip()}
    old_id = _first(cells, "id")
    if old_id is None:
        raise Unfit("it has no id")
    sides = _sides(cells)
    is_model = row.table in ("model", "models") or len(sides) > 0
    photos = sides if is_model else _photo(cells)
    model = _first(cells, "model")
    if not photos and model is None:
        raise Unfit("it names no file")
    group = None if is_model else _first(cells, "group")
    key = f"models:{old_id if is_model else group}" if is_model or group else f"photos:{old_id}"
    status, at = _first(cells, "status"), _first(cells, "at")
    remarks = [f"its status {status!r} is none of the old ones"] if status and status not in WORDS else []
    known = status if status in WORDS else None
    return OldThing(
        key[:100], row, photos, (_first(cells, "name") or "")[:200], model, known, _instant(at), tuple(remarks)
    )


def _photo(cells: Mapping[str, str]) -> tuple[OldPhoto, ...]:
    url = _first(cells, "url")
    if url is None:
        return ()
    told = (_first(cells, "view") or View.FRONT).lower()
    if told not in set(View):
        raise Unfit(f"there is no view {told!r}")
    return (OldPhoto(url, View(told), _first(cells, "cutout")),)


def _sides(cells: Mapping[str, str]) -> tuple[OldPhoto, ...]:
    """The photos of a row that has a column for each side, each with its cut-out."""
    originals: dict[View, str] = {}
    cut: dict[View, str] = {}
    for name, value in cells.items():
        words = set(name.split("_"))
        views = [view for view in CAPTURE_VIEWS if view.value in words]
        if len(views) == 1 and words.isdisjoint(_NOT_PICTURES):
            (cut if words & _CUT else originals).setdefault(views[0], value)
    return tuple(OldPhoto(originals[view], view, cut.get(view)) for view in CAPTURE_VIEWS if view in originals)


def _first(cells: Mapping[str, str], wanted: str) -> str | None:
    return next((cells[name] for name in NAMES[wanted] if name in cells), None)


def _snake(name: str) -> str:
    return "_".join(part.lower() for part in _BREAK.split(name) if part)


def _instant(text: str | None) -> datetime | None:
    """None for what is no time; without a zone it is UTC, as Postgres's ``timestamp`` columns were used."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at
