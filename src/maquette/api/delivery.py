"""Sends stored bytes: whole, one range of them, or many files as one zip; never more than a piece in memory."""

import base64
import re
import time
import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from maquette.api.problems import ProblemResponse
from maquette.app.results import EXTENSIONS, Delivery
from maquette.app.zips import Outlet, entry
from maquette.domain.assets import Asset
from maquette.domain.errors import Refused
from maquette.ports.blobs import BlobLinks, BlobStore

INLINE = frozenset({"image/png", "image/jpeg", "image/webp", "image/avif", "model/gltf-binary", "model/vnd.usdz+zip"})
HEADERS = {
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=3600, immutable",
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
}
LINK_S = 900
"""How long a link opens something, in seconds."""
FILE: Mapping[str, Any] = {"schema": {"type": "string", "format": "binary"}}
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bytes", "content": {"*/*": FILE}},
    206: {"description": "The asked range of the bytes", "content": {"*/*": FILE}},
    304: {"description": "The caller has these bytes already"},
}
"""How a ``BlobResponse`` answers, for the OpenAPI description."""
REDIRECTED: dict[int | str, dict[str, Any]] = {
    307: {"description": "The bytes are behind this link for a short while (with `redirect_downloads`)"}
}
HEAD = "maquette.head"
"""Set in the scope of a request that is answered like GET, without the body."""

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def disposition(kind: str, name: str) -> str:
    """A Content-Disposition header (RFC 6266) for any file name."""
    plain = re.sub(r'[^A-Za-z0-9._ -]|"', "_", name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def file_name(asset: Asset) -> str:
    """What a person would call the file."""
    extension = EXTENSIONS.get(asset.media_type, "")
    name = asset.name or asset.id
    return name if "." in name or not extension else f"{name}{extension}"


def shown_as(asset: Asset, name: str | None = None, download: bool = False) -> str:
    """The Content-Disposition of an asset: only what no browser runs is shown in place."""
    kind = "inline" if asset.media_type in INLINE and not download else "attachment"
    return disposition(kind, name or file_name(asset))


class BlobResponse(Response):
    """The bytes of one asset, with ETag, conditions, single ranges (RFC 9110) and Repr-Digest (RFC 9530)."""

    def __init__(
        self,
        asset: Asset,
        blobs: BlobStore,
        *,
        links: BlobLinks | None = None,
        name: str | None = None,
        download: bool = False,
    ) -> None:
        """With ``links`` the bytes themselves come from the store, by a link that this sends the caller to."""
        self._asset = asset
        self._blobs = blobs
        self._links = links
        self._disposition = shown_as(asset, name, download)
        self._etag = f'"{asset.sha256}"'
        digest = base64.b64encode(bytes.fromhex(asset.sha256)).decode()
        about = {"etag": self._etag, "content-disposition": self._disposition, "repr-digest": f"sha-256=:{digest}:"}
        self._headers = HEADERS | about
        super().__init__()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope)
        if _matches(asked.get("if-none-match"), self._etag):
            await Response(status_code=304, headers=self._headers)(scope, receive, send)
            return
        if self._links and HEAD not in scope:
            await self._elsewhere(self._links)(scope, receive, send)
            return
        wanted = asked.get("range") if asked.get("if-range") in (None, self._etag) else None
        try:
            span = parse_range(wanted, self._asset.bytes)
        except Refused as refusal:
            headers = {"content-range": f"bytes */{self._asset.bytes}"}
            await ProblemResponse(refusal, headers=headers)(scope, receive, send)
            return
        await (await self._answer(span, HEAD in scope))(scope, receive, send)

    def _elsewhere(self, links: BlobLinks) -> Response:
        # the link ends, so nobody may remember where it led
        link = links.link(self._asset.blob_key, media_type=self._asset.media_type, disposition=self._disposition)
        return Response(status_code=307, headers={"location": link, "cache-control": "no-store"})

    async def _answer(self, span: range | None, head: bool) -> Response:
        part = range(self._asset.bytes) if span is None else span
        headers = self._headers | {"content-length": str(len(part))}
        if span is not None:
            headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{self._asset.bytes}"
        status = 200 if span is None else 206
        if head:
            return Response(status_code=status, headers=headers, media_type=self._asset.media_type)
        pieces = self._blobs.stream(self._asset.blob_key, part.start, part.stop)
        # a blob that is gone must be found out while an error can still be told
        first = await anext(pieces, b"")
        return StreamingResponse(_chained(first, pieces), status, headers, self._asset.media_type)


def parse_range(header: str | None, length: int) -> range | None:
    """The one range that a ``Range`` header asks for; None to send everything, as RFC 9110 has it for other headers.

    Raises ``range_not_satisfiable``.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(length - int(last), 0), length
    else:
        start, stop = int(first), min(int(last) + 1, length) if last else length
        if last and int(last) < start:
            return None
    if start >= length or start >= stop:
        raise Refused("range_not_satisfiable")
    return range(start, stop)


def zip_response(files: Sequence[Delivery], blobs: BlobStore, name: str) -> StreamingResponse:
    """All files as one zip of stored entries: pictures and models are compressed already."""
    headers = {"content-disposition": disposition("attachment", name), "content-security-policy": "sandbox"}
    return StreamingResponse(_zipped(files, blobs), headers=headers, media_type="application/zip")


async def _zipped(files: Sequence[Delivery], blobs: BlobStore) -> AsyncIterator[bytes]:
    outlet = Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:  # pyright: ignore[reportArgumentType, reportCallIssue]
        for file in files:
            at = time.gmtime(file.asset.created_at.timestamp())[:6]
            with archive.open(entry(file.path, file.asset.bytes, at), "w") as target:
                async for piece in blobs.stream(file.asset.blob_key):
                    target.write(piece)
                    yield outlet.take()
    yield outlet.take()


async def _chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _matches(header: str | None, etag: str) -> bool:
    return bool(header) and ("*" in header or etag in header)
