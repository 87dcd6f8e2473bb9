"""A storm of kill -9 while jobs run: nothing is lost, nothing is done twice, nothing goes back, nothing stays behind.

The full storm is ``benchmarks/crash_storm.py``.
"""

from pathlib import Path

import pytest

from postgres import FreshDatabase

HERE = Path(__file__).parent


@pytest.mark.parametrize(("jobs", "kills"), [(4, 3), pytest.param(20, 12, marks=pytest.mark.slow)])
def test_killing_the_service_loses_nothing(
    jobs: int, kills: int, fresh_store: FreshDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    from storm import rage

    report = rage(tmp_path / "data", jobs=jobs, kills=kills, stage_s=0.2, seed=7, url=fresh_store())
    assert report.statuses == {"completed": jobs}
    assert report.kills == kills
    assert report.lost_tasks > 0  # else no stage was hit and the storm proved nothing
    assert report.finished_twice == []
    assert report.started_after_finish == []
    assert report.went_back == []
    assert report.orphans == []
