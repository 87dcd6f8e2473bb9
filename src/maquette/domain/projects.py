"""Projects: what a person's photos and jobs belong to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ProjectKind(StrEnum):
    """What a project is about."""

    PRODUCT = "product"
    ROOM = "room"
    PORTRAIT = "portrait"
    GENERIC = "generic"


@dataclass(frozen=True, slots=True)
class Project:
    """A named collection. ``dimensions`` holds ``width``, ``height``, ``depth`` and their ``unit``."""

    id: str
    owner_id: str
    kind: ProjectKind
    name: str
    created_at: datetime
    updated_at: datetime
    sku: str | None = None
    dimensions: Mapping[str, Any] | None = None
    room_type: str | None = None
    tags: tuple[str, ...] = field(default_factory=tuple[str, ...])
    expires_at: datetime | None = None
    deleted_at: datetime | None = None
