"""The systemd units: what they start, how they are fenced in, and what systemd says of them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from commands import DEPLOY, of_units, parse
from maquette.settings import PREFIX, Settings

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
FENCES = (
    "DynamicUser=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "SystemCallFilter=@system-service",
    "StateDirectory=maquette",
    "KillSignal=SIGTERM",
    "KillMode=mixed",
)


@pytest.mark.parametrize("name", of_units())
def test_each_starts_a_command_of_ours(name: str) -> None:
    parse(of_units()[name])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_each_is_fenced_in_and_sets_what_exists(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    assert not [fence for fence in FENCES if fence not in lines]
    (environment,) = [line for line in lines if line.startswith("Environment=")]
    names = {pair.split("=")[0] for pair in environment.removeprefix("Environment=").split()}
    assert names <= {f"{PREFIX}{name}".upper() for name in Settings.model_fields}


def test_systemd_understands_them(tmp_path: Path) -> None:
    verifier = shutil.which("systemd-analyze")
    if verifier is None:
        pytest.skip("systemd-analyze is not installed")
    for unit in UNITS:
        # the program is not installed where the unit expects it
        text = unit.read_text().replace("/opt/maquette/bin/maquette", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    paths = [str(tmp_path / unit.name.replace("@", "@cpu")) for unit in UNITS]
    for unit, path in zip(UNITS, paths, strict=True):
        if path != str(tmp_path / unit.name):
            Path(path).write_text((tmp_path / unit.name).read_text())
    said = subprocess.run([verifier, "verify", "--man=no", *paths], capture_output=True, text=True, check=False)
    ours = [line for line in said.stderr.splitlines() if "maquette" in line]
    assert not ours, ours
