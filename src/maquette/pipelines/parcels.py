"""Files that a provider has made: brought here at once, looked at, and kept as ours."""

import asyncio
import hashlib
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maquette.domain.assets import Asset, Role, blob_key
from maquette.domain.calls import ProviderCall
from maquette.domain.errors import MaquetteError, Temporary
from maquette.domain.hosting import Billed, Fault, Trouble
from maquette.domain.ids import new_id
from maquette.pipelines.keeping import add_kept
from maquette.ports.blobs import BlobStore
from maquette.ports.clock import Clock
from maquette.ports.hosting import Parcel
from maquette.ports.outbound import Bounds, Fetcher, Policy
from maquette.ports.stores import Database, Transaction

MODEL_BYTES = 256 << 20
"""What the checks of models read at most."""
OTHER_BYTES = 64 << 20
DOWNLOAD_S = 600.0
PAUSES_S = (1.0, 4.0)
"""Before a download that broke is tried again."""
MOST_PARCELS = 32
_MODEL = "model"
_GLB_HEAD = struct.Struct("<4sII")
_ROLES: Mapping[str, Role] = {
    "model": Role.MODEL,
    "picture": Role.EDIT,
    "mask": Role.MASK,
    "texture": Role.TEXTURE,
    "thumbnail": Role.THUMBNAIL,
}
"""As what the files of an order are kept; anything else as a report. They are no outputs of the stage."""
_NEEDED = frozenset({"model", "picture", "mask", "text"})
"""Roles without which nothing can be made; of the others a file that cannot be had is left out."""


@dataclass(frozen=True, slots=True)
class Brought:
    """One file of an outcome, here."""

    role: str
    media_type: str
    path: Path
    sha256: str
    bytes: int

    def document(self) -> dict[str, Any]:
        """As JSON."""
        facts = {"role": self.role, "media_type": self.media_type, "path": str(self.path)}
        return facts | {"sha256": self.sha256, "bytes": self.bytes}


class Porter:
    """Brings parcels into a folder, and the files of a finished order back out of our own store."""

    def __init__(self, database: Database, blobs: BlobStore, fetcher: Fetcher | None, clock: Clock) -> None:
        self._db = database
        self._blobs = blobs
        self._fetcher = fetcher
        self._clock = clock

    async def bring(self, parcels: Sequence[Parcel], into: Path, policy: Policy) -> tuple[Brought, ...]:
        """Raises ``Trouble``: ``EXPIRED`` for an address that serves nothing, ``BAD_OUTPUT``, or what passes."""
        brought: list[Brought] = []
        for index, parcel in enumerate(parcels[:MOST_PARCELS]):
            path = parcel.path or into / f"parcel-{index}"
            try:
                media_type = await self._download(parcel, path, policy) if parcel.url else parcel.media_type
                brought.append(await asyncio.to_thread(_looked_at, parcel, path, media_type))
            except Trouble:
                if parcel.role in _NEEDED:
                    raise
        if not any(file.role in _NEEDED for file in brought):
            raise Trouble(Fault.BAD_OUTPUT, "The provider delivered nothing.")
        return tuple(brought)

    def keep(self, call: ProviderCall, files: Sequence[Brought]) -> tuple[tuple[Asset, Path], ...]:
        """Puts the bytes into our store; the rows come after them. Blocking."""
        return tuple((self._kept(call, file), file.path) for file in files)

    def write(self, kept: Sequence[tuple[Asset, Path]]) -> Callable[[Transaction], None]:
        """What writes the rows."""
        return lambda tx: add_kept(tx, self._blobs, kept)

    def again(self, call: ProviderCall, into: Path) -> tuple[Brought, ...] | None:
        """The files of an order that succeeded before, from our own store; None where they were deleted. Blocking."""
        with self._db.read() as tx:
            assets = {asset.id: asset for asset in tx.assets.many([parcel["asset_id"] for parcel in call.parcels])}
        if not call.parcels or len(assets) < len({parcel["asset_id"] for parcel in call.parcels}):
            return None
        found: list[Brought] = []
        for index, parcel in enumerate(call.parcels):
            asset, path = assets[parcel["asset_id"]], into / f"kept-{index}"
            self._blobs.fetch(asset.blob_key, path)
            found.append(Brought(parcel["role"], asset.media_type, path, asset.sha256, asset.bytes))
        return tuple(found)

    async def _download(self, parcel: Parcel, path: Path, policy: Policy) -> str:
        for pause in (*PAUSES_S, None):
            try:
                return await self._downloaded(parcel, path, policy)
            except Temporary as error:
                if pause is None:
                    raise Trouble(Fault.TRANSPORT, "The result cannot be fetched.", raw=error.code) from error
                await asyncio.sleep(min(error.retry_after or pause, 30.0))
            except MaquetteError as error:
                raise _refused(error) from error
        raise AssertionError  # the last pause is None

    async def _downloaded(self, parcel: Parcel, path: Path, policy: Policy) -> str:
        if self._fetcher is None:
            raise Trouble(Fault.TRANSPORT, "This process may not fetch files.")
        bounds = Bounds(bytes=MODEL_BYTES if parcel.role == _MODEL else OTHER_BYTES, seconds=DOWNLOAD_S)
        with path.open("wb") as file:
            got = await self._fetcher.download(
                parcel.url, file.write, headers=parcel.headers or None, policy=policy, bounds=bounds
            )
        return parcel.media_type or got.media_type

    def _kept(self, call: ProviderCall, file: Brought) -> Asset:
        self._blobs.keep(blob_key(call.owner_id, file.sha256), file.path)
        return Asset(
            id=new_id("ast"),
            owner_id=call.owner_id,
            role=_ROLES.get(file.role, Role.REPORT),
            media_type=file.media_type,
            sha256=file.sha256,
            bytes=file.bytes,
            created_at=self._clock.now(),
            name="delivered",
            produced_by=call.task_id,
            engine=call.engine,
            is_test=call.is_test,
        )


def told(files: Sequence[Brought], kept: Sequence[tuple[Asset, Path]]) -> tuple[Mapping[str, Any], ...]:
    """What the ledger remembers of the files."""
    return tuple(
        {"role": file.role, "media_type": asset.media_type, "asset_id": asset.id, "bytes": asset.bytes}
        for file, (asset, _) in zip(files, kept, strict=True)
    )


def _looked_at(parcel: Parcel, path: Path, media_type: str) -> Brought:
    """What can be told without reading a file as what it claims to be; that is a child process's work."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(_GLB_HEAD.size)
            stream.seek(0)
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise Trouble(Fault.BAD_OUTPUT, "A file that was promised is not there.") from error
    if size == 0:
        raise Trouble(Fault.BAD_OUTPUT, "The provider delivered an empty file.")
    if parcel.role == _MODEL:
        _check_glb(head, size)
        media_type = "model/gltf-binary"
    return Brought(parcel.role, media_type or "application/octet-stream", path, sha256, size)


def _check_glb(head: bytes, size: int) -> None:
    """Magic, version and length of the header (glTF 2.0, 4.4.2): a download that broke off is found here."""
    if len(head) < _GLB_HEAD.size or head[:4] != b"glTF":
        raise Trouble(Fault.BAD_OUTPUT, "The provider delivered no GLB.")
    _, version, length = _GLB_HEAD.unpack(head)
    if version != 2 or length != size:
        raise Trouble(Fault.BAD_OUTPUT, f"The model has {size} of {length} bytes.")


def _refused(error: MaquetteError) -> Trouble:
    if error.code == "remote_refused":
        return Trouble(Fault.EXPIRED, "The result is not where it should be.", raw=error.code)
    if error.code == "remote_too_large":
        return Trouble(Fault.BAD_OUTPUT, "The result is too large.", raw=error.code)
    return Trouble(Fault.PROVIDER, "The result lies where we may not fetch it.", billed=Billed.YES, raw=error.code)
