"""What keeps data tidy: undoing deletions, clearing away what is past its time, and whose turn that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from maquette.domain.assets import Asset
from maquette.domain.batches import Batch
from maquette.domain.jobs import Event, Job, Task
from maquette.domain.projects import Project
from maquette.ports.pages import Page


@dataclass(frozen=True, slots=True)
class Act:
    """One deletion, or its undoing: how many rows of each kind it touched. ``at`` names it within its owner."""

    owner_id: str
    at: datetime
    projects: int
    jobs: int
    assets: int
    batches: int = 0


class DeletedRows(Protocol):
    """Deletes so that it can be undone. All rows that go in one act bear the same instant.

    What a living job outside the act refers to (it starts from it, or reused it) stays.
    """

    def instant(self, owner_id: str, now: datetime) -> datetime:
        """The instant of a new act: ``now`` to the millisecond, moved on until no row of the owner bears it.

        It never lies before the last sweep, so that a clock that was set back cannot shorten the time for regrets.
        """
        ...

    def delete_asset(self, owner_id: str, asset_id: str, at: datetime) -> bool: ...

    def delete_job(self, owner_id: str, job_id: str, at: datetime) -> bool:
        """An ended job and what it made. False when there is no such job, or it has not ended."""
        ...

    def delete_project(self, owner_id: str, project_id: str, at: datetime) -> bool:
        """With its ended jobs and its assets; the caller has seen to it that no other jobs are left."""
        ...

    def delete_batch(self, owner_id: str, batch_id: str, at: datetime) -> bool:
        """With its ended jobs and what they made; the caller has seen to it that no other jobs are left."""
        ...

    def delete_owner(self, owner_id: str, at: datetime) -> Act:
        """All projects, ended jobs, assets and batches of an owner."""
        ...

    def restore_asset(self, owner_id: str, asset_id: str, since: datetime) -> Asset | None:
        """Brings back what was deleted at ``since`` or later; None when there is no such thing.

        Raises ``Refused("conflict")`` while its project is deleted.
        """
        ...

    def restore_job(self, owner_id: str, job_id: str, since: datetime) -> Job | None: ...

    def restore_project(self, owner_id: str, project_id: str, since: datetime) -> Project | None: ...

    def restore_batch(self, owner_id: str, batch_id: str, since: datetime) -> Batch | None: ...

    def restore_owner(self, owner_id: str, at: datetime) -> Act:
        """Everything of the owner that bears this instant."""
        ...

    def last(self, owner_id: str, since: datetime) -> datetime | None:
        """The owner's newest act."""
        ...

    def assets(
        self, owner_id: str, since: datetime, project_id: str | None, cursor: str | None, limit: int
    ) -> Page[Asset]: ...

    def jobs(
        self, owner_id: str, since: datetime, project_id: str | None, cursor: str | None, limit: int
    ) -> Page[Job]: ...

    def projects(self, owner_id: str, since: datetime, cursor: str | None, limit: int) -> Page[Project]: ...

    def batches(self, owner_id: str, since: datetime, cursor: str | None, limit: int) -> Page[Batch]: ...


class Stale(StrEnum):
    """Kinds of rows that go for good."""

    PROJECTS = "projects"
    JOBS = "jobs"
    BATCHES = "batches"
    ASSETS = "assets"
    SIGN_INS = "sign_ins"
    TICKETS = "tickets"
    UPLOADS = "uploads"


class StaleRows(Protocol):
    """What is past its time."""

    def count(self, kind: Stale, before: datetime, now: datetime) -> int:
        """How many rows ``purge`` would take in all."""
        ...

    def purge(self, kind: Stale, before: datetime, now: datetime, limit: int) -> int:
        """Removes up to ``limit`` rows for good and says how many.

        Projects, jobs and batches (with all that hangs on them) and assets go when they were deleted before ``before``,
        but a job or a batch never within a day of its creation: its idempotency key must be remembered. The others go
        when they expired before ``now``.
        """
        ...

    def expired_projects(self, now: datetime, untouched_since: datetime | None, limit: int) -> tuple[Project, ...]:
        """Drafts past their time: ``expires_at`` before ``now``, or with no job ever and no change for so long.

        Those with jobs that have not ended are left out.
        """
        ...

    def ended_jobs(self, before: datetime, limit: int) -> tuple[Job, ...]:
        """Jobs that are not deleted and ended before ``before``, oldest first."""
        ...

    def referred(self, contents: Sequence[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Those pairs of owner and SHA-256 that a row refers to, be it deleted or not."""
        ...

    def is_orphan(self, owner_id: str, sha256: str) -> bool:
        """Whether no row refers to this content, and none will until this transaction ends.

        False also when somebody is just adding such a row.
        """
        ...

    def newest(self) -> datetime | None:
        """When a project, an asset or a job was created or a job moved last, of any owner."""
        ...


@dataclass(frozen=True, slots=True)
class ChoreState:
    """How a chore that one process of a fleet does at a time stands. ``turn`` rises with each thing that is done."""

    turn: int
    done_at: datetime


class ChoreRows(Protocol):
    def get(self, name: str) -> ChoreState | None: ...

    def take(self, name: str, turn: int) -> bool:
        """Raises ``turn`` by one if it still is what it was (0 when nobody has done the chore before)."""
        ...

    def done(self, name: str, at: datetime) -> None:
        """Writes down when it was done; never an earlier time than what is there."""
        ...


class ImportRows(Protocol):
    def add_job(self, job: Job, events: Sequence[Event]) -> None:
        """A job that ended elsewhere, with all its events (numbered from 1 without gaps).

        Raises ``Refused("illegal_move")`` for one that has not ended.
        """
        ...

    def add_tasks(self, tasks: Sequence[Task]) -> None: ...


class EngineArchive(Protocol):
    """What a job engine remembers of work that has ended."""

    def count(self, before: datetime) -> int: ...

    def forget(self, before: datetime, limit: int) -> int:
        """Removes up to ``limit`` records of work that ended before ``before``; says how many.

        Not to be called while a transaction is open.
        """
        ...

    def close(self) -> None: ...
