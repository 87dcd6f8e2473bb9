"""Forgets workflows that ended long ago: what became of their jobs is in our own tables."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from maquette.adapters.dbos.connections import engine
from maquette.adapters.dbos.names import APPLICATION

if TYPE_CHECKING:
    from dbos import DBOSClient

_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_MANY = 100_000


class DbosArchive:
    """Implements ``EngineArchive``. Loads the library on first use, which takes a second."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine: Engine | None = None
        self._client: DBOSClient | None = None

    def count(self, before: datetime) -> int:
        """At most 100,000."""
        return len(self._ended(before, _MANY))

    def forget(self, before: datetime, limit: int) -> int:
        """Oldest first. Not to be called in a transaction of ours: the library writes on a connection of its own."""
        ended = self._ended(before, limit)
        if ended:
            self._opened().delete_workflows(ended)
        return len(ended)

    def close(self) -> None:
        """Gives the connections back."""
        if self._client is not None:
            self._client.destroy()
            self._client = None
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _ended(self, before: datetime, limit: int) -> list[str]:
        found: list[Any] = self._opened().list_workflows(
            status=_ENDED, completed_before=before.isoformat(), limit=limit, load_input=False, load_output=False
        )
        return [status.workflow_id for status in found]

    def _opened(self) -> "DBOSClient":
        if self._client is None:
            from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer

            from maquette.adapters.dbos.quiet import quieten

            quieten()
            DBOS.migrate(self._url)
            self._engine = engine(self._url)
            self._client = DBOSClient(
                system_database_engine=self._engine,
                serializer=DBOSPortableJSONSerializer(),
                application_name=APPLICATION,
            )
        return self._client
