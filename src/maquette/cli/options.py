"""Options that several commands share, and the settings that follow from them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maquette.domain.dimensions import Dimensions, parse_length
from maquette.domain.errors import Refused
from maquette.domain.marks import Click, Marks, Stroke
from maquette.ports.engines import Box

if TYPE_CHECKING:
    from maquette.settings import Settings

Texts = Iterable[str]
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON on stdout, progress as JSON lines on stderr.")]
DeletedFlag = Annotated[bool, typer.Option("--deleted", help="Those that were deleted and can be restored.")]
EstimateFlag = Annotated[bool, typer.Option("--estimate", help="Say what it would cost, and make nothing.")]
CutterName = Annotated[
    str | None, typer.Option("--cutter", metavar="ENGINE", help="Engine that removes the background.")
]

_LENGTH = "80cm, 1.2m, 31.5in"
Width = Annotated[str | None, typer.Option(metavar="LENGTH", help=f"The object's true width: {_LENGTH}.")]
Height = Annotated[str | None, typer.Option(metavar="LENGTH", help="Its true height.")]
Depth = Annotated[str | None, typer.Option(metavar="LENGTH", help="Its true depth.")]


@dataclass(frozen=True, slots=True)
class Place:
    """What the options before the command say."""

    data: Path | None = None
    config: Path | None = None


def settings(ctx: typer.Context, **flags: object) -> "Settings":
    """The settings of this call: flags, then environment, then file. Raises ``invalid_setting``."""
    from maquette.settings import load

    place = ctx.find_object(Place) or Place()
    return load(place.config, {"data": place.data, **flags})


def lengths(width: str | None, height: str | None, depth: str | None) -> Dimensions:
    """The dimensions that options gave. Raises ``invalid_dimensions``."""
    return Dimensions(*(parse_length(text) if text else None for text in (width, height, depth)))


def parse_box(text: str) -> Box:
    """Reads ``x,y,width,height`` in pixels. Raises ``invalid_request``."""
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError:
        raise _bad_box(text) from None
    finite = all(math.isfinite(value) for value in (x, y, width, height))
    if not finite or min(x, y) < 0 or min(width, height) <= 0:
        raise _bad_box(text)
    return Box(x, y, width, height)


def parse_click(text: str, *, include: bool) -> Click:
    """Reads ``x,y`` in pixels. Raises ``invalid_request``."""
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise _bad_click(text) from None
    if not (math.isfinite(x) and math.isfinite(y)) or min(x, y) < 0:
        raise _bad_click(text)
    return Click(x, y, include)


def parse_stroke(text: str, *, include: bool) -> Stroke:
    """Reads ``radius:x,y x,y``, all in pixels. Raises ``invalid_request``."""
    radius, sign, line = text.partition(":")
    try:
        points = tuple(tuple(float(part) for part in point.split(",")) for point in line.split())
        pairs = tuple((x, y) for x, y in points)
        if not sign or not pairs:
            raise ValueError(text)
        return Stroke(pairs, float(radius), include)
    except ValueError:
        hint = 'Write radius:x,y x,y in pixels: --brush "12:320,240 400,260"'
        raise Refused("invalid_request", f"{text!r} is not a stroke.", hint) from None


def parse_marks(include: Texts, exclude: Texts, brush: Texts, erase: Texts) -> Marks:
    """What the four options say. Raises ``invalid_request``, and ``invalid_marks`` as for marks that are sent."""
    clicks = [parse_click(text, include=True) for text in include]
    clicks += [parse_click(text, include=False) for text in exclude]
    strokes = [parse_stroke(text, include=True) for text in brush]
    strokes += [parse_stroke(text, include=False) for text in erase]
    return Marks.of(Marks(tuple(clicks), tuple(strokes)).document())


def _bad_click(text: str) -> Refused:
    return Refused("invalid_request", f"{text!r} is not a point.", "Write x,y in pixels: --include 320,240")


def _bad_box(text: str) -> Refused:
    return Refused(
        "invalid_request", f"{text!r} is not a box.", "Write x,y,width,height in pixels: --box 40,60,300,420"
    )
