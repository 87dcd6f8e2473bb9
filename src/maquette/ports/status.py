"""The quickest way to read how one job stands: what thousands of clients ask for every 2.5 seconds."""

from typing import Final, NamedTuple, Protocol


class StatusRow(NamedTuple):
    """What the status route shows of a job, with the columns' own values (statuses and stages as text)."""

    pipeline: str
    status: str
    stage: str | None
    progress: int
    failed_stage: str | None
    waiting_for: str | None
    result_id: str | None
    error_message: str | None
    attempt: int
    seq: int
    cost_usd: float
    queue_position: int | None
    """Only while the job is pending: 1 for the job that goes next."""
    updated_at: str
    """ISO 8601 in UTC, with a Z."""


class Foreign:
    """The token opens a job, but not this one (or this one was deleted)."""


FOREIGN: Final = Foreign()


class StatusReader(Protocol):
    """Reads without the cost of a transaction, in the event loop, which it never blocks for long.

    Both ways to read raise ``Unavailable("not_ready")`` while the database does not answer.
    """

    async def read(self, token_hash: str, job_id: str) -> StatusRow | Foreign | None:
        """None when no such token was given out; ``FOREIGN`` when it was, but not for this job."""
        ...

    async def read_owned(self, owner_id: str, job_id: str) -> StatusRow | None:
        """None when the owner has no such job (or deleted it)."""
        ...

    async def close(self) -> None:
        """Gives its connections back, in the event loop that it was used in."""
        ...
