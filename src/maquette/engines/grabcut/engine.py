"""The engine itself: reads the photo, cuts, judges, writes."""

from pathlib import Path
from typing import TYPE_CHECKING

from maquette.domain.assets import Quality
from maquette.domain.errors import Permanent
from maquette.ports.engines import Box, Capability, Cutout, CutRequest, EngineInfo, Progress, Readiness

if TYPE_CHECKING:
    from maquette.engines.grabcut.pixels import Bytes

_SIDE = 480
"""Segmentation runs on a copy of at most so many pixels a side."""
_LEAST_BOX = 4
_OPAQUE, _CLEAR = 250, 5


class GrabCut:
    """Cuts out the main object of a photo, best on calm backdrops; its quality score says when it was not one."""

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(
            name="grabcut",
            version="1",
            capability=Capability.CUTTER,
            title="Backdrop model and GrabCut",
            licence="Apache-2.0",
            commercial_use=True,
        )

    def check(self) -> Readiness:
        return Readiness(ready=True)

    def cut(self, request: CutRequest, progress: Progress) -> Cutout:
        """Writes ``cutout.png`` and ``mask.png`` into the request's folder.

        A photo whose alpha channel varies keeps it as its mask, and its colours as they are. The box, if any, may
        reach beyond the photo. Raises ``Permanent("no_subject")`` when nothing stands out, and when the box lies
        beyond the photo or is smaller than four pixels of the segmented copy. The same request gives the same bytes.
        """
        rgb, alpha = _read(request.photo)
        progress(0.05)
        if alpha is None:
            alpha, colours, quality = _cut(rgb, request.box, progress)
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


def _cut(rgb: "Bytes", box: Box | None, progress: Progress) -> "tuple[Bytes, Bytes, Quality]":
    import numpy as np

    from maquette.engines.grabcut.judge import holds_subject, judge
    from maquette.engines.grabcut.matte import refine
    from maquette.engines.grabcut.pixels import resized
    from maquette.engines.grabcut.segment import segment

    height, width = rgb.shape[:2]
    factor = min(1.0, _SIDE / max(height, width))
    size = max(8, round(width * factor)), max(8, round(height * factor))
    small = np.asarray(resized(rgb, *size), np.uint8)
    found = segment(small, None if box is None else _scaled(box, size[0] / width, size[1] / height, size))
    progress(0.6)
    if not holds_subject(small, found.mask):
        raise Permanent("no_subject")
    alpha, colours = refine(rgb, found.mask)
    return alpha, colours, judge(small, found, boxed=box is not None)


def _scaled(box: Box, across: float, down: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box as (left, top, right, bottom) of the small copy, clipped to it."""
    left, right = (min(size[0], max(0, round(x * across))) for x in (box.x, box.x + box.width))
    top, bottom = (min(size[1], max(0, round(y * down))) for y in (box.y, box.y + box.height))
    if right - left < _LEAST_BOX or bottom - top < _LEAST_BOX:
        raise Permanent("no_subject", "The box holds too little of the photo", "Draw it around the object.")
    return left, top, right, bottom


def _write(colours: "Bytes", alpha: "Bytes", into: Path) -> tuple[Path, Path]:
    import numpy as np
    from PIL import Image

    cutout, mask = into / "cutout.png", into / "mask.png"
    Image.fromarray(np.dstack([colours, alpha])).save(cutout, compress_level=3)
    Image.fromarray(alpha).save(mask, compress_level=3)
    return cutout, mask
