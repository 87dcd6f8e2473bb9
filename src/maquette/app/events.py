"""The events of jobs, for whoever follows them."""

from collections.abc import Collection, Mapping

from maquette.domain.jobs import Event
from maquette.ports.stores import Database, Head


class Events:
    """Reads only. All methods block; call them from a thread in an event loop.

    Who may see a job is asked once, by ``heads``; the other methods are for the server, which follows a job on behalf
    of all who asked.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    def heads(self, owner_id: str, job_ids: Collection[str]) -> dict[str, Head]:
        """How far the owner's jobs have come. One that is missing is left out, and so is one of somebody else."""
        with self._db.read() as tx:
            return tx.events.heads(job_ids, owner_id)

    def after(self, job_id: str, seq: int, limit: int) -> tuple[Event, ...]:
        """The events of one job with a greater number."""
        with self._db.read() as tx:
            return tx.events.after(job_id, seq, limit)

    def news(self, cursors: Mapping[str, int], limit: int) -> tuple[Event, ...]:
        """The events of many jobs, each after its own number; each job's in order, at most ``limit`` in all."""
        with self._db.read() as tx:
            return tx.events.news(cursors, limit)

    def gone(self, job_ids: Collection[str]) -> frozenset[str]:
        """Those that do not exist any more."""
        with self._db.read() as tx:
            return frozenset(job_ids) - tx.events.heads(job_ids).keys()
