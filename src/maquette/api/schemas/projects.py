"""Projects on the wire."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from maquette.api.schemas.common import Answer, Asked, Instant
from maquette.domain.projects import Project, ProjectKind

Name = Annotated[str, Field(min_length=1, max_length=200)]
Size = Annotated[float, Field(strict=True, gt=0, le=100_000)]


def _text(given: object) -> object:
    if isinstance(given, str | datetime):
        return given
    raise ValueError("Input should be a date and time, ISO 8601")


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


# without the first check a bare number would pass for seconds since 1970
Moment = Annotated[datetime, BeforeValidator(_text), AfterValidator(_utc)]


class Dimensions(Asked):
    """The object's true size; what is not known is left out."""

    width: Size | None = None
    height: Size | None = None
    depth: Size | None = None
    unit: Literal["mm", "cm", "m", "in", "ft"] = "cm"


class NewProject(Asked):
    """What a project is made of."""

    name: Name
    kind: ProjectKind = ProjectKind.GENERIC
    sku: Annotated[str, Field(max_length=100)] | None = None
    dimensions: Dimensions | None = None
    room_type: Annotated[str, Field(max_length=100)] | None = None
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=50)] = Field(default=[])
    expires_at: Moment | None = None


class ProjectChanges(Asked):
    """The fields to set; those left out stay as they are."""

    name: Name = ""
    kind: ProjectKind = ProjectKind.GENERIC
    sku: Annotated[str, Field(max_length=100)] | None = None
    dimensions: Dimensions | None = None
    room_type: Annotated[str, Field(max_length=100)] | None = None
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=50)] = Field(default=[])
    expires_at: Moment | None = None


class ProjectOut(Answer):
    """A named collection of photos and jobs."""

    id: str
    kind: ProjectKind
    name: str
    sku: str | None
    dimensions: Dimensions | None
    room_type: str | None
    tags: list[str]
    expires_at: Instant | None
    created_at: Instant
    updated_at: Instant
    restorable_until: Instant | None = None

    @classmethod
    def of(cls, project: Project, restorable_until: datetime | None = None) -> "ProjectOut":
        """As its owner sees it."""
        return cls(
            id=project.id,
            kind=project.kind,
            name=project.name,
            sku=project.sku,
            dimensions=None if project.dimensions is None else Dimensions(**project.dimensions),
            room_type=project.room_type,
            tags=list(project.tags),
            expires_at=project.expires_at,
            created_at=project.created_at,
            updated_at=project.updated_at,
            restorable_until=restorable_until,
        )


class ProjectPage(Answer):
    """Some projects, newest first."""

    items: list[ProjectOut]
    next_cursor: str | None


def details(asked: NewProject | ProjectChanges) -> dict[str, object]:
    """What was given, as the fields of a project."""
    given: dict[str, object] = asked.model_dump(exclude_unset=isinstance(asked, ProjectChanges))
    if asked.dimensions is not None:
        given["dimensions"] = asked.dimensions.model_dump(exclude_none=True)
    if "tags" in given:
        given["tags"] = tuple(asked.tags)
    return given
