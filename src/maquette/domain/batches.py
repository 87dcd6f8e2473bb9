"""Batches: many products at once, one job for each row of a table, and what has become of them.

A row waits in its batch until its owner has room for another job, so a batch of a thousand rows needs no thousand
places in the queue. What a row is doing is its own ``status`` until it has a job, and from then on the job's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from maquette.domain.assets import View
from maquette.domain.errors import Problem, Refused
from maquette.domain.jobs import Job, Result


class OnError(StrEnum):
    """What a bad row does to the others."""

    REFUSE = "refuse"
    """Nothing starts unless every row is good."""
    SKIP = "skip"
    """The good rows start; the bad ones stay in the batch with their problems."""


class BatchStatus(StrEnum):
    """How a batch stands. ``done`` is never stored: it follows from the rows, and a retry ends it."""

    CHECKING = "checking"
    """Photos are being fetched from URLs, and a bad one still refuses the whole."""
    RUNNING = "running"
    DONE = "done"
    """No row waits or works any more."""
    REFUSED = "refused"
    CANCELED = "canceled"


class RowStatus(StrEnum):
    """What is stored of a row."""

    CHECKING = "checking"
    """Its photos are being fetched."""
    QUEUED = "queued"
    """Waits in the batch for a place in the queue. With a job, that one is to be retried."""
    STARTED = "started"
    """Its job says the rest."""
    REFUSED = "refused"
    CANCELED = "canceled"


class Standing(StrEnum):
    """What a row is doing, for people: its own status, or that of its job."""

    CHECKING = "checking"
    QUEUED = "queued"
    PENDING = "pending"
    PROCESSING = "processing"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    REFUSED = "refused"
    DELETED = "deleted"
    """Its job was deleted."""


UNREADY = frozenset({Standing.CHECKING, Standing.QUEUED, Standing.PENDING, Standing.PROCESSING})
"""Something happens by itself in these."""
OPEN = UNREADY | {Standing.WAITING}
"""The row has not ended."""
COUNTED = frozenset({Standing.COMPLETED, Standing.FAILED, Standing.CANCELED, Standing.REFUSED})
"""What a success rate is about."""


SESSION, PROJECT = "session", "project"
OF_ROW = frozenset({SESSION, PROJECT})
"""What is kept among a row's settings though it is none. No pipeline has settings of these names."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with one row, or with the table itself where ``row`` is None.

    Rows are counted from 1, without the header and empty lines. ``code`` is one of ``errors.CODES``.
    """

    row: int | None
    column: str | None
    sku: str | None
    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class RowPhoto:
    """One photo of a row: where it came from, and the asset that it became or why it did not."""

    source: str
    column: str = "photos"
    view: View | None = None
    asset_id: str | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One product. ``settings`` are those of its job, as given, and beside them what ``OF_ROW`` names."""

    batch_id: str
    number: int
    owner_id: str
    sku: str
    status: RowStatus
    name: str = ""
    photos: tuple[RowPhoto, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    problems: tuple[RowProblem, ...] = ()
    job_id: str | None = None

    @property
    def job_settings(self) -> dict[str, Any]:
        """What its job is started with."""
        return {name: value for name, value in self.settings.items() if name not in OF_ROW}

    @property
    def session(self) -> str | None:
        """The hash of a session token that opens its job, where one was given out before there is a job."""
        return self.settings.get(SESSION)

    @property
    def project_id(self) -> str | None:
        """The project that its job will belong to."""
        return self.settings.get(PROJECT)


@dataclass(frozen=True, slots=True)
class Batch:
    """A table of products that go through one pipeline. ``size`` counts its rows."""

    id: str
    owner_id: str
    pipeline: str
    created_at: datetime
    updated_at: datetime
    size: int
    status: BatchStatus = BatchStatus.RUNNING
    on_error: OnError = OnError.REFUSE
    name: str = ""
    priority: int = 0
    idempotency_key: str | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RowView:
    """A row with its job, what that made, and how long it has worked over all its attempts."""

    row: BatchRow
    job: Job | None = None
    result: Result | None = None
    elapsed_ms: int = 0

    @property
    def standing(self) -> Standing:
        """What the row is doing."""
        if self.row.status is not RowStatus.STARTED:
            return Standing(self.row.status.value)
        return Standing.DELETED if self.job is None else Standing(self.job.status.value)

    @property
    def problem(self) -> Problem | None:
        """Why it did not become what it should: its job's error, or the first of its own problems."""
        if self.row.status is RowStatus.STARTED:
            return self.job.error if self.job else None
        for one in self.row.problems:
            return Problem(one.code, one.message, one.hint, False)
        return None

    @property
    def photos(self) -> tuple[RowPhoto, ...]:
        """Its photos, those that could not be cut out with that as their problem."""
        told: Mapping[str, Any] = self.result.report.get("cutouts", {}) if self.result else {}
        failed = {
            entry["asset_id"]: Problem(entry["code"], entry["message"], entry["hint"], False)
            for entry in told.get("failed", ())
        }
        return tuple(replace(photo, problem=photo.problem or failed.get(photo.asset_id)) for photo in self.row.photos)

    @property
    def photo_rate(self) -> float | None:
        """The share of its photos that could be used; None while that is not known."""
        photos = self.photos
        if not photos or self.row.status is RowStatus.CHECKING:
            return None
        return sum(photo.problem is None for photo in photos) / len(photos)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows are doing what. ``advanced`` is the sum of the progress (percent) of the rows that are open."""

    counts: Mapping[Standing, int]
    advanced: int = 0

    @property
    def size(self) -> int:
        return sum(self.counts.values())

    @property
    def is_open(self) -> bool:
        """Whether some row has not ended."""
        return any(self.counts.get(standing, 0) for standing in OPEN)

    @property
    def progress(self) -> int:
        """Percent over all rows; a row that ended counts in full, however it did."""
        ended = sum(count for standing, count in self.counts.items() if standing not in OPEN)
        return (100 * ended + self.advanced) // self.size if self.size else 0

    @property
    def success_rate(self) -> float | None:
        """Completed rows among those that have ended: completed, failed, canceled or refused. None before the first."""
        ended = sum(self.counts.get(standing, 0) for standing in COUNTED)
        return self.counts.get(Standing.COMPLETED, 0) / ended if ended else None


def status_of(batch: Batch, tally: Tally) -> BatchStatus:
    """How the batch stands, ``done`` included."""
    if batch.status is BatchStatus.RUNNING and not tally.is_open:
        return BatchStatus.DONE
    return batch.status


class BatchInvalid(Refused):
    """A batch that was not taken. ``problems`` are all that were found."""

    def __init__(self, problems: Sequence[RowProblem], message: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("batch_invalid", message or told(self.problems))


def told(problems: Sequence[RowProblem]) -> str:
    """How many problems in how many rows, in a sentence."""
    rows = len({problem.row for problem in problems if problem.row is not None})
    count = len(problems)
    where = f" in {rows} row{'' if rows == 1 else 's'}" if rows else ""
    return f"There {'is' if count == 1 else 'are'} {count} problem{'' if count == 1 else 's'}{where}."
