"""Ways to read a large photo, each to be called in a process of its own; see ``intake``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

PREVIEWS = (1024, 256)
"""Pixels of the longer sides."""
Payload = dict[str, Any]


def upload(payload: Payload, _progress: Callable[[float], None]) -> Payload:
    """As an upload is read: checked to its last byte, and judged."""
    from maquette.media.images.checks import judge_copy
    from maquette.media.images.intake import glance

    facts, copy = glance(Path(payload["path"]))
    judge_copy(copy, min(facts.width, facts.height))
    return {}


def two_previews(payload: Payload, _progress: Callable[[float], None]) -> Payload:
    """The second from the first."""
    from maquette.media.images.intake import make_working_copy

    source = Path(payload["path"])
    for side in PREVIEWS:
        target = Path(payload["into"]) / str(side)
        make_working_copy(source, target, side)
        source = target
    return {}


def plain_pillow(payload: Payload, _progress: Callable[[float], None]) -> Payload:
    """Two previews as most programs make them."""
    from PIL import Image, ImageOps

    with Image.open(payload["path"]) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    for side in PREVIEWS:
        copy = upright.copy()
        copy.thumbnail((side, side), Image.Resampling.LANCZOS)
        copy.save(Path(payload["into"]) / f"{side}.png", compress_level=3)
    return {}


def working_copy(payload: Payload, _progress: Callable[[float], None]) -> Payload:
    """What a job works on, at full size."""
    from maquette.media.images.intake import make_working_copy

    make_working_copy(Path(payload["path"]), Path(payload["into"]) / "copy")
    return {}
