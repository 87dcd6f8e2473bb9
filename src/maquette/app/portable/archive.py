"""Opens a zip that a stranger may have made.

What a zip says of itself is not believed: the end of its directory is read before the library reads the directory
(which would take memory for each of a million entries), names are compared with the few that there can be, sizes are
limited before and while anything is unpacked, and in the end every byte has to match the manifest's hash.
"""

import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from maquette.app.portable.lines import BLOBS, FILES, MANIFEST, Manifest
from maquette.domain.errors import Refused

_END = struct.Struct("<4s4H2LH")
"""End of central directory record, APPNOTE 4.3.16: signature, disks, entries here and in all, size, offset, comment."""
_DIRECTORY_ENTRY = 46 + 100 + 64
"""Bytes that an entry of ours takes in the directory at most: head, name, extra field."""
_PIECE = 256 * 1024
_MANIFEST_BYTES = 32 * 1024 * 1024
_LINE_BYTES = 1024 * 1024
_BLOB = re.compile(re.escape(BLOBS) + "[0-9a-f]{64}")
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may hold: bytes when unpacked, files, and lines in all files together."""

    bytes: int
    files: int
    rows: int


class Archive:
    """A zip whose names and sizes have been checked. ``read`` and ``lines`` check the hash as they go."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest, limits: Limits) -> None:
        self._zip = archive
        self._limits = limits
        self.manifest = manifest
        self.blobs = tuple(sorted(name.removeprefix(BLOBS) for name in manifest.entries if _BLOB.fullmatch(name)))

    def read(self, name: str) -> Iterator[bytes]:
        """The bytes of one file, in pieces. Raises ``archive_invalid`` at the end if they were not what they should."""
        expected = self.manifest.entries[name]
        digest, total = hashlib.sha256(), 0
        for piece in _pieces(self._zip, name, expected.bytes):
            digest.update(piece)
            total += len(piece)
            yield piece
        if digest.hexdigest() != expected.sha256 or total != expected.bytes:
            raise invalid(f"{name} does not have the hash that the manifest names.")

    def lines(self, name: str) -> list[bytes]:
        """All lines of one file."""
        whole = b"".join(self.read(name))
        if whole and not whole.endswith(b"\n"):
            raise invalid(f"{name} ends in the middle of a line.")
        found = whole.split(b"\n")[:-1]
        if len(found) > self._limits.rows:
            raise _too_large("rows", self._limits.rows)
        if any(len(line) > _LINE_BYTES for line in found):
            raise invalid(f"{name} has a line that is too long.")
        return found


def open_archive(path: Path, limits: Limits) -> Archive:
    """Raises ``archive_invalid`` or ``file_too_large``. Close it with ``close_archive``."""
    count = _check_end(path, limits)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise invalid("It is not a zip file.") from error
    try:
        if len(archive.infolist()) != count:
            raise invalid("The zip's directory has another length than it says.")
        _check_entries(archive.infolist(), path.stat().st_size, limits)
        return Archive(archive, _manifest(archive), limits)
    except BaseException:
        archive.close()
        raise


def close_archive(archive: Archive) -> None:
    """Gives the file back."""
    archive._zip.close()  # pyright: ignore[reportPrivateUsage]


def invalid(message: str) -> Refused:
    """The one error for whatever is wrong in an archive."""
    return Refused("archive_invalid", message)


def _check_end(path: Path, limits: Limits) -> int:
    """How many entries the directory has, as the zip says."""
    size = path.stat().st_size
    if size > limits.bytes:
        raise _too_large("megabytes", limits.bytes // 1_000_000)
    if size < _END.size:
        raise invalid("It is not a zip file.")
    with path.open("rb") as file:
        file.seek(size - _END.size)
        signature, *numbers = _END.unpack(file.read(_END.size))
    disk, first, here, entries, length, offset, comment = numbers
    if signature != b"PK\5\6" or (disk, first, comment) != (0, 0, 0) or here != entries:
        raise invalid("It is not a zip file as Maquette writes them.")
    if offset + length + _END.size != size:
        raise invalid("The zip's directory is not where it says.")
    if entries > limits.files + len(FILES) + 1 or length > entries * _DIRECTORY_ENTRY:
        raise _too_large("files", limits.files)
    return entries


def _check_entries(entries: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise invalid("A file is in it twice.")
    if set(names) < {MANIFEST, *FILES}:
        raise invalid("A file is missing.")
    for entry in entries:
        _check_entry(entry)
    if sum(entry.compress_size for entry in entries) > size:
        raise invalid("Its files overlap.")
    if sum(entry.file_size for entry in entries) > limits.bytes:
        raise _too_large("megabytes", limits.bytes // 1_000_000)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    if entry.filename not in FILES and entry.filename != MANIFEST and not _BLOB.fullmatch(entry.filename):
        raise invalid("There is a file in it that does not belong there.")
    if entry.orig_filename != entry.filename or entry.is_dir():
        raise invalid("There is a file in it that does not belong there.")
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise invalid(f"{entry.filename} is packed in a way that Maquette does not use.")


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    size = archive.getinfo(MANIFEST).file_size
    if size > _MANIFEST_BYTES:
        raise invalid("The manifest is too long.")
    try:
        manifest = Manifest.model_validate_json(b"".join(_pieces(archive, MANIFEST, size)))
    except (ValidationError, RecursionError) as error:
        raise invalid("The manifest is not one that this version can read.") from error
    listed = {entry.filename: entry.file_size for entry in archive.infolist() if entry.filename != MANIFEST}
    if listed != {name: entry.bytes for name, entry in manifest.entries.items()} or not set(FILES) <= set(listed):
        raise invalid("The manifest does not name the files that are there.")
    if any(f"{BLOBS}{entry.sha256}" != name for name, entry in manifest.entries.items() if name.startswith(BLOBS)):
        raise invalid("A file does not bear the name of its hash.")
    return manifest


def _pieces(archive: zipfile.ZipFile, name: str, limit: int) -> Iterator[bytes]:
    """At most ``limit`` bytes and one piece, whatever the zip says of the file's length."""
    total = 0
    try:
        with archive.open(name) as file:
            while total <= limit and (piece := file.read(_PIECE)):
                total += len(piece)
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, struct.error, ValueError) as error:
        raise invalid(f"{name} is damaged.") from error


def _too_large(what: str, limit: int) -> Refused:
    setting = {"megabytes": "import_mb", "files": "import_files", "rows": "import_rows"}[what]
    return Refused("file_too_large", hint=f"At most {limit:,} {what} (setting {setting}).")
