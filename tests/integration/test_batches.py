"""Batches over a real database: accepted whole or not at all, fed as there is room, nothing twice."""

import asyncio
import threading
from dataclasses import replace

import pytest

from maquette.adapters.sql.database import SqlDatabase
from maquette.app.batches.batches import Batches, NewBatch
from maquette.app.batches.feeder import Feeder
from maquette.app.care import Care
from maquette.app.jobs import Jobs, NewJob
from maquette.domain import jobs as moves
from maquette.domain.assets import Asset, Role, View
from maquette.domain.batches import BatchInvalid, BatchStatus, OnError, Standing
from maquette.domain.errors import Problem, Refused
from maquette.domain.ids import new_id
from maquette.domain.jobs import JobInput, Result
from maquette.domain.states import Status
from maquette.pipelines.catalog import CATALOG
from maquette.ports.engines import Capability, EngineInfo, EngineRecord, Readiness
from maquette.testing import ManualClock, RecordingJobs, Shelf

OWNER = "own_a"
BAD = Problem("no_subject", "No object.", "Try.", False)


class Web:
    """Stands for ``Fetching``: gives an asset for each URL, or the error that the test put there."""

    at_once = 4

    def __init__(self, house):
        self.house = house
        self.errors = {}
        self.asked = []

    async def add(self, owner_id, url, info):
        self.asked.append(url)
        if url in self.errors:
            raise Refused(self.errors[url])
        return self.house.asset(owner_id, view=info.view)


class House:
    def __init__(self, url):
        self.clock = ManualClock()
        self.db = SqlDatabase(url)
        self.engine = RecordingJobs()
        records = [
            EngineRecord(name, "x:y", Readiness(True), EngineInfo(name, "1", kind, name, "-", True))
            for name, kind in (("cut", Capability.CUTTER), ("mesh", Capability.MESHER))
        ]
        self.jobs = Jobs(self.db, self.engine, Shelf(records), self.clock, max_queued=10)
        self.batches = Batches(self.db, self.jobs, Shelf(records), self.clock, max_rows=50)
        self.web = Web(self)
        self.feeder = self.other_feeder()
        self.care = Care(self.db, self.engine, self.clock, 7)

    def other_feeder(self):
        return Feeder(self.db, self.jobs, self.web, self.clock, lambda: True)

    def asset(self, owner=OWNER, **more):
        asset = Asset(new_id("ast"), owner, Role.ORIGINAL, "image/png", "a" * 64, 7, self.clock.now())
        with self.db.write() as tx:
            tx.assets.add(replace(asset, **more))
        return replace(asset, **more)

    def row(self, sku, **more):
        return {"sku": sku, "front": self.asset().id} | more

    def submit(self, rows, key=None, **more):
        return self.batches.submit(OWNER, NewBatch("photo_to_model", rows, **more), key)

    def standings(self, batch_id):
        return [view.standing.value for view in self.batches.rows(OWNER, batch_id, limit=50)]

    def job_ids(self, batch_id):
        return [view.row.job_id for view in self.batches.rows(OWNER, batch_id, limit=50)]

    def end(self, job_id, how="completed"):
        """Takes a job to its end."""
        pipeline, at = CATALOG["photo_to_model"].pipeline, self.clock.now()
        with self.db.write() as tx:
            job = tx.jobs.get(job_id)
            if job.status is Status.PENDING:
                job = tx.jobs.apply(moves.enter(job, pipeline, pipeline.stages[0], at))
            if how == "completed":
                result = Result(new_id("res"), job_id, OWNER, "model", at, {})
                tx.results.add(result)
                tx.jobs.apply(moves.complete(job, result.id, at))
            else:
                tx.jobs.apply(moves.fail(job, BAD, at))


@pytest.fixture
def house(fresh_store):
    house = House(fresh_store())
    yield house
    house.db.close()


def test_a_batch_is_refused_whole_with_every_problem_and_leaves_nothing(house):
    theirs = house.asset("own_b").id
    rows = [
        house.row("A"),
        house.row("A", width="wide"),
        {"sku": "C", "front": theirs},
        {"sku": "D", "front": house.asset(media_type="model/gltf-binary").id},
        {"sku": "E", "front": "chair.jpg"},
        house.row("F", mesher="hammer"),
        house.row("", left="nowhere.jpg"),
    ]
    with pytest.raises(BatchInvalid) as refusal:
        house.submit(rows, "k")
    told = [(one.row, one.code, one.column) for one in refusal.value.problems]
    assert told == [
        (2, "invalid_dimensions", "width"),
        (2, "duplicate_sku", "sku"),
        (3, "not_found", "front"),
        (4, "not_an_image", "front"),
        (5, "file_missing", "front"),
        (6, "unknown_engine", "mesher"),
        (7, "sku_missing", "sku"),
        (7, "file_missing", "left"),
    ]
    assert house.batches.list(OWNER).items == ()
    assert house.feeder.feed() == 0
    view = house.submit(rows, "k", on_error=OnError.SKIP)
    assert house.standings(view.batch.id) == ["queued"] + ["refused"] * 6
    assert view.tally.success_rate == 0
    last = house.batches.rows(OWNER, view.batch.id)[6]
    assert last.problem.code == "sku_missing"
    assert last.photo_rate == 0.5


def test_what_is_wrong_with_the_table_itself_cannot_be_skipped(house):
    for rows in ([], [house.row(str(number)) for number in range(51)], [{"sku": "A"}]):
        with pytest.raises(BatchInvalid):
            house.submit(rows, on_error=OnError.SKIP)
    assert house.batches.list(OWNER).items == ()


def test_rows_wait_in_the_batch_and_get_jobs_as_others_end(house):
    batch_id = house.submit([house.row(str(number)) for number in range(8)]).batch.id
    other = house.jobs.create(OWNER, NewJob("cutout", (JobInput(house.asset().id),))).job
    assert house.feeder.feed() == 4
    assert house.standings(batch_id) == ["pending"] * 4 + ["queued"] * 4
    assert house.feeder.feed() == 0
    house.jobs.cancel(OWNER, other.id)
    first, *_ = house.job_ids(batch_id)
    house.end(first)
    assert house.feeder.feed() == 2
    for job_id in house.job_ids(batch_id)[1:6]:
        house.end(job_id, "failed")
    assert house.feeder.feed() == 2
    view = house.batches.get(OWNER, batch_id)
    assert view.status is BatchStatus.RUNNING
    assert view.tally.counts == {Standing.COMPLETED: 1, Standing.FAILED: 5, Standing.PENDING: 2}
    assert view.tally.progress == 75
    assert view.tally.success_rate == pytest.approx(1 / 6)
    for job_id in house.job_ids(batch_id)[6:]:
        house.end(job_id)
    assert house.batches.get(OWNER, batch_id).status is BatchStatus.DONE
    assert len(house.engine.enqueued) == 9
    assert house.jobs.get(OWNER, first).batch_id == batch_id


def test_several_feeders_start_nothing_twice(house):
    batch_id = house.submit([house.row(str(number)) for number in range(30)]).batch.id
    house.jobs.max_queued = 100
    threads = [threading.Thread(target=house.other_feeder().feed) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.feeder.feed()
    jobs = house.jobs.list(OWNER, limit=100).items
    assert sorted(job.id for job in jobs) == sorted(house.job_ids(batch_id))
    assert len(house.engine.enqueued) == 30


def test_the_same_key_gives_the_same_batch(house):
    rows = [house.row("A")]
    first = house.submit(rows, "k").batch
    assert house.submit(rows, "k").batch == first
    with pytest.raises(Refused) as refusal:
        house.submit([house.row("A")], "k")
    assert refusal.value.code == "idempotency_mismatch"
    with pytest.raises(Refused) as refusal:
        house.batches.get("own_b", first.id)
    assert refusal.value.code == "not_found"


def test_a_canceled_batch_starts_nothing_and_can_go_on(house):
    batch_id = house.submit([house.row(str(number)) for number in range(7)]).batch.id
    house.feeder.feed()
    house.end(house.job_ids(batch_id)[0])
    assert house.batches.cancel(OWNER, batch_id).status is BatchStatus.CANCELED
    assert house.standings(batch_id) == ["completed"] + ["canceled"] * 6
    assert len(house.engine.canceled) == 4
    assert house.feeder.feed() == 0
    assert house.batches.cancel(OWNER, batch_id).status is BatchStatus.CANCELED
    again = house.batches.retry_failed(OWNER, batch_id)
    assert (again.status, again.tally.counts[Standing.QUEUED]) == (BatchStatus.RUNNING, 6)
    assert house.feeder.feed() == 5
    house.end(house.job_ids(batch_id)[1])
    assert house.feeder.feed() == 1
    ids = house.job_ids(batch_id)
    assert len(set(ids)) == 7
    attempts = [house.jobs.get(OWNER, job_id).attempt for job_id in ids]
    assert attempts == [1, 2, 2, 2, 2, 1, 1]
    for job_id in ids[2:]:
        house.end(job_id)
    with pytest.raises(Refused) as refusal:
        house.batches.cancel(OWNER, batch_id)
    assert refusal.value.code == "batch_finished"


def test_only_what_failed_is_retried(house):
    batch_id = house.submit([house.row("A"), house.row("B"), house.row("C")]).batch.id
    house.feeder.feed()
    done, failed, running = house.job_ids(batch_id)
    house.end(done)
    house.end(failed, "failed")
    assert house.batches.retry_failed(OWNER, batch_id).tally.counts[Standing.QUEUED] == 1
    assert house.standings(batch_id) == ["completed", "queued", "pending"]
    house.feeder.feed()
    assert house.standings(batch_id) == ["completed", "pending", "pending"]
    assert house.jobs.get(OWNER, failed).attempt == 2
    assert house.jobs.get(OWNER, running).attempt == 1


def test_photos_are_fetched_before_anything_starts(house):
    rows = [{"sku": sku, "photos": f"https://shop.example/{sku}-left.jpg"} for sku in "ABC"]
    view = house.submit(rows)
    batch_id = view.batch.id
    assert view.status is BatchStatus.CHECKING
    assert house.feeder.feed() == 0
    assert asyncio.run(house.feeder.check()) == 3
    assert asyncio.run(house.feeder.check()) == 0
    assert house.batches.get(OWNER, batch_id).status is BatchStatus.RUNNING
    assert house.feeder.feed() == 3
    assert [view.row.photos[0].view for view in house.batches.rows(OWNER, batch_id)] == [View.LEFT] * 3
    assert len(house.web.asked) == 3


def test_one_bad_photo_refuses_the_whole_after_it_was_fetched(house):
    rows = [{"sku": sku, "photos": f"https://shop.example/{sku}-left.jpg"} for sku in "ABC"]
    house.web.errors = {"https://shop.example/B-left.jpg": "image_truncated"}
    batch_id = house.submit(rows).batch.id
    asyncio.run(house.feeder.check())
    assert house.batches.get(OWNER, batch_id).status is BatchStatus.REFUSED
    assert house.standings(batch_id) == ["canceled", "refused", "canceled"]
    assert house.feeder.feed() == 0
    row = house.batches.rows(OWNER, batch_id)[1]
    assert (row.problem.code, row.row.problems[0].row, row.photo_rate) == ("image_truncated", 2, 0)
    assert "B-left.jpg" in row.problem.message
    with pytest.raises(BatchInvalid):
        house.batches.retry_failed(OWNER, batch_id)


def test_a_bad_photo_is_skipped_and_a_server_that_was_away_is_asked_again(house, monkeypatch):
    monkeypatch.setattr("maquette.app.batches.feeder.PAUSES_S", (0.0, 0.0))
    rows = [{"sku": sku, "photos": f"https://shop.example/{sku}-left.jpg"} for sku in "ABCD"]
    away, busy, bad = (row["photos"] for row in rows[1:])
    house.web.errors = {away: "url_unreachable", busy: "fetches_busy", bad: "not_an_image"}
    batch_id = house.submit(rows, on_error=OnError.SKIP).batch.id
    assert house.batches.get(OWNER, batch_id).status is BatchStatus.RUNNING
    asyncio.run(house.feeder.check())
    assert house.standings(batch_id) == ["queued", "refused", "checking", "refused"]
    assert house.web.asked.count(away) == 3
    house.web.errors = {bad: "not_an_image"}
    house.batches.retry_failed(OWNER, batch_id)
    assert house.standings(batch_id) == ["queued", "checking", "checking", "refused"]
    asyncio.run(house.feeder.check())
    assert house.standings(batch_id) == ["queued", "queued", "queued", "refused"]


def test_a_row_that_cannot_have_its_job_is_refused_and_stops_no_other(house):
    batch_id = house.submit([house.row("A"), house.row("B")]).batch.id
    photo = house.batches.rows(OWNER, batch_id)[0].row.photos[0]
    with house.db.write() as tx:
        tx.assets.delete(photo.asset_id, OWNER, house.clock.now())
    assert house.feeder.feed() == 1
    assert house.standings(batch_id) == ["refused", "pending"]
    assert house.batches.rows(OWNER, batch_id)[0].problem.code == "not_found"


def test_what_no_database_can_keep_is_only_a_problem_of_its_row(house):
    rows = [house.row("A"), house.row("B", cutter="x\x00\ud800"), {"sku": "C\x00", "\x00": "x", "front": "\ud800.jpg"}]
    batch_id = house.submit(rows, on_error=OnError.SKIP).batch.id
    assert house.standings(batch_id) == ["queued", "refused", "refused"]


def test_a_small_batch_does_not_wait_for_the_photos_of_a_large_one(house):
    def photos(count, name):
        return [{"sku": str(n), "photos": f"https://shop.example/{name}{n}-left.jpg"} for n in range(count)]

    house.submit(photos(30, "large"))
    small = house.submit(photos(1, "small")).batch.id
    assert asyncio.run(house.feeder.check()) == 20
    assert house.batches.get(OWNER, small).status is BatchStatus.RUNNING
