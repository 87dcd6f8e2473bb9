"""What older front ends name by an address: our own stable ones, ids, or files on the web."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from fastapi import Request

from maquette.api.services import Services
from maquette.app.uploads import PhotoInfo
from maquette.domain.assets import Asset, Role
from maquette.domain.errors import MaquetteError, Refused

DERIVED = frozenset({Role.CUTOUT, Role.MASK, Role.WORKING})
_ASSET = re.compile(r"(?:/api/v1/assets/)?(ast_[0-9a-f]{32})(?:/content)?")
_RESULT = re.compile(r"/api/v1/results/(res_[0-9a-f]{32})/download")


@dataclass(frozen=True, slots=True)
class Named:
    """A photo as the caller named it, and the asset that it is or why it is none."""

    url: str
    asset_id: str | None
    error: MaquetteError | None = None


async def asset_of(url: str, request: Request, services: Services, owner: str) -> Asset:
    """The owner's own, or fetched from the web and kept. Raises ``url_refused``, ``not_found`` and the intake's."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused("url_refused") from None
    if parts.netloc not in _ours(request, services):
        return await services.fetching.add(owner, url, PhotoInfo(""))
    if asset := _ASSET.fullmatch(parts.path):
        return await asyncio.to_thread(services.uploads.get, owner, asset[1])
    if result := _RESULT.fullmatch(parts.path):
        wanted = parse_qs(parts.query).get("as", ["glb"])[0]
        return (await asyncio.to_thread(services.results.file, owner, result[1], wanted)).asset
    raise Refused("not_found", "The URL names nothing here.", "Give an asset's URL or id, or a URL on the web.")


async def photos_of(urls: Sequence[str], request: Request, services: Services, owner: str) -> list[Named]:
    """Each photo by the asset that was uploaded, also where the caller names a cut-out of it. Never raises for one."""
    return [await _photo(url, request, services, owner) for url in dict.fromkeys(urls)]


async def _photo(url: str, request: Request, services: Services, owner: str) -> Named:
    try:
        asset = await asset_of(url, request, services, owner)
    except MaquetteError as error:
        return Named(url, None, error)
    if not asset.media_type.startswith("image/"):
        return Named(url, None, Refused("not_an_image"))
    return Named(url, _original(asset))


def our_photo(url: str, request: Request, services: Services, owner: str) -> str | None:
    """The id of the photo behind an address of ours, perhaps of its cut-out; None for any other address. Blocks."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    named = _ASSET.fullmatch(parts.path) if parts.netloc in _ours(request, services) else None
    try:
        return _original(services.uploads.get(owner, named[1])) if named else None
    except Refused:
        return named[1] if named else None


def _original(asset: Asset) -> str:
    """The photo as it was uploaded."""
    return asset.derived_from[0] if asset.role in DERIVED and asset.derived_from else asset.id


def _ours(request: Request, services: Services) -> frozenset[str]:
    return frozenset({"", request.url.netloc, urlsplit(services.public_url).netloc})


def found(photos: Sequence[Named]) -> tuple[str, ...]:
    """The assets, each once. Raises the first error where there is none at all."""
    ids = tuple(dict.fromkeys(photo.asset_id for photo in photos if photo.asset_id))
    if not ids:
        raise next((photo.error for photo in photos if photo.error), Refused("no_photo"))
    return ids
