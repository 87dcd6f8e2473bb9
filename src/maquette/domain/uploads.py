"""Announced uploads: what a sender said would come, before it came."""

from dataclasses import dataclass
from datetime import datetime

from maquette.domain.assets import View


@dataclass(frozen=True, slots=True)
class Upload:
    """One announcement. ``bytes`` and ``sha256`` (lower-case hex) must turn out true; ``media_type`` is only a claim.

    ``expires_at`` is when it is forgotten, complete or not. ``asset_id`` is set once it is complete.
    """

    id: str
    owner_id: str
    name: str
    media_type: str
    bytes: int
    created_at: datetime
    expires_at: datetime
    view: View | None = None
    project_id: str | None = None
    sha256: str | None = None
    asset_id: str | None = None

    @property
    def key(self) -> str:
        """Where its bytes wait."""
        return f"{self.owner_id}/{self.id}"
