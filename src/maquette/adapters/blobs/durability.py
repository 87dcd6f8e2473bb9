"""Making sure that bytes are on the disk, and saying so when the disk is full."""

import fcntl
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from maquette.domain.errors import Unavailable, is_full_disk


@contextmanager
def full_disk_reported() -> Generator[None, None, None]:
    """Turns "no space left" and "over quota" into ``Unavailable("storage_full")``."""
    try:
        yield
    except OSError as error:
        if is_full_disk(error):
            raise Unavailable("storage_full") from error
        raise


def flush(descriptor: int) -> None:
    """Returns when the file's bytes would survive a power loss."""
    if sys.platform == "darwin":
        # there fsync stops at the drive's cache
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


def flush_folder(folder: Path) -> None:
    """Returns when the folder's entries (new files, new names) would survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        flush(descriptor)
    finally:
        os.close(descriptor)
