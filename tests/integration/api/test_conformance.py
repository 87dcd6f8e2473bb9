"""Every answer conforms to the description: schemathesis makes requests from it and checks what comes back.

Its cases are many and take minutes: a few in each run of the tests, all phases where there is time.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("schemathesis", reason="schemathesis is not installed")

# a request that fits the schema may still name an engine or an asset that does not exist
UNFIT = "positive_data_acceptance"
FEW = ("--phases=fuzzing", "--max-examples=1", "--no-shrink")
ALL = ("--max-examples=20",)


def _without_zips(content: dict[str, Any]) -> None:
    """The tool cannot write a zip by itself; any bytes will do, for what is no zip must be refused as well."""
    if "application/zip" in content:
        content["application/octet-stream"] = content.pop("application/zip")


def check(folder: Path, url: str, security: list[dict[str, list[str]]], *options: str) -> None:
    """Runs schemathesis on the description that the server gives, with one way of saying who asks instead of all."""
    document = httpx.get(f"{url}/openapi.json").json()
    for path in document["paths"].values():
        for operation in path.values():
            operation["security"] = operation["security"] and security
            _without_zips(operation.get("requestBody", {}).get("content", {}))
    description = folder / "openapi.json"
    description.write_text(json.dumps(document))
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(description), "--url", url, "--no-color"]
    checks = ["--checks=all", f"--exclude-checks={UNFIT}", "--suppress-health-check=all"]
    done = subprocess.run(
        [*command, *checks, *options], cwd=folder, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:]


def bearer(locked) -> str:
    return f"--header=Authorization: Bearer {locked.key('own_fuzz', is_admin=True)}"


@pytest.mark.timeout(120)
def test_some_answers_to_somebody_with_a_key_conform(locked, tmp_path):
    check(tmp_path, locked.world.url, [{"key": []}], bearer(locked), *FEW)


@pytest.mark.slow
@pytest.mark.timeout(520)
def test_answers_to_somebody_with_a_key_conform(locked, tmp_path):
    check(tmp_path, locked.world.url, [{"key": []}], bearer(locked), *ALL)


@pytest.mark.slow
@pytest.mark.timeout(520)
def test_answers_where_nobody_is_asked_conform(world, tmp_path):
    check(tmp_path, world.url, [], *ALL)
