"""What providers were asked for a job, and what a person decides where nobody knows whether they were."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from maquette.domain import jobs as moves
from maquette.domain.calls import ProviderCall
from maquette.domain.errors import Permanent, Problem, Refused
from maquette.domain.hosting import Billed, CallState, Handle
from maquette.domain.jobs import Job
from maquette.domain.states import Status, WaitingFor
from maquette.pipelines.catalog import CATALOG
from maquette.ports.clock import Clock
from maquette.ports.jobs import JobEngine
from maquette.ports.stores import Database, Transaction

MAX_ID = 200
Then = Callable[[Transaction, Job], Job]


class Calls:
    """The use cases around commissions. All methods block; all raise ``not_found`` for another owner's job or call."""

    def __init__(self, database: Database, engine: JobEngine, clock: Clock) -> None:
        self._db = database
        self._engine = engine
        self._clock = clock

    def of_job(self, owner_id: str, job_id: str) -> tuple[ProviderCall, ...]:
        """All commissions of a job, the first first."""
        with self._db.read() as tx:
            return tx.calls.of_job(_owned(tx, owner_id, job_id).id)

    def undecided(self, job: Job) -> tuple[ProviderCall, ...]:
        """Those that a waiting job waits for somebody to decide about."""
        if job.waiting_for is not WaitingFor.UNCERTAIN:
            return ()
        with self._db.read() as tx:
            return tuple(call for call in tx.calls.of_job(job.id) if call.is_undecided)

    def adopt(self, owner_id: str, job_id: str, call_id: str, external_id: str) -> Job:
        """The provider did get it, and calls it by this number: the job goes on with that. Raises ``illegal_move``."""
        number = external_id.strip()
        if not number or len(number) > MAX_ID or not number.isprintable():
            raise Refused("invalid_request", "That is not the number of a commission.", "Copy the provider's own id.")
        handle = Handle(number).document()
        known: dict[str, Any] = {"state": CallState.QUEUED, "external_id": number, "handle": handle, "ended_at": None}
        return self._decide(owner_id, job_id, call_id, known | {"error": None}, self._go_on)

    def repeat(self, owner_id: str, job_id: str, call_id: str) -> Job:
        """The provider is asked once more, and is perhaps paid twice. Raises ``illegal_move``."""
        return self._decide(owner_id, job_id, call_id, {"void": True, "state": CallState.LOST}, self._go_on)

    def forget(self, owner_id: str, job_id: str, call_id: str) -> Job:
        """It is given up, and so is this attempt of the job. Raises ``illegal_move``."""
        return self._decide(owner_id, job_id, call_id, {"void": True, "state": CallState.LOST}, self._give_up)

    def _decide(self, owner_id: str, job_id: str, call_id: str, changes: dict[str, Any], then: Then) -> Job:
        with self._db.write() as tx:
            job = _owned(tx, owner_id, job_id)
            call = tx.calls.get(call_id, owner_id)
            if call is None or call.job_id != job.id:
                raise Refused(
                    "not_found", "The job has no such commission.", f"List them: maquette jobs calls {job.id}"
                )
            if not _is_open_to_decision(job, call):
                raise Refused("illegal_move", f"The commission is {call.state}: there is nothing to decide about it.")
            number = changes.get("external_id")
            if number and tx.calls.is_taken(call.engine, number, call.id):
                raise Refused("conflict", "That number is of another commission.", "Copy the one of this commission.")
            at = self._clock.now()
            ended = at if changes.get("void") else None
            after = replace(call, updated_at=at, billed=Billed.UNKNOWN, **changes | {"ended_at": ended})
            if not tx.calls.save(call, after):
                raise Refused("conflict")
            return then(tx, job) if job.waiting_for is WaitingFor.UNCERTAIN else job

    def _go_on(self, tx: Transaction, job: Job) -> Job:
        """Once nothing is left to decide."""
        if any(call.is_undecided for call in tx.calls.of_job(job.id)):
            return job
        moved = tx.jobs.apply(moves.resume(job, CATALOG[job.pipeline].pipeline, self._clock.now()))
        self._engine.enqueue(tx, moved)
        return moved

    def _give_up(self, tx: Transaction, job: Job) -> Job:
        return tx.jobs.apply(moves.fail(job, Problem.of(Permanent("provider_lost")), self._clock.now()))


def _is_open_to_decision(job: Job, call: ProviderCall) -> bool:
    """One that was perhaps sent can be decided about once nobody is trying to find out."""
    stuck = call.state is CallState.SUBMITTING and job.status not in (Status.PENDING, Status.PROCESSING)
    return not call.void and (call.state is CallState.LOST or stuck)


def _owned(tx: Transaction, owner_id: str, job_id: str) -> Job:
    job = tx.jobs.get(job_id, owner_id)
    if job is None:
        raise Refused("not_found")
    return job
