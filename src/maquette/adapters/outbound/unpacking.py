"""Bodies as they were meant, counted after unpacking and never unpacked further than somebody takes."""

import zlib
from collections.abc import AsyncGenerator, AsyncIterable, Generator

_PIECE = 64 * 1024
_PLAIN = ("", "identity")
_PACKED = ("gzip", "x-gzip", "deflate")
_EITHER_HEADER = 32 + zlib.MAX_WBITS


class TooLarge(Exception):
    """The body has more bytes than it may."""


class Garbled(Exception):
    """The body cannot be unpacked."""


async def pieces(chunks: AsyncIterable[bytes], encoding: str, most: int) -> AsyncGenerator[bytes, None]:
    """The unpacked body, at most 64 KiB at a time from a packed one. Raises ``TooLarge`` and ``Garbled``.

    Packed bytes count against ``most`` too: a stream may unpack to nothing for ever.
    """
    unpack = _Unpacker(encoding)
    packed = plain = 0
    async for chunk in chunks:
        packed += len(chunk)
        for piece in unpack(chunk):
            plain += len(piece)
            if plain > most:
                raise TooLarge
            yield piece
        if packed > most:
            raise TooLarge
    unpack.finish()


class _Unpacker:
    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name not in _PLAIN + _PACKED:
            raise Garbled("an encoding that was not asked for")
        self._inflater = zlib.decompressobj(_EITHER_HEADER) if name in _PACKED else None

    def __call__(self, chunk: bytes) -> Generator[bytes, None, None]:
        if self._inflater is None:
            yield chunk
            return
        rest, full = chunk, False
        # a full piece may have left more inside the inflater than the unconsumed tail shows
        while rest or full:
            try:
                piece = self._inflater.decompress(rest, _PIECE)
            except zlib.error:
                raise Garbled("not packed as it claims to be") from None
            if self._inflater.unused_data:
                raise Garbled("bytes after its end")
            rest, full = self._inflater.unconsumed_tail, len(piece) == _PIECE
            if piece:
                yield piece

    def finish(self) -> None:
        if self._inflater is not None and not self._inflater.eof:
            raise Garbled("it ends too early")
