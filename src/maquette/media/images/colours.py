"""From whatever a file stores to what every stage works with: upright sRGB, 8 bits a channel. Pillow only."""

import io
from typing import Any

from PIL import Image, ImageCms

EXIF_ORIENTATION = 0x0112

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SPACE_OF_MODE = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
_OPAQUE = 250
_CLEAR = 5


def upright(picture: Image.Image, orientation: int) -> Image.Image:
    """Bakes an EXIF orientation (1 to 8) into the pixels."""
    turn = _TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def swaps_sides(orientation: int) -> bool:
    """Whether width and height change places when the picture is put upright."""
    return orientation in (5, 6, 7, 8)


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Takes what ``eight_bits`` gives; returns RGB, or RGBA where the alpha channel says something, in sRGB.

    An embedded profile that cannot be used (broken, or made for another kind of picture) is left aside: the
    pixels then count as sRGB, as browsers do it.
    """
    alpha = picture.getchannel("A") if picture.mode in ("LA", "RGBA") else None
    colours = picture.convert(picture.mode[:-1]) if alpha else picture
    colours = _through_profile(colours, profile) if profile else colours
    if colours.mode != "RGB":
        colours = colours.convert("RGB")
    if alpha and alpha_varies(alpha):
        colours.putalpha(alpha)
    return colours


def alpha_varies(alpha: Image.Image) -> bool:
    """Whether an 8-bit alpha channel holds both background and object."""
    low, high = _extrema(alpha)
    return low < _OPAQUE and high > _CLEAR and low != high


def _extrema(band: Image.Image) -> tuple[float, float]:
    extrema: Any = band.getextrema()
    return float(extrema[0]), float(extrema[1])


def eight_bits(picture: Image.Image) -> Image.Image:
    """Brings every mode to L, LA, RGB, RGBA or CMYK."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if "transparency" in picture.info:
        return picture.convert("RGBA")
    wanted = {"1": "L", "P": "RGB", "PA": "RGBA", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB"}.get(picture.mode)
    if wanted is None and picture.mode not in ("L", "LA", "RGB", "RGBA", "CMYK"):
        wanted = "RGB"
    return picture.convert(wanted) if wanted else picture


def _through_profile(colours: Image.Image, profile: bytes) -> Image.Image:
    space = profile[16:20].decode("latin-1").strip()  # ICC.1:2022, 7.2: the data colour space in the header
    try:
        source = ImageCms.getOpenProfile(io.BytesIO(profile))
        if ImageCms.getProfileDescription(source).lower().startswith("srgb"):
            return colours
        if space == "RGB" and colours.mode == "L":
            colours = colours.convert("RGB")
        if space != _SPACE_OF_MODE.get(colours.mode):
            return colours
        converted = ImageCms.profileToProfile(colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return colours
    return converted or colours
