"""Where batches and their rows are kept."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from maquette.domain.batches import Batch, BatchRow, RowStatus, RowView, Tally
from maquette.domain.jobs import Job
from maquette.ports.pages import Page


class BatchRows(Protocol):
    def add(self, batch: Batch, rows: Sequence[BatchRow], fingerprint: str) -> None:
        """Inserts a batch with its rows. Raises ``Refused("conflict")`` on a taken idempotency key."""
        ...

    def get(self, batch_id: str, owner_id: str | None = None) -> Batch | None:
        """With ``owner_id`` None only for the server's own work, never for a person."""
        ...

    def hold(self, batch_id: str, owner_id: str | None = None) -> Batch | None:
        """The same, and until this transaction ends nobody else holds it."""
        ...

    def by_key(self, owner_id: str, idempotency_key: str) -> tuple[Batch, str] | None:
        """The batch accepted under a key, deleted or not, and the fingerprint of its request."""
        ...

    def list(self, owner_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[Batch]:
        """Newest first."""
        ...

    def save(self, batch: Batch) -> None:
        """Writes ``status`` and ``updated_at``."""
        ...

    def tally(self, batch_ids: Collection[str]) -> dict[str, Tally]:
        """What the rows of each batch are doing. One query."""
        ...

    def rows(self, batch_id: str, *, after: int = 0, limit: int = 100) -> tuple[RowView, ...]:
        """The rows with a greater number than ``after``, in order, with their jobs unless those were deleted."""
        ...

    def save_row(self, row: BatchRow, was: RowStatus) -> bool:
        """Writes a row whose status still is what it was; False when it is not."""
        ...

    def cancel_rows(self, batch_id: str) -> None:
        """Nothing more begins: rows that wait are canceled, those that were to be retried stay as they had ended."""
        ...

    def busy(self) -> tuple[Batch, ...]:
        """Every batch, of any owner, that is not over and has rows to check or to start, the oldest first."""
        ...

    def having(self, batch_id: str, status: RowStatus, limit: int = 100) -> tuple[BatchRow, ...]:
        """Its rows of one status, in order."""
        ...

    def open_jobs(self, batch_id: str) -> tuple[Job, ...]:
        """Its jobs that have not ended."""
        ...

    def starting_from(self, owner_id: str, asset_id: str) -> tuple[str, ...]:
        """The batches with rows that wait and will start from this asset."""
        ...

    def emptied(self, before: datetime, limit: int) -> tuple[Batch, ...]:
        """Batches made before that which are not deleted, with no row to start and no job left."""
        ...
