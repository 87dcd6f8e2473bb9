"""Takes uploads: constant memory, a cap that holds while bytes arrive, and one deadline for the whole body."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

from maquette.api.multipart import MAX_AROUND, Form
from maquette.api.schemas.assets import AssetOut
from maquette.api.services import Services
from maquette.app.uploads import PhotoInfo
from maquette.domain.assets import Asset, View
from maquette.domain.errors import Refused
from maquette.domain.projects import Project
from maquette.domain.uploads import Upload

PIECE = 256 * 1024
"""Bytes that are handed to a thread at a time."""
DRAIN_BYTES = 64 * 1024 * 1024
DRAIN_SECONDS = 5.0
_SHA256 = re.compile("[0-9A-Fa-f]{64}")

Feed = Callable[[bytes], None]
Described = Callable[[str, Mapping[str, str]], PhotoInfo]
"""From a file's name and a form's fields."""


@dataclass(frozen=True, slots=True)
class Cap:
    """How many bytes a body may have and how many seconds it may take."""

    bytes: int
    seconds: float


async def receive_form(request: Request, services: Services, owner_id: str) -> Asset:
    """A photo from a multipart form with ``file`` and perhaps ``view``, ``project_id`` and ``sha256``."""

    def described(name: str, fields: Mapping[str, str]) -> PhotoInfo:
        sha256 = parse_sha256(fields["sha256"])
        return PhotoInfo(name, parse_view(fields["view"]), fields["project_id"] or None, sha256)

    asset, _ = await receive_fields(request, services, owner_id, ("view", "project_id", "sha256"), described)
    return asset


async def receive_fields(
    request: Request, services: Services, owner_id: str, names: tuple[str, ...], described: Described
) -> tuple[Asset, Mapping[str, str]]:
    """A photo from a multipart form, and its fields of these names; ``described`` says what they tell of the photo."""
    uploads = services.uploads
    writer = await asyncio.to_thread(uploads.receive)
    try:
        content_type = request.headers.get("content-type", "")
        form = Form(content_type, writer, uploads.max_photo_bytes, names)
        await _pour(request, form.feed, Cap(uploads.max_photo_bytes + MAX_AROUND, services.upload_seconds))
        name, fields = form.close()
        info = described(name, fields)
        received = await asyncio.to_thread(writer.finish)
        return await uploads.add(owner_id, received, info), fields
    finally:
        await asyncio.to_thread(writer.discard)


async def receive_raw(request: Request, services: Services, owner_id: str, info: PhotoInfo) -> Asset:
    """A photo as the whole body. Raises ``length_required``, ``file_too_large``, ``upload_timeout``…"""
    uploads = services.uploads
    if "content-length" not in request.headers:
        raise _unread(request, Refused("length_required"))
    writer = await asyncio.to_thread(uploads.receive)
    try:
        await _pour(request, writer.write, Cap(uploads.max_photo_bytes, services.upload_seconds))
        received = await asyncio.to_thread(writer.finish)
        return await uploads.add(owner_id, received, info)
    finally:
        await asyncio.to_thread(writer.discard)


async def receive_archive(request: Request, services: Services, owner_id: str) -> Project:
    """A project as a zip, the whole body. Raises ``length_required``, ``file_too_large``, ``upload_timeout``…"""
    carrier = services.carrier
    if "content-length" not in request.headers:
        raise _unread(request, Refused("length_required"))
    writer = await asyncio.to_thread(carrier.receive)
    try:
        await _pour(request, writer.write, Cap(carrier.limits.bytes, services.upload_seconds))
        received = await asyncio.to_thread(writer.finish)
        return await carrier.take_in(owner_id, received.path)
    finally:
        await asyncio.to_thread(writer.discard)


async def receive_announced(request: Request, services: Services, find: Callable[[], Upload]) -> None:
    """The bytes of the announced upload that ``find`` gives, as the whole body.

    Raises whatever ``find`` does, ``length_required``, ``length_mismatch``, ``digest_mismatch``…
    """
    if "content-length" not in request.headers:
        raise _unread(request, Refused("length_required"))
    try:
        upload = await asyncio.to_thread(find)
    except Refused as refusal:
        raise await _read_on(request, request.stream(), refusal) from None
    writer = await asyncio.to_thread(services.transfers.receive)
    try:
        await _pour(request, writer.write, Cap(upload.bytes, services.upload_seconds))
        received = await asyncio.to_thread(writer.finish)
        await asyncio.to_thread(services.transfers.put, upload, received)
    finally:
        await asyncio.to_thread(writer.discard)


async def recall(request: Request, services: Services, owner_id: str, info: PhotoInfo) -> Asset | None:
    """The asset that has the announced digest already; then the body is left unread, or read and thrown away."""
    known = await asyncio.to_thread(services.uploads.recall, owner_id, info)
    if known is not None:
        request.state.body_unread = not await _drained(request, request.stream())
    return known


async def told(asset: Asset, services: Services) -> AssetOut:
    """An asset that came in, as its owner is told, with its flags in the words for its project."""
    project = await asyncio.to_thread(services.projects.find, asset.owner_id, asset.project_id)
    return AssetOut.of(asset, project=project)


def parse_view(text: str) -> View | None:
    """Raises ``invalid_request`` for a word that names no side."""
    try:
        return View(text) if text else None
    except ValueError:
        raise Refused("invalid_request", f"There is no view {text!r}.", f"Use one of: {', '.join(View)}.") from None


def parse_sha256(text: str) -> str | None:
    """The SHA-256 of a file in hex, lower-case. Raises ``invalid_request``."""
    if text and not _SHA256.fullmatch(text):
        raise Refused("invalid_request", "The field `sha256` holds no SHA-256.", "Send 64 hexadecimal digits.")
    return text.lower() or None


def parse_digest(header: str | None) -> str | None:
    """The SHA-256 in a ``Content-Digest`` header (RFC 9530) as lower-case hex; other algorithms are ignored."""
    for member in (header or "").split(","):
        algorithm, _, value = member.strip().partition("=")
        if algorithm.lower() != "sha-256":
            continue
        try:
            digest = base64.b64decode(value.partition(";")[0].strip().strip(":"), validate=True)
        except ValueError:
            digest = b""
        if len(digest) != 32:
            raise Refused("invalid_request", "Content-Digest holds no SHA-256.", "Send sha-256=:base64:.")
        return digest.hex()
    return None


async def _pour(request: Request, feed: Feed, cap: Cap) -> None:
    """Hands the body to ``feed`` in pieces, in threads."""
    chunks = request.stream()
    try:
        if int(request.headers.get("content-length", "0")) > cap.bytes:
            raise _too_large(cap)
        await _feed_all(chunks, feed, cap)
    except TimeoutError:
        raise _unread(request, Refused("upload_timeout")) from None
    except Refused as refusal:
        raise await _read_on(request, chunks, refusal) from None


async def _feed_all(chunks: AsyncIterator[bytes], feed: Feed, cap: Cap) -> None:
    deadline = asyncio.get_running_loop().time() + cap.seconds
    piece = bytearray()
    total = 0
    while True:
        # only the wait for bytes can be cut: a thread that writes must have ended before the file is discarded
        async with asyncio.timeout_at(deadline):
            chunk = await anext(chunks, None)
        if chunk is None:
            break
        total += len(chunk)
        if total > cap.bytes:
            raise _too_large(cap)
        piece += chunk
        if len(piece) >= PIECE:
            await asyncio.to_thread(feed, bytes(piece))
            piece.clear()
    if piece:
        await asyncio.to_thread(feed, bytes(piece))


async def _read_on(request: Request, chunks: AsyncIterator[bytes], refusal: Refused) -> Refused:
    return refusal if await _drained(request, chunks) else _unread(request, refusal)


async def _drained(request: Request, chunks: AsyncIterator[bytes]) -> bool:
    """Reads on for a while, so that a sender who writes before reading meets the answer and not a reset.

    True when the body has ended. Not for those who sent ``Expect``: they wait for a word before they send.
    """
    if "expect" in request.headers:
        return False
    left = DRAIN_BYTES
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for chunk in chunks:
                left -= len(chunk)
                if left < 0:
                    return False
    except (TimeoutError, ClientDisconnect):
        return False
    return True


def _too_large(cap: Cap) -> Refused:
    return Refused("file_too_large", hint=f"At most {cap.bytes // 1_000_000} MB.")


def _unread(request: Request, refusal: Refused) -> Refused:
    request.state.body_unread = True
    return refusal
