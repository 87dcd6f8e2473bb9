"""Photos that a person names by URL: fetched into a folder that lasts as long as the command."""

import asyncio
import contextlib
import tempfile
from collections.abc import Generator, Iterable
from pathlib import Path

from maquette.app.fetching import fetch, name_in
from maquette.app.uploads import clean_name
from maquette.bootstrap import fetcher as real_fetcher
from maquette.domain.errors import MaquetteError
from maquette.ports.outbound import Bounds, Fetcher
from maquette.settings import Settings


def is_url(name: str) -> bool:
    """Whether a photo's name is a URL and no path."""
    return name.lower().startswith(("http://", "https://"))


@contextlib.contextmanager
def fetched(
    names: Iterable[str], settings: Settings, fetcher: Fetcher | None = None
) -> Generator[dict[str, str], None, None]:
    """A path on this machine's disk for every name that is a URL, under the file name that the URL ends with.

    Raises ``url_refused``, ``url_unreachable`` and ``file_too_large``, naming the URL without its query.
    """
    urls = list(dict.fromkeys(name for name in names if is_url(name)))
    with tempfile.TemporaryDirectory(prefix="maquette-") if urls else contextlib.nullcontext("") as folder:
        bounds = Bounds(settings.max_photo_bytes, settings.fetch_seconds)
        yield asyncio.run(_all(urls, Path(folder), fetcher or real_fetcher(), bounds)) if urls else {}


async def _all(urls: list[str], folder: Path, fetcher: Fetcher, bounds: Bounds) -> dict[str, str]:
    return {url: str(await _one(url, folder / str(number), fetcher, bounds)) for number, url in enumerate(urls, 1)}


async def _one(url: str, folder: Path, fetcher: Fetcher, bounds: Bounds) -> Path:
    folder.mkdir()
    path = folder / (clean_name(name_in(url)).strip(".") or "photo")
    try:
        with path.open("wb") as file:
            await fetch(fetcher, url, file.write, bounds)
    except MaquetteError as error:
        raise type(error)(error.code, f"{url.partition('?')[0]}: {error.message}", error.hint) from error
    return path
