"""Every answer conforms to the description: schemathesis makes requests from it and checks what comes back.

Optional: schemathesis is not among the development tools (`pip install schemathesis`).
"""

import importlib.util
import subprocess
import sys

import pytest

# a request that fits the schema may still name an engine or an asset that does not exist
UNFIT = "positive_data_acceptance"


@pytest.mark.slow
@pytest.mark.timeout(420)
@pytest.mark.skipif(not importlib.util.find_spec("schemathesis"), reason="schemathesis is not installed")
def test_answers_conform_to_the_description(world, tmp_path):
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{world.url}/openapi.json", "--no-color"]
    options = ["--checks=all", f"--exclude-checks={UNFIT}", "--max-examples=20", "--suppress-health-check=all"]
    done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stdout[-8000:]
