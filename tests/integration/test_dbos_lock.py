"""Who may work on a data folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from maquette.adapters.dbos.lock import FolderLock, Holder, executor_id
from maquette.domain.errors import Refused

HOLD = """
import sys
from pathlib import Path
from maquette.adapters.dbos.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]), version=sys.argv[2])
print(lock.try_lock(sys.argv[3]), flush=True)
sys.stdin.read()
"""


def hold(folder: Path, version: str = "1", url: str = "http://127.0.0.1:8760") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD, str(folder), version, url]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_free_folder_is_taken_and_given_back(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    assert first.holder() is None
    assert first.try_lock()
    assert first.try_lock("http://127.0.0.1:1")
    assert not second.try_lock()
    first.release()
    assert second.holder() is None
    assert second.try_lock()
    second.release()


def test_the_refusal_names_the_address_of_the_holder(tmp_path: Path) -> None:
    process = hold(tmp_path)
    lock = FolderLock(tmp_path, version="1")
    assert not lock.try_lock()
    assert lock.holder() == Holder(process.pid, "http://127.0.0.1:8760", "1")
    with pytest.raises(Refused, match=r"http://127\.0\.0\.1:8760") as caught:
        lock.lock()
    assert caught.value.code == "data_folder_busy"
    assert str(process.pid) in caught.value.hint
    end(process)


def test_a_holder_of_another_version_is_refused_even_as_a_helper(tmp_path: Path) -> None:
    process = hold(tmp_path, version="0.9")
    with pytest.raises(Refused, match=r"version 0\.9, this is 1") as caught:
        FolderLock(tmp_path, version="1").try_lock()
    assert caught.value.code == "data_folder_busy"
    end(process)


def test_the_lock_of_a_killed_holder_is_free(tmp_path: Path) -> None:
    end(hold(tmp_path, version="0.9"))
    lock = FolderLock(tmp_path, version="1")
    assert lock.holder() is None
    lock.lock("http://127.0.0.1:2")
    lock.release()


def test_an_announced_address_replaces_the_old_one(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path, version="1")
    lock.lock("http://127.0.0.1:65535/a-rather-long-address")
    lock.announce("http://h:1")
    holder = FolderLock(tmp_path, version="1").holder()
    assert holder is not None
    assert holder.url == "http://h:1"
    lock.release()
    with pytest.raises(RuntimeError):
        lock.announce("")


def test_the_name_of_the_executor_stays_with_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert executor_id(tmp_path / "a") == executor_id(tmp_path / "a")
    assert executor_id(tmp_path / "a") != executor_id(tmp_path / "b")
    assert executor_id(tmp_path / "a").startswith("embedded:")
