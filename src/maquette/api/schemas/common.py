"""What all areas share."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer


def instant(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and a Z, as JavaScript writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


Instant = Annotated[datetime, PlainSerializer(instant, return_type=str, when_used="json")]


class Answer(BaseModel):
    """A body that the server sends."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class Asked(BaseModel):
    """A body that the server takes; a field that it does not know is an error, not a silent loss."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ErrorField(Answer):
    """One part of a request that is not valid."""

    field: str
    message: str
    type: str


class RowProblemOut(Answer):
    """What is wrong with one row of a batch, or with its table where `row` is null. Rows are counted from 1."""

    row: int | None
    column: str | None
    sku: str | None
    code: str
    message: str
    hint: str


class Problem(Answer):
    """An error (RFC 9457). `code` is stable, `hint` says what to do next."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    type: str
    title: str
    status: int
    code: str
    detail: str
    hint: str
    instance: str | None = None
    errors: list[ErrorField] | None = None
    problems: list[RowProblemOut] | None = None
