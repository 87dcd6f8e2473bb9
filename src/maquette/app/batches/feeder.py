"""Goes on with batches: fetches the photos that rows name by URL, and starts rows when there is room for another job.

Nothing is remembered here: whatever is to be done next stands in the rows, and each step is one transaction that looks
first whether it still is to be done. So it may be killed at any moment, and two processes may do it at a time. That one
usually does it for all only saves the others' time.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import islice

from maquette.app.batches.drafts import photo_problems
from maquette.app.fetching import Fetching, name_in
from maquette.app.jobs import Jobs, NewJob
from maquette.app.uploads import PhotoInfo
from maquette.domain.assets import Asset
from maquette.domain.batches import Batch, BatchRow, BatchStatus, RowPhoto, RowProblem, RowStatus, Standing
from maquette.domain.errors import MaquetteError, Problem, Refused
from maquette.domain.jobs import JobInput
from maquette.domain.states import RETRYABLE
from maquette.media.meshes.facts import GLB
from maquette.ports.clock import Clock
from maquette.ports.stores import Database, Session, Transaction

LOOK_EVERY_S = 1.0
PAUSES_S = (1.0, 4.0)
"""Before a photo that could not be reached is tried again."""
PORTION = 20
"""Rows that are checked at a time."""

_log = logging.getLogger(__name__)


class Feeder:
    """Does it in a thread of its own, from ``start`` to ``stop``.

    ``is_mine`` says whether it falls to this process just now. ``fetching`` is used by that thread alone.
    Half of the places that an owner has in the queue are left for other jobs than those of batches.
    """

    def __init__(
        self, database: Database, jobs: Jobs, fetching: Fetching, clock: Clock, is_mine: Callable[[], bool]
    ) -> None:
        self._db = database
        self._jobs = jobs
        self._fetching = fetching
        self._clock = clock
        self._is_mine = is_mine
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._work, name="feeder", daemon=True)

    def start(self) -> None:
        """Looks each second whether there is something to do."""
        self._thread.start()

    def stop(self) -> None:
        """What is being fetched is given up; it will be fetched anew."""
        self._stopping.set()
        if self._thread.is_alive():
            loop = self._loop
            if loop is not None:
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(_cancel_all, loop)
            self._thread.join()

    # -- starting rows

    def feed(self) -> int:
        """Starts as many rows as there is room for; says how many. Blocks."""
        with self._db.read() as tx:
            batches = [batch for batch in tx.batches.busy() if batch.status is BatchStatus.RUNNING]
        return sum(self._feed(batch) for batch in batches)

    def _feed(self, batch: Batch) -> int:
        with self._db.read() as tx:
            rows = tx.batches.having(batch.id, RowStatus.QUEUED, max(0, self._room(tx, batch.owner_id)))
        return sum(self._begin(batch, row) for row in rows if not self._stopping.is_set())

    def _room(self, tx: Transaction, owner_id: str) -> int:
        return max(1, self._jobs.max_queued // 2) - tx.jobs.open_count(owner_id)

    def _begin(self, batch: Batch, row: BatchRow) -> bool:
        """One row gets its job, in one transaction with that. One that cannot be had is refused for good."""
        try:
            with self._db.write() as tx:
                held = tx.batches.hold(batch.id, batch.owner_id)
                if held is None or held.status is not BatchStatus.RUNNING or self._room(tx, batch.owner_id) <= 0:
                    return False
                started = replace(row, status=RowStatus.STARTED, job_id=self._job(tx, batch, row))
                if not tx.batches.save_row(started, RowStatus.QUEUED):
                    # another process was first: what was done here is undone
                    raise Refused("conflict")
            return True
        except MaquetteError as error:
            if not isinstance(error, Refused) or error.code == "conflict" or error.entry.retryable:
                _log.info("Row %d of %s has to wait: %s", row.number, batch.id, error)
                return False
            self._refuse(row, error)
            return False

    def _job(self, tx: Transaction, batch: Batch, row: BatchRow) -> str:
        if row.job_id is not None:
            job = tx.jobs.get(row.job_id)
            if job is not None and job.deleted_at is None and job.status in RETRYABLE:
                self._jobs.begin_again(tx, job)
            return row.job_id
        inputs = tuple(JobInput(photo.asset_id or "", photo.view) for photo in row.photos)
        new = NewJob(
            batch.pipeline, inputs, row.job_settings, row.project_id, priority=batch.priority, batch_id=batch.id
        )
        job = self._jobs.begin(tx, batch.owner_id, new, f"{batch.id}:{row.number}")
        if row.session and tx.sessions.find(row.session) is None:
            tx.sessions.add(row.session, Session(job.owner_id, job.id), self._clock.now())
        return job.id

    def _refuse(self, row: BatchRow, refusal: Refused) -> None:
        told = RowProblem(row.number, None, row.sku, refusal.code, refusal.message, refusal.hint)
        with self._db.write() as tx:
            tx.batches.save_row(replace(row, status=RowStatus.REFUSED, problems=(told,)), RowStatus.QUEUED)

    # -- checking rows

    async def check(self) -> int:
        """Fetches the photos of some rows; says how many rows are checked now."""
        with self._db.read() as tx:
            busy = [(batch, tx.batches.having(batch.id, RowStatus.CHECKING, PORTION)) for batch in tx.batches.busy()]
        # by turns: a small batch need not wait for a large one
        taken = ((batch, rows[index]) for index in range(PORTION) for batch, rows in busy if index < len(rows))
        turns = asyncio.Semaphore(self._fetching.at_once)
        done = await asyncio.gather(*(self._check(batch, row, turns) for batch, row in islice(taken, PORTION)))
        return sum(done)

    async def _check(self, batch: Batch, row: BatchRow, turns: asyncio.Semaphore) -> bool:
        photos = await asyncio.gather(*(self._photo(batch.owner_id, photo, turns) for photo in row.photos))
        found = replace(row, photos=tuple(photos))
        if any(photo.asset_id is None and photo.problem is None for photo in photos):
            return False
        wrong = photo_problems(row.number, row.sku, photos)
        status = RowStatus.REFUSED if wrong else RowStatus.QUEUED
        await asyncio.to_thread(self._settle, batch.id, replace(found, status=status, problems=wrong))
        return True

    def _settle(self, batch_id: str, row: BatchRow) -> None:
        """Writes what came of a row, and of the batch when it was the last one to be checked."""
        with self._db.write() as tx:
            batch = tx.batches.hold(batch_id)
            if batch is None or not tx.batches.save_row(row, RowStatus.CHECKING):
                return
            counts = tx.batches.tally([batch_id])[batch_id].counts
            if batch.status is not BatchStatus.CHECKING or counts.get(Standing.CHECKING):
                return
            is_bad = bool(counts.get(Standing.REFUSED))
            if is_bad:
                tx.batches.cancel_rows(batch_id)
            status = BatchStatus.REFUSED if is_bad else BatchStatus.RUNNING
            tx.batches.save(replace(batch, status=status, updated_at=self._clock.now()))

    async def _photo(self, owner_id: str, photo: RowPhoto, turns: asyncio.Semaphore) -> RowPhoto:
        """With its asset or its problem; as it was when somebody else's trouble kept it from being fetched."""
        if photo.asset_id is not None or photo.problem is not None:
            return photo
        try:
            async with turns:
                asset = await self._fetched(owner_id, photo)
        except MaquetteError as error:
            is_lasting = error.code == "url_unreachable" or not error.entry.retryable
            return replace(photo, problem=Problem.of(error)) if is_lasting else photo
        except Exception as error:  # noqa: BLE001 - a bug must not keep the batch waiting for ever; the log tells
            _log.exception("A photo of a batch could not be taken in.")
            return replace(photo, problem=Problem.of(error))
        if asset.media_type == GLB:
            return replace(photo, problem=Problem.of(Refused("not_an_image", "It is a model.")))
        return replace(photo, asset_id=asset.id)

    async def _fetched(self, owner_id: str, photo: RowPhoto) -> Asset:
        info = PhotoInfo(name_in(photo.source), photo.view)
        for pause in PAUSES_S:
            try:
                return await self._fetching.add(owner_id, photo.source, info)
            except Refused as refusal:
                if refusal.code != "url_unreachable":
                    raise
            await asyncio.sleep(pause)
        return await self._fetching.add(owner_id, photo.source, info)

    # -- the thread

    def _work(self) -> None:
        with asyncio.Runner() as runner, contextlib.suppress(asyncio.CancelledError):
            self._loop = runner.get_loop()
            runner.run(self._rounds())

    async def _rounds(self) -> None:
        await asyncio.gather(self._again(self._check_all), self._again(self._feed_all))

    async def _again(self, visit: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping.is_set():
            try:
                await visit()
            except MaquetteError as error:
                _log.warning("Batches have to wait: %s", error)
            except Exception:  # noqa: BLE001 - what breaks must not end the thread; the log tells
                _log.exception("Going on with batches broke; it is tried again.")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _check_all(self) -> None:
        if await asyncio.to_thread(self._is_mine):
            await self.check()

    async def _feed_all(self) -> None:
        if await asyncio.to_thread(self._is_mine):
            await asyncio.to_thread(self.feed)


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
