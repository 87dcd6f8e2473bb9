"""A fault at every place where one job touches the world: a death, or a disk that is full for a moment.

In `make test` a few places, in `make test-all` each of them.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from postgres import require

HERE = Path(__file__).parent
KILLED_AT = {
    *("create", "write", "fsync", "link", "replace", "mkdir", "unlink", "sendfile", "commit", "committed"),
    *("call", "call answered", "process", "process answered"),
}
STORES = ["sqlite", "postgres"]
FULL_AT = {"create", "write", "fsync", "link", "replace", "mkdir", "sendfile", "commit"}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="files are told apart through /proc")


def sweep(folder: Path, fault: str, *options: str, seconds: int = 170) -> dict[str, Any]:
    """What the program of this name found."""
    if "postgres" in options:
        require()
    paths = os.pathsep.join([str(HERE.parent), *sys.path])
    done = subprocess.run(
        [sys.executable, str(HERE / "crash_points.py"), str(folder), "--fault", fault, *options],
        env={**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
        timeout=seconds,
        check=True,
    )
    report = json.loads(done.stdout)
    assert report["whole"]["wrong"] == []  # without a fault all is well
    wrong = [case for case in report["cases"] if case["wrong"]]
    assert wrong == []
    return report


@pytest.mark.parametrize("store", STORES)
def test_deaths_at_some_points(tmp_path: Path, store: str) -> None:
    report = sweep(tmp_path, "kill", "--spread", "6", "--store", store)
    assert [case["killed"] for case in report["cases"]].count(True) >= 5  # the last point may come too late to be met


@pytest.mark.slow
@pytest.mark.parametrize("store", STORES)
def test_a_full_disk_at_some_points(tmp_path: Path, store: str) -> None:
    report = sweep(tmp_path, "full", "--spread", "3", "--store", store)
    assert sum(bool(case["struck"]) for case in report["cases"]) >= 2  # the last point may come too late to be met


@pytest.mark.slow
def test_deaths_at_some_points_of_a_job_that_waits_for_approval(tmp_path: Path) -> None:
    report = sweep(tmp_path, "kill", "--spread", "4", "--product")
    assert [case["killed"] for case in report["cases"]].count(True) >= 3


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("store", STORES)
def test_deaths_at_every_point_of_a_job_that_waits_for_approval(tmp_path: Path, store: str) -> None:
    report = sweep(tmp_path, "kill", "--store", store, "--product", seconds=3600)
    assert {case["struck"] for case in report["cases"]} >= KILLED_AT
    assert sum(case["killed"] for case in report["cases"]) >= 0.95 * report["whole"]["points"]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("store", STORES)
def test_deaths_at_every_point(tmp_path: Path, store: str) -> None:
    report = sweep(tmp_path, "kill", "--store", store, seconds=1800)
    assert {case["struck"] for case in report["cases"]} >= KILLED_AT
    assert sum(case["killed"] for case in report["cases"]) >= 0.95 * report["whole"]["points"]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("store", STORES)
def test_a_full_disk_at_every_point(tmp_path: Path, store: str) -> None:
    report = sweep(tmp_path, "full", "--store", store, seconds=1800)
    assert {case["struck"] for case in report["cases"]} >= FULL_AT
    assert sum(bool(case.get("refusals")) for case in report["cases"]) >= 5  # the client met 507, and nothing worse
