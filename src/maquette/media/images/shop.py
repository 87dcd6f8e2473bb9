"""A cut-out as shops show it: on a plain ground, with a shadow, framed alike. Blended in linear light."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maquette.media.images.shadow import contact_shadow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL import Image

    Bytes = npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float32]

DEFAULT_MARGIN = 10
"""Percent, where the frame is square and no margin was given."""
MAX_SIDE = 6000
"""Larger canvases are scaled down; nothing is ever scaled up."""
_SEEN = 16
"""Alpha from which a pixel counts as part of what is framed."""
_BAND = 256
_GAMMA = 2.2
"""Viewers blend transparent pictures in sRGB; the shadow's alpha is eased so that it looks as dark there."""
_JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Look:
    """How a shop wants its pictures. ``background``: 8-bit sRGB, None for transparent.

    ``margin``: percent of the picture left free around the object on its tighter sides; None leaves it where it is
    (``DEFAULT_MARGIN`` where ``square``). Otherwise the picture keeps the proportions of the photo.
    """

    background: tuple[int, int, int] | None = None
    shadow: bool = False
    margin: int | None = None
    square: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the cut-out itself is all that was asked for."""
        return self == Look()


@dataclass(frozen=True, slots=True)
class Framing:
    """The canvas (pixels), the part of the cut-out that goes onto it, how it is scaled, and where it goes."""

    width: int
    height: int
    crop: tuple[int, int, int, int]
    scale: float
    left: int
    top: int


def write_shop_picture(cutout: Path, look: Look, stem: Path) -> tuple[Path, str, int, int]:
    """Reads an RGBA PNG (straight alpha, sRGB); writes a JPEG, or a PNG where the ground is transparent.

    Returns the file (``stem`` with its suffix), its media type, width and height.
    """
    from PIL import Image

    with Image.open(cutout, formats=["PNG"]) as opened:
        picture = compose(opened.convert("RGBA"), look)
    if picture.mode == "RGBA":
        path, kind, options = stem.with_suffix(".png"), "image/png", dict[str, Any](compress_level=3)
    else:
        # without subsampling, or the outline of a saturated object bleeds into the ground
        options = dict[str, Any](quality=_JPEG_QUALITY, subsampling=0, optimize=True)
        path, kind = stem.with_suffix(".jpg"), "image/jpeg"
    picture.save(path, **options)
    return path, kind, picture.width, picture.height


def compose(cutout: "Image.Image", look: Look) -> "Image.Image":
    """Takes RGBA with straight alpha; returns RGB, or RGBA where ``look.background`` is None.

    Where the ground is transparent, pixels that no shadow falls on keep the cut-out's own values.
    """
    import numpy as np
    from PIL import Image

    placed = np.asarray(_placed(cutout, frame(cutout, look)))
    shadow = contact_shadow(np.ascontiguousarray(placed[..., 3])) if look.shadow else None
    out = np.empty((*placed.shape[:2], 4 if look.background is None else 3), np.uint8)
    for top in range(0, placed.shape[0], _BAND):
        rows = slice(top, top + _BAND)
        dark = None if shadow is None else shadow[rows, :, None]
        out[rows] = _over_nothing(placed[rows], dark) if look.background is None else _over(placed[rows], dark, look)
    return Image.fromarray(out)


def frame(cutout: "Image.Image", look: Look) -> Framing:
    """Centres what can be seen of the cut-out and leaves the margin around it."""
    width, height = cutout.size
    seen = cutout.getchannel("A").point([255 * (level >= _SEEN) for level in range(256)]).getbbox()
    if seen is None or (look.margin is None and not look.square):
        return Framing(width, height, (0, 0, width, height), 1.0, 0, 0)
    share = 1 - 2 * (DEFAULT_MARGIN if look.margin is None else look.margin) / 100
    wide, tall = seen[2] - seen[0], seen[3] - seen[1]
    aspect = 1.0 if look.square else width / height
    across = max(wide, tall * aspect) / share
    scale = min(1.0, MAX_SIDE / max(across, across / aspect))
    canvas = max(1, round(across * scale)), max(1, round(across / aspect * scale))
    left, top = round((canvas[0] - wide * scale) / 2), round((canvas[1] - tall * scale) / 2)
    return Framing(*canvas, seen, scale, left, top)


def _placed(cutout: "Image.Image", framing: Framing) -> "Image.Image":
    """The cut-out on its canvas, RGBA."""
    from PIL import Image

    part = cutout.crop(framing.crop)
    if framing.scale < 1:
        size = max(1, round(part.width * framing.scale)), max(1, round(part.height * framing.scale))
        # with alpha taken in, or colours that nobody sees come through at the edges
        part = part.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    canvas = Image.new("RGBA", (framing.width, framing.height))
    canvas.paste(part, (framing.left, framing.top))
    return canvas


def _over(placed: "Bytes", dark: "Floats | None", look: Look) -> "Bytes":
    import numpy as np

    from maquette.media.meshes.pixels import to_linear, to_srgb

    level = placed.astype(np.float32) / 255
    share = level[..., 3:]
    ground = to_linear(np.array(look.background, np.float32) / 255) * (1 if dark is None else 1 - dark)
    return np.rint(to_srgb(to_linear(level[..., :3]) * share + ground * (1 - share)) * 255).astype(np.uint8)


def _over_nothing(placed: "Bytes", dark: "Floats | None") -> "Bytes":
    import numpy as np

    if dark is None:
        return placed
    share = placed[..., 3:].astype(np.float32) / 255
    whole = share + (1 - share) * (1 - np.power(1 - dark, 1 / _GAMMA, dtype=np.float32))
    colours = placed[..., :3] * (share / np.maximum(whole, 1e-6))
    return np.rint(np.concatenate([colours, whole * 255], axis=-1)).astype(np.uint8)
