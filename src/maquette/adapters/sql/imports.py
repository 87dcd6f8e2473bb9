"""Rows that come from elsewhere, in their final state."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert

from maquette.adapters.sql.rows import values
from maquette.adapters.sql.tables import EVENTS, JOBS, TASKS
from maquette.domain.errors import Refused
from maquette.domain.jobs import Event, Job, Task
from maquette.domain.states import ENDED

_CHUNK = 500


class SqlImports:
    """Implements ``ImportRows``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_job(self, job: Job, events: Sequence[Event]) -> None:
        if job.status not in ENDED:
            raise Refused("illegal_move", f"A job that is {job.status} cannot be taken over.")
        self._connection.execute(insert(JOBS).values(values(job)))
        told = sorted(events, key=lambda event: event.seq)
        for start in range(0, len(told), _CHUNK):
            rows = [values(event) | {"owner_id": job.owner_id} for event in told[start : start + _CHUNK]]
            self._connection.execute(insert(EVENTS), rows)

    def add_tasks(self, tasks: Sequence[Task]) -> None:
        for start in range(0, len(tasks), _CHUNK):
            self._connection.execute(insert(TASKS), [values(task) for task in tasks[start : start + _CHUNK]])
