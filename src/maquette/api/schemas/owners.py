"""All data of an owner on the wire."""

from datetime import datetime

from maquette.api.schemas.common import Answer, Asked, Instant
from maquette.api.schemas.projects import Moment
from maquette.ports.care import Act


class RestoreIn(Asked):
    """Which deletion to undo; without it, the newest one."""

    deleted_at: Moment | None = None


class DeletionOut(Answer):
    """How much one deletion took, or its undoing brought back. `deleted_at` names it."""

    owner_id: str
    deleted_at: Instant
    restorable_until: Instant | None
    projects: int
    jobs: int
    assets: int
    batches: int

    @classmethod
    def of(cls, act: Act, restorable_until: datetime | None) -> "DeletionOut":
        """``restorable_until`` is None for what was brought back."""
        return cls(
            owner_id=act.owner_id,
            deleted_at=act.at,
            restorable_until=restorable_until,
            projects=act.projects,
            jobs=act.jobs,
            assets=act.assets,
            batches=act.batches,
        )
