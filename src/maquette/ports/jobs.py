"""Who makes sure that an accepted job is worked on, whatever dies in between."""

from collections.abc import Mapping
from typing import Protocol

from maquette.domain.fleet import Queue, Waiting
from maquette.domain.jobs import Job
from maquette.ports.stores import Transaction


class JobEngine(Protocol):
    def enqueue(self, tx: Transaction, job: Job) -> None:
        """Hands the present attempt and leg of a job over, in the transaction that accepts it.

        If the transaction rolls back nothing was enqueued; if it commits the job will be worked on.
        """
        ...

    def cancel(self, job: Job) -> None:
        """Stops what runs for this job, soon. Called after the job's own row says ``canceled``."""
        ...

    def reorder(self, tx: Transaction, job: Job) -> None:
        """Gives a job that still waits the place in the queue that its ``priority`` and ``turn`` now say."""
        ...

    def waiting(self, tx: Transaction) -> Mapping[Queue, Waiting]:
        """What waits for a worker, by queue; every queue is named."""
        ...
