"""Zips that are sent while they are made."""

import zipfile

DAWN = (1980, 1, 1, 0, 0, 0)
"""The first day that a zip knows: the same content makes the same file."""


class Outlet:
    """A file object that only collects what is written until somebody takes it."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def flush(self) -> None:
        """There is nothing behind this to flush to."""

    def take(self) -> bytes:
        """What was written since the last time."""
        data = bytes(self._data)
        self._data.clear()
        return data


def entry(name: str, size: int, at: tuple[int, int, int, int, int, int] = DAWN) -> zipfile.ZipInfo:
    """The head of a stored file, whose size must be known: else the library would use an older zip's rare extension."""
    info = zipfile.ZipInfo(name, at)
    info.file_size = size
    return info
