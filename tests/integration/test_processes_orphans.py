"""Worker processes never outlive the service, however it dies."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

SERVICE = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from maquette.adapters.processes.forked import ForkedProcesses
from maquette.ports.processes import Kind, Limits

async def main():
    processes = ForkedProcesses()
    limits = Limits(600, 2**29, 600)
    await asyncio.gather(
        *(
            processes.run(f"chores:{sys.argv[2]}", {"file": f"{sys.argv[3]}/{kind}"}, limits=limits, kind=kind)
            for kind in Kind
        )
    )

asyncio.run(main())
"""


def _alive(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


@pytest.mark.parametrize("function", ["sleep", "hold_the_lock"])
def test_killing_the_service_leaves_no_process_behind(function: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVICE, str(Path(__file__).parent), function, str(tmp_path)]
    with subprocess.Popen(command) as service:
        files = [tmp_path / "compute", tmp_path / "decode"]
        while not all(file.exists() and file.read_text() for file in files):
            assert service.poll() is None
            time.sleep(0.05)
        family = [child.pid for child in psutil.Process(service.pid).children(recursive=True)]
        assert len(family) >= 4
        service.kill()
    _all_gone(family)


@pytest.mark.parametrize("after", [0.05, 0.4, 1.0])
def test_killing_the_service_while_a_server_starts_leaves_no_process_behind(after: float, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVICE, str(Path(__file__).parent), "sleep", str(tmp_path)]
    with subprocess.Popen(command, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}) as service:
        while not (family := [child.pid for child in psutil.Process(service.pid).children(recursive=True)]):
            time.sleep(0.01)
        time.sleep(after)
        family += [child.pid for child in psutil.Process(service.pid).children(recursive=True)]
        service.kill()
    _all_gone(family)


def _all_gone(family: list[int]) -> None:
    until = time.monotonic() + 5
    while time.monotonic() < until and any(_alive(pid) for pid in family):
        time.sleep(0.05)
    assert not [pid for pid in family if _alive(pid)]
