"""Which picture files we read, told apart by their first bytes and never by their name."""

import os
from collections.abc import Mapping
from importlib import metadata
from types import MappingProxyType
from typing import BinaryIO

from maquette.domain.errors import Refused

HEAD_BYTES = 64
"""How much of a file ``sniff`` wants to see."""

DECODERS: Mapping[str, str] = MappingProxyType(
    {
        "image/jpeg": "JPEG",
        "image/png": "PNG",
        "image/webp": "WEBP",
        "image/avif": "AVIF",
        "image/heic": "HEIF",
        "image/heif": "HEIF",
    }
)
"""Media type to the one Pillow decoder that may read it. MPO, TIFF, GIF, EPS and SVG stay out."""

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"mif1", b"mif2", b"msf1"})
_SAFE_PILLOW_HEIF = (1, 8, 1)
_SAFE_LIBHEIF = (1, 23, 6)


def sniff(head: bytes) -> str | None:
    """Returns the media type that the first bytes (``HEAD_BYTES`` of them) claim, or None when we do not read it."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _sniff_brands(head)
    return None


def _sniff_brands(head: bytes) -> str | None:
    """ISO/IEC 14496-12: the major brand, four bytes of version, then the compatible brands to the end of the box."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
    if brands & _AVIF_BRANDS:
        return "image/avif"
    if brands & _HEIC_BRANDS:
        return "image/heic"
    return "image/heif" if brands & _HEIF_BRANDS else None


def ends_early(file: BinaryIO, media_type: str) -> bool:
    """Whether a container is shorter than it says itself; JPEG does not say. Moves the file's position."""
    size = file.seek(0, os.SEEK_END)
    if media_type == "image/webp":
        return int.from_bytes(_part(file, 4, 4), "little") + 8 > size
    if media_type == "image/png":
        return b"IEND" not in _part(file, max(0, size - 64), 64)
    return media_type != "image/jpeg" and _boxes_end(file, size) > size


def _boxes_end(file: BinaryIO, end: int) -> int:
    """Where the last top-level box of an ISO media file of ``end`` bytes ends, by its own account."""
    at = 0
    while at + 8 <= end:
        size, header = int.from_bytes(_part(file, at, 4), "big"), 8
        if size == 1:
            size, header = int.from_bytes(_part(file, at + 8, 8), "big"), 16
        if size < header:  # 0: to the end of the file; anything else is damage, not a short file
            return end
        at += size
    return at


def _part(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def allow_heif() -> None:
    """Teaches Pillow to read HEIC and HEIF.

    Raises ``Refused("heic_missing")`` without the extra, or with one whose libheif has the code-execution bug
    that 1.23.6 mended.
    """
    try:
        version = metadata.version("pillow-heif")
        import pillow_heif
    except ImportError as error:  # PackageNotFoundError is one
        raise Refused("heic_missing") from error
    if _numbers(version) < _SAFE_PILLOW_HEIF or _numbers(pillow_heif.libheif_version()) < _SAFE_LIBHEIF:
        raise Refused("heic_missing", "The installed HEIC reader has a security bug", "pip install -U 'maquette[heic]'")
    pillow_heif.register_heif_opener()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
