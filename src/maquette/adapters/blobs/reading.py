"""Reading from any obstore store, local or remote, without blocking the event loop."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

import obstore

from maquette.domain.errors import Unavailable

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PIECE_BYTES = 256 * 1024


async def pieces(store: "ObjectStore", key: str, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
    """The bytes from ``start`` up to ``end`` (exclusive), 256 KiB or so at a time; none where the range is empty.

    Raises ``Unavailable("data_missing")``.
    """
    try:
        size = (await obstore.head_async(store, key))["size"]
        stop = size if end is None else min(end, size)
        if start >= stop:
            return
        found = await obstore.get_async(store, key, options={"range": (start, stop)})
    except FileNotFoundError as error:
        raise Unavailable("data_missing") from error
    async for piece in found.stream(min_chunk_size=PIECE_BYTES):
        yield bytes(piece)
