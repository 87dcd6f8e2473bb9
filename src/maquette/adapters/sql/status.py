"""The quickest way to a job's status: one prepared statement on a plain SQLite connection of this thread.

Status polling is the commonest request by far. It needs a few columns and no framework, so this module imports
neither SQLAlchemy nor the mapping.
"""

import sqlite3
import threading
from pathlib import Path
from urllib.parse import quote

from maquette.ports.status import FOREIGN, Foreign, StatusRow

_SHOWN = """
       j.pipeline, j.status, j.stage, j.progress, j.failed_stage, j.waiting_for, j.result_id,
       json_extract(j.error, '$.message'), j.attempt, j.seq, j.cost_usd,
       CASE WHEN j.status = 'pending' THEN (
           SELECT count(*) + 1 FROM jobs AS o
           WHERE o.status = 'pending' AND o.deleted_at IS NULL AND (o.priority > j.priority
              OR (o.priority = j.priority AND (o.created_at, o.id) < (j.created_at, j.id)))
       ) END,
       replace(j.updated_at, ' ', 'T') || 'Z'
"""
_QUERY = f"""
SELECT s.job_id = ?2 AND j.deleted_at IS NULL, {_SHOWN}
FROM sessions AS s JOIN jobs AS j ON j.id = s.job_id
WHERE s.token_hash = ?1
"""  # noqa: S608 - the part that is put in stands above
_OWNED = f"SELECT {_SHOWN} FROM jobs AS j WHERE j.id = ?2 AND j.owner_id = ?1 AND j.deleted_at IS NULL"  # noqa: S608


class StatusReader:
    """Reads from the database file at ``path``, which ``schema.migrate`` has made.

    Each thread that calls ``read`` gets a connection of its own, opened on first use, read-only. A call takes some
    microseconds and waits for no writer, so that an event loop may make it inline.
    """

    def __init__(self, path: Path) -> None:
        self._uri = f"file:{quote(str(path.absolute()))}?mode=ro"
        self._local = threading.local()

    def read(self, token_hash: str, job_id: str) -> StatusRow | Foreign | None:
        """None when no such token was given out; ``FOREIGN`` when it was, but not for this job."""
        row = self._connection().execute(_QUERY, (token_hash, job_id)).fetchone()
        if row is None:
            return None
        if not row[0]:
            return FOREIGN
        return StatusRow._make(row[1:])

    def read_owned(self, owner_id: str, job_id: str) -> StatusRow | None:
        """For an owner who came with a key; None for a missing or somebody else's job."""
        row = self._connection().execute(_OWNED, (owner_id, job_id)).fetchone()
        return None if row is None else StatusRow._make(row)

    def close(self) -> None:
        """Closes the calling thread's connection; the next ``read`` opens another."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            del self._local.connection

    def _connection(self) -> sqlite3.Connection:
        try:
            return self._local.connection
        except AttributeError:
            connection = sqlite3.connect(self._uri, uri=True, isolation_level=None, timeout=1.0)
            self._local.connection = connection
            return connection
