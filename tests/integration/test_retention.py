"""The job engine's records of ended work go after their time; those of open work stay."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maquette.adapters.dbos.retention import DbosArchive
from maquette.domain.states import Status

HERE = Path(__file__).parent


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Workshop"]:  # noqa: F821
    monkeypatch.syspath_prepend(str(HERE))
    from workshop import opened

    with opened(tmp_path / "shop") as workshop:
        yield workshop


def test_records_of_ended_walks_go_and_jobs_stay(shop):
    shop.launch()
    jobs = [shop.accept() for _ in range(3)]
    for job in jobs:
        shop.wait(job.id, Status.COMPLETED)
    archive = DbosArchive(f"sqlite:///{shop.folder / 'maquette.db'}")
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert archive.forget(datetime.now(UTC) - timedelta(days=7), 10) == 0
    # the walk writes its own end a moment after the job's
    while archive.count(soon) < len(jobs):
        pass
    assert archive.forget(soon, 2) == 2
    assert archive.forget(soon, 2) == 1
    assert archive.count(soon) == 0
    archive.close()
    assert all(shop.job(job.id).status is Status.COMPLETED for job in jobs)
    again = shop.accept()
    shop.wait(again.id, Status.COMPLETED)
