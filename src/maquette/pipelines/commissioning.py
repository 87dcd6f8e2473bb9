"""A stage whose engine is somebody else's machine: its orders are written in a child process, fulfilled here, and what
came is made into the stage's outputs in a child process again."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from maquette.domain.calls import ProviderCall
from maquette.domain.errors import MaquetteError, Permanent
from maquette.domain.jobs import Job, Task
from maquette.domain.states import STAGE_ORDER, Stage, Status
from maquette.pipelines import child
from maquette.pipelines.clocks import Pace
from maquette.pipelines.commission import Commission
from maquette.pipelines.courier import Courier, nowhere
from maquette.pipelines.delivered import Delivery, told
from maquette.pipelines.ledger import Account, Ledger, Live, Purse, Writing
from maquette.pipelines.orders import Draft
from maquette.pipelines.outcome import LeaseLost, Stopped
from maquette.pipelines.parcels import Porter
from maquette.pipelines.patience import patiently
from maquette.pipelines.stage import StageSpec
from maquette.pipelines.troubles import CallFailed, OnHold
from maquette.pipelines.workbench import Plan
from maquette.ports.blobs import BlobStore
from maquette.ports.clock import Clock
from maquette.ports.engines import EngineInfo, EngineRecord
from maquette.ports.hosting import HostedEngine, HostedShelf
from maquette.ports.outbound import PUBLIC, Fetcher, Policy
from maquette.ports.processes import Done, Limits, Processes
from maquette.ports.stores import Database

BRIEFED = 0.02
"""Of a stage's progress: its orders are written."""
FULFILLED = 0.95
TIDY_EVERY_S = 30.0
Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Hosting:
    """What it takes to have other people's machines work: none of it is needed for local engines.

    ``callback`` makes the address under which a provider may call, from the engine's name and the secret part.
    """

    shelf: HostedShelf
    fetcher: Fetcher
    purse: Purse = field(default_factory=Purse)
    pace: Pace = field(default_factory=Pace)
    callback: Callable[[str, str], str] = nowhere


@dataclass(frozen=True, slots=True)
class Piece:
    """One order with its folder."""

    draft: Draft
    folder: Path


class Commissioner:
    """Does the work of stages with hosted engines. ``engines`` are those of this machine."""

    def __init__(
        self, database: Database, processes: Processes, engines: HostedShelf, courier: Courier, clock: Clock
    ) -> None:
        self._db = database
        self._processes = processes
        self._engines = engines
        self._courier = courier
        self._clock = clock
        self._tidied: float | None = None

    async def work(self, task: Task, spec: StageSpec, plan: Plan, left_s: float, live: Live, report: Report) -> Done:
        """What ``Processes.run`` of a local engine would give. Raises ``CallFailed``, ``OnHold``, ``Stopped`` too."""
        record = plan.engine
        if record is None or record.info is None:
            raise Permanent("engine_unavailable")
        await self._tidy()
        limits = replace(spec.limits, seconds=min(spec.limits.seconds, left_s))
        engine = self._engines.hosted(record.name)
        briefed = await self._briefed(spec, plan, engine, limits)
        report(BRIEFED)
        pieces = [
            Piece(Draft.of(document), _folder(plan, index)) for index, document in enumerate(briefed.value["orders"])
        ]
        job = await patiently(self._job, task.job_id)
        makes = [self._commission(job, task, plan, record, engine, piece, live, left_s) for piece in pieces]
        deliveries = await self._fulfilled(pieces, makes, report)
        done = await self._performed(spec, plan, record, deliveries, limits, report)
        return replace(
            done,
            cpu_seconds=done.cpu_seconds + briefed.cpu_seconds,
            peak_bytes=max(done.peak_bytes, briefed.peak_bytes),
        )

    async def _briefed(self, spec: StageSpec, plan: Plan, engine: HostedEngine, limits: Limits) -> Done:
        into = plan.folder / "orders"
        await asyncio.to_thread(into.mkdir)
        takes = engine.abilities.takes
        payload = plan.payload() | {"into": str(into), "takes": asdict(takes), "engine": None}
        return await self._processes.run(child.BRIEF, payload, limits=limits, kind=spec.kind)

    async def _performed(
        self,
        spec: StageSpec,
        plan: Plan,
        record: EngineRecord,
        deliveries: Sequence[Delivery],
        limits: Limits,
        report: Report,
    ) -> Done:
        payload = plan.payload() | {"engine": {"delivered": told(_info(record), deliveries)}}

        def shown(fraction: float) -> None:
            report(FULFILLED + (1 - FULFILLED) * fraction)

        return await self._processes.run(child.PERFORM, payload, limits=limits, kind=spec.kind, progress=shown)

    def _commission(
        self,
        job: Job,
        task: Task,
        plan: Plan,
        record: EngineRecord,
        engine: HostedEngine,
        piece: Piece,
        live: Live,
        left_s: float,
    ) -> Callable[[Report], Commission]:
        key = order_key(job, plan, record.name, piece.draft.piece)
        order = piece.draft.order(_info(record).capability, hashlib.sha256(key.encode()).hexdigest()[:32])
        account = Account(
            job=job,
            stage=plan.stage,
            task_id=task.id,
            order_key=key,
            digest=digest_of(piece.draft, record.name),
            info=engine.info,
            abilities=engine.abilities,
            spread=engine.spread(order),
        )
        policy = Policy(record.base_url) if record.base_url else PUBLIC
        return lambda report: Commission(engine, account, order, piece.folder, live, report, left_s, policy)

    async def _fulfilled(
        self, pieces: Sequence[Piece], makes: Sequence[Callable[[Report], Commission]], report: Report
    ) -> list[Delivery]:
        """All at once, as far as the engine's limit allows; each is brought to its end before any failure counts."""
        shares = [0.0] * len(makes)

        def reporting(index: int) -> Report:
            def shown(fraction: float) -> None:
                shares[index] = max(shares[index], fraction)
                report(BRIEFED + (FULFILLED - BRIEFED) * sum(shares) / len(shares))

            return shown

        works = [
            asyncio.ensure_future(self._delivery(piece, make(reporting(index)), reporting(index)))
            for index, (piece, make) in enumerate(zip(pieces, makes, strict=True))
        ]
        try:
            ended = await asyncio.gather(*works, return_exceptions=True)
        finally:
            for work in works:
                work.cancel()
        _raise_first(ended)
        return [delivery for delivery in ended if isinstance(delivery, Delivery)]

    async def _delivery(self, piece: Piece, commission: Commission, report: Report) -> Delivery:
        await asyncio.to_thread(piece.folder.mkdir, parents=True)
        try:
            files = await self._courier.fulfil(commission)
        except CallFailed as failure:
            if not (piece.draft.piece and failure.of_this_picture):
                raise
            error = failure.error
            problem = {"code": error.code, "message": error.message, "hint": error.hint}
            return Delivery((), piece.draft.notes, problem)
        report(1.0)
        return Delivery(tuple((file.role, file.path) for file in files), piece.draft.notes)

    def _job(self, job_id: str) -> Job:
        with self._db.read() as tx:
            job = tx.jobs.get(job_id)
        if job is None:
            raise Stopped
        return job

    # -- what a process that died left behind

    async def _tidy(self) -> None:
        """Cancels, now and then, what is open for jobs that were canceled while nobody could tell the provider."""
        now = self._clock.monotonic()
        if self._tidied is not None and now - self._tidied < TIDY_EVERY_S:
            return
        self._tidied = now
        for call, job in await patiently(self._forsaken):
            try:
                engine = self._engines.hosted(call.engine)
            except MaquetteError:
                # one that is configured no more cannot be told anything
                continue
            account = Account(
                job, call.stage, call.task_id or "", call.order_key, "", engine.info, engine.abilities, None
            )
            await self._courier.call_off(call.id, engine, account)

    def _forsaken(self) -> list[tuple[ProviderCall, Job]]:
        with self._db.read() as tx:
            jobs = [(call, tx.jobs.get(call.job_id)) for call in tx.calls.open()]
        return [(call, job) for call, job in jobs if job is not None and job.status is Status.CANCELED]


def hired(
    hosting: Hosting, database: Database, blobs: BlobStore, processes: Processes, writing: Writing, clock: Clock
) -> Commissioner:
    """A commissioner whose writes count only while ``writing`` says so."""
    ledger = Ledger(writing, clock, hosting.purse)
    porter = Porter(database, blobs, hosting.fetcher, clock)
    courier = Courier(database, ledger, porter, clock, hosting.pace, hosting.callback)
    return Commissioner(database, processes, hosting.shelf, courier, clock)


def order_key(job: Job, plan: Plan, engine: str, piece: str) -> str:
    """What names this very work, in every try of it: another attempt of the job takes what an earlier one has paid,
    unless it was asked to make the stage anew."""
    anew = job.from_stage is not None and STAGE_ORDER[plan.stage] >= STAGE_ORDER[Stage(job.from_stage)]
    what = plan.pieces.get(piece, plan.given) if piece else plan.given
    attempt = f":{job.attempt}" if anew else ""
    return f"{job.id}:{plan.stage}:{engine}:{what[:24]}{attempt}"


def digest_of(draft: Draft, engine: str) -> str:
    """What is asked for, to the byte."""
    digest = hashlib.sha256()
    told = {"engine": engine, "prompt": draft.prompt, "wants": dict(draft.wants)}
    digest.update(json.dumps(told, sort_keys=True).encode())
    for path in draft.files:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _info(record: EngineRecord) -> EngineInfo:
    if record.info is None:
        raise Permanent("engine_unavailable")
    return record.info


def _folder(plan: Plan, index: int) -> Path:
    return plan.folder / "came" / str(index)


_ORDER = (LeaseLost, Stopped, asyncio.CancelledError, OnHold, CallFailed)
"""What counts first of several ends: a job that is over, then what needs a person, then what failed."""


def _raise_first(ended: Sequence[Delivery | BaseException]) -> None:
    failures = [end for end in ended if isinstance(end, BaseException)]
    if not failures:
        return

    def rank(error: BaseException) -> int:
        return next((place for place, kind in enumerate(_ORDER) if isinstance(error, kind)), -1)

    raise min(failures, key=rank)
