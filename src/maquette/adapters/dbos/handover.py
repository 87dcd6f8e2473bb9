"""Hands jobs to the library. Imports it: slow, so imported late."""

import logging

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from dbos import error as dbos_error
from sqlalchemy.exc import DBAPIError

from maquette.adapters.dbos.connections import engine
from maquette.adapters.dbos.names import APPLICATION, QUEUE, WALK, WALK_VERSION, place, workflow_id
from maquette.adapters.dbos.quiet import quieten
from maquette.domain.jobs import Job
from maquette.ports.stores import Transaction

_log = logging.getLogger(__name__)


class Handover:
    """All that a process needs which does not work on jobs itself. Brings the library's tables up to date."""

    def __init__(self, url: str) -> None:
        quieten(dbos_error.DBOSWorkflowCancelledError, dbos_error.DBOSAwaitedWorkflowCancelledError)
        DBOS.migrate(url)
        self.engine = engine(url)
        self.serializer = DBOSPortableJSONSerializer()
        self.client = DBOSClient(
            system_database_engine=self.engine, serializer=self.serializer, application_name=APPLICATION
        )

    def enqueue(self, tx: Transaction, job: Job) -> None:
        """Part of the caller's transaction."""
        options: EnqueueOptions = {
            "workflow_name": WALK,
            "queue_name": QUEUE,
            "workflow_id": workflow_id(job),
            "app_version": WALK_VERSION,
            "priority": place(job),
        }
        self.client.enqueue_in_transaction(tx.connection, options, job.id, job.attempt, job.leg)

    def cancel(self, job: Job) -> None:
        """A running step notices within a second, wherever it runs; one that has not begun never begins."""
        try:
            self.client.cancel_workflow(workflow_id(job), cancel_children=True)
        except (DBAPIError, dbos_error.DBOSException):
            _log.warning("The walk of %s could not be canceled; it will find its job ended.", job.id, exc_info=True)

    def close(self) -> None:
        self.client.destroy()
        self.engine.dispose()
