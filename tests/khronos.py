"""The Khronos glTF validator, a second opinion on the GLBs that Maquette writes."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).parents[1] / "web"


@dataclass(frozen=True)
class Verdict:
    """What the validator found in one file: ``wrong`` are errors and warnings, ``remarks`` the milder rest."""

    wrong: list[str]
    remarks: list[str]
    info: dict[str, Any]


def validate(*paths: Path) -> list[Verdict]:
    """Without Node.js or its packages the test is skipped, in CI it fails."""
    if not shutil.which("node") or not (WEB / "node_modules" / "gltf-validator").is_dir():
        hint = "The Khronos glTF validator is not installed here: npm ci in web/."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(hint)
    script = WEB / "scripts" / "validate-glb.mjs"
    done = subprocess.run(["node", script, *paths], capture_output=True, check=True, timeout=120)
    return [_verdict(report) for report in json.loads(done.stdout)]


def _verdict(report: dict[str, Any]) -> Verdict:
    said = [
        (m["severity"], f"{m['code']} {m.get('pointer', '')}: {m['message']}") for m in report["issues"]["messages"]
    ]
    wrong = [text for severity, text in said if severity <= 1]
    return Verdict(wrong, [text for severity, text in said if severity > 1], report["info"])
