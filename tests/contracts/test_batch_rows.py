"""What every store of batches does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from maquette.domain.assets import View
from maquette.domain.batches import Batch, BatchRow, BatchStatus, OnError, RowPhoto, RowProblem, RowStatus, Standing
from maquette.domain.errors import Problem, Refused
from maquette.domain.ids import new_id
from maquette.domain.jobs import JobInput, Result
from maquette.domain.states import Status

DAY = timedelta(days=1)


def batch_of(sample, size=3, **fields):
    at = sample.job().created_at
    return replace(Batch(new_id("bat"), sample.owner, "cutout", at, at, size), **fields)


def row_of(batch, number=1, status=RowStatus.QUEUED, **fields):
    row = BatchRow(batch.id, number, batch.owner_id, f"SKU-{number}", status)
    return replace(row, **fields)


@pytest.fixture
def tx(database):
    with database.write() as tx:
        yield tx


def test_a_batch_and_its_rows_come_back_as_they_were(tx, sample, other):
    batch = batch_of(sample, name="Spring", on_error=OnError.SKIP, priority=3, idempotency_key="k")
    photo = RowPhoto("https://x.org/a.jpg", "left", View.LEFT, None, Problem("not_an_image", "No.", "Try.", False))
    told = RowProblem(1, "left", "SKU-1", "not_an_image", "No.", "Try.")
    row = row_of(batch, name="A chair", photos=(photo,), settings={"quality": "fast"}, problems=(told,))
    tx.batches.add(batch, [row], "f")
    assert tx.batches.get(batch.id, sample.owner) == batch
    assert tx.batches.hold(batch.id) == batch
    assert tx.batches.get(batch.id, other.owner) is None
    assert tx.batches.by_key(sample.owner, "k") == (batch, "f")
    assert tx.batches.by_key(other.owner, "k") is None
    (view,) = tx.batches.rows(batch.id)
    assert (view.row, view.job, view.elapsed_ms) == (row, None, 0)


def test_of_two_batches_with_one_key_the_second_is_refused(database, sample):
    with database.write() as tx:
        tx.batches.add(batch_of(sample, idempotency_key="k"), [], "f")
    with pytest.raises(Refused) as refusal, database.write() as tx:
        tx.batches.add(batch_of(sample, idempotency_key="k"), [], "f")
    assert refusal.value.code == "conflict"


def test_a_row_is_written_once_from_what_it_was(tx, sample):
    batch = batch_of(sample)
    row = row_of(batch)
    tx.batches.add(batch, [row], "f")
    started = replace(row, status=RowStatus.STARTED, job_id="job_1")
    assert tx.batches.save_row(started, RowStatus.QUEUED)
    assert not tx.batches.save_row(started, RowStatus.QUEUED)
    assert tx.batches.rows(batch.id)[0].row == started


def test_what_rows_are_doing_is_told_by_their_jobs(tx, sample):
    batch, empty = batch_of(sample, size=6), batch_of(sample, size=0)
    done, half, gone = sample.job(1, batch_id=batch.id), sample.job(2, batch_id=batch.id), sample.job(3)
    result = Result(new_id("res"), done.id, sample.owner, "cutouts", done.created_at, {})
    for job in (
        replace(done, status=Status.COMPLETED, progress=100, result_id=result.id),
        replace(half, status=Status.PROCESSING, progress=40),
        gone,
    ):
        tx.jobs.add(job)
    tx.jobs.delete(gone.id, sample.owner, gone.created_at)
    tx.results.add(result)
    tx.tasks.add(sample.task(done, 1, duration_ms=70))
    tx.tasks.add(sample.task(done, 2, duration_ms=30))
    tx.tasks.add(sample.task(done, 3, duration_ms=500, reused=True))
    jobs = enumerate((done, half, gone), 1)
    rows = [row_of(batch, number, RowStatus.STARTED, job_id=job.id) for number, job in jobs]
    others = [row_of(batch, 4), row_of(batch, 5, RowStatus.REFUSED), row_of(batch, 6, RowStatus.QUEUED, job_id=done.id)]
    tx.batches.add(batch, [*rows, *others], "f")
    tx.batches.add(empty, [], "f")
    tallies = tx.batches.tally([batch.id, empty.id])
    assert tallies[batch.id].counts == {
        Standing.COMPLETED: 1, Standing.PROCESSING: 1, Standing.DELETED: 1, Standing.QUEUED: 2, Standing.REFUSED: 1,
    }  # fmt: skip
    assert tallies[batch.id].success_rate == 0.5
    assert (tallies[empty.id].counts, tallies[empty.id].progress) == ({}, 0)
    views = tx.batches.rows(batch.id)
    assert [view.standing for view in views] == [
        Standing.COMPLETED, Standing.PROCESSING, Standing.DELETED, Standing.QUEUED, Standing.REFUSED, Standing.QUEUED,
    ]  # fmt: skip
    assert (views[0].elapsed_ms, views[0].result) == (100, result)
    assert [view.row.number for view in tx.batches.rows(batch.id, after=2, limit=2)] == [3, 4]
    assert [job.id for job in tx.batches.open_jobs(batch.id)] == [half.id]


def test_those_that_have_something_to_do_are_found_oldest_first(tx, sample, other):
    at = sample.job().created_at
    late = batch_of(other, created_at=at + DAY)
    early = batch_of(sample)
    unsure = batch_of(sample, status=BatchStatus.CHECKING, created_at=at + 2 * DAY)
    canceled = batch_of(sample, status=BatchStatus.CANCELED)
    deleted = batch_of(sample, deleted_at=at)
    over = batch_of(sample)
    for batch in (late, early, unsure, canceled, deleted):
        tx.batches.add(batch, [row_of(batch), row_of(batch, 2, RowStatus.CHECKING)], "f")
    tx.batches.add(over, [row_of(over, 1, RowStatus.REFUSED), row_of(over, 2, RowStatus.STARTED, job_id="job_1")], "f")
    found = [batch.id for batch in tx.batches.busy() if batch.owner_id in (sample.owner, other.owner)]
    assert found == [early.id, late.id, unsure.id]
    assert [row.number for row in tx.batches.having(early.id, RowStatus.CHECKING)] == [2]
    assert tx.batches.having(early.id, RowStatus.QUEUED, 0) == ()


def test_canceling_rows_leaves_those_that_have_a_job_to_it(tx, sample):
    batch = batch_of(sample)
    statuses = (RowStatus.QUEUED, RowStatus.CHECKING, RowStatus.REFUSED)
    rows = [row_of(batch, number, status) for number, status in enumerate(statuses, 1)]
    tx.batches.add(batch, [*rows, row_of(batch, 4, job_id="job_1")], "f")
    tx.batches.cancel_rows(batch.id)
    assert [view.row.status for view in tx.batches.rows(batch.id)] == [
        RowStatus.CANCELED, RowStatus.CANCELED, RowStatus.REFUSED, RowStatus.STARTED,
    ]  # fmt: skip


def test_an_asset_that_a_row_waits_for_is_known(tx, sample):
    batch = batch_of(sample)
    photos = (RowPhoto("a.jpg", asset_id="ast_1"),)
    rows = [
        row_of(batch, 1, photos=photos),
        row_of(batch, 2, RowStatus.STARTED, photos=(RowPhoto("b", asset_id="ast_2"),)),
    ]
    tx.batches.add(batch, rows, "f")
    assert tx.batches.starting_from(sample.owner, "ast_1") == (batch.id,)
    assert tx.batches.starting_from(sample.owner, "ast_2") == ()
    assert tx.batches.starting_from("own_0", "ast_1") == ()


def test_a_batch_goes_with_its_jobs_and_what_they_made_and_comes_back_whole(tx, sample, other):
    batch, at = batch_of(sample), sample.job().created_at + DAY
    photo, cut = sample.asset(), sample.asset(1)
    job = sample.job(1, batch_id=batch.id, status=Status.FAILED, inputs=(JobInput(photo.id),))
    for asset in (photo, cut):
        tx.assets.add(asset)
    tx.jobs.add(job)
    tx.tasks.add(sample.task(job, 1, output_assets=(cut.id,)))
    tx.batches.add(batch, [row_of(batch, 1, RowStatus.STARTED, job_id=job.id)], "f")
    deleted = tx.deleted
    assert not deleted.delete_batch(other.owner, batch.id, at)
    assert deleted.delete_batch(sample.owner, batch.id, at)
    assert [tx.batches.get(batch.id, sample.owner), tx.jobs.get(job.id, sample.owner)] == [None, None]
    assert [asset.id for asset in tx.assets.list(sample.owner).items] == [photo.id]
    assert [one.id for one in deleted.batches(sample.owner, at, None, 10).items] == [batch.id]
    assert deleted.restore_batch(other.owner, batch.id, at) is None
    assert deleted.restore_batch(sample.owner, batch.id, at + DAY) is None
    assert deleted.restore_batch(sample.owner, batch.id, at) == batch
    assert tx.jobs.get(job.id, sample.owner) == job
    assert {asset.id for asset in tx.assets.list(sample.owner).items} == {photo.id, cut.id}


def test_a_batch_whose_jobs_have_gone_is_emptied(tx, sample):
    at = sample.job().created_at + DAY
    waiting, working, over = batch_of(sample), batch_of(sample), batch_of(sample)
    job = sample.job(1, batch_id=working.id, status=Status.FAILED)
    tx.jobs.add(job)
    tx.batches.add(waiting, [row_of(waiting)], "f")
    tx.batches.add(working, [row_of(working, 1, RowStatus.STARTED, job_id=job.id)], "f")
    tx.batches.add(over, [row_of(over, 1, RowStatus.REFUSED)], "f")

    def emptied():
        return {batch.id for batch in tx.batches.emptied(at, 100) if batch.owner_id == sample.owner}

    assert emptied() == {over.id}
    tx.jobs.delete(job.id, sample.owner, at)
    assert emptied() == {over.id, working.id}
    assert tx.batches.emptied(sample.job().created_at, 100) == ()
