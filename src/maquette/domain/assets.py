"""Assets: immutable files, addressed by their content within one owner."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What an asset is for."""

    ORIGINAL = "original"
    """As uploaded; private, never altered."""
    WORKING = "working"
    """The picture that stages work on: upright, sRGB, 8 bits a channel, no metadata."""
    CUTOUT = "cutout"
    MASK = "mask"
    MODEL = "model"
    """A model as an engine delivered it."""
    LOD = "lod"
    TEXTURE = "texture"
    USDZ = "usdz"
    THUMBNAIL = "thumbnail"
    PREVIEW = "preview"
    EDIT = "edit"
    AUDIO = "audio"
    REPORT = "report"
    ARCHIVE = "archive"


class View(StrEnum):
    """Which side of an object a photo shows.

    Sides are the object's own: ``left`` is what stands on its left hand, so the camera looks from +X (glTF axes:
    +Y up, front towards +Z) and the subject faces image-left.
    """

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"
    BACK = "back"
    TOP = "top"
    BOTTOM = "bottom"
    DETAIL = "detail"
    OTHER = "other"


CAPTURE_VIEWS = (View.FRONT, View.LEFT, View.RIGHT, View.BACK)
"""The four sides of an object, in the order of a capture set's slots."""

MODEL_VIEWS = (*CAPTURE_VIEWS, View.TOP, View.BOTTOM)
"""The views that a 3D model can be made from; one of the sides is always among them."""


_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def views_in(name: str) -> tuple[View, ...]:
    """The views for a model that a file's name (without its ending) tells: ``chair-left``, ``photoBack2``.

    A side goes before ``top`` and ``bottom``, which may be what the thing is called.
    """
    words = {word.lower() for word in _WORD.findall(name)}
    told = tuple(view for view in MODEL_VIEWS if view.value in words)
    return tuple(view for view in told if view in CAPTURE_VIEWS) or told


@dataclass(frozen=True, slots=True)
class Quality:
    """How good an asset is: ``score`` from 0 (unusable) to 1, ``flags`` name what is wrong with it."""

    score: float
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asset:
    """One stored file. ``sha256`` is lower-case hex; ``width`` and ``height`` are pixels of the upright picture."""

    id: str
    owner_id: str
    role: Role
    media_type: str
    sha256: str
    bytes: int
    created_at: datetime
    name: str = ""
    view: View | None = None
    project_id: str | None = None
    width: int | None = None
    height: int | None = None
    stats: Mapping[str, Any] = field(default_factory=dict[str, Any])
    quality: Quality | None = None
    derived_from: tuple[str, ...] = ()
    produced_by: str | None = None
    engine: str | None = None
    is_test: bool = False
    deleted_at: datetime | None = None

    @property
    def blob_key(self) -> str:
        """Where the bytes live: one copy of equal bytes per owner."""
        return blob_key(self.owner_id, self.sha256)


def blob_key(owner_id: str, sha256: str) -> str:
    """The storage key of content within an owner. Made by us, never from a user's file name."""
    return f"{owner_id}/{sha256[:2]}/{sha256}"
