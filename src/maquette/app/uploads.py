"""Photos come in: received in pieces, checked in a process with limits, kept, and only then acknowledged."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from maquette.domain.assets import Asset, Role, View
from maquette.domain.errors import Refused
from maquette.domain.ids import new_id
from maquette.pipelines.child import PROBE
from maquette.pipelines.keeping import add_kept
from maquette.pipelines.stage import MIB
from maquette.ports.blobs import BlobStore, BlobWriter, Received
from maquette.ports.clock import Clock
from maquette.ports.processes import Kind, Limits, Processes
from maquette.ports.stores import Database, Page, Transaction

PROBE_LIMITS = Limits(seconds=20, memory_bytes=700 * MIB, cpu_seconds=15)


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """What the sender says of a photo. ``sha256`` (lower-case hex) is verified when given."""

    name: str
    view: View | None = None
    project_id: str | None = None
    sha256: str | None = None


def clean_name(name: str) -> str:
    """The last component of a sender's file name, without control characters; at most 120 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable()).strip()[-120:]


class Uploads:
    """Takes photos and gives assets."""

    def __init__(
        self, database: Database, blobs: BlobStore, processes: Processes, clock: Clock, max_photo_bytes: int
    ) -> None:
        self._db = database
        self._blobs = blobs
        self._processes = processes
        self._clock = clock
        self.max_photo_bytes = max_photo_bytes

    def receive(self) -> BlobWriter:
        """Opens the waiting room; feed it at most ``max_photo_bytes``."""
        return self._blobs.receive()

    async def add_photo(self, owner_id: str, received: Received, info: PhotoInfo) -> Asset:
        """Checks and keeps a received photo. The row is the acknowledgement: it is written after the bytes are safe.

        The same bytes under the same name and view are answered with the asset that exists already. Raises the
        intake's errors, ``digest_mismatch``, ``not_found`` (project), ``storage_full``.
        """
        info = replace(info, name=clean_name(info.name))
        if info.sha256 is not None and info.sha256 != received.sha256:
            raise Refused("digest_mismatch")
        if received.bytes == 0:
            raise Refused("empty_file")
        if received.bytes > self.max_photo_bytes:
            raise Refused("file_too_large", hint=f"At most {self.max_photo_bytes // MIB} MiB a photo.")
        known = await asyncio.to_thread(self._known, owner_id, received.sha256, info)
        if known is not None:
            return known
        done = await self._processes.run(PROBE, {"path": str(received.path)}, limits=PROBE_LIMITS, kind=Kind.DECODE)
        return await asyncio.to_thread(self._keep, owner_id, received, info, done.value)

    def get(self, owner_id: str, asset_id: str) -> Asset:
        """Raises ``not_found``."""
        with self._db.read() as tx:
            asset = tx.assets.get(asset_id, owner_id)
        if asset is None:
            raise Refused("not_found")
        return asset

    def linked(self, asset_id: str) -> Asset:
        """The asset behind a signed link, whoever owns it. Raises ``not_found``."""
        with self._db.read() as tx:
            asset = tx.assets.get(asset_id)
        if asset is None:
            raise Refused("not_found")
        return asset

    def list(self, owner_id: str, project_id: str | None, cursor: str | None, limit: int) -> Page[Asset]:
        """The owner's assets, newest first."""
        with self._db.read() as tx:
            return tx.assets.list(owner_id, project_id=project_id, cursor=cursor, limit=limit)

    def _known(self, owner_id: str, sha256: str, info: PhotoInfo) -> Asset | None:
        with self._db.read() as tx:
            self._check_project(tx, owner_id, info)
            asset = tx.assets.by_hash(owner_id, sha256, Role.ORIGINAL)
        same = asset and (asset.name, asset.view, asset.project_id) == (info.name, info.view, info.project_id)
        return asset if same else None

    def _keep(self, owner_id: str, received: Received, info: PhotoInfo, facts: Mapping[str, Any]) -> Asset:
        asset = Asset(
            id=new_id("ast"),
            owner_id=owner_id,
            role=Role.ORIGINAL,
            media_type=facts["media_type"],
            sha256=received.sha256,
            bytes=received.bytes,
            created_at=self._clock.now(),
            name=info.name,
            view=info.view,
            project_id=info.project_id,
            width=facts["width"],
            height=facts["height"],
        )
        self._blobs.keep(asset.blob_key, received.path)
        with self._db.write() as tx:
            add_kept(tx, self._blobs, [(asset, received.path)])
        return asset

    @staticmethod
    def _check_project(tx: Transaction, owner_id: str, info: PhotoInfo) -> None:
        if info.project_id is not None and tx.projects.get(info.project_id, owner_id) is None:
            raise Refused("not_found", "There is no such project.")
