"""A batch whose service is killed twice: every row ends as it should, and nothing is done twice."""

import time
from collections import Counter
from pathlib import Path

from storm import Service
from workshop import OWNER, Workshop, opened

from maquette.app.batches.batches import NewBatch
from maquette.domain.batches import BatchStatus, OnError, Standing
from maquette.domain.jobs import TaskStatus
from postgres import FreshDatabase

STAGE_S = 0.1
MAX_QUEUED = "6"
EXPECTED = {Standing.COMPLETED: 8, Standing.FAILED: 2, Standing.REFUSED: 3}


def table(shop: Workshop) -> list[dict[str, str]]:
    """Eight good rows, two whose fault only the work finds, and three that are refused at once."""
    good = [{"sku": f"good-{number}", "front": shop.photo()} for number in range(8)]
    bad = [{"sku": f"bad-{number}", "front": shop.photo("bad")} for number in range(2)]
    known = [
        {"sku": "wide", "front": shop.photo(), "width": "wide"},
        {"sku": "lost", "front": "ast_0"},
        {"sku": "good-0", "front": shop.photo()},
    ]
    return [*good[:3], *known, *bad, *good[3:]]


def wait_for_ended(shop: Workshop, batch_id: str, count: int) -> None:
    until = time.monotonic() + 120
    while sum(shop.batches.get(OWNER, batch_id).tally.counts.get(standing, 0) for standing in EXPECTED) < count:
        assert time.monotonic() < until, shop.batches.get(OWNER, batch_id)
        time.sleep(0.1)


def test_every_row_ends_as_it_should_and_nothing_is_done_twice(fresh_store: FreshDatabase, tmp_path: Path) -> None:
    url, folder = fresh_store(), tmp_path / "data"
    with opened(folder, url=url) as shop:
        batch_id = shop.batches.submit(OWNER, NewBatch("photo_to_model", table(shop), on_error=OnError.SKIP)).batch.id
        assert shop.batches.get(OWNER, batch_id).tally.counts[Standing.QUEUED] == 10
        for ended in (3, 6):
            service = Service(folder, STAGE_S, url, "", False, MAX_QUEUED)
            wait_for_ended(shop, batch_id, ended + 1)
            assert shop.batches.get(OWNER, batch_id).status is BatchStatus.RUNNING  # else the kill proves nothing
            service.kill(whole=True)
        service = Service(folder, STAGE_S, url, "", False, MAX_QUEUED)
        wait_for_ended(shop, batch_id, 13)
        service.kill()

        view = shop.batches.get(OWNER, batch_id)
        assert (view.status, view.tally.counts) == (BatchStatus.DONE, EXPECTED)
        assert view.tally.success_rate == 8 / 13
        rows = shop.batches.rows(OWNER, batch_id)
        told = {row.row.sku: row.problem.code for row in rows if row.problem and row.row.sku != "good-0"}
        assert told == {
            "bad-0": "no_subject", "bad-1": "no_subject", "wide": "invalid_dimensions", "lost": "not_found",
        }  # fmt: skip
        jobs = shop.jobs.list(OWNER, limit=100).items
        assert sorted(job.id for job in jobs) == sorted(row.job.id for row in rows if row.job)
        assert len(jobs) == 10
        assert {job.attempt for job in jobs} == {1}
        finished = Counter(
            (job.id, task.stage) for job in jobs for task in shop.tasks(job.id) if task.status is TaskStatus.FINISHED
        )
        assert set(finished.values()) == {1}
