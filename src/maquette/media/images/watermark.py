"""Previews: a picture with a mark that can be read on light and on dark grounds alike.

Everything is drawn in sRGB. A mark consists of two opposite tones, a core and a rim around it, so that whatever lies
below, one of them stands out.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maquette.domain.errors import Permanent
from maquette.media.images.lettering import LIGHT, RIM, lettered

if TYPE_CHECKING:
    from PIL import Image

MAX_SIDE = 2048
"""Pixels of the longer side of a preview."""
SIMULATED = "SIMULATED - TEST ENGINE"
_MARGIN = 0.03
_TURN = 30
"""Degrees by which tiled marks are turned."""
_TALLEST = 0.5
"""Of the picture's height, whatever the scale."""
_YELLOW = (255, 212, 0, 255)
_JPEG_QUALITY = 90
_DARK = 128
"""Mean level below which a logo gets a light rim."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is drawn: the picture in ``logo``, else ``text``, else nothing.

    ``opacity`` 0 to 1; ``scale``: the mark's width as a share of the picture's. ``tiled`` covers the whole picture,
    otherwise the mark is in the lower right corner.
    """

    text: str = "Preview"
    logo: Path | None = None
    opacity: float = 0.6
    tiled: bool = False
    scale: float = 0.3


DEFAULT = Mark()
"""What is drawn where nobody says otherwise."""


def write_preview(source: Path, mark: Mark, stem: Path, *, simulated: bool = False) -> tuple[Path, str, int, int]:
    """Reads a clean PNG or JPEG (sRGB, 8 bits) and writes a marked copy without metadata: JPEG, or PNG with alpha.

    ``simulated`` adds a band that says so. Returns the file (``stem`` with its suffix), its media type, width and
    height. Raises ``Permanent("watermark_undrawable")``.
    """
    from PIL import Image

    with Image.open(source, formats=["PNG", "JPEG"]) as opened:
        picture = opened.convert("RGBA" if "A" in opened.getbands() else "RGB")
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    marked = watermarked(picture, mark)
    if simulated:
        marked = stamped(marked)
    if marked.mode == "RGBA":
        path, kind, options = stem.with_suffix(".png"), "image/png", dict[str, Any](compress_level=3)
    else:
        path, kind, options = stem.with_suffix(".jpg"), "image/jpeg", dict[str, Any](quality=_JPEG_QUALITY)
    marked.info = {}
    marked.save(path, **options)
    return path, kind, marked.width, marked.height


def watermarked(picture: "Image.Image", mark: Mark) -> "Image.Image":
    """A marked copy of an RGB or RGBA picture, of its mode and size. Transparent pixels are marked too."""
    from PIL import Image

    stencil = _stencil(mark, picture.width, picture.height)
    if stencil is None:
        return picture.copy()
    faded = stencil.copy()
    faded.putalpha(stencil.getchannel("A").point([round(level * mark.opacity) for level in range(256)]))
    layer = Image.new("RGBA", picture.size)
    for place in _places(picture.size, faded.size) if mark.tiled else [_corner(picture.size, faded.size)]:
        layer.alpha_composite(*_within(faded, place, picture.size))
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert(picture.mode)


def stamped(picture: "Image.Image") -> "Image.Image":
    """A copy with a band across its top that says that no real engine made it."""
    from PIL import Image

    height = max(14, round(min(picture.size) * 0.09))
    band = Image.new("RGBA", (picture.width, min(height, picture.height)), _YELLOW)
    words = lettered(SIMULATED, round(picture.width * 0.9), round(band.height * 0.7), core=(0, 0, 0), rim=None)
    band.alpha_composite(words, ((band.width - words.width) // 2, (band.height - words.height) // 2))
    layer = Image.new("RGBA", picture.size)
    layer.paste(band, (0, 0))
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert(picture.mode)


def _stencil(mark: Mark, width: int, height: int) -> "Image.Image | None":
    """The mark at its size, RGBA, opaque where it is drawn; None where there is nothing to draw."""
    from PIL import Image

    bounds = max(8, round(width * mark.scale)), max(8, round(height * _TALLEST))
    if mark.logo is None and not mark.text:
        return None
    drawn = _logo(mark.logo, *bounds) if mark.logo else lettered(mark.text, *bounds, core=LIGHT, rim=RIM)
    return drawn.rotate(_TURN, Image.Resampling.BICUBIC, expand=True) if mark.tiled else drawn


def _logo(path: Path, width: int, height: int) -> "Image.Image":
    """The logo within these bounds, a rim of the opposite tone around it."""
    from PIL import Image, ImageFilter, ImageStat

    with Image.open(path, formats=["PNG", "JPEG"]) as opened:
        logo = opened.convert("RGBA")
    box = logo.getchannel("A").getbbox()
    if box is None:
        raise Permanent("watermark_undrawable", "The logo is transparent everywhere.")
    logo = logo.crop(box)
    rim = max(1, round(min(width, height) / 40))
    room = max(1, width - 2 * rim), max(1, height - 2 * rim)
    factor = min(room[0] / logo.width, room[1] / logo.height)
    logo = logo.resize((max(1, round(logo.width * factor)), max(1, round(logo.height * factor))))
    canvas = Image.new("RGBA", (logo.width + 2 * rim, logo.height + 2 * rim))
    canvas.paste(logo, (rim, rim))
    alpha = canvas.getchannel("A")
    mean = ImageStat.Stat(logo.convert("L"), logo.getchannel("A").point(_solid)).mean[0]
    tone = (*(LIGHT if mean < _DARK else RIM), 0)
    around = Image.new("RGBA", canvas.size, tone)
    around.putalpha(alpha.filter(ImageFilter.MaxFilter(2 * rim + 1)))
    return Image.alpha_composite(around, canvas)


def _solid(level: int) -> int:
    return 255 if level >= 128 else 0


def _corner(picture: tuple[int, int], mark: tuple[int, int]) -> tuple[int, int]:
    margin = round(min(picture) * _MARGIN)
    return picture[0] - mark[0] - margin, picture[1] - mark[1] - margin


def _places(picture: tuple[int, int], mark: tuple[int, int]) -> list[tuple[int, int]]:
    """Left upper corners, row by row, every other row shifted by half a step; some lie partly outside."""
    across, down = round(mark[0] * 1.25), round(mark[1] * 1.25)
    rows = range(-mark[1] // 2, picture[1], down)
    return [
        (left, top)
        for number, top in enumerate(rows)
        for left in range(-mark[0] // 2 - (across // 2 if number % 2 else 0), picture[0], across)
        if left + mark[0] > 0 and top + mark[1] > 0
    ]


def _within(
    mark: "Image.Image", place: tuple[int, int], size: tuple[int, int]
) -> tuple["Image.Image", tuple[int, int]]:
    """The part of the mark that lies within the picture, and where."""
    left, top = max(0, place[0]), max(0, place[1])
    box = (left - place[0], top - place[1], min(mark.width, size[0] - place[0]), min(mark.height, size[1] - place[1]))
    return mark.crop(box), (left, top)
