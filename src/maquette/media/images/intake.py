"""The door that every photo comes through: nothing is decoded before it was weighed.

Order: size, magic bytes, the one allow-listed decoder, the header's dimensions, full decode. It needs Pillow
alone and is meant to run in a forked child with limits on memory and time, because decoders are where hostile
files strike. One thread at a time: Python's warning filters, which are set here, are shared by all threads.

Animated files count as their first frame.
"""

import errno
import math
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from maquette.domain.errors import MaquetteError, Refused
from maquette.media.images import colours
from maquette.media.images.formats import DECODERS, HEAD_BYTES, allow_heif, ends_early, sniff

_EXIF_IFD = 0x8769
_FOCAL_LENGTH_35MM = 0xA405
_PNG_PIXELS = 2_000_000
_NO_ORIENTATION = 1
_DRAFT_SIDE = 500
"""What a decoder that shrinks in powers of two must give at least: an eighth of 12 megapixels."""
GLANCE_SIDE = 512
"""Pixels of the longer side of what ``glance`` keeps."""


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """What a photo may be. ``pixels`` bounds width * height * frames; sides are in pixels.

    ``file_bytes`` is the most that an operator can allow; what a server takes is a setting.
    """

    file_bytes: int = 500_000_000
    pixels: int = 50_000_000
    longest_side: int = 16_000
    shortest_side: int = 16


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known of a picture. ``width`` and ``height`` are those of the upright picture.

    ``has_alpha``: the alpha channel really varies. ``orientation``: EXIF, 1 to 8. ``focal_35mm``: the focal
    length as of 35 mm film in millimetres, when the camera noted it.
    """

    media_type: str
    width: int
    height: int
    frames: int
    has_alpha: bool
    orientation: int
    focal_35mm: float | None


DEFAULT_LIMITS = IntakeLimits()


def probe(path: Path, limits: IntakeLimits = DEFAULT_LIMITS) -> ImageFacts:
    """Checks a photo to its last byte without keeping its pixels. Raises as ``glance`` does."""
    return glance(path, limits)[0]


def glance(path: Path, limits: IntakeLimits = DEFAULT_LIMITS) -> tuple[ImageFacts, Image.Image]:
    """Checks a photo to its last byte and keeps a copy of at most ``GLANCE_SIDE`` pixels: upright, sRGB, RGB or RGBA.

    Large JPEG is decoded to an eighth of its size: every bit is read at a sixty-fourth of the memory.
    Raises ``Refused``: file_missing, empty_file, file_too_large, not_an_image, heic_missing, image_too_large,
    image_too_small, image_truncated, image_damaged or out_of_memory.
    """
    with _opened(path, limits) as (picture, facts):
        factor = min(1.0, _DRAFT_SIDE / max(picture.size))
        picture.draft(None, (max(1, int(picture.width * factor)), max(1, int(picture.height * factor))))
        picture.load()
        facts = replace(_with_exif(facts, picture), has_alpha=_has_alpha(picture))
        return facts, _copied(picture, facts, GLANCE_SIDE)


def make_working_copy(
    source: Path, target: Path, max_side: int | None = None, limits: IntakeLimits = DEFAULT_LIMITS
) -> ImageFacts:
    """Writes the picture that stages work on: upright, sRGB, 8 bits, RGB or RGBA, without any metadata.

    ``max_side`` bounds the longer side in pixels; nothing is enlarged. The copy is a PNG up to two megapixels or
    with an alpha channel that varies, else a JPEG of quality 95 without colour subsampling (a PNG of a large photo
    takes ten times the space and time); ``media_type`` of the answer says which, whatever ``target`` is named.
    Width, height, media type, frames, orientation and alpha are the copy's; the focal length is the photo's.
    Raises as ``probe`` does.
    """
    with _opened(source, limits) as (picture, facts):
        if max_side is not None:
            picture.draft(None, (min(max_side, picture.width), min(max_side, picture.height)))
        picture.load()
        facts = _with_exif(facts, picture)
        copy = _copied(picture, facts, max_side)
    as_png = copy.mode == "RGBA" or copy.width * copy.height <= _PNG_PIXELS
    if as_png:
        copy.save(target, format="PNG", compress_level=3)
    else:
        copy.save(target, format="JPEG", quality=95, subsampling=0)
    return ImageFacts(
        media_type="image/png" if as_png else "image/jpeg",
        width=copy.width,
        height=copy.height,
        frames=1,
        has_alpha=copy.mode == "RGBA",
        orientation=_NO_ORIENTATION,
        focal_35mm=facts.focal_35mm,
    )


@contextmanager
def _opened(path: Path, limits: IntakeLimits) -> Generator[tuple[Image.Image, ImageFacts]]:
    """Opens a file whose size, kind and header passed; decoding within the block has its errors translated."""
    _weigh(path, limits)
    with path.open("rb") as file:
        media_type = sniff(file.read(HEAD_BYTES))
        if media_type is None:
            raise Refused("not_an_image")
        if DECODERS[media_type] == "HEIF":
            allow_heif()
        file.seek(0)
        with _verdicts(file, media_type), Image.open(file, formats=[DECODERS[media_type]]) as picture:
            _check_dimensions(picture, limits)
            yield picture, ImageFacts(media_type, *picture.size, _frames(picture), False, _NO_ORIENTATION, None)


def _weigh(path: Path, limits: IntakeLimits) -> None:
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise Refused("file_missing") from error
    if size == 0:
        raise Refused("empty_file")
    if size > limits.file_bytes:
        raise Refused(
            "file_too_large",
            f"The file has {size / 1e6:.1f} MB; at most {limits.file_bytes / 1e6:.0f} MB are read",
        )


@contextmanager
def _verdicts(file: BinaryIO, media_type: str) -> Generator[None]:
    """Turns whatever a decoder throws into an answer for people."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except MaquetteError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("image_too_large") from error
    except MemoryError as error:
        raise Refused("out_of_memory", "The picture needs more memory than reading it may take") from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # the disk's fault, not the file's
        early = "truncated" in str(error).lower() or ends_early(file, media_type)
        raise Refused("image_truncated" if early else "image_damaged") from error


def _check_dimensions(picture: Image.Image, limits: IntakeLimits) -> None:
    width, height = picture.size
    frames = _frames(picture)
    if max(width, height) > limits.longest_side or width * height * frames > limits.pixels:
        raise Refused(
            "image_too_large",
            f"The picture has {width} x {height} pixels" + (f" in {frames} frames" if frames > 1 else ""),
            f"Scale it down to {limits.pixels // 1_000_000} megapixels and {limits.longest_side} pixels a side.",
        )
    if min(width, height) < limits.shortest_side:
        raise Refused(
            "image_too_small",
            f"The picture has {width} x {height} pixels",
            f"Use a photo of at least {limits.shortest_side} pixels a side; 500 or more make good results.",
        )


def _frames(picture: Image.Image) -> int:
    """Frames that a decoder may have to hold. What a JPEG carries beside its picture (MPO) is never decoded."""
    return 1 if isinstance(picture, _jpeg_class()) else int(getattr(picture, "n_frames", 1))


def _jpeg_class() -> type[Image.Image]:
    from PIL.JpegImagePlugin import JpegImageFile

    return JpegImageFile


def _with_exif(facts: ImageFacts, picture: Image.Image) -> ImageFacts:
    """Adds what EXIF says. Only after ``load``: asking a PNG earlier would decode it and swallow its errors."""
    orientation, focal = _exif_facts(picture)
    width, height = facts.width, facts.height
    if colours.swaps_sides(orientation):
        width, height = height, width
    return replace(facts, width=width, height=height, orientation=orientation, focal_35mm=focal)


def _exif_facts(picture: Image.Image) -> tuple[int, float | None]:
    """Orientation and focal length. Broken EXIF counts as none: the picture itself may be fine."""
    try:
        exif = picture.getexif()
        orientation = exif.get(colours.EXIF_ORIENTATION, _NO_ORIENTATION)
        focal = float(exif.get_ifd(_EXIF_IFD).get(_FOCAL_LENGTH_35MM, 0))
    except Exception:  # noqa: BLE001 - Pillow's EXIF reader throws nearly anything at damaged tags
        return _NO_ORIENTATION, None
    usable = math.isfinite(focal) and 1 <= focal <= 5000
    return (orientation if orientation in range(1, 9) else _NO_ORIENTATION), (focal if usable else None)


def _copied(picture: Image.Image, facts: ImageFacts, max_side: int | None) -> Image.Image:
    """RGB or RGBA in sRGB, upright, without metadata."""
    copy = _scaled(colours.eight_bits(picture), max_side)
    copy = colours.upright(colours.to_srgb(copy, picture.info.get("icc_profile")), facts.orientation)
    copy.info = {}
    return copy


def _has_alpha(picture: Image.Image) -> bool:
    if "transparency" in picture.info:
        picture = picture.convert("RGBA")
    return "A" in picture.getbands() and colours.alpha_varies(picture.getchannel("A"))


def _scaled(picture: Image.Image, max_side: int | None) -> Image.Image:
    """Shrinks, never enlarges. Pillow weighs colours with their alpha here, so hidden ones do not bleed."""
    factor = 1.0 if max_side is None else max_side / max(picture.size)
    if factor >= 1:
        return picture
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
