"""Approval: a person looks at the cut-outs of a job and says what becomes of each.

What is said is kept in the job's inputs, and the job goes on as a new leg of the same attempt: whatever was made from
what has not changed is used again, a photo that was replaced or marked anew goes through the stages before, and the
job then waits again with the new cut-out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from maquette.app.rulings import Action, Others, PhotoRuling, Review, Ruling, Table
from maquette.domain import jobs as moves
from maquette.domain.errors import Refused
from maquette.domain.jobs import EventType, Job, Task, TaskStatus
from maquette.domain.states import Stage, Status, WaitingFor
from maquette.pipelines.catalog import CATALOG
from maquette.ports.clock import Clock
from maquette.ports.jobs import JobEngine
from maquette.ports.stores import Database, LogLine, Transaction

__all__ = ["Action", "Approvals", "Others", "PhotoRuling", "Review", "Ruling"]


class Approvals:
    """The use cases around approval. All methods block; call them from a thread in an event loop."""

    def __init__(self, database: Database, engine: JobEngine, clock: Clock) -> None:
        self._db = database
        self._engine = engine
        self._clock = clock

    def review(self, owner_id: str, job_id: str) -> Review:
        """Raises ``not_found``, and ``illegal_move`` for a job of a pipeline in which nothing is approved."""
        with self._db.read() as tx:
            return _review(tx, _owned(tx, owner_id, job_id))

    def decide(self, owner_id: str, job_id: str, ruling: Ruling, by: str, idempotency_key: str | None = None) -> Job:
        """Carries the ruling out in one transaction; the job goes on at once.

        With an ``idempotency_key`` the same ruling again gives the job as it stands, another one
        ``idempotency_mismatch``. Raises ``not_found``, ``illegal_move`` when the job does not wait for approval,
        ``conflict`` when it is not at ``ruling.seq``, ``invalid_request``, ``duplicate_view``, ``too_many_photos``,
        ``not_an_image``.
        """
        while True:
            try:
                with self._db.write() as tx:
                    job = _owned(tx, owner_id, job_id)
                    if _is_replayed(tx, job, ruling, idempotency_key):
                        return job
                    return self._carry_out(tx, job, ruling, by, idempotency_key)
            except Refused as refusal:
                # another writer was first: what to say to that the job's new state tells, unless the person named one
                if refusal.code != "conflict" or ruling.seq is not None:
                    raise

    def _carry_out(self, tx: Transaction, job: Job, ruling: Ruling, by: str, key: str | None) -> Job:
        if job.status is not Status.WAITING or job.waiting_for is not WaitingFor.APPROVAL:
            hint = "Nothing is to be approved now: GET the job to see how it stands."
            raise Refused("illegal_move", f"The job is {job.status} and does not wait for approval.", hint)
        if ruling.seq is not None and ruling.seq != job.seq:
            message = f"The job has moved on: it is at seq {job.seq}, not {ruling.seq}."
            raise Refused("conflict", message, "Look at the cut-outs again, then decide.")
        at, review = self._clock.now(), _review(tx, job)
        table = Table(tx, job, review, by, self._clock)
        told = table.rule(ruling)
        if not told:
            raise Refused("invalid_request", "Nothing would change.", "Say what becomes of a photo.")
        data: dict[str, Any] = {"decisions": told, "by": by}
        if key is not None:
            data |= {"idempotency_key": key, "fingerprint": ruling.fingerprint}
        moved = tx.jobs.apply(moves.decide(job, table.inputs, at, **data))
        for line in told:
            tx.logs.add(LogLine(job.id, at, "info", _sentence(line, by), Stage.APPROVING))
        self._engine.enqueue(tx, moved)
        return moved


def _sentence(line: Mapping[str, Any], by: str) -> str:
    done = {
        Action.APPROVE: "approved the cut-out of",
        Action.REJECT: "left out",
        Action.REDO: "has this cut out again:",
        Action.REPLACE: "replaced",
        Action.VIEW: f"corrected the view to {line.get('view')} of",
    }[Action(line["action"])]
    reason = f" ({line['reason']})" if line["reason"] else ""
    return f"{by} {done} {line['name']}{reason}."


def _review(tx: Transaction, job: Job) -> Review:
    if Stage.APPROVING not in CATALOG[job.pipeline].pipeline.stages:
        raise Refused("illegal_move", f"In {job.pipeline} nothing is approved.", "Only product_to_model waits for it.")
    tasks = [task for task in tx.tasks.of_job(job.id) if task.attempt == job.attempt]
    approval = _newest(tasks, Stage.APPROVING).get("approval", {})
    return Review(
        job=job,
        rule=str(job.settings["approve"]),
        is_open=job.status is Status.WAITING and job.waiting_for is WaitingFor.APPROVAL,
        photos=tuple(approval.get("photos", ())),
        left_out=tuple(approval.get("left_out", ())),
        selection=_newest(tasks, Stage.SELECTING).get("selection", {"chosen": [], "left_out": []}),
        project=tx.projects.get(job.project_id, job.owner_id) if job.project_id else None,
    )


def _newest(tasks: Sequence[Task], stage: Stage) -> Mapping[str, Any]:
    found = (task for task in reversed(tasks) if task.stage is stage and task.status is TaskStatus.FINISHED)
    return next((task.data for task in found), {})


def _is_replayed(tx: Transaction, job: Job, ruling: Ruling, key: str | None) -> bool:
    """Whether this very request was carried out before."""
    if key is None:
        return False
    for event in tx.events.after(job.id, 0, limit=MAX_EVENTS):
        if event.type is EventType.RESUMED and event.data.get("idempotency_key") == key:
            if event.data["fingerprint"] != ruling.fingerprint:
                raise Refused("idempotency_mismatch")
            return True
    return False


MAX_EVENTS = 10_000
"""That are looked through for a request that was answered before."""


def _owned(tx: Transaction, owner_id: str, job_id: str) -> Job:
    job = tx.jobs.get(job_id, owner_id)
    if job is None:
        raise Refused("not_found")
    return job
