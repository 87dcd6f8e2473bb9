"""What every store of blobs promises."""

import asyncio
import hashlib
import os
from datetime import UTC, datetime, timedelta

import pytest

from maquette.domain.assets import blob_key
from maquette.domain.errors import Refused, Unavailable

DATA = os.urandom(700_001)
DIGEST = hashlib.sha256(DATA).hexdigest()
KEY = blob_key("own_1", DIGEST)


def _read(blobs, key, *span):
    async def gather():
        return [piece async for piece in blobs.stream(key, *span)]

    return asyncio.run(gather())


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.bin"
    path.write_bytes(DATA)
    return path


def _receive(blobs, data=DATA, step=65_536):
    writer = blobs.receive()
    for start in range(0, len(data), step):
        writer.write(data[start : start + step])
    return writer, writer.finish()


def test_a_received_file_is_hashed_and_counted(blobs):
    writer, received = _receive(blobs)
    assert (received.sha256, received.bytes) == (DIGEST, len(DATA))
    assert received.path.read_bytes() == DATA
    assert writer.finish() == received
    writer.discard()


def test_what_was_received_can_be_kept_and_outlives_its_discarding(blobs):
    writer, received = _receive(blobs)
    blobs.keep(KEY, received.path)
    assert received.path.exists()
    writer.discard()
    assert not received.path.exists()
    assert b"".join(_read(blobs, KEY)) == DATA


def test_an_upload_can_be_discarded_at_any_time(blobs):
    writer = blobs.receive()
    writer.write(b"half")
    writer.discard()
    writer.discard()
    with pytest.raises(Refused):
        writer.write(b"more")
    with pytest.raises(Refused):
        writer.finish()


def test_nothing_can_be_written_after_the_end(blobs):
    writer, _ = _receive(blobs)
    with pytest.raises(Refused):
        writer.write(b"more")
    writer.discard()


def test_an_empty_upload_is_an_empty_file(blobs, tmp_path):
    writer, received = _receive(blobs, b"")
    assert received.bytes == 0
    key = blob_key("own_1", received.sha256)
    blobs.keep(key, received.path)
    writer.discard()
    assert _read(blobs, key) == []
    blobs.fetch(key, tmp_path / "empty")
    assert (tmp_path / "empty").read_bytes() == b""


def test_a_kept_file_is_independent_of_its_source(blobs, source, tmp_path):
    blobs.keep(KEY, source)
    source.write_bytes(b"altered")
    blobs.fetch(KEY, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == DATA
    (tmp_path / "copy").write_bytes(b"altered too")
    assert b"".join(_read(blobs, KEY)) == DATA


def test_keeping_twice_changes_nothing(blobs, source):
    blobs.keep(KEY, source)
    blobs.keep(KEY, source)
    assert b"".join(_read(blobs, KEY)) == DATA


@pytest.mark.parametrize(
    "span",
    [
        (0,),
        (5,),
        (0, 10),
        (5, 5),
        (10, 5),
        (699_000, 700_001),
        (699_000, 10**9),
        (700_001,),
        (10**9,),
        (300_000, 600_000),
    ],
    ids=str,
)
def test_a_part_can_be_read(blobs, source, span):
    blobs.keep(KEY, source)
    assert b"".join(_read(blobs, KEY, *span)) == DATA[slice(*span) if len(span) == 2 else slice(span[0], None)]


def test_a_missing_blob_is_said_to_be_missing(blobs, tmp_path):
    assert not blobs.exists(KEY)
    for read in (lambda: blobs.fetch(KEY, tmp_path / "x"), lambda: _read(blobs, KEY), lambda: _read(blobs, KEY, 5)):
        with pytest.raises(Unavailable) as problem:
            read()
        assert problem.value.code == "data_missing"
    assert not (tmp_path / "x").exists()


def test_a_removed_blob_is_missing_and_can_be_removed_again(blobs, source):
    blobs.keep(KEY, source)
    assert blobs.exists(KEY)
    blobs.remove(KEY)
    assert not blobs.exists(KEY)
    blobs.remove(KEY)


def test_all_keys_can_be_listed(blobs, source):
    theirs = blob_key("own_2", DIGEST)
    before = datetime.now(UTC) - timedelta(seconds=2)
    assert list(blobs.keys()) == []
    for key in (KEY, theirs):
        blobs.keep(key, source)
    writer, _ = _receive(blobs)
    assert {(found.key, found.bytes) for found in blobs.keys()} == {(KEY, len(DATA)), (theirs, len(DATA))}
    assert all(before <= found.modified_at <= datetime.now(UTC) + timedelta(seconds=2) for found in blobs.keys())
    writer.discard()
    blobs.remove(KEY)
    assert [found.key for found in blobs.keys()] == [theirs]


def test_owners_do_not_share_copies(blobs, source):
    blobs.keep(KEY, source)
    theirs = blob_key("own_2", DIGEST)
    assert not blobs.exists(theirs)
    blobs.keep(theirs, source)
    blobs.remove(KEY)
    assert b"".join(_read(blobs, theirs)) == DATA


@pytest.mark.parametrize(
    "key",
    [
        "", "a", "/etc/passwd", "../a/b", "a/../b", "a/..", "a/./b", "a//b", "a/b/", "a\\b/c", "a/b\0", "a/b\n", "\n/b",
        "a/.hidden", ".a/b", "C:/b", "a/%2e%2e/b", "a/b c", "a/\N{FULLWIDTH FULL STOP}/b", "a/" + "b" * 200, "a/~",
    ],
)  # fmt: skip
def test_a_key_that_is_not_ours_is_refused_by_every_door(blobs, source, tmp_path, key):
    doors = (
        lambda: blobs.keep(key, source),
        lambda: blobs.fetch(key, tmp_path / "x"),
        lambda: _read(blobs, key),
        lambda: blobs.exists(key),
        lambda: blobs.remove(key),
    )
    for door in doors:
        with pytest.raises(Refused):
            door()
