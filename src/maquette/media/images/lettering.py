"""Letters as a picture. The typeface that Pillow brings along has the English letters; others are looked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from maquette.domain.errors import Permanent

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFont import FreeTypeFont

LIGHT = (255, 255, 255)
RIM = (16, 16, 16)
_RIM_SHARE = 12
"""A rim is a twelfth of the letters' size."""
_TRIAL = 64
_SYSTEM = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "C:/Windows/Fonts/arial.ttf",
)
"""Where common systems keep typefaces of many letters."""
_NOWHERE = "\uffff"
"""No typeface has this letter: what is drawn for it is the sign for a missing one."""


def lettered(
    text: str, width: int, height: int, *, core: tuple[int, int, int], rim: tuple[int, int, int] | None
) -> "Image.Image":
    """One line of text as RGBA (8-bit sRGB, straight alpha), as large as fits the bounds in pixels, cropped to itself.

    Raises ``Permanent("watermark_undrawable")`` where no typeface here has all its letters.
    """
    from PIL import Image, ImageDraw

    trial = _typeface(text)
    share = min(width / _extent(trial, text, rim)[0], height / _extent(trial, text, rim)[1])
    font = trial.font_variant(size=max(6, int(_TRIAL * share)))
    edge = _edge(font, rim)
    left, top, right, bottom = (round(side) for side in font.getbbox(text, stroke_width=edge))
    picture = Image.new("RGBA", (max(1, right - left), max(1, bottom - top)), (*(rim or core), 0))
    draw = ImageDraw.Draw(picture)
    draw.text((-left, -top), text, font=font, fill=(*core, 255), stroke_width=edge, stroke_fill=(*(rim or core), 255))
    return picture


def _extent(font: "FreeTypeFont", text: str, rim: object) -> tuple[float, float]:
    left, top, right, bottom = font.getbbox(text, stroke_width=_edge(font, rim))
    return max(1, right - left), max(1, bottom - top)


def _edge(font: "FreeTypeFont", rim: object) -> int:
    return max(1, round(font.size / _RIM_SHARE)) if rim else 0


def _typeface(text: str) -> "FreeTypeFont":
    """The first that has all the letters, at the size ``_TRIAL``."""
    for font in _typefaces():
        missing = _drawn(font, _NOWHERE)
        if all(letter.isspace() or _drawn(font, letter) != missing for letter in set(text)):
            return font
    raise Permanent("watermark_undrawable", "No typeface of this machine has all letters of the mark.")


def _drawn(font: "FreeTypeFont", letter: str) -> bytes:
    from PIL import Image, ImageDraw

    picture = Image.new("1", (2 * _TRIAL, 2 * _TRIAL))
    ImageDraw.Draw(picture).text((0, 0), letter, font=font, fill=1)
    return picture.tobytes()


def _typefaces() -> Iterator["FreeTypeFont"]:
    from PIL import ImageFont

    own = ImageFont.load_default(_TRIAL)
    if isinstance(own, ImageFont.FreeTypeFont):
        yield own
    for path in _SYSTEM:
        if Path(path).is_file():
            yield ImageFont.truetype(path, _TRIAL)
