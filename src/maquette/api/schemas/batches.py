"""Batches on the wire."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, JsonValue

from maquette.api.schemas.assets import View
from maquette.api.schemas.common import Answer, Asked, Instant, RowProblemOut
from maquette.api.schemas.jobs import ErrorOut, Id, JobOut, Priority
from maquette.app.batches.batches import BatchView, NewBatch
from maquette.domain.batches import BatchStatus, OnError, RowPhoto, RowProblem, RowView, Standing

Name = Annotated[str, Field(max_length=200)]


class NewBatchIn(Asked):
    """Many products, one row each. `settings` are those of all rows.

    A row maps columns to values: `sku`, `name`, `width`, `height`, `depth`, `unit` or `dimensions`, a photo in `front`,
    `left`, `right`, `back`…, several in `photos` (asset ids, URLs, or objects of `asset_id` or `url` and `view`), and
    any setting of the pipeline. The guide to batches has all of them. The jobs belong to the project, if one is named.
    """

    pipeline: Annotated[str, Field(max_length=100)]
    rows: Annotated[list[dict[str, JsonValue]], Field(max_length=10_000)]
    settings: Annotated[dict[str, Any], Field(max_length=50)] = Field(default={})
    on_error: OnError = OnError.REFUSE
    name: Name = ""
    priority: Priority = 0
    project_id: Id | None = None

    def order(self) -> NewBatch:
        """As the use case takes it."""
        told = (self.pipeline, self.rows, self.settings, self.on_error, clean(self.name), self.priority)
        return NewBatch(*told, project_id=self.project_id)


class BatchOut(Answer):
    """How a batch stands. `counts` says how many rows are doing what.

    `success_rate` is the share of completed rows among those that have ended: completed, failed, canceled, refused.
    """

    id: str
    pipeline: str
    name: str
    status: BatchStatus
    on_error: OnError
    priority: int
    size: int
    counts: dict[Standing, int]
    progress: Annotated[int, Field(ge=0, le=100)]
    success_rate: Annotated[float, Field(ge=0, le=1)] | None
    created_at: Instant
    updated_at: Instant
    restorable_until: Instant | None = None

    @classmethod
    def of(cls, view: BatchView, restorable_until: datetime | None = None) -> "BatchOut":
        """As its owner sees it."""
        return cls.model_validate(batch_fields(view) | {"restorable_until": restorable_until})


class CreatedBatchOut(BatchOut):
    """A batch that was just accepted, with what is wrong with the rows that were skipped."""

    problems: list[RowProblemOut]


class BatchPage(Answer):
    """Some batches, newest first."""

    items: list[BatchOut]
    next_cursor: str | None


class PhotoOut(Answer):
    """One photo of a row: the asset that it became, and why it could not be used."""

    source: str
    column: str
    view: View | None
    asset_id: str | None
    error: ErrorOut | None

    @classmethod
    def of(cls, photo: RowPhoto) -> "PhotoOut":
        return cls(
            source=photo.source,
            column=photo.column,
            view=photo.view,
            asset_id=photo.asset_id,
            error=ErrorOut.of(photo.problem),
        )


class RowOut(Answer):
    """One product. `success_rate` is the share of its photos that could be used."""

    row: int
    sku: str
    name: str
    status: Standing
    photos: list[PhotoOut]
    success_rate: Annotated[float, Field(ge=0, le=1)] | None
    problems: list[RowProblemOut]
    job: JobOut | None

    @classmethod
    def of(cls, view: RowView) -> "RowOut":
        """As its owner sees it."""
        return cls(
            row=view.row.number,
            sku=view.row.sku,
            name=view.row.name,
            status=view.standing,
            photos=[PhotoOut.of(photo) for photo in view.photos],
            success_rate=view.photo_rate,
            problems=problems_out(view.row.problems),
            job=view.job and JobOut.of(view.job, None, view.elapsed_ms),
        )


class BatchRowsOut(BatchOut):
    """A batch with some of its rows, in the order of the table."""

    rows: list[RowOut]
    next_cursor: str | None


def batch_fields(view: BatchView) -> dict[str, Any]:
    """The fields of ``BatchOut``."""
    batch, tally = view.batch, view.tally
    told = {name: getattr(batch, name) for name in BatchOut.model_fields if hasattr(batch, name)}
    return told | {
        "status": view.status,
        "counts": {standing: tally.counts.get(standing, 0) for standing in Standing},
        "progress": tally.progress,
        "success_rate": tally.success_rate,
    }


def problems_out(problems: Iterable[RowProblem]) -> list[RowProblemOut]:
    """As they are told."""
    return [
        RowProblemOut(row=one.row, column=one.column, sku=one.sku, code=one.code, message=one.message, hint=one.hint)
        for one in problems
    ]


def clean(name: str) -> str:
    """What can be shown of a name."""
    return "".join(char for char in name if char.isprintable()).strip()
