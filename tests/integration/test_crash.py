"""A storm of kill -9 while jobs run: nothing is lost, done or paid twice, nothing goes back, nothing stays behind.

The full storm is ``benchmarks/crash_storm.py``.
"""

from pathlib import Path

import pytest
from provider import provider
from storm import rage

from postgres import FreshDatabase


@pytest.mark.parametrize(("jobs", "kills"), [(4, 3), pytest.param(20, 12, marks=pytest.mark.slow)])
def test_killing_the_service_loses_nothing_and_pays_for_nothing_twice(
    jobs: int, kills: int, fresh_store: FreshDatabase, tmp_path: Path
) -> None:
    with provider(honours_keys=True) as ledger:
        report = rage(
            tmp_path / "data", jobs=jobs, kills=kills, stage_s=0.2, seed=7, url=fresh_store(), provider=ledger.url
        )
    assert report.statuses == {"completed": jobs}
    assert report.kills == kills
    assert report.lost_tasks > 0  # else no stage was hit and the storm proved nothing
    assert report.finished_twice == []
    assert report.started_after_finish == []
    assert report.went_back == []
    assert report.orphans == []
    assert ledger.duplicates == []
    assert len(ledger.charges) == jobs
