"""Assets on the wire."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import Field

from maquette.api.schemas.common import Answer, Asked, Instant
from maquette.domain.assets import Asset, Quality, Role, View
from maquette.domain.projects import Project
from maquette.domain.quality import Severity, explain_all


class PhotoUrl(Asked):
    """A photo that is to be fetched. Without a name it is called what the URL's path ends with."""

    url: str = Field(min_length=1, max_length=4096)
    name: str = Field(default="", max_length=500)
    view: View | None = None
    project_id: str | None = Field(default=None, max_length=100)


class NoteOut(Answer):
    """A flag in words: what is wrong, and what to do about it. `hint` may be empty."""

    code: str
    severity: Severity
    message: str
    hint: str

    @classmethod
    def all_of(cls, flags: Iterable[str], project: Project | None = None) -> "list[NoteOut]":
        """Flags in the words for what the project is about."""
        told = explain_all(flags, project)
        return [cls(code=note.code, severity=note.severity, message=note.message, hint=note.hint) for note in told]


class QualityOut(Answer):
    """How good an asset is, from 0 to 1, and what is wrong: `flags` such as `cut_off:right`, `notes` in words."""

    score: float
    flags: list[str]
    notes: list[NoteOut]

    @classmethod
    def of(cls, quality: Quality, project: Project | None = None) -> "QualityOut":
        """In the words for what the project is about."""
        notes = NoteOut.all_of(quality.flags, project)
        return cls(score=quality.score, flags=list(quality.flags), notes=notes)


class AssetOut(Answer):
    """One stored file. `url` is stable."""

    id: str
    project_id: str | None
    role: Role
    view: View | None
    name: str
    media_type: str
    sha256: str
    bytes: int
    width: int | None
    height: int | None
    stats: dict[str, Any]
    quality: QualityOut | None
    derived_from: list[str]
    produced_by: str | None
    engine: str | None
    is_test: bool
    url: str
    created_at: Instant
    restorable_until: Instant | None = None

    @classmethod
    def of(cls, asset: Asset, restorable_until: datetime | None = None, project: Project | None = None) -> "AssetOut":
        """As everybody may see it; with its ``project`` its flags are told in the words for that."""
        quality = asset.quality and QualityOut.of(asset.quality, project)
        return cls(
            id=asset.id,
            project_id=asset.project_id,
            role=asset.role,
            view=asset.view,
            name=asset.name,
            media_type=asset.media_type,
            sha256=asset.sha256,
            bytes=asset.bytes,
            width=asset.width,
            height=asset.height,
            stats=dict(asset.stats),
            quality=quality,
            derived_from=list(asset.derived_from),
            produced_by=asset.produced_by,
            engine=asset.engine,
            is_test=asset.is_test,
            url=f"/api/v1/assets/{asset.id}/content",
            created_at=asset.created_at,
            restorable_until=restorable_until,
        )


class AssetPage(Answer):
    """Some assets, newest first."""

    items: list[AssetOut]
    next_cursor: str | None


class LinkOut(Answer):
    """A link that opens one asset for a short while, for whoever has it."""

    url: str
    expires_at: Instant
