"""Colours as people write them."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from maquette.domain.errors import Refused

TRANSPARENT = "transparent"
NAMES: Mapping[str, str] = MappingProxyType({"white": "#ffffff", "black": "#000000"})
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})")


def ground(given: object) -> str:
    """``transparent``, or a colour as ``#rrggbb`` (sRGB). Takes ``#rgb`` and ``NAMES`` too; None is transparent.

    Raises ``invalid_setting``.
    """
    if given is None:
        return TRANSPARENT
    text = given.strip().lower() if isinstance(given, str) else ""
    text = NAMES.get(text, text)
    if text == TRANSPARENT:
        return text
    if not _HEX.fullmatch(text):
        hint = f"Write {TRANSPARENT}, {', '.join(NAMES)}, or a colour such as #f4f1ec."
        raise Refused("invalid_setting", f"{given!r} is not a colour.", hint)
    return text if len(text) > len("#rgb") else "#" + "".join(2 * digit for digit in text[1:])


def channels(colour: str) -> tuple[int, int, int] | None:
    """Red, green and blue (8-bit sRGB) of what ``ground`` returned; None for ``transparent``."""
    if colour == TRANSPARENT:
        return None
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
