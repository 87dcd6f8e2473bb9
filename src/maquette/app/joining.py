"""Photos that come one by one, each in a request of its own, and become one job.

The job is held after ``validating`` and after ``removing_background``. Until the first of these holds is lifted further
photos join it: what was checked is checked again with them. Whoever sends photos may name the model in words of their
own, and the first photo under a name opens its job.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from maquette.app.jobs import Accepted, Jobs, NewJob
from maquette.domain import jobs as moves
from maquette.domain.assets import View
from maquette.domain.errors import Refused
from maquette.domain.ids import new_token, token_hash
from maquette.domain.jobs import Job, JobInput, Move
from maquette.domain.states import STAGE_ORDER, Stage, Status, WaitingFor
from maquette.pipelines.catalog import CATALOG
from maquette.pipelines.inputs import check_inputs
from maquette.ports.clock import Clock
from maquette.ports.jobs import JobEngine
from maquette.ports.stores import Database, Session, Transaction

PIPELINE = "photo_to_model"
HOLDS = (Stage.VALIDATING, Stage.REMOVING_BACKGROUND)
_TICK = timedelta(microseconds=1)
_NAME = "model:"
"""Before a sender's own name for a model, where the job keeps it: as its idempotency key."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo for a model; ``view`` None is one whose sender never names views: a front."""

    asset_id: str
    view: View | None = None


class Joining:
    """Opens jobs for photos, lets further ones join, and lifts holds. All methods block."""

    def __init__(self, database: Database, engine: JobEngine, clock: Clock, jobs: Jobs) -> None:
        self._db = database
        self._engine = engine
        self._clock = clock
        self._jobs = jobs

    def add(self, owner_id: str, photo: Photo, model: str | None = None) -> Accepted:
        """Puts the photo into a model's job. ``model`` is that job's id, a photo in it, or a name of the sender's own.

        Without ``model``, or under a name that is new, it opens a job. A photo takes the place of the one that showed
        the same side. Of photos that come at the same time none is lost. Raises ``not_found``, ``duplicate_view``
        (a second photo without a view), ``illegal_move`` (the job takes no more photos) and what ``Jobs.create`` does.
        """
        if model is None:
            return self._open(owner_id, photo, None)
        name = _name_of(model)
        known = self._known(owner_id, model)
        if known is None and name is None:
            raise Refused("not_found")
        if known is None:
            try:
                return self._open(owner_id, photo, name)
            except Refused as refusal:
                # another photo of the same model was first, unless its job is there no more
                known = self._known(owner_id, model) if refusal.code == "idempotency_mismatch" else None
                if known is None:
                    raise
        return self._join(owner_id, known.id, photo)

    def find(self, owner_id: str, named: str) -> Job:
        """The job of that id, the newest that starts from the photo of that id, or the model's of that name.

        Raises ``not_found``.
        """
        found = self._known(owner_id, named)
        if found is None:
            raise Refused("not_found")
        return found

    def lift(self, owner_id: str, job_id: str, *holds: Stage) -> Job:
        """Lets a job go on past these holds, whether it waits there or has yet to come there.

        A failed job is tried again. One that is past them stays as it is. Raises ``not_found`` and ``illegal_move`` (it
        was canceled, or waits for something else).
        """
        return self._again(lambda tx: self._lift(tx, owner_id, job_id, holds))

    def _known(self, owner_id: str, named: str) -> Job | None:
        with self._db.read() as tx:
            return _find(tx, owner_id, named)

    def _open(self, owner_id: str, photo: Photo, name: str | None) -> Accepted:
        given = JobInput(photo.asset_id, photo.view or View.FRONT)
        return self._jobs.create(owner_id, NewJob(PIPELINE, (given,), hold_after=HOLDS), name)

    def _join(self, owner_id: str, job_id: str, photo: Photo) -> Accepted:
        token = new_token()

        def attempt(tx: Transaction) -> Job:
            job = self._take(tx, owner_id, job_id, photo)
            tx.sessions.add(token_hash(token), Session(owner_id, job.id), self._clock.now())
            return job

        return Accepted(self._again(attempt), token, False)

    def _take(self, tx: Transaction, owner_id: str, job_id: str, photo: Photo) -> Job:
        job = _owned(tx, owner_id, job_id)
        inputs = _with(job, photo)
        if inputs == job.inputs:
            return job
        if not _takes_photos(job):
            hint = "Send it without model_id: it opens a model of its own."
            raise Refused("illegal_move", "The model takes no more photos.", hint)
        kinds = {asset.id: asset.media_type for asset in tx.assets.many([one.asset_id for one in inputs])}
        check_inputs(CATALOG[job.pipeline], [(one.view, kinds.get(one.asset_id, "")) for one in inputs])
        if job.status is Status.WAITING:
            moved = tx.jobs.apply(moves.reopen(job, self._clock.now(), inputs=inputs))
            self._engine.enqueue(tx, moved)
            return moved
        return self._amend(tx, replace(job, inputs=inputs), job)

    def _lift(self, tx: Transaction, owner_id: str, job_id: str, holds: tuple[Stage, ...]) -> Job:
        job = _owned(tx, owner_id, job_id)
        left = tuple(stage for stage in job.hold_after if stage not in holds)
        at, pipeline = self._clock.now(), CATALOG[job.pipeline].pipeline
        if job.status is Status.CANCELED:
            # a page that has not heard of it must not undo what a person wanted
            raise Refused("illegal_move", "The job was canceled.", f"Retry it: POST /api/v1/jobs/{job.id}/retry")
        if job.status is Status.FAILED:
            return self._hand_over(tx, moves.retry(job, pipeline, at), left)
        if job.status is Status.WAITING:
            if job.waiting_for is not WaitingFor.INPUT:
                raise Refused("illegal_move", f"The job waits for {job.waiting_for}.", "Read the job.")
            return self._hand_over(tx, moves.resume(job, pipeline, at), left) if job.stage in holds else job
        if left == job.hold_after or job.status is Status.COMPLETED:
            return job
        return self._amend(tx, replace(job, hold_after=left), job)

    def _hand_over(self, tx: Transaction, move: Move, holds: tuple[Stage, ...]) -> Job:
        moved = tx.jobs.apply(replace(move, after=replace(move.after, hold_after=holds)))
        self._engine.enqueue(tx, moved)
        return moved

    def _amend(self, tx: Transaction, wanted: Job, job: Job) -> Job:
        """A job at work is moved, so that whoever works on it looks again; one that is not yet begun is changed."""
        if job.status is Status.PROCESSING:
            changes = {"inputs": wanted.inputs, "hold_after": wanted.hold_after}
            return tx.jobs.apply(moves.amend(job, self._clock.now(), **changes))
        later = max(self._clock.now(), job.updated_at + _TICK)
        amended = replace(wanted, updated_at=later)
        tx.jobs.amend(job, amended)
        return amended

    def _again(self, attempt: Callable[[Transaction], Job]) -> Job:
        """In one transaction; anew when another writer was first."""
        while True:
            try:
                with self._db.write() as tx:
                    return attempt(tx)
            except Refused as refusal:
                if refusal.code != "conflict":
                    raise


def _name_of(model: str) -> str | None:
    """The idempotency key under which a sender's name for a model is kept; None for an id of ours."""
    return None if model.startswith(("job_", "ast_")) else f"{_NAME}{model}"


def _find(tx: Transaction, owner_id: str, named: str) -> Job | None:
    if named.startswith("ast_"):
        asset = tx.assets.get(named, owner_id)
        return tx.jobs.newest_from(asset) if asset else None
    name = _name_of(named)
    if name is None:
        return tx.jobs.get(named, owner_id)
    known = tx.jobs.by_key(owner_id, name)
    return known[0] if known and known[0].deleted_at is None else None


def _owned(tx: Transaction, owner_id: str, job_id: str) -> Job:
    job = tx.jobs.get(job_id, owner_id)
    if job is None:
        raise Refused("not_found")
    return job


def _takes_photos(job: Job) -> bool:
    """Until the hold after checking is lifted, and while the job has not ended."""
    reached = STAGE_ORDER[job.stage] if job.stage else -1
    waits = job.status is not Status.WAITING or job.waiting_for is WaitingFor.INPUT
    going = job.status in (Status.DRAFT, Status.PENDING, Status.PROCESSING, Status.WAITING)
    return going and waits and Stage.VALIDATING in job.hold_after and reached <= STAGE_ORDER[Stage.VALIDATING]


def _with(job: Job, photo: Photo) -> tuple[JobInput, ...]:
    """The job's photos with this one; in place of the one that shows the same side."""
    if any(one.asset_id == photo.asset_id and photo.view in (None, one.view) for one in job.inputs):
        return job.inputs
    given = JobInput(photo.asset_id, photo.view or View.FRONT)
    views = [one.view for one in job.inputs]
    if given.view not in views:
        return (*job.inputs, given)
    if photo.view is None:
        raise Refused("duplicate_view", "The model has a front already.", "Name each photo's view.")
    return tuple(given if one.view is given.view else one for one in job.inputs)
