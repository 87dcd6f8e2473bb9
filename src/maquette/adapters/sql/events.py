"""The events of jobs, read one job at a time or for thousands at once."""

from collections.abc import Collection, Mapping

from sqlalchemy import JSON, Connection, Integer, TableValuedAlias, cast, func, literal, select, true

from maquette.adapters.sql.rows import load
from maquette.adapters.sql.tables import EVENTS, JOBS
from maquette.domain.jobs import Event
from maquette.domain.states import ENDED
from maquette.ports.stores import Head

_E = EVENTS.c
_J = JOBS.c


class SqlEvents:
    """Implements ``EventRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def after(self, job_id: str, seq: int, limit: int = 500) -> tuple[Event, ...]:
        """In the order of ``seq``."""
        query = select(EVENTS).where(_E.job_id == job_id, _E.seq > seq).order_by(_E.seq).limit(limit)
        return tuple(load(Event, row) for row in self._connection.execute(query))

    def news(self, cursors: Mapping[str, int], limit: int = 1000) -> tuple[Event, ...]:
        """One look into the primary key for each job."""
        asked = self._pairs(cursors)
        is_new = (_E.job_id == asked.c.key) & (_E.seq > cast(asked.c.value, Integer))
        query = select(EVENTS).select_from(asked.join(EVENTS, is_new)).order_by(_E.job_id, _E.seq).limit(limit)
        if self._is_postgres:
            # it would read the whole table: what is new is a handful, but its planner cannot know that
            new = select(EVENTS).where(is_new).order_by(_E.seq).limit(limit).lateral()
            query = select(new).select_from(asked.join(new, true())).order_by(new.c.job_id, new.c.seq).limit(limit)
        return tuple(load(Event, row) for row in self._connection.execute(query))

    def heads(self, job_ids: Collection[str], owner_id: str | None = None) -> dict[str, Head]:
        """One look into the primary key for each job."""
        asked = self._pairs(dict.fromkeys(job_ids, 0))
        query = select(_J.id, _J.seq, _J.status).where(_J.id.in_(select(asked.c.key)), _J.deleted_at.is_(None))
        if owner_id is not None:
            query = query.where(_J.owner_id == owner_id)
        return {job_id: Head(seq, status in ENDED) for job_id, seq, status in self._connection.execute(query)}

    @property
    def _is_postgres(self) -> bool:
        return self._connection.dialect.name == "postgresql"

    def _pairs(self, values: Mapping[str, int]) -> TableValuedAlias:
        """Jobs and numbers as rows of ``key`` and ``value``: one parameter, however many they are."""
        each = func.json_each_text if self._is_postgres else func.json_each
        return each(literal(dict(values), JSON)).table_valued("key", "value")
