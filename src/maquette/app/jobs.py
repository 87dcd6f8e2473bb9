"""Jobs: accept, look at, cancel, retry, resume, delete."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from maquette.app.new_jobs import NewJob, check_pictures, check_request, fingerprint_of, sized, with_views
from maquette.app.quotes import Quotes
from maquette.domain import jobs as moves
from maquette.domain.approvals import OUT, Decision
from maquette.domain.assets import Asset, View
from maquette.domain.errors import Refused
from maquette.domain.ids import new_id, new_token, token_hash
from maquette.domain.jobs import Event, Job, JobInput, Move, Task, TaskStatus, worked_ms
from maquette.domain.money import NOTHING
from maquette.domain.states import STAGE_ORDER, Stage, Status, WaitingFor
from maquette.pipelines.catalog import (
    CATALOG,
    ENGINE_SETTINGS,
    Entry,
    check_words,
    find,
    settle,
)
from maquette.pipelines.inputs import check_inputs, check_views
from maquette.ports.clock import Clock
from maquette.ports.engines import EngineShelf
from maquette.ports.jobs import JobEngine
from maquette.ports.stores import Database, LogLine, Page, Session, Transaction
from maquette.ports.tracing import Silent, Tracer

MAX_QUEUED = 100
"""Unfinished jobs that one owner may have at a time."""
NO_VIEWS: Mapping[str, View] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Accepted:
    """A job and a session token that opens it. The token is shown once: only its hash is stored."""

    job: Job
    token: str
    replayed: bool


class Jobs:
    """The use cases around jobs. All methods block; call them from a thread in an event loop."""

    def __init__(
        self,
        database: Database,
        engine: JobEngine,
        engines: EngineShelf,
        clock: Clock,
        max_queued: int = MAX_QUEUED,
        tracer: Tracer | None = None,
        quotes: Quotes | None = None,
    ) -> None:
        self._db = database
        self._engine = engine
        self._engines = engines
        self._clock = clock
        self.max_queued = max_queued
        self._tracer = tracer or Silent()
        self._quotes = quotes

    def create(self, owner_id: str, new: NewJob, idempotency_key: str | None = None) -> Accepted:
        """Accepts a job: when this returns it is stored, queued, and will be worked on whatever dies.

        The same ``idempotency_key`` with the same request gives the same job, with another request
        ``idempotency_mismatch``. Raises the catalog's errors, ``not_found`` for foreign or missing assets,
        ``deleted`` when the key's job was, ``unknown_engine``, ``engine_unavailable``, ``queue_full``.
        """
        with self._tracer.span("accept", pipeline=new.pipeline):
            try:
                accepted = self._create(owner_id, new, idempotency_key)
            except Refused as refusal:
                if refusal.code != "conflict":
                    raise
                # a twin took the key between our look and our insert: now it can be seen
                accepted = self._create(owner_id, new, idempotency_key)
            self._tracer.note(job_id=accepted.job.id)
            return accepted

    def _create(self, owner_id: str, new: NewJob, idempotency_key: str | None) -> Accepted:
        entry = find(new.pipeline)
        settings = settle(entry, new.settings)
        fingerprint = fingerprint_of(new)
        with self._db.write() as tx:
            replayed = _replay(tx, owner_id, idempotency_key, fingerprint)
            job = replayed or self._add(tx, owner_id, new, entry, settings, idempotency_key, fingerprint)
            token = new_token()
            tx.sessions.add(token_hash(token), Session(owner_id, job.id), self._clock.now())
        return Accepted(job, token, replayed is not None)

    def begin(self, tx: Transaction, owner_id: str, new: NewJob, idempotency_key: str) -> Job:
        """Accepts a job within a transaction, for whoever writes something else in it. Raises as ``create``."""
        entry, fingerprint = find(new.pipeline), fingerprint_of(new)
        replayed = _replay(tx, owner_id, idempotency_key, fingerprint)
        settings = settle(entry, new.settings)
        return replayed or self._add(tx, owner_id, new, entry, settings, idempotency_key, fingerprint)

    def begin_again(self, tx: Transaction, job: Job) -> Job:
        """Retries a job within a transaction. Raises ``illegal_move``, and ``conflict`` when it moved meanwhile."""
        moved = tx.jobs.apply(moves.retry(job, CATALOG[job.pipeline].pipeline, self._clock.now()))
        self._engine.enqueue(tx, moved)
        return moved

    def _add(
        self,
        tx: Transaction,
        owner_id: str,
        new: NewJob,
        entry: Entry,
        settings: Mapping[str, Any],
        idempotency_key: str | None,
        fingerprint: str,
    ) -> Job:
        job = self._accept(tx, owner_id, new, entry, settings)
        job = replace(job, idempotency_key=idempotency_key, traceparent=self._tracer.here())
        tx.jobs.add(job)
        tx.jobs.remember_request(job.id, fingerprint)
        self._engine.enqueue(tx, job)
        return job

    def get(self, owner_id: str, job_id: str) -> Job:
        """Raises ``not_found``."""
        with self._db.read() as tx:
            return _owned(tx, owner_id, job_id)

    def list(
        self,
        owner_id: str,
        statuses: Sequence[Status] = (),
        project_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Job]:
        """The owner's jobs, newest first."""
        with self._db.read() as tx:
            return tx.jobs.list(owner_id, statuses=statuses, project_id=project_id, cursor=cursor, limit=limit)

    def queue_position(self, job: Job) -> int | None:
        """The job's place in the queue, from 1; None unless it is pending."""
        with self._db.read() as tx:
            return tx.jobs.queue_position(job)

    def elapsed_ms(self, job: Job) -> int:
        """The working time over all attempts."""
        return worked_ms(self.tasks(job.owner_id, job.id))

    def cancel(self, owner_id: str, job_id: str) -> Job:
        """Stops a job. A canceled one stays as it is; a completed or failed one raises ``job_finished``."""
        job = self._move(owner_id, job_id, lambda job: moves.cancel(job, self._clock.now()), self._close_tasks)
        self._engine.cancel(job)
        return job

    def retry(
        self, owner_id: str, job_id: str, from_stage: Stage | None = None, views: Mapping[str, View] = NO_VIEWS
    ) -> Job:
        """Starts the next attempt where the last one broke, or at an earlier stage.

        ``views`` corrects which side photos show, by the ``asset_id`` of inputs. Raises ``not_found`` for another id,
        ``view_missing`` and ``duplicate_view`` for sides that the pipeline cannot use.
        """

        def make(job: Job) -> Move:
            entry = CATALOG[job.pipeline]
            inputs = _corrected(job, entry, views, from_stage)
            return moves.retry(job, entry.pipeline, self._clock.now(), from_stage, inputs)

        return self._move(owner_id, job_id, make, self._engine.enqueue)

    def resume(self, owner_id: str, job_id: str, budget_usd: float | None = None) -> Job:
        """Lets a waiting job go on, perhaps with another budget.

        Raises ``illegal_move`` for one that waits for approval, or for a decision about what a provider was asked: that
        has to be given.
        """

        def make(job: Job) -> Move:
            if job.waiting_for is WaitingFor.APPROVAL:
                hint = f"POST /api/v1/jobs/{job.id}/approve, or: maquette jobs approve {job.id}"
                raise Refused("illegal_move", "The job waits for somebody to approve its cut-outs.", hint)
            move = moves.resume(job, CATALOG[job.pipeline].pipeline, self._clock.now())
            return move if budget_usd is None else replace(move, after=replace(move.after, budget_usd=budget_usd))

        def go_on(tx: Transaction, job: Job) -> None:
            if any(call.is_undecided for call in tx.calls.of_job(job.id)):
                hint = f"GET /api/v1/jobs/{job.id}/calls, or: maquette jobs calls {job.id}"
                raise Refused("illegal_move", "Nobody knows yet whether a provider was given the work.", hint)
            self._engine.enqueue(tx, job)

        return self._move(owner_id, job_id, make, go_on)

    def prioritise(self, owner_id: str, job_id: str, priority: int) -> Job:
        """Moves a pending job forwards (a greater number) or back. Raises ``illegal_move`` when it waits no more."""
        with self._db.write() as tx:
            job = replace(_owned(tx, owner_id, job_id), priority=priority)
            if job.status is not Status.PENDING:
                raise Refused("illegal_move", f"The job is {job.status}; only a pending one has a place in the queue.")
            tx.jobs.prioritise(job_id, priority)
            self._engine.reorder(tx, job)
            return job

    def room(self, owner_id: str) -> int:
        """How many more jobs the owner may start now."""
        with self._db.read() as tx:
            return max(0, self.max_queued - tx.jobs.open_count(owner_id))

    def tasks(self, owner_id: str, job_id: str) -> tuple[Task, ...]:
        """Every try of every stage, in the order in which they started."""
        with self._db.read() as tx:
            return tx.tasks.of_job(_owned(tx, owner_id, job_id).id)

    def logs(self, owner_id: str, job_id: str) -> tuple[LogLine, ...]:
        """What the stages had to say, tracebacks of bugs included."""
        with self._db.read() as tx:
            return tx.logs.of_job(_owned(tx, owner_id, job_id).id)

    def events(self, owner_id: str, job_id: str, after: int) -> tuple[Event, ...]:
        """The events with a greater ``seq`` than ``after``."""
        with self._db.read() as tx:
            return tx.events.after(_owned(tx, owner_id, job_id).id, after)

    def _accept(self, tx: Transaction, owner_id: str, new: NewJob, entry: Entry, settings: Mapping[str, Any]) -> Job:
        inputs, assets = with_views(tx, owner_id, new)
        check_inputs(entry, [(given.view, asset.media_type) for given, asset in zip(inputs, assets, strict=True)])
        check_words(entry, settings)
        check_pictures(tx, owner_id, entry, settings)
        self._check_engines(entry, settings)
        check_request(new, entry)
        project = tx.projects.get(new.project_id, owner_id) if new.project_id else None
        if new.project_id and project is None:
            raise Refused("not_found", "There is no such project.")
        if new.parent_job_id:
            _owned(tx, owner_id, new.parent_job_id)
        if tx.jobs.open_count(owner_id) >= self.max_queued:
            raise Refused("queue_full", f"{self.max_queued} jobs are waiting already.")
        at = self._clock.now()
        return Job(
            id=new_id("job"),
            owner_id=owner_id,
            pipeline=new.pipeline,
            created_at=at,
            updated_at=at,
            priority=new.priority,
            settings=sized(settings, None if new.batch_id else project),
            inputs=inputs,
            hold_after=new.hold_after,
            project_id=new.project_id,
            parent_job_id=new.parent_job_id,
            batch_id=new.batch_id,
            deadline_s=new.deadline_s,
            budget_usd=new.budget_usd,
            estimate_usd=self._most(entry, settings, assets),
            turn=tx.jobs.turn_for(owner_id),
        )

    def _most(self, entry: Entry, settings: Mapping[str, Any], assets: Sequence[Asset]) -> float | None:
        """What the job costs at most; None where nobody can say."""
        cost = self._quotes.of(entry, settings, assets).cost if self._quotes else NOTHING
        return cost.high if cost else None

    def _check_engines(self, entry: Entry, settings: Mapping[str, Any]) -> None:
        """An engine that is missing is better said now than by a failed stage."""
        for capability, name in ENGINE_SETTINGS.items():
            if name in entry.settings:
                self._engines.choose(capability, settings[name])

    def _move(
        self,
        owner_id: str,
        job_id: str,
        make: Callable[[Job], Move | None],
        also: Callable[[Transaction, Job], None],
    ) -> Job:
        """Applies a move, and something else in the same transaction; again when another writer was first."""
        while True:
            try:
                with self._db.write() as tx:
                    job = _owned(tx, owner_id, job_id)
                    move = make(job)
                    if move is None:
                        return job
                    moved = tx.jobs.apply(move)
                    also(tx, moved)
                    return moved
            except Refused as refusal:
                if refusal.code != "conflict":
                    raise

    def _close_tasks(self, tx: Transaction, job: Job) -> None:
        for task in tx.tasks.of_job(job.id):
            if task.status is TaskStatus.RUNNING:
                tx.tasks.save(replace(task, status=TaskStatus.CANCELED, ended_at=self._clock.now()))


def _owned(tx: Transaction, owner_id: str, job_id: str) -> Job:
    job = tx.jobs.get(job_id, owner_id)
    if job is None:
        raise Refused("not_found")
    return job


def _replay(tx: Transaction, owner_id: str, idempotency_key: str | None, fingerprint: str) -> Job | None:
    known = tx.jobs.by_key(owner_id, idempotency_key) if idempotency_key else None
    if known is None:
        return None
    job, first = known
    if first != fingerprint:
        raise Refused("idempotency_mismatch")
    if job.deleted_at is not None:
        hint = f"Restore the job {job.id}, or use a new key."
        raise Refused("deleted", "The job of this Idempotency-Key was deleted.", hint)
    return job


def _corrected(job: Job, entry: Entry, views: Mapping[str, View], from_stage: Stage | None) -> tuple[JobInput, ...]:
    """The inputs with other views. A retry that chooses anew forgets what was chosen, not what was rejected."""
    unknown = set(views) - {given.asset_id for given in job.inputs}
    if unknown:
        raise Refused("not_found", f"The job has no photo {min(unknown)}.", "Name the asset_id of its inputs.")
    seen = [replace(given, view=views.get(given.asset_id, given.view)) for given in job.inputs]
    if views and entry.views:
        check_views(entry, [given.view for given in seen])
    if from_stage is None or STAGE_ORDER[from_stage] > STAGE_ORDER[Stage.SELECTING]:
        return tuple(seen)
    return tuple(replace(given, decision=_lasting(given.decision)) for given in seen)


def _lasting(decision: Decision | None) -> Decision | None:
    return decision if decision and decision.verdict in OUT else None
