"""Which photos a person means, and which side each shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from maquette.domain.assets import MODEL_VIEWS, View, views_in
from maquette.domain.errors import Refused
from maquette.domain.marks import NO_MARKS, Marks
from maquette.ports.engines import Box

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif"})
"""What is taken from a folder. A file that is named outright may be called anything."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo on this machine's disk."""

    path: Path
    view: View | None = None
    box: Box | None = None
    marks: Marks = NO_MARKS


def expand(names: Sequence[str]) -> list[Path]:
    """Files, folders (their pictures) and patterns, each file once, in the order given. Raises ``file_missing``."""
    found: dict[Path, Path] = {}
    for name in names:
        for path in _files(name):
            found.setdefault(path.resolve(), path)
    return list(found.values())


def view_in(name: str) -> View | None:
    """The side that a file's name tells: ``front.jpg``, ``chair-left.png``, ``photoBack2.jpg``.

    Raises ``view_missing`` for a name that tells two, such as ``front_left.jpg``.
    """
    told = views_in(Path(name).stem)
    if len(told) > 1:
        message = f"The name {name} says both {told[0]} and {told[1]}."
        raise Refused("view_missing", message, f"Say which: --{told[0]} {name}")
    return told[0] if told else None


def capture_set(names: Sequence[str], told: Mapping[View, str | None], boxes: Sequence[str]) -> list[Photo]:
    """The photos of one object, each with its side, in the order front, left, right, back, top, bottom.

    ``told`` are the ones whose side an option gave. A single photo without a side is the front. Raises
    ``file_missing``, ``no_photo``, ``view_missing``, ``duplicate_view``, ``invalid_request`` (boxes).
    """
    given = [Photo(path, view) for view, name in told.items() if name for path in expand([name])]
    paths = expand(names)
    if len(paths) == 1 and not given:
        photos = [Photo(paths[0], view_in(paths[0].name) or View.FRONT)]
    else:
        photos = given + [Photo(path, _sure_view(path)) for path in paths]
    if not photos:
        raise Refused("no_photo")
    _each_once(photos)
    return _boxed(sorted(photos, key=lambda photo: MODEL_VIEWS.index(photo.view or View.FRONT)), boxes)


def _files(name: str) -> Iterable[Path]:
    path = Path(name).expanduser()
    if path.is_file():
        return [path]
    if path.is_dir():
        pictures = sorted(entry for entry in path.iterdir() if entry.suffix.lower() in SUFFIXES and entry.is_file())
        if not pictures:
            raise Refused("no_photo", f"There is no photo in {name}.", "It should hold JPEG, PNG, WebP, AVIF or HEIC.")
        return pictures
    if any(char in name for char in "*?["):
        anchor = path.anchor or "."
        pattern = str(path.relative_to(anchor)) if path.anchor else str(path)
        if matches := sorted(match for match in Path(anchor).glob(pattern) if match.is_file()):
            return matches
        raise Refused("file_missing", f"No file matches {name}.")
    raise Refused("file_missing", f"There is no file {name}.")


def _sure_view(path: Path) -> View:
    view = view_in(path.name)
    if view is None:
        hint = f"Say it with an option, such as --front {path}, or put the side into the name (front, top ...)."
        raise Refused("view_missing", f"The name {path.name} does not say which side the photo shows.", hint)
    return view


def _each_once(photos: Sequence[Photo]) -> None:
    seen: dict[View | None, Photo] = {}
    for photo in photos:
        if photo.view in seen:
            both = f"{seen[photo.view].path.name} and {photo.path.name}"
            raise Refused("duplicate_view", f"Two photos claim the view {photo.view}: {both}.")
        seen[photo.view] = photo


def _boxed(photos: Sequence[Photo], boxes: Sequence[str]) -> list[Photo]:
    """Gives each photo its box: ``x,y,w,h`` for a single photo, ``left=x,y,w,h`` for one of several."""
    from maquette.cli.options import parse_box

    by_view = {photo.view: photo for photo in photos}
    for text in boxes:
        name, sign, numbers = text.rpartition("=")
        view = next((view for view in by_view if view and view.value == name), None)
        if (sign and view is None) or (not sign and len(photos) > 1):
            views = ", ".join(photo.view.value for photo in photos if photo.view)
            hint = f"Write VIEW=x,y,width,height with VIEW one of: {views}."
            raise Refused("invalid_request", f"It is not clear which photo the box {text!r} belongs to.", hint)
        target = view if sign else photos[0].view
        by_view[target] = replace(by_view[target], box=parse_box(numbers))
    return list(by_view.values())
