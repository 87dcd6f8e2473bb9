"""Photos that are somewhere on the web: fetched within limits, then taken in like any other."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from maquette.app.uploads import PhotoInfo, Uploads
from maquette.domain.assets import Asset
from maquette.domain.errors import Refused, StageError
from maquette.ports.outbound import Bounds, Fetcher, Sink

PATIENCE_S = 10.0
"""How long a request waits for its turn."""


def name_in(url: str) -> str:
    """The file name at the end of a URL's path, perhaps empty."""
    try:
        return unquote(urlsplit(url).path).rsplit("/", 1)[-1]
    except ValueError:
        return ""


async def fetch(fetcher: Fetcher, url: str, into: Sink, bounds: Bounds) -> None:
    """Only the bytes. Raises ``url_refused``, ``url_unreachable``, ``file_too_large``, and what ``into`` raises.

    The first two have one text each, whatever happened: what a server behind our network said, or whether there is one,
    must not show.
    """
    try:
        await fetcher.download(url, into, bounds=bounds)
    except StageError as error:
        if error.code == "remote_too_large":
            raise Refused("file_too_large", hint=f"At most {bounds.bytes // 1_000_000} MB a photo.") from None
        raise Refused("url_unreachable") from None


class Fetching:
    """Takes URLs and gives assets. ``at_once`` files are fetched at a time, in at most ``seconds`` each."""

    def __init__(self, fetcher: Fetcher, uploads: Uploads, *, at_once: int, seconds: float) -> None:
        self._fetcher = fetcher
        self._uploads = uploads
        self._turns = asyncio.Semaphore(at_once)
        self.at_once = at_once
        self.seconds = seconds

    async def add(self, owner_id: str, url: str, info: PhotoInfo) -> Asset:
        """Raises ``fetches_busy``, what ``fetch`` raises and what ``Uploads.add`` raises."""
        async with self._turn():
            writer = await asyncio.to_thread(self._uploads.receive)
            try:
                bounds = Bounds(self._uploads.max_photo_bytes, self.seconds)
                await fetch(self._fetcher, url, writer.write, bounds)
                received = await asyncio.to_thread(writer.finish)
                named = replace(info, name=info.name or name_in(url))
                return await self._uploads.add(owner_id, received, named)
            finally:
                await asyncio.to_thread(writer.discard)

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None, None]:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._turns.acquire()
        except TimeoutError:
            raise Refused("fetches_busy") from None
        try:
            yield
        finally:
            self._turns.release()
