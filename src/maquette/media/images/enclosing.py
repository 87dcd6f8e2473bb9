"""Pictures made ready to be sent elsewhere: of a kind, size and weight that the other side takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maquette.domain.hosting import Takes

if TYPE_CHECKING:
    from PIL.Image import Image

PNG, JPEG = "image/png", "image/jpeg"
_QUALITIES = (95, 88, 80)
_SHRINK = 0.8
_ROOM = 0.06
"""Of the longer side of an object: what is left around it when a cut-out is cropped to it."""
_SEEN = 8
"""Alpha below this is dust."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A written picture. ``notes`` say what was done to it: ``cropped``, ``scaled:0.5``, ``on_white``."""

    path: Path
    media_type: str
    width: int
    height: int
    notes: tuple[str, ...]


def enclose(source: Path, stem: Path, takes: Takes, *, to_object: bool = False) -> Enclosed:
    """Writes a working picture (upright sRGB, RGB or RGBA) next to ``stem``, as the other side takes it.

    ``to_object`` crops a cut-out to what is there of the object. Raises ``OSError`` for a picture that is none.
    """
    from PIL import Image

    with Image.open(source, formats=["PNG", "JPEG"]) as opened:
        opened.load()
        picture = opened if opened.mode in ("RGB", "RGBA") else opened.convert("RGBA" if "A" in opened.mode else "RGB")
    notes: list[str] = []
    if to_object and picture.mode == "RGBA":
        picture = _cropped(picture, notes)
    if picture.mode == "RGBA" and not (takes.alpha and PNG in takes.media_types):
        picture = _on_white(picture, notes)
    return _written(picture, stem, takes, notes)


def _cropped(picture: "Image", notes: list[str]) -> "Image":
    box = picture.getchannel("A").point([0] * _SEEN + [255] * (256 - _SEEN)).getbbox()
    if box is None:
        return picture
    room = round(_ROOM * max(box[2] - box[0], box[3] - box[1]))
    wider = (
        max(0, box[0] - room),
        max(0, box[1] - room),
        min(picture.width, box[2] + room),
        min(picture.height, box[3] + room),
    )
    if wider != (0, 0, picture.width, picture.height):
        notes.append("cropped")
    return picture.crop(wider)


def _on_white(picture: "Image", notes: list[str]) -> "Image":
    from PIL import Image

    notes.append("on_white")
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _written(picture: "Image", stem: Path, takes: Takes, notes: list[str]) -> Enclosed:
    """The largest that fits: first the sides, then the weight."""
    scale = min(1.0, takes.max_side / max(picture.size))
    if min(picture.size) * scale < takes.min_side:
        scale = min(takes.min_side / min(picture.size), takes.max_side / max(picture.size))
    most = min(takes.max_bytes, takes.max_total_bytes // max(takes.pictures, 1))
    while True:
        sized = _sized(picture, scale)
        for media_type, quality in _ways(sized, takes):
            path = stem.with_suffix(".png" if media_type == PNG else ".jpg")
            if media_type == PNG:
                sized.save(path, format="PNG", compress_level=6)
            else:
                sized.save(path, format="JPEG", quality=quality, subsampling=0)
            if path.stat().st_size <= most or max(sized.size) <= takes.min_side:
                told = (*notes, f"scaled:{scale:.3g}") if scale != 1 else tuple(notes)
                return Enclosed(path, media_type, sized.width, sized.height, told)
            path.unlink()
        scale *= _SHRINK


def _sized(picture: "Image", scale: float) -> "Image":
    from PIL import Image

    if scale == 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _ways(picture: "Image", takes: Takes) -> list[tuple[str, int]]:
    """Media types and qualities to try. A photo is a JPEG where one is taken: a PNG of it weighs ten times as much."""
    jpegs = [(JPEG, quality) for quality in _QUALITIES] if picture.mode == "RGB" and JPEG in takes.media_types else []
    return jpegs or [(PNG, 0)]
