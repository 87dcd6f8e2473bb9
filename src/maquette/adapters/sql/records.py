"""What a job leaves behind: log lines, results, and the session tokens that open it."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from maquette.adapters.sql.rows import load, values
from maquette.adapters.sql.tables import JOBS, LOGS, RESULTS, SESSIONS
from maquette.domain.jobs import Result
from maquette.ports.stores import LogLine, Session


class SqlLogs:
    """Implements ``LogRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, line: LogLine) -> None:
        owner = select(JOBS.c.owner_id).where(JOBS.c.id == line.job_id).scalar_subquery()
        self._connection.execute(insert(LOGS).values(values(line) | {"owner_id": owner}))

    def of_job(self, job_id: str) -> tuple[LogLine, ...]:
        query = select(LOGS).where(LOGS.c.job_id == job_id).order_by(LOGS.c.id)
        return tuple(load(LogLine, row) for row in self._connection.execute(query))


class SqlResults:
    """Implements ``ResultRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, result: Result) -> None:
        self._connection.execute(insert(RESULTS).values(values(result)))

    def get(self, result_id: str, owner_id: str | None = None) -> Result | None:
        """A person sees no result of a deleted job."""
        query = select(RESULTS).where(RESULTS.c.id == result_id)
        if owner_id is not None:
            query = query.join(JOBS).where(RESULTS.c.owner_id == owner_id, JOBS.c.deleted_at.is_(None))
        row = self._connection.execute(query).one_or_none()
        return None if row is None else load(Result, row)


class SqlSessions:
    """Implements ``SessionRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token_hash: str, session: Session, at: datetime) -> None:
        row = values(session) | {"token_hash": token_hash, "created_at": at}
        self._connection.execute(insert(SESSIONS).values(row))

    def find(self, token_hash: str) -> Session | None:
        row = self._connection.execute(select(SESSIONS).where(SESSIONS.c.token_hash == token_hash)).one_or_none()
        return None if row is None else load(Session, row)
