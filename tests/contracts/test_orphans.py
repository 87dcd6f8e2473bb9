"""Bytes without a row go, and whoever brings the same content meanwhile loses nothing: on every store there is."""

import hashlib
import os
import threading
from datetime import UTC, datetime, timedelta

import pytest

from maquette.app.orphans import Orphans
from maquette.domain.assets import blob_key
from maquette.pipelines.keeping import add_kept

LATER = timedelta(days=2)
ROUNDS = 10


@pytest.fixture
def content(tmp_path):
    def make(data=None):
        path = tmp_path / "content"
        path.write_bytes(data or os.urandom(100))
        return path, hashlib.sha256(path.read_bytes()).hexdigest()

    return make


def _keep_and_add(database, blobs, asset, path, between=lambda: None):
    blobs.keep(asset.blob_key, path)
    between()
    with database.write() as tx:
        add_kept(tx, blobs, [(asset, path)])


def _sweep(database, blobs, now=None):
    return Orphans(database, blobs).remove(now or datetime.now(UTC) + LATER, database.write, lambda: False)


def test_only_old_bytes_that_no_row_refers_to_go(database, blobs, sample, content):
    path, sha256 = content()
    kept = sample.asset(sha256=sha256)
    _keep_and_add(database, blobs, kept, path)
    deleted = sample.asset(sha256="e" * 64)
    blobs.keep(deleted.blob_key, path)
    with database.write() as tx:
        tx.assets.add(deleted)
        tx.deleted.delete_asset(sample.owner, deleted.id, deleted.created_at)
    orphan, strange = blob_key(sample.owner, "f" * 64), f"{sample.owner}/no-asset"
    for key in (orphan, strange):
        blobs.keep(key, path)
    assert _sweep(database, blobs, datetime.now(UTC) + timedelta(hours=23)).count == 0
    found = Orphans(database, blobs).find(datetime.now(UTC) + LATER, lambda: False)
    removed = _sweep(database, blobs)
    assert removed == found
    assert removed.count >= 1
    assert removed.bytes >= 100
    assert not blobs.exists(orphan)
    assert all(blobs.exists(key) for key in (kept.blob_key, deleted.blob_key, strange))


def test_bytes_swept_between_keeping_and_the_row_are_stored_again(database, blobs, sample, content):
    path, sha256 = content()
    asset = sample.asset(sha256=sha256)
    blobs.keep(asset.blob_key, path)
    _keep_and_add(database, blobs, asset, path, between=lambda: _sweep(database, blobs))
    assert blobs.exists(asset.blob_key)


class Slow:
    """A store whose ``remove`` dawdles, so that somebody can come in between."""

    def __init__(self, blobs, removing, go_on):
        self._blobs, self._removing, self._go_on = blobs, removing, go_on

    def __getattr__(self, name):
        return getattr(self._blobs, name)

    def remove(self, key):
        self._removing.set()
        self._go_on.wait(5)
        self._blobs.remove(key)


def test_a_row_that_comes_while_its_bytes_are_being_removed_gets_them_back(database, blobs, sample, content):
    path, sha256 = content()
    asset = sample.asset(sha256=sha256)
    blobs.keep(asset.blob_key, path)
    removing, go_on = threading.Event(), threading.Event()
    sweeping = threading.Thread(target=_sweep, args=(database, Slow(blobs, removing, go_on)))
    sweeping.start()
    assert removing.wait(30)
    adding = threading.Thread(target=_keep_and_add, args=(database, blobs, asset, path))
    adding.start()
    adding.join(0.3)
    assert adding.is_alive()  # it waits for the remover, and so sees what that did
    go_on.set()
    for thread in (sweeping, adding):
        thread.join()
    assert blobs.exists(asset.blob_key)


def test_whoever_brings_content_while_it_is_swept_loses_nothing(database, blobs, sample, content):
    """Real threads, without any order."""
    stop = threading.Event()

    def sweep():
        while not stop.is_set():
            _sweep(database, blobs)

    sweeping = threading.Thread(target=sweep)
    sweeping.start()
    try:
        for index in range(ROUNDS):
            path, sha256 = content()
            asset = sample.asset(index, sha256=sha256)
            blobs.keep(asset.blob_key, path)
            _keep_and_add(database, blobs, asset, path)
            assert blobs.exists(asset.blob_key)
    finally:
        stop.set()
        sweeping.join()
    with database.read() as tx:
        assets = tx.assets.list(sample.owner, limit=ROUNDS).items
    assert len(assets) == ROUNDS
    assert all(blobs.exists(asset.blob_key) for asset in assets)
