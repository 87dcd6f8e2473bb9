"""Folders of running stages, and which of their processes live."""

import subprocess
import sys
from pathlib import Path

from maquette.adapters.folder.scratch import Scratch

TAKE = """
import sys
from pathlib import Path
from maquette.adapters.folder.scratch import Scratch
scratch = Scratch(Path(sys.argv[1]))
(scratch.take("worker:other") / "photo").touch()
print("taken", flush=True)
sys.stdin.read()
"""


def test_only_the_folders_of_dead_processes_are_swept(tmp_path: Path) -> None:
    own = Scratch(tmp_path)
    mine = own.take("worker:mine")
    command = [sys.executable, "-c", TAKE, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert Scratch(tmp_path).sweep() == ()
        assert len(list(tmp_path.glob("*/photo"))) == 1
        other.kill()
    assert own.sweep() == ("worker:other",)
    assert {path.stem for path in tmp_path.iterdir()} == {mine.name}


def test_what_was_released_is_gone_and_nobody_died(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    (scratch.take("worker:mine") / "photo").touch()
    scratch.release()
    assert list(tmp_path.iterdir()) == []
    assert scratch.sweep() == ()


def test_leftovers_of_older_versions_are_swept(tmp_path: Path) -> None:
    (tmp_path / "desk_1" / "in").mkdir(parents=True)
    Scratch(tmp_path).sweep()
    assert list(tmp_path.iterdir()) == []
