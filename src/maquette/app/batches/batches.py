"""Batches: accept a table of products, look at it, cancel it, retry what failed."""

import hashlib
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from maquette.app.batches.drafts import Draft, Row, check_views, draft, duplicates, is_asset, is_url
from maquette.app.batches.sheet import problem
from maquette.app.fetching import name_in
from maquette.app.jobs import Jobs
from maquette.domain.assets import View, views_in
from maquette.domain.batches import (
    Batch,
    BatchInvalid,
    BatchRow,
    BatchStatus,
    OnError,
    RowPhoto,
    RowProblem,
    RowStatus,
    RowView,
    Standing,
    Tally,
    status_of,
)
from maquette.domain.errors import CODES, Problem, Refused
from maquette.domain.ids import new_id
from maquette.media.meshes.facts import GLB
from maquette.pipelines.catalog import ENGINE_SETTINGS, Entry, find, settle
from maquette.ports.clock import Clock
from maquette.ports.engines import EngineShelf
from maquette.ports.stores import Database, Page, Transaction

MAX_ROWS = 1000
MANY = 200
RETRIED = frozenset({Standing.FAILED, Standing.CANCELED, Standing.REFUSED})


@dataclass(frozen=True, slots=True)
class NewBatch:
    """What a caller asks for. ``settings`` are those of every row, unless the row has its own.

    A row maps the names of columns to what its cells hold: see ``drafts.columns``, and ``docs/guides/batches.md``.
    ``problems`` are those that were found while the table was read.
    """

    pipeline: str
    rows: Sequence[Row]
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    on_error: OnError = OnError.REFUSE
    name: str = ""
    priority: int = 0
    problems: tuple[RowProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch as it was read: nothing that its rows name has been looked at yet."""

    new: NewBatch
    drafts: tuple[Draft, ...]

    @property
    def problems(self) -> tuple[RowProblem, ...]:
        """All that is known by now, in the order of the rows."""
        found = [*self.new.problems, *(one for row in self.drafts for one in row.wrong)]
        return tuple(sorted(found, key=lambda one: one.row or 0))

    def check(self) -> None:
        """Raises ``BatchInvalid`` when nothing of it may start. What is wrong with the table cannot be skipped."""
        bad = [bool(row.wrong) for row in self.drafts]
        refused = any(bad) if self.new.on_error is OnError.REFUSE else all(bad)
        if refused or any(one.row is None for one in self.problems):
            raise BatchInvalid(self.problems)


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch and what its rows are doing."""

    batch: Batch
    tally: Tally

    @property
    def status(self) -> BatchStatus:
        return status_of(self.batch, self.tally)


class Batches:
    """The use cases around batches. All methods block; call them from a thread in an event loop."""

    def __init__(
        self, database: Database, jobs: Jobs, engines: EngineShelf, clock: Clock, max_rows: int = MAX_ROWS
    ) -> None:
        self._db = database
        self._jobs = jobs
        self._engines = engines
        self._clock = clock
        self.max_rows = max_rows

    # -- accepting

    def submit(self, owner_id: str, new: NewBatch, idempotency_key: str | None = None) -> BatchView:
        """Accepts a batch: when this returns it is stored, and all of it will be worked on whatever dies.

        With ``OnError.REFUSE`` any problem that can be known now raises ``BatchInvalid`` with all of them, and nothing
        is stored. Photos that have to be fetched from URLs are checked later. The same ``idempotency_key`` with the
        same request gives the same batch, with another request ``idempotency_mismatch``.
        """
        return self.start(owner_id, self.plan(new), idempotency_key)

    def plan(self, new: NewBatch) -> Plan:
        """Reads all rows. Raises the catalog's errors about the pipeline and the settings of all rows."""
        entry = find(new.pipeline)
        settle(entry, new.settings)
        found = new.problems
        if not new.rows and not found:
            found = (problem("no_rows"),)
        if len(new.rows) > self.max_rows:
            found = (problem("too_many_rows", f"{len(new.rows)} rows are more than {self.max_rows}."),)
            return Plan(replace(new, problems=found), ())
        drafts = tuple(draft(entry, number, row, new.settings) for number, row in enumerate(new.rows, 1))
        # what is known of single rows belongs to them; the rest is about the table itself
        rest = tuple(one for one in found if one.row is None)
        return Plan(replace(new, problems=rest), _with(drafts, [*found, *duplicates(drafts)]))

    def look(self, owner_id: str, plan: Plan, arriving: Container[str] = frozenset()) -> Plan:
        """The plan with all that is wrong with it. ``arriving`` are photos that will be uploaded before it starts."""
        with self._db.read() as tx:
            return self._looked_at(tx, owner_id, plan, arriving)

    def start(self, owner_id: str, plan: Plan, idempotency_key: str | None = None) -> BatchView:
        """Accepts what was planned; see ``submit``."""
        fingerprint = _fingerprint(plan)
        try:
            return self._start(owner_id, plan, idempotency_key, fingerprint)
        except Refused as refusal:
            if refusal.code != "conflict":
                raise
            # a twin took the key between our look and our insert: now it can be seen
            return self._start(owner_id, plan, idempotency_key, fingerprint)

    def _start(self, owner_id: str, plan: Plan, idempotency_key: str | None, fingerprint: str) -> BatchView:
        with self._db.read() as tx:
            known = _replay(tx, owner_id, idempotency_key, fingerprint)
            if known is not None:
                return _seen(tx, known)
            looked = self._looked_at(tx, owner_id, plan)
        looked.check()
        batch, rows = self._made(owner_id, looked, idempotency_key)
        with self._db.write() as tx:
            tx.batches.add(batch, rows, fingerprint)
            return _seen(tx, batch)

    def _looked_at(self, tx: Transaction, owner_id: str, plan: Plan, arriving: Container[str] = frozenset()) -> Plan:
        """With the assets that the photos are, and what is wrong with them, their views and the engines."""
        entry = find(plan.new.pipeline)
        engines = _Engines(self._engines, entry)
        drafts: list[Draft] = []
        for one in plan.drafts:
            row = replace(one, photos=tuple(_look(tx, owner_id, photo, arriving) for photo in one.photos))
            row, wrong = check_views(entry, row)
            drafts.append(replace(row, problems=(*one.problems, *engines.check(one), *wrong)))
        return replace(plan, drafts=tuple(drafts))

    def _made(self, owner_id: str, plan: Plan, idempotency_key: str | None) -> tuple[Batch, list[BatchRow]]:
        at, batch_id, new = self._clock.now(), new_id("bat"), plan.new
        rows = [_row(batch_id, owner_id, one) for one in plan.drafts]
        unsure = new.on_error is OnError.REFUSE and any(row.status is RowStatus.CHECKING for row in rows)
        batch = Batch(
            id=batch_id,
            owner_id=owner_id,
            pipeline=new.pipeline,
            created_at=at,
            updated_at=at,
            size=len(rows),
            status=BatchStatus.CHECKING if unsure else BatchStatus.RUNNING,
            on_error=new.on_error,
            name=new.name,
            priority=new.priority,
            idempotency_key=idempotency_key,
        )
        return batch, rows

    # -- looking

    def get(self, owner_id: str, batch_id: str) -> BatchView:
        """Raises ``not_found``."""
        with self._db.read() as tx:
            return _seen(tx, _owned(tx.batches.get(batch_id, owner_id)))

    def known(self, owner_id: str, idempotency_key: str) -> BatchView | None:
        """The batch that was accepted under a key. Raises ``deleted``."""
        with self._db.read() as tx:
            known = tx.batches.by_key(owner_id, idempotency_key)
            batch = known and _replay(tx, owner_id, idempotency_key, known[1])
            return _seen(tx, batch) if batch else None

    def list(self, owner_id: str, cursor: str | None = None, limit: int = 50) -> Page[BatchView]:
        """The owner's batches, newest first."""
        with self._db.read() as tx:
            return _views(tx, tx.batches.list(owner_id, cursor=cursor, limit=limit))

    def rows(self, owner_id: str, batch_id: str, after: int = 0, limit: int = 100) -> tuple[RowView, ...]:
        """Rows in the order of the table, those with a greater number than ``after``. Raises ``not_found``."""
        with self._db.read() as tx:
            batch = _owned(tx.batches.get(batch_id, owner_id))
            return tx.batches.rows(batch.id, after=after, limit=limit)

    def all_rows(self, owner_id: str, batch_id: str) -> Iterable[RowView]:
        """Every row, read in portions."""
        after = 0
        while found := self.rows(owner_id, batch_id, after, MANY):
            yield from found
            after = found[-1].row.number

    def all_problems(self, owner_id: str, batch_id: str) -> tuple[RowProblem, ...]:
        """Everything that is wrong with its rows, in their order. Raises ``not_found``."""
        return tuple(one for view in self.all_rows(owner_id, batch_id) for one in view.row.problems)

    def deleted(self, owner_id: str, since: datetime, cursor: str | None, limit: int) -> Page[BatchView]:
        """What can still be restored: those deleted at ``since`` or later."""
        with self._db.read() as tx:
            return _views(tx, tx.deleted.batches(owner_id, since, cursor, limit))

    # -- steering

    def cancel(self, owner_id: str, batch_id: str) -> BatchView:
        """Starts nothing more and cancels the jobs that have not ended. A canceled batch stays as it is.

        Raises ``not_found``, and ``batch_finished`` for one that has ended otherwise.
        """
        with self._db.write() as tx:
            batch = _owned(tx.batches.hold(batch_id, owner_id))
            if _seen(tx, batch).status in (BatchStatus.DONE, BatchStatus.REFUSED):
                raise Refused("batch_finished")
            tx.batches.cancel_rows(batch.id)
            tx.batches.save(replace(batch, status=BatchStatus.CANCELED, updated_at=self._clock.now()))
            jobs = tx.batches.open_jobs(batch.id)
        for job in jobs:
            self._stop(owner_id, job.id)
        return self.get(owner_id, batch_id)

    def retry_failed(self, owner_id: str, batch_id: str) -> BatchView:
        """Starts the failed and canceled rows again, and fetches photos that could not be reached once more.

        Raises ``not_found``; ``BatchInvalid`` for a batch that was refused for what no retry mends.
        """
        with self._db.write() as tx:
            batch = _owned(tx.batches.hold(batch_id, owner_id))
            views = _all(tx, batch.id)
            again = [row for view in views if (row := _again(view)) is not None]
            lasting = [one for view in views for one in view.row.problems if not CODES[one.code].retryable]
            if batch.status is BatchStatus.REFUSED and lasting:
                raise BatchInvalid(lasting)
            for row, was in again:
                tx.batches.save_row(row, was)
            unsure = batch.on_error is OnError.REFUSE and any(row.status is RowStatus.CHECKING for row, _ in again)
            status = BatchStatus.CHECKING if unsure else BatchStatus.RUNNING
            if again:
                tx.batches.save(replace(batch, status=status, updated_at=self._clock.now()))
        return self.get(owner_id, batch_id)

    def _stop(self, owner_id: str, job_id: str) -> None:
        try:
            self._jobs.cancel(owner_id, job_id)
        except Refused as refusal:
            # it ended, or was deleted, while its fellows were canceled
            if refusal.code not in ("job_finished", "not_found"):
                raise


class _Engines:
    """Which of the rows name engines that do not exist. One that is missing here at all raises at once."""

    def __init__(self, shelf: EngineShelf, entry: Entry) -> None:
        self._shelf = shelf
        self._asked = {capability: name for capability, name in ENGINE_SETTINGS.items() if name in entry.settings}
        self._known: dict[tuple[str, Any], Refused | None] = {}

    def check(self, row: Draft) -> Iterable[RowProblem]:
        for capability, name in self._asked.items():
            wanted = row.settings.get(name)
            if (name, wanted) not in self._known:
                self._known[name, wanted] = None
                try:
                    self._shelf.choose(capability, wanted)
                except Refused as refusal:
                    self._known[name, wanted] = refusal
            refusal = self._known[name, wanted]
            if refusal:
                yield problem(
                    refusal.code, refusal.message, row=row.number, column=name, sku=row.sku, hint=refusal.hint
                )


def _look(tx: Transaction, owner_id: str, photo: RowPhoto, arriving: Container[str]) -> RowPhoto:
    """The photo with its asset and view, as far as they can be known without fetching anything, or its problem."""
    if photo.problem is not None:
        return photo
    if photo.asset_id is None and not is_asset(photo.source):
        return _elsewhere(replace(photo, view=photo.view or _view_in(photo.source)), arriving)
    asset = tx.assets.get(photo.asset_id or photo.source, owner_id)
    if asset is None:
        return _bad(photo, Refused("not_found", f"There is no asset {photo.source!r}."))
    if asset.media_type == GLB:
        return _bad(photo, Refused("not_an_image", "It is a model."))
    return replace(photo, asset_id=asset.id, view=photo.view or asset.view or _view_in(asset.name))


def _elsewhere(photo: RowPhoto, arriving: Container[str]) -> RowPhoto:
    if is_url(photo.source) or photo.source in arriving:
        return photo
    hint = "Upload it and give the asset's id, or a URL; `maquette batch` uploads files."
    return _bad(photo, Refused("file_missing", f"{photo.source!r} is no file here.", hint))


def _bad(photo: RowPhoto, refusal: Refused) -> RowPhoto:
    return replace(photo, problem=Problem.of(refusal))


def _view_in(source: str) -> View | None:
    name = name_in(source) if is_url(source) else source.replace("\\", "/").rsplit("/", 1)[-1]
    told = views_in(name.rpartition(".")[0] or name)
    return told[0] if len(told) == 1 else None


def _with(drafts: Sequence[Draft], problems: Iterable[RowProblem]) -> tuple[Draft, ...]:
    more: dict[int | None, tuple[RowProblem, ...]] = {}
    for one in problems:
        more[one.row] = (*more.get(one.row, ()), one)
    return tuple(replace(row, problems=(*row.problems, *more.get(row.number, ()))) for row in drafts)


def _row(batch_id: str, owner_id: str, row: Draft) -> BatchRow:
    status = RowStatus.QUEUED if all(photo.asset_id for photo in row.photos) else RowStatus.CHECKING
    return BatchRow(
        batch_id=batch_id,
        number=row.number,
        owner_id=owner_id,
        sku=row.sku,
        status=RowStatus.REFUSED if row.wrong else status,
        name=row.name,
        photos=row.photos,
        settings=row.settings,
        problems=row.wrong,
    )


def _again(view: RowView) -> tuple[BatchRow, RowStatus] | None:
    """The row as it starts again, and what it was; None for one that need not or cannot."""
    row = view.row
    if view.standing not in RETRIED or any(not CODES[one.code].retryable for one in row.problems):
        return None
    photos = tuple(replace(photo, problem=None) for photo in row.photos)
    is_known = row.job_id is not None or all(photo.asset_id for photo in photos)
    status = RowStatus.QUEUED if is_known else RowStatus.CHECKING
    return replace(row, photos=photos, problems=(), status=status), row.status


def _all(tx: Transaction, batch_id: str) -> list[RowView]:
    found: list[RowView] = []
    while portion := tx.batches.rows(batch_id, after=found[-1].row.number if found else 0, limit=MANY):
        found += portion
    return found


def _seen(tx: Transaction, batch: Batch) -> BatchView:
    return BatchView(batch, tx.batches.tally([batch.id])[batch.id])


def _views(tx: Transaction, page: Page[Batch]) -> Page[BatchView]:
    tallies = tx.batches.tally([batch.id for batch in page.items])
    return Page(tuple(BatchView(batch, tallies[batch.id]) for batch in page.items), page.next_cursor)


def _owned(batch: Batch | None) -> Batch:
    if batch is None:
        raise Refused("not_found")
    return batch


def _replay(tx: Transaction, owner_id: str, idempotency_key: str | None, fingerprint: str) -> Batch | None:
    known = tx.batches.by_key(owner_id, idempotency_key) if idempotency_key else None
    if known is None:
        return None
    batch, first = known
    if first != fingerprint:
        raise Refused("idempotency_mismatch")
    if batch.deleted_at is not None:
        hint = f"Restore the batch {batch.id}, or use a new key."
        raise Refused("deleted", "The batch of this Idempotency-Key was deleted.", hint)
    return batch


def _fingerprint(plan: Plan) -> str:
    new = plan.new
    parts = {
        "pipeline": new.pipeline,
        "on_error": new.on_error,
        "name": new.name,
        "priority": new.priority,
        "rows": [asdict(row) for row in plan.drafts],
        "problems": [asdict(one) for one in new.problems],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
