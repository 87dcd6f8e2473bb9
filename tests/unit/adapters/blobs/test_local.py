"""What only a folder on a disk has to get right."""

import errno
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from maquette.adapters.blobs import durability, incoming, local
from maquette.adapters.blobs.local import LocalBlobs
from maquette.domain.errors import Unavailable

KEY = "own_1/ab/" + "ab" * 32


@pytest.fixture
def blobs(tmp_path):
    return LocalBlobs(tmp_path / "blobs")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(b"content")
    return path


def _incoming(tmp_path):
    return list((tmp_path / "blobs" / "incoming").iterdir())


def test_a_sweep_leaves_uploads_in_progress_alone(blobs, tmp_path):
    running, finished = blobs.receive(), blobs.receive()
    running.write(b"1")
    finished.finish()
    assert LocalBlobs(tmp_path / "blobs").sweep() == 0
    assert len(_incoming(tmp_path)) == 2
    running.discard()
    finished.discard()


def test_what_is_stored_again_counts_as_new(blobs, source):
    blobs.keep(KEY, source)
    path = source.parent / "blobs" / "objects" / KEY
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert next(blobs.keys()).modified_at.year == 2001
    blobs.keep(KEY, source)
    assert time.time() - next(blobs.keys()).modified_at.timestamp() < 60


def test_a_sweep_takes_what_a_killed_process_left(blobs, tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from maquette.adapters.blobs.local import LocalBlobs\n"
        "writer = LocalBlobs(Path(sys.argv[1])).receive(); writer.write(b'half'); print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "blobs")], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "ready\n"
        assert blobs.sweep() == 0
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()
    assert blobs.sweep() == 1
    assert _incoming(tmp_path) == []


def test_a_forgotten_writer_leaves_an_orphan_and_no_descriptor(blobs):
    writer = blobs.receive()
    del writer
    assert blobs.sweep() == 1


def test_keeping_leaves_nothing_in_the_waiting_room(blobs, source, tmp_path):
    blobs.keep(KEY, source)
    assert _incoming(tmp_path) == []


def test_a_damaged_blob_is_stored_anew(blobs, source, tmp_path):
    blobs.keep(KEY, source)
    stored = tmp_path / "blobs" / "objects" / KEY
    stored.write_bytes(b"cut")
    blobs.keep(KEY, source)
    assert stored.read_bytes() == b"content"


def test_many_threads_may_keep_one_blob(blobs, source, tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: blobs.keep(KEY, source), range(32)))
    assert (tmp_path / "blobs" / "objects" / KEY).read_bytes() == b"content"
    assert _incoming(tmp_path) == []


def test_files_are_for_their_user_only(blobs, source, tmp_path):
    blobs.keep(KEY, source)
    stored = tmp_path / "blobs" / "objects" / KEY
    assert stored.stat().st_mode & 0o077 == 0
    assert stored.parent.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc what a descriptor is")
@pytest.mark.parametrize("through", ["copy", "link"])
def test_bytes_are_flushed_before_their_name_and_the_folders_after(blobs, source, monkeypatch, through):
    steps = []
    real_fsync, real_link, real_rename = os.fsync, os.link, os.replace

    def fsync(descriptor):
        steps.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real_fsync(descriptor)

    monkeypatch.setattr(durability, "flush", fsync)
    monkeypatch.setattr(incoming, "flush", fsync)
    monkeypatch.setattr(os, "link", lambda *paths: (steps.append("named"), real_link(*paths)))
    monkeypatch.setattr(
        local.Path, "replace", lambda path, target: (steps.append("named"), real_rename(path, target))[1]
    )
    writer = blobs.receive()
    writer.write(b"content")
    received = writer.finish()
    blobs.keep(KEY, received.path if through == "link" else source)
    writer.discard()
    named = steps.index("named")
    assert len(steps[:named]) == (1 if through == "link" else 2)
    assert steps[named + 1 :] == ["ab", "own_1", "objects"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_reported_and_heals(blobs, source, tmp_path, monkeypatch, code):
    def full(*_):
        raise OSError(code, os.strerror(code))

    writer = blobs.receive()
    for call in ("write",):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, full)
            for act in (lambda: writer.write(b"x"), lambda: blobs.keep(KEY, source)):
                with pytest.raises(Unavailable) as problem:
                    act()
                assert problem.value.code == "storage_full"
    assert not blobs.exists(KEY)
    writer.write(b"x")
    assert writer.finish().bytes == 1
    writer.discard()
    blobs.keep(KEY, source)
    assert _incoming(tmp_path) == []


def test_a_failed_flush_is_not_taken_for_success(blobs, source, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(incoming, "flush", full)
    with pytest.raises(Unavailable):
        blobs.keep(KEY, source)
    assert not blobs.exists(KEY)


def test_it_works_where_hard_links_do_not(blobs, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", unsupported)
    writer = blobs.receive()
    writer.write(b"content")
    blobs.keep(KEY, writer.finish().path)
    writer.discard()
    assert blobs.exists(KEY)
