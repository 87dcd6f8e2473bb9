"""Bytes come before their row; between the two a sweep may take them for nobody's.

That happens when content which nobody had any more comes again: it is found to be there already, and removed a moment
later. Once the row is written (not yet committed) no sweep touches the bytes, so that is the time to look.
"""

from collections.abc import Iterable
from pathlib import Path

from maquette.domain.assets import Asset
from maquette.ports.blobs import BlobStore
from maquette.ports.stores import Transaction


def add_kept(tx: Transaction, blobs: BlobStore, kept: Iterable[tuple[Asset, Path]]) -> None:
    """Adds rows for assets whose bytes were kept, each with the file that they came from, and mends what was swept."""
    for asset, source in kept:
        tx.assets.add(asset)
        if not blobs.exists(asset.blob_key):
            blobs.keep(asset.blob_key, source)
