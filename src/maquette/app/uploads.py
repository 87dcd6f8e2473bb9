"""Photos and models come in: received in pieces, checked in a process with limits, kept, and only then acknowledged."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from maquette.domain.assets import Asset, Quality, Role, View
from maquette.domain.errors import Refused, Unavailable
from maquette.domain.ids import new_id
from maquette.media.meshes.facts import GLB, HEAD_BYTES, facts, is_glb
from maquette.pipelines.child import MODEL_LIMITS, PROBE, PROBE_MODEL
from maquette.pipelines.keeping import add_kept
from maquette.pipelines.stage import MIB
from maquette.ports.blobs import BlobStore, BlobWriter, Received
from maquette.ports.clock import Clock
from maquette.ports.processes import Kind, Limits, Processes
from maquette.ports.stores import Database, Page, Transaction

P = ParamSpec("P")
T = TypeVar("T")

CARRIERS = 2
"""Threads that carry files to and from the store, for minutes if it is far: others must not wait for these."""
PROBE_LIMITS = Limits(seconds=20, memory_bytes=700 * MIB, cpu_seconds=15)


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """What the sender says of a photo. ``sha256`` (lower-case hex) is verified when given.

    ``role`` and ``derived_from`` are for what another system made of a photo.
    """

    name: str
    view: View | None = None
    project_id: str | None = None
    sha256: str | None = None
    role: Role = Role.ORIGINAL
    derived_from: tuple[str, ...] = ()


def clean_name(name: str) -> str:
    """The last component of a sender's file name, without control characters; at most 120 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable()).strip()[-120:]


class Uploads:
    """Takes photos and models, and gives assets."""

    def __init__(
        self, database: Database, blobs: BlobStore, processes: Processes, clock: Clock, max_photo_bytes: int
    ) -> None:
        self._db = database
        self._blobs = blobs
        self._processes = processes
        self._clock = clock
        self.max_photo_bytes = max_photo_bytes
        self._carriers = ThreadPoolExecutor(CARRIERS, "carrier")

    def receive(self) -> BlobWriter:
        """Opens the waiting room; feed it at most ``max_photo_bytes``."""
        return self._blobs.receive()

    async def add(self, owner_id: str, received: Received, info: PhotoInfo, *, announced: str | None = None) -> Asset:
        """Checks and keeps a received photo or model (GLB).

        The row is the acknowledgement: it is written after the bytes are safe.

        The same bytes under the same name and view are answered with the asset that exists already. ``announced`` is
        the upload that becomes complete with it. Raises the intake's errors, ``digest_mismatch``, ``not_found``
        (project), ``storage_full``, and ``conflict`` when that upload was completed or deleted meanwhile.
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
            return await asyncio.to_thread(self._settle, known, announced) if announced else known
        asset = self._described(owner_id, received, info, await self._probe(received.path))
        await self.carry(self._blobs.keep, asset.blob_key, received.path)
        return await asyncio.to_thread(self._record, asset, received, announced)

    async def _probe(self, path: Path) -> Mapping[str, Any]:
        """What a file is, found out in a process with limits: by its first bytes, whatever it is called."""
        with path.open("rb") as file:
            is_model = is_glb(file.read(HEAD_BYTES))
        function, limits = (PROBE_MODEL, MODEL_LIMITS) if is_model else (PROBE, PROBE_LIMITS)
        done = await self._processes.run(function, {"path": str(path)}, limits=limits, kind=Kind.DECODE)
        return {"media_type": GLB, "stats": facts(done.value)} if is_model else done.value

    async def carry(self, move: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs what moves a whole file to or from the store, when one of the few carriers is free."""
        return await asyncio.get_running_loop().run_in_executor(self._carriers, partial(move, *args, **kwargs))

    async def check(self, path: Path) -> None:
        """Raises what ``add`` would raise about these bytes. Keeps nothing."""
        size = path.stat().st_size
        if size == 0:
            raise Refused("empty_file")
        if size > self.max_photo_bytes:
            raise Refused("file_too_large", hint=f"At most {self.max_photo_bytes // MIB} MiB a photo.")
        await self._probe(path)

    def knows(self, owner_id: str, sha256: str) -> bool:
        """Whether the owner has sent these bytes before."""
        with self._db.read() as tx:
            return tx.assets.by_hash(owner_id, sha256, Role.ORIGINAL) is not None

    def recall(self, owner_id: str, info: PhotoInfo) -> Asset | None:
        """The photo with ``info.sha256`` if this owner has sent it before, so that nobody needs to send it again.

        Under another name, view or project it is another asset with the same bytes. Raises ``not_found`` (project).
        """
        sha256, info = info.sha256, replace(info, name=clean_name(info.name))
        if sha256 is None:
            return None
        same = self._known(owner_id, sha256, info)
        if same is not None:
            return same
        with self._db.read() as tx:
            kept = tx.assets.by_hash(owner_id, sha256, Role.ORIGINAL)
        if kept is None:
            return None
        said = {"name": info.name, "view": info.view, "project_id": info.project_id}
        return self._again(replace(kept, id=new_id("ast"), created_at=self._clock.now(), **said))

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
            self.check_project(tx, owner_id, info)
            asset = tx.assets.by_hash(owner_id, sha256, info.role)
        same = asset and (asset.name, asset.view, asset.project_id) == (info.name, info.view, info.project_id)
        return asset if same else None

    def _described(self, owner_id: str, received: Received, info: PhotoInfo, found: Mapping[str, Any]) -> Asset:
        return Asset(
            id=new_id("ast"),
            owner_id=owner_id,
            role=info.role,
            media_type=found["media_type"],
            sha256=received.sha256,
            bytes=received.bytes,
            created_at=self._clock.now(),
            name=info.name,
            view=info.view,
            project_id=info.project_id,
            width=found.get("width"),
            height=found.get("height"),
            stats=found.get("stats", {}),
            # what was measured is how good a photo is, not a cut-out
            quality=_quality(found.get("quality")) if info.role is Role.ORIGINAL else None,
            derived_from=info.derived_from,
        )

    def _record(self, asset: Asset, received: Received, announced: str | None) -> Asset:
        with self._db.write() as tx:
            add_kept(tx, self._blobs, [(asset, received.path)])
            _settle(tx, asset, announced)
        return asset

    def _again(self, asset: Asset) -> Asset | None:
        """Another row for bytes that are there; None if they are not."""
        try:
            with self._db.write() as tx:
                tx.assets.add(asset)
                # as in ``keeping``: from here to the commit nobody removes them
                if not self._blobs.exists(asset.blob_key):
                    raise Unavailable("data_missing")
        except Unavailable as error:
            if error.code != "data_missing":
                raise
            return None
        return asset

    def _settle(self, asset: Asset, announced: str | None) -> Asset:
        with self._db.write() as tx:
            _settle(tx, asset, announced)
        return asset

    @staticmethod
    def check_project(tx: Transaction, owner_id: str, info: PhotoInfo) -> None:
        """Raises ``not_found`` for a project that the owner does not have."""
        if info.project_id is not None and tx.projects.get(info.project_id, owner_id) is None:
            raise Refused("not_found", "There is no such project.")


def _quality(found: Mapping[str, Any] | None) -> Quality | None:
    return Quality(found["score"], tuple(found["flags"])) if found else None


def _settle(tx: Transaction, asset: Asset, announced: str | None) -> None:
    if announced is not None and not tx.uploads.settle(announced, asset.owner_id, asset.id):
        raise Refused("conflict")
