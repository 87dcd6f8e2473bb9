"""The job engine's records of ended work go after their time, and what became of the jobs stays."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maquette.adapters.dbos.retention import DbosArchive
from maquette.domain.states import Status
from postgres import FreshDatabase

HERE = Path(__file__).parent


def test_records_of_ended_walks_go_and_jobs_stay(
    tmp_path: Path, fresh_store: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    from workshop import opened

    url = fresh_store()
    archive = DbosArchive(url)
    with opened(tmp_path / "shop", url=url) as shop:
        shop.launch()
        jobs = [shop.accept() for _ in range(3)]
        for job in jobs:
            shop.wait(job.id, Status.COMPLETED)
        soon = datetime.now(UTC) + timedelta(minutes=1)
        assert archive.forget(datetime.now(UTC) - timedelta(days=7), 10) == 0
        until = time.monotonic() + 20
        # each walk writes down its own end a moment after the job's
        while archive.count(soon) < len(jobs):
            assert time.monotonic() < until
            time.sleep(0.05)
        assert [archive.forget(soon, 2), archive.forget(soon, 2), archive.count(soon)] == [2, 1, 0]
        assert all(shop.job(job.id).status is Status.COMPLETED for job in jobs)
        again = shop.accept()
        shop.wait(again.id, Status.COMPLETED)
    archive.close()
