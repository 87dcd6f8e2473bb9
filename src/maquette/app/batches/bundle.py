"""All results of a batch as one zip, sent while it is made: a folder for each product, and the table of results."""

import asyncio
import time
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator

from maquette.app.batches.batches import MANY, Batches
from maquette.app.batches.table import Folders, lines, relative
from maquette.app.results import Delivery, Results
from maquette.app.zips import Outlet, entry
from maquette.domain.batches import RowView, Standing
from maquette.domain.errors import Unavailable
from maquette.ports.blobs import BlobStore

TABLE, MISSING = "results.csv", "missing.txt"


async def bundle(
    batches: Batches, results: Results, blobs: BlobStore, owner_id: str, batch_id: str
) -> AsyncGenerator[bytes, None]:
    """Stored entries, for pictures and models are compressed already. A file that is gone is named in ``missing.txt``.

    The caller has seen to it that the batch is there.
    """
    outlet, missing, folders = Outlet(), list[str](), Folders()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:  # pyright: ignore[reportArgumentType, reportCallIssue]
        async for view in _views(batches, owner_id, batch_id):
            folder = folders.of(view)
            for file in await asyncio.to_thread(_files, results, view):
                name = relative(folder, file)
                pieces = await _opened(blobs, file)
                if pieces is None:
                    missing.append(name)
                    continue
                at = time.gmtime(file.asset.created_at.timestamp())[:6]
                with archive.open(entry(name, file.asset.bytes, at), "w") as target:
                    async for piece in pieces:
                        target.write(piece)
                        yield outlet.take()
        table = await asyncio.to_thread(_table, batches.all_rows(owner_id, batch_id), results)
        archive.writestr(entry(TABLE, len(table)), table)
        if missing:
            text = "".join(f"{name}\n" for name in missing).encode()
            archive.writestr(entry(MISSING, len(text)), text)
    yield outlet.take()


async def portions(source: Iterator[str]) -> AsyncGenerator[bytes, None]:
    """The lines of a table in UTF-8, some at a time, read in a thread."""
    while portion := await asyncio.to_thread(_portion, source):
        yield portion


async def _views(batches: Batches, owner_id: str, batch_id: str) -> AsyncIterator[RowView]:
    after = 0
    while found := await asyncio.to_thread(batches.rows, owner_id, batch_id, after, MANY):
        for view in found:
            yield view
        after = found[-1].row.number


def _files(results: Results, view: RowView) -> tuple[Delivery, ...]:
    if view.result is None or view.standing is not Standing.COMPLETED:
        return ()
    return results.files(view.row.owner_id, view.result.id)


async def _opened(blobs: BlobStore, file: Delivery) -> AsyncIterator[bytes] | None:
    """The file's bytes; None when they are gone, which must be found out before its entry begins."""
    pieces = blobs.stream(file.asset.blob_key)
    try:
        first = await anext(pieces, b"")
    except Unavailable as error:
        if error.code != "data_missing":
            raise
        return None
    return _chained(first, pieces)


async def _chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _table(views: Iterable[RowView], results: Results) -> bytes:
    return "".join(lines(views, results, relative)).encode("utf-8-sig")


def _portion(source: Iterator[str], count: int = 50) -> bytes:
    return "".join(line for _, line in zip(range(count), source, strict=False)).encode()
