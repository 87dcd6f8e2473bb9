"""A storm of kill -9 while jobs run: nothing is lost, done or paid twice, nothing goes back, nothing stays behind.

The full storm is ``benchmarks/crash_storm.py``.
"""

from pathlib import Path

import pytest
from provider import provider
from storm import rage

from postgres import FreshDatabase

SLOW = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.mark.parametrize(("jobs", "kills"), [(4, 3), pytest.param(200, 50, marks=SLOW)])
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
    assert report.questions == 0


def test_what_may_have_been_bought_is_bought_again_only_when_a_person_says_so(tmp_path: Path) -> None:
    with provider(honours_keys=False) as ledger:
        report = rage(tmp_path / "data", jobs=4, kills=4, stage_s=0.2, seed=3, provider=ledger.url, forgetful=True)
    assert report.statuses == {"completed": 4}
    assert len(ledger.duplicates) <= report.questions <= report.kills
