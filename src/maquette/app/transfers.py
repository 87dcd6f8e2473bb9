"""Announced uploads: the sender says what will come, puts the bytes wherever the store wants them, and says when done.

Nothing that the sender said is believed. Completing fetches the bytes back, within the announced length, and from
there on they are a photo like any other.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from maquette.app.uploads import PhotoInfo, Uploads, clean_name
from maquette.domain.assets import Asset
from maquette.domain.errors import Refused
from maquette.domain.ids import new_id
from maquette.domain.uploads import Upload
from maquette.ports.blobs import BlobWriter, Door, Received, UploadDepot
from maquette.ports.clock import Clock
from maquette.ports.stores import Database

DOOR_S = 900
"""How long bytes may start to arrive, in seconds."""
KEPT = timedelta(days=1)
"""How long an upload can be completed."""
MAX_PENDING = 100
"""Uploads of one owner that may be open at a time."""


@dataclass(frozen=True, slots=True)
class Announced:
    """An upload that was announced; without a ``door`` our own server takes the bytes."""

    upload: Upload
    door: Door | None

    @property
    def closes_at(self) -> datetime:
        """When bytes must have begun to arrive."""
        return self.upload.created_at + timedelta(seconds=DOOR_S)


class Transfers:
    """Takes announcements, and the bytes that come with them."""

    def __init__(self, database: Database, depot: UploadDepot, uploads: Uploads, clock: Clock) -> None:
        self._db = database
        self._depot = depot
        self._uploads = uploads
        self._clock = clock

    def announce(self, owner_id: str, info: PhotoInfo, length: int, media_type: str) -> Announced | Asset:
        """Opens an upload, or gives the asset that has these bytes already.

        Raises ``file_too_large``, ``not_found`` (project), ``too_many_uploads``, ``storage_unavailable``.
        """
        if length > self._uploads.max_photo_bytes:
            raise Refused("file_too_large", hint=f"At most {self._uploads.max_photo_bytes // 1_000_000} MB a photo.")
        known = self._uploads.recall(owner_id, info)
        if known is not None:
            return known
        now = self._clock.now()
        upload = Upload(
            id=new_id("upl"),
            owner_id=owner_id,
            name=clean_name(info.name),
            media_type=media_type,
            bytes=length,
            created_at=now,
            expires_at=now + KEPT,
            view=info.view,
            project_id=info.project_id,
            sha256=info.sha256,
        )
        door = self._depot.door(upload.key, length, info.sha256, DOOR_S)
        with self._db.write() as tx:
            self._uploads.check_project(tx, owner_id, info)
            if tx.uploads.pending(owner_id) >= MAX_PENDING:
                raise Refused("too_many_uploads")
            tx.uploads.add(upload)
        return Announced(upload, door)

    def expected(self, upload_id: str) -> Upload:
        """The open upload behind a signed link, whoever bears it. Raises ``not_found`` and ``conflict``."""
        with self._db.read() as tx:
            upload = tx.uploads.get(upload_id)
        if upload is None:
            raise Refused("not_found")
        if upload.asset_id is not None:
            raise Refused("conflict", "The upload is complete.", "Announce another.")
        return upload

    def receive(self) -> BlobWriter:
        """Opens the waiting room for bytes that come to our own server."""
        return self._uploads.receive()

    def put(self, upload: Upload, received: Received) -> None:
        """Leaves what was received for ``complete``. Raises ``length_mismatch`` and ``digest_mismatch``."""
        _check(upload, received)
        self._depot.put(upload.key, received.path)

    async def complete(self, owner_id: str, upload_id: str) -> Asset:
        """Checks and keeps what has arrived. Again, it gives the same asset.

        Raises ``not_found``, ``upload_missing``, ``length_mismatch``, and whatever an upload can be refused for;
        bytes that were refused are forgotten, and others may be put in their place.
        """
        upload = await asyncio.to_thread(self._get, owner_id, upload_id)
        if upload.asset_id is not None:
            return await asyncio.to_thread(self._uploads.get, owner_id, upload.asset_id)
        try:
            asset = await self._add(upload)
        except Refused as refusal:
            if refusal.code == "conflict":
                return await asyncio.to_thread(self._settled, owner_id, upload_id)
            await asyncio.to_thread(self._depot.remove, upload.key)
            raise
        await asyncio.to_thread(self._depot.remove, upload.key)
        return asset

    def cancel(self, owner_id: str, upload_id: str) -> None:
        """Forgets an upload and what has arrived of it; an asset that it became stays. Raises ``not_found``."""
        upload = self._get(owner_id, upload_id)
        self._depot.remove(upload.key)
        with self._db.write() as tx:
            tx.uploads.delete(upload.id, owner_id)

    def sweep(self, limit: int = 100) -> int:
        """Forgets the uploads that can no longer be completed, bytes first; says how many."""
        with self._db.read() as tx:
            expired = tx.uploads.expired(self._clock.now(), limit)
        for upload in expired:
            self._depot.remove(upload.key)
            with self._db.write() as tx:
                tx.uploads.delete(upload.id, upload.owner_id)
        return len(expired)

    async def _add(self, upload: Upload) -> Asset:
        writer = await asyncio.to_thread(self._uploads.receive)
        try:
            received = await self._uploads.carry(self._fetch, upload, writer)
            info = PhotoInfo(upload.name, upload.view, upload.project_id, upload.sha256)
            return await self._uploads.add(upload.owner_id, received, info, announced=upload.id)
        finally:
            await asyncio.to_thread(writer.discard)

    def _fetch(self, upload: Upload, writer: BlobWriter) -> Received:
        size = self._depot.size(upload.key)
        if size is None:
            raise Refused("upload_missing")
        if size != upload.bytes:
            raise Refused("length_mismatch", f"{size} bytes have arrived, {upload.bytes} were announced.")
        total = 0
        for piece in self._depot.read(upload.key):
            total += len(piece)
            # whoever has the link may have put more there meanwhile
            if total > upload.bytes:
                raise Refused("length_mismatch")
            writer.write(piece)
        received = writer.finish()
        _check(upload, received)
        return received

    def _get(self, owner_id: str, upload_id: str) -> Upload:
        with self._db.read() as tx:
            upload = tx.uploads.get(upload_id, owner_id)
        if upload is None:
            raise Refused("not_found")
        return upload

    def _settled(self, owner_id: str, upload_id: str) -> Asset:
        """What another call has made of it."""
        return self._uploads.get(owner_id, self._get(owner_id, upload_id).asset_id or "")


def _check(upload: Upload, received: Received) -> None:
    if received.bytes != upload.bytes:
        raise Refused("length_mismatch", f"{received.bytes} bytes have arrived, {upload.bytes} were announced.")
    if upload.sha256 not in (None, received.sha256):
        raise Refused("digest_mismatch")
