"""The use cases: a project leaves, a project arrives."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from maquette.app.portable.archive import Archive, Limits, close_archive, invalid, open_archive
from maquette.app.portable.content import Content, read
from maquette.app.portable.lines import BLOBS
from maquette.app.portable.packing import Contents, collect, pack
from maquette.app.portable.rows import Rows
from maquette.app.uploads import PROBE_LIMITS
from maquette.domain.assets import Role, blob_key
from maquette.domain.errors import Unavailable
from maquette.domain.projects import Project
from maquette.pipelines.child import PROBE
from maquette.ports.blobs import BlobStore, BlobWriter
from maquette.ports.clock import Clock
from maquette.ports.processes import Kind, Processes
from maquette.ports.stores import Database

TRIES = 3


class _Swept(Exception):
    """Rolls the rows back."""


class Carrier:
    """Exports and imports projects."""

    def __init__(
        self, database: Database, blobs: BlobStore, processes: Processes, clock: Clock, limits: Limits
    ) -> None:
        self._db = database
        self._blobs = blobs
        self._processes = processes
        self._clock = clock
        self.limits = limits

    async def export(self, owner_id: str, project_id: str) -> AsyncGenerator[bytes, None]:
        """The zip, piece by piece, once the project has been read. Raises ``not_found``.

        Jobs that have not ended stay behind. While it is sent, ``data_missing`` may come.
        """
        contents = await asyncio.to_thread(self._collect, owner_id, project_id)
        return pack(contents, self._blobs)

    def receive(self) -> BlobWriter:
        """Opens the waiting room for an archive; feed it at most ``limits.bytes``."""
        return self._blobs.receive()

    async def take_in(self, owner_id: str, path: Path) -> Project:
        """Makes a project of this owner out of an archive: all of it, or nothing.

        Everything in it is checked, and gets a fresh id. Raises ``archive_invalid``, ``file_too_large``,
        ``unknown_pipeline``, ``unknown_setting``, ``storage_full`` and the errors of the intake of photos.
        """
        archive = await asyncio.to_thread(open_archive, path, self.limits)
        try:
            content = await asyncio.to_thread(read, archive, self.limits, self._clock.now())
            rows = Rows(content, owner_id)
            for _ in range(TRIES):
                await self._keep(owner_id, archive, content)
                if await asyncio.to_thread(self._write, rows):
                    return rows.project
        finally:
            await asyncio.to_thread(close_archive, archive)
        raise Unavailable("not_ready", "The files could not be kept.", "Try again in a moment.")

    def _collect(self, owner_id: str, project_id: str) -> Contents:
        with self._db.read() as tx:
            return collect(tx, owner_id, project_id)

    async def _keep(self, owner_id: str, archive: Archive, content: Content) -> None:
        """The bytes come before the rows; if no rows follow, they are swept some day."""
        photos = {asset.sha256: asset for asset in content.assets if asset.role is Role.ORIGINAL}
        for sha256 in archive.blobs:
            writer = await asyncio.to_thread(self._blobs.receive)
            try:
                path = await asyncio.to_thread(_unpack, archive, sha256, writer)
                photo = photos.get(sha256)
                if photo is not None and photo.media_type.startswith("image/"):
                    found = await self._processes.run(PROBE, {"path": str(path)}, limits=PROBE_LIMITS, kind=Kind.DECODE)
                    told = (photo.media_type, photo.width, photo.height)
                    if told != (found.value["media_type"], found.value["width"], found.value["height"]):
                        raise invalid("A photo is not what it says.")
                await asyncio.to_thread(self._blobs.keep, blob_key(owner_id, sha256), path)
            finally:
                await asyncio.to_thread(writer.discard)

    def _write(self, rows: Rows) -> bool:
        """False, with nothing written, when a sweep took some bytes for nobody's before their rows were there."""
        try:
            with self._db.write() as tx:
                tx.projects.add(rows.project)
                for asset in rows.assets:
                    tx.assets.add(asset)
                for job, events in rows.jobs:
                    tx.imports.add_job(job, events)
                tx.imports.add_tasks(rows.tasks)
                for batch, batched in rows.batches:
                    tx.batches.add(batch, batched, "")
                for result in rows.results:
                    tx.results.add(result)
                if not all(self._blobs.exists(asset.blob_key) for asset in rows.assets):
                    raise _Swept
        except _Swept:
            return False
        return True


def _unpack(archive: Archive, sha256: str, writer: BlobWriter) -> Path:
    for piece in archive.read(f"{BLOBS}{sha256}"):
        writer.write(piece)
    return writer.finish().path
