"""The engine itself: reads the photo, cuts, judges, writes."""

from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING

from maquette.domain.assets import Quality
from maquette.domain.errors import Permanent
from maquette.domain.marks import Marks
from maquette.ports.engines import Box, Capability, Cutout, CutRequest, EngineInfo, Progress, Readiness

if TYPE_CHECKING:
    from maquette.engines.grabcut.pixels import Bytes, Mask

_SIDE = 480
"""Segmentation runs on a copy of at most so many pixels a side."""
_SURROUNDINGS = 0.3
"""What lies beyond a box by up to this share of its sides shows what the background looks like."""
_LEAST_BOX = 4
_OPAQUE, _CLEAR = 250, 5


class GrabCut:
    """Cuts out the main object of a photo, best on calm backdrops; its quality score says when it was not one."""

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(
            name="grabcut",
            version="5",
            capability=Capability.CUTTER,
            title="Backdrop model, salience and GrabCut",
            licence="Apache-2.0",
            commercial_use=True,
        )

    def check(self) -> Readiness:
        return Readiness(ready=True)

    def cut(self, request: CutRequest, progress: Progress) -> Cutout:
        """Writes ``cutout.png`` and ``mask.png`` into the request's folder.

        A photo whose alpha channel varies keeps it as its mask, and its colours as they are. The box, if any, may
        reach beyond the photo. Marks change the mask that there would be without them, around them. Raises
        ``Permanent("no_subject")`` when nothing stands out and nothing is marked, and when the box lies beyond the
        photo or is smaller than four pixels of the segmented copy. The same request gives the same bytes.
        """
        rgb, alpha = _read(request.photo)
        progress(0.05)
        if alpha is None:
            alpha, colours, quality = _cut(rgb, request, progress)
        else:
            colours, quality = rgb * (alpha > 0)[..., None], Quality(1.0)
        progress(0.9)
        cutout = _write(colours, alpha, request.into)
        progress(1.0)
        return Cutout(*cutout, quality)


def _read(photo: Path) -> "tuple[Bytes, Bytes | None]":
    """Returns sRGB (H, W, 3), and alpha (H, W) where there is one that says something."""
    import numpy as np
    from PIL import Image

    with Image.open(photo, formats=["PNG", "JPEG"]) as picture:
        pixels = np.asarray(picture.convert("RGBA" if picture.has_transparency_data else "RGB"), np.uint8)
    rgb = np.ascontiguousarray(pixels[..., :3])
    if pixels.shape[2] == 3:
        return rgb, None
    alpha = np.ascontiguousarray(pixels[..., 3])
    return rgb, alpha if alpha.min() < _OPAQUE and alpha.max() > _CLEAR else None


def _cut(rgb: "Bytes", request: CutRequest, progress: Progress) -> "tuple[Bytes, Bytes, Quality]":
    """Alpha and colours of the whole photo, though only what lies around the box is looked at."""
    import numpy as np

    from maquette.engines.grabcut.matte import refine

    window = _window(rgb.shape, request)
    part = np.ascontiguousarray(rgb[window])
    mask, quality = _mask(part, (window[1].start, window[0].start), request, rgb.shape[1::-1])
    progress(0.6)
    alpha, colours = np.zeros(rgb.shape[:2], np.uint8), np.zeros_like(rgb)
    alpha[window], colours[window] = refine(part, mask)
    return alpha, colours, quality


def _window(shape: tuple[int, ...], request: CutRequest) -> tuple[slice, slice]:
    """The box with its surroundings, and all that was marked; the whole photo without a box."""
    if request.box is None:
        return slice(0, shape[0]), slice(0, shape[1])
    box, marks = request.box, request.marks
    points = [(box.x, box.y), (box.x + box.width, box.y + box.height)]
    points += [(click.x, click.y) for click in marks.clicks]
    points += [point for stroke in marks.strokes for point in stroke.points]
    across, down = zip(*points, strict=True)
    return _within(down, shape[0]), _within(across, shape[1])


def _within(places: tuple[float, ...], length: int) -> slice:
    air = _SURROUNDINGS * (max(places) - min(places))
    low, high = max(0, floor(min(places) - air)), min(length, ceil(max(places) + air))
    if high - low < _LEAST_BOX:
        raise _empty_box()
    return slice(low, high)


def _mask(rgb: "Bytes", corner: tuple[int, int], request: CutRequest, whole: tuple[int, ...]) -> "tuple[Mask, Quality]":
    """The mask of a part of the photo, at the size of segmentation; ``corner`` is where the part lies."""
    import numpy as np

    from maquette.engines.grabcut.judge import holds_subject, judge
    from maquette.engines.grabcut.openings import with_openings
    from maquette.engines.grabcut.pixels import resized
    from maquette.engines.grabcut.segment import segment
    from maquette.media.images.marks import painted

    height, width = rgb.shape[:2]
    factor = min(1.0, _SIDE / max(height, width))
    size = max(8, round(width * factor)), max(8, round(height * factor))
    small = np.asarray(resized(rgb, *size), np.uint8)
    box = None if request.box is None else _scaled(request.box, corner, size[0] / width, size[1] / height, size)
    marked = np.zeros(size[::-1], np.int8)
    if request.marks:
        sides = round(whole[0] * factor) + 1, round(whole[1] * factor) + 1
        sheet = painted(request.marks, *sides, factor) + painted(Marks(request.marks.clicks), *sides, factor)
        left, top = (min(round(place * factor), side) for place, side in zip(corner, sheet.shape[::-1], strict=True))
        seen = sheet[top : top + size[1], left : left + size[0]]
        marked[: seen.shape[0], : seen.shape[1]] = seen
    found = segment(small, box, marked)
    if not marked.any() and not holds_subject(small, found.mask):
        raise Permanent("no_subject")
    if not found.mask.any():
        raise Permanent("no_subject")
    mask = found.mask if marked.any() else with_openings(small, found.mask)
    return mask, judge(small, found)


def _scaled(
    box: Box, corner: tuple[int, int], across: float, down: float, size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """The box as (left, top, right, bottom) of the small copy, clipped to it."""
    x, y = box.x - corner[0], box.y - corner[1]
    left, right = (min(size[0], max(0, round(at * across))) for at in (x, x + box.width))
    top, bottom = (min(size[1], max(0, round(at * down))) for at in (y, y + box.height))
    if right - left < _LEAST_BOX or bottom - top < _LEAST_BOX:
        raise _empty_box()
    return left, top, right, bottom


def _empty_box() -> Permanent:
    return Permanent("no_subject", "The box holds too little of the photo", "Draw it around the object.")


def _write(colours: "Bytes", alpha: "Bytes", into: Path) -> tuple[Path, Path]:
    import numpy as np
    from PIL import Image

    cutout, mask = into / "cutout.png", into / "mask.png"
    Image.fromarray(np.dstack([colours, alpha])).save(cutout, compress_level=3)
    Image.fromarray(alpha).save(mask, compress_level=3)
    return cutout, mask
