"""Clears away what is past its time: deletions that nobody undid, expired drafts and tokens, bytes without a row.

Everything goes in small batches with a pause after each, so that writers hardly notice.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from maquette.app.chores import Chore
from maquette.app.doubt import Doubt
from maquette.app.orphans import Orphans
from maquette.app.transfers import Transfers
from maquette.domain.errors import MaquetteError, Refused
from maquette.ports.care import EngineArchive, Stale
from maquette.ports.clock import Clock
from maquette.ports.stores import Database, Transaction

NAME = "janitor"
LOOK_EVERY_S = 60.0
BATCH = 50
PAUSE_S = 0.02
MANY = 100_000
ENGINE_KEPT = timedelta(days=7)
"""How long the job engine's records of ended work are kept."""
DELETED = (Stale.JOBS, Stale.BATCHES, Stale.PROJECTS, Stale.ASSETS)
EXPIRED = (Stale.SIGN_INS, Stale.TICKETS)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept, in days; 0 means for ever, except for ``undo``."""

    undo: float = 7.0
    keep: float = 0.0
    draft: float = 0.0


@dataclass(frozen=True, slots=True)
class Swept:
    """What went, or would go, by kind. ``doubt`` says why nothing did."""

    counts: Mapping[str, int]
    bytes: int = 0
    doubt: str = ""


class Janitor:
    """Does the chore when it is due (``start``), or now (``sweep``)."""

    def __init__(
        self,
        database: Database,
        orphans: Orphans,
        transfers: Transfers,
        archive: EngineArchive,
        clock: Clock,
        retention: Retention,
    ) -> None:
        self._db = database
        self._orphans = orphans
        self._transfers = transfers
        self._archive = archive
        self._clock = clock
        self._retention = retention
        self._chore = Chore(database, clock, NAME)
        self._doubt = Doubt(clock)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="janitor", daemon=True)

    def start(self) -> None:
        """Looks each minute, in a thread of its own, whether it is time."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the batch that is under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def preview(self) -> Swept:
        """What ``sweep`` would take away, counted without changing anything."""
        now = self._clock.now()
        found = self._orphans.find(now, _nothing)
        with self._db.read() as tx:
            drafts = tx.stale.expired_projects(now, self._untouched_since(now), MANY)
            jobs = tx.stale.ended_jobs(self._ended_before(now), MANY) if self._retention.keep else ()
            batches = tx.batches.emptied(self._ended_before(now), MANY) if self._retention.keep else ()
            counts = {f"deleted_{kind}": tx.stale.count(kind, self._deleted_before(now), now) for kind in DELETED}
            counts |= {f"expired_{kind}": tx.stale.count(kind, now, now) for kind in (*EXPIRED, Stale.UPLOADS)}
        counts |= {"expired_projects": len(drafts), "ended_jobs": len(jobs), "ended_batches": len(batches)}
        counts |= {"engine_records": self._archive.count(now - ENGINE_KEPT), "blobs": found.count}
        return Swept(counts, found.bytes, self._misgiving())

    def sweep(self, *, trust_clock: bool = False) -> Swept:
        """Does all of it, once. Raises ``conflict`` when another process took over."""
        misgiving = "" if trust_clock else self._misgiving()
        if misgiving:
            _log.warning("Nothing is cleared away: %s", misgiving)
            return Swept({}, doubt=misgiving)
        if not self._chore.take():
            raise Refused("conflict", "Another process is just sweeping.", "Wait a minute.")
        now = self._clock.now()
        counts = Counter[str]()
        counts["expired_projects"] = self._repeat(lambda tx: self._expire_projects(tx, now))
        counts["ended_jobs"] = self._repeat(lambda tx: self._retire_jobs(tx, now)) if self._retention.keep else 0
        counts["ended_batches"] = self._repeat(lambda tx: self._retire_batches(tx, now)) if self._retention.keep else 0
        for kind in DELETED:
            counts[f"deleted_{kind}"] = self._repeat(self._purging(kind, now))
        for kind in EXPIRED:
            counts[f"expired_{kind}"] = self._repeat(self._purging(kind, now))
        counts["engine_records"] = self._forget(lambda: self._archive.forget(now - ENGINE_KEPT, BATCH))
        counts["expired_uploads"] = self._forget(lambda: self._transfers.sweep(BATCH))
        removed = self._orphans.remove(now, self._chore.batch, self._pause)
        counts["blobs"] = removed.count
        self._chore.done()
        return Swept(counts, removed.bytes)

    # -- parts of it

    def _expire_projects(self, tx: Transaction, now: datetime) -> int:
        expired = tx.stale.expired_projects(now, self._untouched_since(now), BATCH)
        for project in expired:
            tx.deleted.delete_project(project.owner_id, project.id, tx.deleted.instant(project.owner_id, now))
        return len(expired)

    def _retire_jobs(self, tx: Transaction, now: datetime) -> int:
        old = tx.stale.ended_jobs(self._ended_before(now), BATCH)
        for job in old:
            tx.deleted.delete_job(job.owner_id, job.id, tx.deleted.instant(job.owner_id, now))
        return len(old)

    def _retire_batches(self, tx: Transaction, now: datetime) -> int:
        """Those whose jobs have all gone before them."""
        old = tx.batches.emptied(self._ended_before(now), BATCH)
        for batch in old:
            tx.deleted.delete_batch(batch.owner_id, batch.id, tx.deleted.instant(batch.owner_id, now))
        return len(old)

    def _purging(self, kind: Stale, now: datetime) -> Callable[[Transaction], int]:
        return lambda tx: tx.stale.purge(kind, self._deleted_before(now), now, BATCH)

    def _repeat(self, part: Callable[[Transaction], int]) -> int:
        """Batch after batch until one is not full."""
        total = 0
        while not self._stopping.is_set():
            with self._chore.batch() as tx:
                done = part(tx)
            total += done
            if done < BATCH:
                break
            self._pause()
        return total

    def _forget(self, part: Callable[[], int]) -> int:
        """For what is not done in a transaction of ours: the job engine's writing, bytes of announced uploads."""
        total = 0
        while not self._stopping.is_set():
            with self._chore.batch():
                """Says that this process is still at it."""
            done = part()
            total += done
            if done < BATCH:
                break
            self._pause()
        return total

    def _pause(self) -> bool:
        """Lets others write. True when it is time to stop."""
        return self._stopping.wait(PAUSE_S)

    def _misgiving(self) -> str:
        with self._db.read() as tx:
            state = tx.chores.get(NAME)
            newest = tx.stale.newest()
        swept = state.done_at if state and state.done_at.year > 1970 else None
        ahead = self._doubt.about(swept or newest)
        if ahead is None:
            return ""
        told = f"The clock is {ahead.days} days ahead of the last sign of life."
        return f"{told} If it is right: maquette sweep --trust-clock"

    # -- terms

    def _deleted_before(self, now: datetime) -> datetime:
        return now - timedelta(days=self._retention.undo)

    def _ended_before(self, now: datetime) -> datetime:
        return now - timedelta(days=self._retention.keep)

    def _untouched_since(self, now: datetime) -> datetime | None:
        return now - timedelta(days=self._retention.draft) if self._retention.draft else None

    # -- when

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            try:
                if self._chore.is_due():
                    began = time.monotonic()
                    swept = self.sweep()
                    _log.info("Swept in %.1f s: %s", time.monotonic() - began, dict(swept.counts))
            except MaquetteError as error:
                _log.warning("The sweep ended early: %s", error)
            except Exception:  # noqa: BLE001 - a chore that breaks must not end the thread; the log tells
                _log.exception("The sweep broke; it is tried again.")


def _nothing() -> bool:
    return False
