"""``JobEngine`` on DBOS: accepting is one transaction, and what was accepted is worked on whatever dies."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from maquette.adapters.dbos.names import place, workflow_id
from maquette.adapters.dbos.queue import reorder, waiting
from maquette.domain.fleet import Queue, Waiting
from maquette.domain.jobs import Job
from maquette.pipelines.runner import Runner
from maquette.ports.stores import Database, Transaction

if TYPE_CHECKING:
    from maquette.adapters.dbos.walks import Walks


class DbosJobs:
    """Implements ``JobEngine``; in the process that holds the data folder's lock also the worker.

    ``concurrency`` is how many jobs are worked on at a time, by this process. The library's own tables live in the
    database of ``url``, next to ours. ``prepare`` or ``launch`` comes first, outside any transaction: it imports the
    library, which takes a second, and brings its tables up to date.
    """

    def __init__(self, url: str, *, concurrency: int = 1) -> None:
        self._url = url
        self._concurrency = concurrency
        self._walks: Walks | None = None

    def prepare(self) -> None:
        """Makes ``enqueue`` and ``cancel`` usable. All that a process does which does not work on jobs itself."""
        if self._walks is None:
            from maquette.adapters.dbos.walks import Walks

            self._walks = Walks(self._url, self._concurrency)

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

    def launch(self, runner: Runner, database: Database, executor_id: str) -> None:
        """Starts to work, first on what a crash left behind. Blocks for about a second; steps run in own threads.

        ``executor_id`` is this process's name (``lock.executor_id``). The caller holds the folder's lock: two living
        processes of one name would both run the same jobs.
        """
        self.prepare()
        self._ready().launch(runner, database, executor_id)

    def close(self, drain_s: int = 0) -> None:
        """Stops working. Jobs may take ``drain_s`` seconds to end; what runs then is stopped and goes on later."""
        if self._walks is not None:
            self._walks.close(drain_s)
            self._walks = None

    def _ready(self) -> "Walks":
        if self._walks is None:
            raise RuntimeError("prepare or launch comes first")
        return self._walks
