"""The quickest way to a job's status on SQLite: one prepared statement on a plain connection of this thread."""

import sqlite3
import threading
from pathlib import Path
from urllib.parse import quote

from maquette.adapters.sql.status_query import Wording, found
from maquette.domain.errors import Unavailable
from maquette.ports.status import Foreign, StatusRow

WORDING = Wording("?1", "?2", "json_extract(j.error, '$.message')", "replace(j.updated_at, ' ', 'T') || 'Z'")
_OF_SESSION = WORDING.of_session
_OF_OWNER = WORDING.of_owner


class StatusReader:
    """Implements the port on the database file at ``path``, which ``schema.migrate`` has made.

    Each thread that reads gets a connection of its own, opened on first use, read-only. A read takes some
    microseconds, waits for no writer and is made inline: nothing is awaited.
    """

    def __init__(self, path: Path) -> None:
        self._uri = f"file:{quote(str(path.absolute()))}?mode=ro"
        self._local = threading.local()

    async def read(self, token_hash: str, job_id: str) -> StatusRow | Foreign | None:
        """As the port says."""
        return found(self._row(_OF_SESSION, token_hash, job_id))

    async def read_owned(self, owner_id: str, job_id: str) -> StatusRow | None:
        """As the port says."""
        row = found(self._row(_OF_OWNER, owner_id, job_id))
        return None if isinstance(row, Foreign) else row

    async def close(self) -> None:
        """Closes the calling thread's connection; the next read opens another."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            del self._local.connection

    def _row(self, query: str, *parameters: str) -> tuple[object, ...] | None:
        try:
            return self._connection().execute(query, parameters).fetchone()
        except sqlite3.OperationalError as error:
            raise Unavailable("not_ready", "The database does not answer.") from error

    def _connection(self) -> sqlite3.Connection:
        try:
            return self._local.connection
        except AttributeError:
            self._local.connection = sqlite3.connect(self._uri, uri=True, isolation_level=None, timeout=1.0)
            return self._local.connection
