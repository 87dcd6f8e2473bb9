"""What the janitor clears away, and what it leaves."""

import logging
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maquette.adapters.blobs.depots import LocalDepot
from maquette.adapters.blobs.local import LocalBlobs
from maquette.adapters.sql.database import SqlDatabase
from maquette.adapters.sql.dialect import sqlite_url
from maquette.adapters.sql.schema import migrate
from maquette.app.care import Care
from maquette.app.janitor import Janitor, Retention
from maquette.app.orphans import Orphans
from maquette.app.transfers import Announced, Transfers
from maquette.app.uploads import PhotoInfo, Uploads
from maquette.domain.assets import Asset, Role
from maquette.domain.batches import Batch, BatchRow, RowStatus
from maquette.domain.jobs import Job
from maquette.domain.projects import Project, ProjectKind
from maquette.domain.states import Status
from maquette.testing import InlineProcesses, ManualClock, RecordingJobs

DAY = 86_400.0


class Archive:
    """A job engine's memory of 120 records."""

    def __init__(self):
        self.records = 120
        self.before = None

    def count(self, before):
        return self.records

    def forget(self, before, limit):
        self.before = before
        gone = min(limit, self.records)
        self.records -= gone
        return gone

    def close(self):
        """Holds nothing."""


class House:
    def __init__(self, folder):
        url = sqlite_url(folder / "maquette.db")
        migrate(url)
        self.database = SqlDatabase(url)
        self.blobs = LocalBlobs(folder / "blobs")
        self.clock = ManualClock(datetime.now(UTC))
        self.care = Care(self.database, RecordingJobs(), self.clock, undo_days=7)
        self.archive = Archive()
        self.depot = LocalDepot(folder / "announced")
        uploads = Uploads(self.database, self.blobs, InlineProcesses(), self.clock, 10**6)
        self.transfers = Transfers(self.database, self.depot, uploads, self.clock)

    def janitor(self, **terms):
        orphans = Orphans(self.database, self.blobs)
        return Janitor(self.database, orphans, self.transfers, self.archive, self.clock, Retention(**terms))

    def asset(self, name="a", **fields):
        writer = self.blobs.receive()
        writer.write(name.encode())
        received = writer.finish()
        at = self.clock.now()
        asset = Asset(f"ast_{name}", "me", Role.ORIGINAL, "image/png", received.sha256, received.bytes, at, **fields)
        self.blobs.keep(asset.blob_key, received.path)
        writer.discard()
        with self.database.write() as tx:
            tx.assets.add(asset)
        return asset

    def job(self, name="j", **fields):
        at = self.clock.now()
        job = Job(f"job_{name}", "me", "cutout", at, at, Status.FAILED, ended_at=at)
        with self.database.write() as tx:
            tx.jobs.add(replace(job, **fields))
        return job

    def project(self, name="p", **fields):
        at = self.clock.now()
        project = Project(f"prj_{name}", "me", ProjectKind.GENERIC, name, at, at, **fields)
        with self.database.write() as tx:
            tx.projects.add(project)
        return project

    def ids(self):
        with self.database.read() as tx:
            pages = (tx.projects.list("me"), tx.jobs.list("me"), tx.assets.list("me"))
            return {item.id for page in pages for item in page.items}


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    yield house
    house.database.close()


def test_an_announced_upload_goes_with_what_has_arrived_of_it(house, tmp_path):
    announced = house.transfers.announce("me", PhotoInfo("a.png"), 5, "image/png")
    assert isinstance(announced, Announced)
    (tmp_path / "bytes").write_bytes(b"12345")
    house.depot.put(announced.upload.key, tmp_path / "bytes")
    house.clock.turn(DAY - 60)
    assert house.janitor().sweep().counts["expired_uploads"] == 0
    house.clock.turn(120)
    assert house.janitor().preview().counts["expired_uploads"] == 1
    assert house.janitor().sweep().counts["expired_uploads"] == 1
    assert house.depot.size(announced.upload.key) is None
    with house.database.read() as tx:
        assert tx.uploads.get(announced.upload.id) is None


def test_what_nobody_brought_back_goes_for_good_with_its_bytes(house):
    janitor = house.janitor()
    gone, kept = house.asset("gone"), house.asset("kept")
    house.care.delete_asset("me", gone.id)
    house.clock.turn(6.9 * DAY)
    assert janitor.sweep().counts["deleted_assets"] == 0
    assert house.blobs.exists(gone.blob_key)
    house.clock.turn(0.2 * DAY)
    swept = janitor.sweep()
    assert (swept.counts["deleted_assets"], swept.counts["blobs"], swept.bytes) == (1, 1, 4)
    assert not house.blobs.exists(gone.blob_key)
    assert house.blobs.exists(kept.blob_key)
    assert house.ids() == {kept.id}


def test_a_look_beforehand_tells_what_will_go_and_changes_nothing(house):
    janitor = house.janitor(keep=5)
    house.care.delete_asset("me", house.asset("gone").id)
    house.job()
    house.clock.turn(8 * DAY)
    for _ in range(2):
        seen = janitor.preview()
        assert {kind: count for kind, count in seen.counts.items() if count} == {
            "deleted_assets": 1,
            "ended_jobs": 1,
            "engine_records": 120,
        }
    assert house.ids() == {"job_j"}


def test_ended_jobs_are_kept_for_ever_unless_a_term_is_set(house):
    house.job("old")
    house.clock.turn(29 * DAY)
    house.job("new")
    house.job("open", status=Status.WAITING, ended_at=None)
    assert house.janitor().sweep().counts["ended_jobs"] == 0
    house.clock.turn(2 * DAY)
    janitor = house.janitor(keep=30)
    assert janitor.sweep().counts["ended_jobs"] == 1
    assert house.ids() == {"job_new", "job_open"}
    assert house.care.restore_job("me", "job_old").id == "job_old"  # an ended term can be regretted too


def test_drafts_go_when_their_time_is_over(house):
    at = house.clock.now()
    house.project("dated", expires_at=at + timedelta(days=3))
    house.project("idle")
    used = house.project("used")
    house.job(project_id=used.id)
    house.clock.turn(4 * DAY)
    assert house.janitor().sweep().counts["expired_projects"] == 1
    assert house.ids() == {"prj_idle", "prj_used", "job_j"}
    assert house.janitor(draft=2).sweep().counts["expired_projects"] == 1
    assert house.ids() == {"prj_used", "job_j"}
    assert house.care.restore_project("me", "prj_idle").name == "idle"


def test_the_job_engine_forgets_in_batches_what_is_a_week_old(house):
    assert house.janitor().sweep().counts["engine_records"] == 120
    assert house.archive.before == house.clock.now() - timedelta(days=7)
    assert house.archive.records == 0


@pytest.mark.parametrize("days", [31, 365, 40_000])
def test_a_clock_that_leapt_ahead_purges_nothing(house, days, caplog):
    janitor = house.janitor(keep=10, draft=10)
    asset, job = house.asset(), house.job()
    house.project("draft")
    house.care.delete_asset("me", asset.id)
    janitor.sweep()
    house.clock.jump(days * DAY)
    with caplog.at_level(logging.WARNING):
        swept = janitor.sweep()
    assert swept.counts == {}
    assert "trust-clock" in swept.doubt
    assert "days ahead" in caplog.text
    house.job("made while the clock is wrong")
    assert house.janitor().sweep().doubt  # neither does a fresh process, nor do fresh rows vouch for it
    house.clock.jump(-days * DAY)
    assert not janitor.sweep().doubt
    assert house.care.restore_asset("me", asset.id) == replace(asset, deleted_at=None)
    assert {job.id, "prj_draft"} <= house.ids()


def test_a_person_can_vouch_for_the_clock(house):
    janitor = house.janitor()
    asset = house.asset()
    house.care.delete_asset("me", asset.id)
    janitor.sweep()
    house.clock.turn(100 * DAY)
    assert janitor.sweep().doubt
    assert janitor.sweep(trust_clock=True).counts["deleted_assets"] == 1
    assert not janitor.sweep().doubt


def test_deletions_while_the_clock_is_set_back_have_their_days_all_the_same(house):
    janitor = house.janitor()
    asset = house.asset()
    janitor.sweep()
    house.clock.jump(-365 * DAY)
    house.care.delete_asset("me", asset.id)
    house.clock.jump(365 * DAY)
    assert janitor.sweep().counts["deleted_assets"] == 0
    assert house.care.restore_asset("me", asset.id).id == asset.id


def test_it_ends_when_it_is_told_to(house):
    janitor = house.janitor()
    janitor.start()
    janitor.stop()
    assert not any(thread.name == "janitor" for thread in threading.enumerate())


def test_a_batch_goes_with_the_last_of_its_jobs_and_then_for_good(house):
    at = house.clock.now()
    batch = Batch("bat_1", "me", "cutout", at, at, 2)
    rows = [
        BatchRow("bat_1", number, "me", f"S{number}", RowStatus.STARTED, job_id=f"job_{number}") for number in (1, 2)
    ]
    house.job("1", batch_id="bat_1")
    with house.database.write() as tx:
        tx.batches.add(batch, rows, "f")
    house.clock.turn(5 * DAY)
    house.job("2", batch_id="bat_1")
    house.clock.turn(6 * DAY)
    assert house.janitor(keep=10).sweep().counts["ended_batches"] == 0
    house.clock.turn(5 * DAY)
    janitor = house.janitor(keep=10)
    assert janitor.preview().counts["ended_batches"] == 0  # its last job goes first
    counts = janitor.sweep().counts
    assert (counts["ended_jobs"], counts["ended_batches"], counts["deleted_batches"]) == (1, 1, 0)
    house.clock.turn(8 * DAY)
    assert house.janitor(keep=10).sweep().counts["deleted_batches"] == 1
    with house.database.read() as tx:
        assert (tx.batches.get("bat_1"), tx.batches.rows("bat_1")) == (None, ())
