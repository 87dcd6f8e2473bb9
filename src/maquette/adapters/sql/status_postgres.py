"""The quickest way to a job's status on Postgres: prepared statements on a small pool of plain connections."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from maquette.adapters.sql.dialect import patient
from maquette.adapters.sql.faults import missing_driver, unreachable
from maquette.adapters.sql.status_query import Wording, found
from maquette.ports.status import Foreign, StatusRow

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

    Pool = AsyncConnectionPool[AsyncConnection[Any]]

WORDING = Wording(
    first="%(first)s",
    second="%(second)s",
    message="j.error ->> 'message'",
    updated_at="""to_char(j.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
)
_OF_SESSION = WORDING.of_session.encode()
_OF_OWNER = WORDING.of_owner.encode()
CONNECTIONS = 8
"""The most that are open at a time; each answers some thousands of reads a second."""
PATIENCE_S = 2.0
"""How long one read may take, the wait for a connection included."""
MAX_WAITING = 5000
"""Reads that may wait for a connection at a time."""


class PostgresStatusReader:
    """Implements the port on a Postgres ``url``. Belongs to one event loop, in which it connects at the first read.

    Raises ``Unavailable`` where psycopg is not installed. Connections that the server closed are replaced: a read that
    met one is made again, and during an outage reads fail with ``not_ready`` until the server is back.
    """

    def __init__(self, url: str) -> None:
        try:
            import psycopg_pool  # noqa: F401  # pyright: ignore[reportUnusedImport]
        except ImportError as error:
            raise missing_driver() from error
        # SQLAlchemy names the driver in the scheme, libpq does not
        self._conninfo = patient(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._pool: Pool | None = None

    async def read(self, token_hash: str, job_id: str) -> StatusRow | Foreign | None:
        """As the port says."""
        return found(await self._row(_OF_SESSION, {"first": token_hash, "second": job_id}))

    async def read_owned(self, owner_id: str, job_id: str) -> StatusRow | None:
        """As the port says."""
        row = found(await self._row(_OF_OWNER, {"first": owner_id, "second": job_id}))
        return None if isinstance(row, Foreign) else row

    async def close(self) -> None:
        """Closes every connection; the next read opens others."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def _row(self, query: bytes, parameters: dict[str, str]) -> tuple[Any, ...] | None:
        from psycopg import OperationalError

        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._asked(await self._opened(), query, parameters)
        except (OperationalError, TimeoutError) as error:
            raise unreachable() from error

    async def _asked(self, pool: "Pool", query: bytes, parameters: dict[str, str]) -> tuple[Any, ...] | None:
        from psycopg import OperationalError

        # the pool hands out connections that broke while they were idle, and drops each when a read fails on it
        for _ in range(CONNECTIONS):
            with contextlib.suppress(OperationalError):
                async with pool.connection() as connection:
                    return await (await connection.execute(query, parameters, prepare=True)).fetchone()
        raise OperationalError("every connection is broken")

    async def _opened(self) -> "Pool":
        if self._pool is None:
            self._pool = _pool(self._conninfo)
        if self._pool.closed:
            await self._pool.open()
        return self._pool


def _pool(conninfo: str) -> "Pool":
    from psycopg_pool import AsyncConnectionPool

    return AsyncConnectionPool(
        conninfo,
        kwargs={"autocommit": True},
        min_size=1,
        max_size=CONNECTIONS,
        open=False,
        name="status",
        timeout=PATIENCE_S,
        max_waiting=MAX_WAITING,
        # a new attempt begins with the next read, at once
        reconnect_timeout=PATIENCE_S,
    )
