"""``JobEngine`` on DBOS: accepting is one transaction, and what was accepted is worked on whatever dies."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from maquette.adapters.dbos.names import place, workflow_id
from maquette.adapters.dbos.queue import reorder, waiting
from maquette.domain.fleet import Queue, Waiting, Worker
from maquette.domain.jobs import Job
from maquette.pipelines.runner import Runner
from maquette.ports.stores import Database, Transaction

if TYPE_CHECKING:
    from maquette.adapters.dbos.handover import Handover
    from maquette.adapters.dbos.shift import Shift


class DbosJobs:
    """Implements ``JobEngine``; while a shift lasts this process also works.

    The library's own tables live in the database of ``url``, next to ours. ``prepare`` or ``launch`` comes first,
    outside any transaction: it imports the library, which takes a second, and brings its tables up to date.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._handover: Handover | None = None
        self._shift: Shift | None = None

    def prepare(self) -> None:
        """Makes ``enqueue`` and ``cancel`` usable. All that a process does which does not work on jobs itself."""
        if self._handover is None:
            from maquette.adapters.dbos.handover import Handover

            self._handover = Handover(self._url)

    def enqueue(self, tx: Transaction, job: Job) -> None:
        """Hands the present attempt and leg over within ``tx``. Doing so twice changes nothing."""
        self._ready().enqueue(tx, job)

    def cancel(self, job: Job) -> None:
        """Stops what runs for the job, within about a second. Never raises: the job's own row says it already."""
        self._ready().cancel(job)

    def reorder(self, tx: Transaction, job: Job) -> None:
        """Moves the walk of a job that still waits."""
        reorder(tx.connection, workflow_id(job), place(job))

    def waiting(self, tx: Transaction) -> Mapping[Queue, Waiting]:
        """What waits, by queue."""
        return waiting(tx.connection)

    def launch(
        self,
        runner: Runner,
        database: Database,
        worker: Worker,
        slots: Mapping[Queue, int],
        lost: Callable[[], None],
    ) -> None:
        """Starts to work, first on what a crash left behind. Blocks for about a second; steps run in own threads.

        ``slots`` says how much of each queue at a time. No other living process may have the worker's id: both would
        run the same jobs. ``lost`` is called, in a thread of its own, when the others have given this process up
        after the worker's lease in silence; it should end the shift and begin another under a fresh id.
        """
        from maquette.adapters.dbos.shift import Shift

        self.prepare()
        self._shift = Shift(self._ready(), runner, database, worker, slots, lost)

    def drain(self, seconds: float) -> bool:
        """Takes nothing new and waits for running stages. True if they ended in time. Blocks."""
        return self._shift is None or self._shift.drain(seconds)

    def stop(self) -> None:
        """Works no more. What runs is stopped and goes on elsewhere or later; jobs can still be handed over."""
        shift, self._shift = self._shift, None
        if shift is not None:
            shift.end()

    def close(self, drain_s: float = 0) -> None:
        """Ends everything. Running stages may take ``drain_s`` seconds to end."""
        if drain_s:
            self.drain(drain_s)
        self.stop()
        if self._handover is not None:
            self._handover.close()
            self._handover = None

    def _ready(self) -> "Handover":
        if self._handover is None:
            raise RuntimeError("prepare or launch comes first")
        return self._handover
