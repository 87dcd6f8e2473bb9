"""A death at each step of an order to a provider: never two submits, nothing lost that was paid, and the ledger is the
provider's bill."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def sweep(folder: Path, *options: str) -> dict[str, Any]:
    paths = os.pathsep.join([str(HERE.parent), *sys.path])
    done = subprocess.run(
        [sys.executable, str(HERE / "hosted_crashes.py"), str(folder), *options],
        env={**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
        timeout=900,
        check=True,
    )
    report = json.loads(done.stdout)
    assert report["whole"]["wrong"] == []
    assert [case for case in report["cases"] if case["wrong"]] == []
    return report


def test_deaths_at_some_steps(tmp_path: Path) -> None:
    report = sweep(tmp_path, "--points", "4,7,8,9,10,14")
    assert [case["killed"] for case in report["cases"]].count(True) >= 5
    assert {case["asked"] for case in report["cases"]} == {0}


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("options", [(), ("--blind",)])
def test_deaths_at_every_step(tmp_path: Path, options: tuple[str, ...]) -> None:
    report = sweep(tmp_path, *options)
    assert len(report["cases"]) >= 15
    assert sum(case["killed"] for case in report["cases"]) >= 0.9 * len(report["cases"])
    asked = [case["at"] for case in report["cases"] if case["asked"]]
    # only between the row and the provider's number nobody can know, and only where it keeps no list
    assert (len(asked) >= 2) == bool(options)
    assert len(asked) <= 5
