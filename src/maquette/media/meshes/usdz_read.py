"""Reading what a USDZ says of itself: the layout of its zip, and as much of its layer as rules ask for.

Binary layers are read after the USDC file format specification 0.9.0 (Pixar, 2022), text layers by their few words.
Nothing here draws: references to other layers are not followed.
"""

import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maquette.domain.errors import Permanent
from maquette.media.meshes.mesh import Ints

_MAX_SECTION = 64 << 20
"""Bytes of a section of a layer once it is unpacked."""
_LOCAL = struct.Struct("<4s22xHH")
"""The head of a file in a zip (APPNOTE 4.3.7): signature, length of the name, length of the extra field."""
_INT, _DOUBLE, _TOKEN = 3, 9, 11
_ARRAY, _INLINED = 1 << 63, 1 << 62


@dataclass(frozen=True, slots=True)
class Package:
    """``alignment`` is the greatest power of two, up to 64, that all data begins at a multiple of. ``layer`` is the
    first file; ``pictures`` are (width, height).
    """

    stored: bool
    alignment: int
    layer: "Layer"
    pictures: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """What the layer says; None where it says nothing, and where its values stand for defaults of USD's own."""

    meters_per_unit: float | None = None
    up_axis: str | None = None
    triangles: int | None = None


def read_usdz(data: bytes) -> Package:
    """Raises ``Permanent("model_invalid")`` for what is no USDZ."""
    try:
        return _package(data)
    except (
        zipfile.BadZipFile,
        struct.error,
        IndexError,
        ValueError,
        KeyError,
        OSError,
        zlib.error,
        NotImplementedError,  # zipfile's word for a kind of zip that it does not know
    ) as error:
        raise _refusal(str(error) if isinstance(error, ValueError) else "it cannot be read") from error


def _refusal(reason: str) -> Permanent:
    return Permanent("model_invalid", f"The model is not a valid USDZ: {reason}.")


def _package(data: bytes) -> Package:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
    if not 1 <= len(entries) <= 1000:
        raise ValueError("it is empty or has too many files")
    starts = [_start(data, entry) for entry in entries]
    alignment = 64
    while any(start % alignment for start in starts):
        alignment //= 2
    stored = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries)
    files = {entry.filename: data[at : at + entry.file_size] for entry, at in zip(entries, starts, strict=True)}
    layer = _layer(files[entries[0].filename]) if stored else Layer()
    return Package(stored, alignment, layer, tuple(_pictures(files)) if stored else ())


def _start(data: bytes, entry: zipfile.ZipInfo) -> int:
    """Where a file's data begins; the central directory does not say, the file's own head does."""
    signature, name, extra = _LOCAL.unpack_from(data, entry.header_offset)
    if signature != b"PK\3\4":
        raise ValueError("its directory is wrong")
    return int(entry.header_offset + _LOCAL.size + name + extra)


def _pictures(files: dict[str, bytes]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for name, data in files.items():
        if name.lower().endswith((".png", ".jpg", ".jpeg")):
            found.append(_size(data))
    return found


def _size(data: bytes) -> tuple[int, int]:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
                return picture.size
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise ValueError("one of its pictures is too large") from error


def _layer(data: bytes) -> Layer:
    if data.startswith(b"PXR-USDC"):
        return _Crate(data).layer()
    if data.startswith(b"#usda"):
        return _text(data.decode("utf-8", "replace"))
    raise ValueError("its first file is no layer")


def _text(text: str) -> Layer:
    metres = re.search(r"\bmetersPerUnit\s*=\s*([0-9.eE+-]+)", text)
    up = re.search(r'\bupAxis\s*=\s*"([A-Z])"', text)
    counts, indices = (
        sum(array.count(",") + 1 for array in re.findall(rf"int\[\] {name}\s*=\s*\[([^\]]*)\]", text) if array.strip())
        for name in ("faceVertexCounts", "faceVertexIndices")
    )
    return Layer(float(metres[1]) if metres else None, up[1] if up else None, indices - 2 * counts)


class _Crate:
    """The tables of a binary layer."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        (contents,) = struct.unpack_from("<q", data, 16)
        (count,) = struct.unpack_from("<Q", data, contents)
        self._sections: dict[str, int] = {}
        for number in range(min(count, 32)):
            name, start, _ = struct.unpack_from("<16sqq", data, contents + 8 + 32 * number)
            self._sections[name.rstrip(b"\0").decode("ascii", "replace")] = start
        self._tokens = self._read_tokens()
        self._names, self._values = self._read_fields()

    def layer(self) -> Layer:
        """What it says."""
        return Layer(self._number("metersPerUnit"), self._word("upAxis"), self._triangles())

    def _value(self, name: str) -> int | None:
        """The 64 bits that stand for the first value of a field."""
        return next((rep for token, rep in zip(self._names, self._values, strict=True) if token == name), None)

    def _number(self, name: str) -> float | None:
        rep = self._value(name)
        if rep is None or rep >> 48 & 0xFF != _DOUBLE:
            return None
        if rep & _INLINED:
            return float(struct.unpack("<f", struct.pack("<I", rep & 0xFFFFFFFF))[0])
        return float(struct.unpack_from("<d", self._data, rep & (1 << 48) - 1)[0])

    def _word(self, name: str) -> str | None:
        rep = self._value(name)
        return self._tokens[rep & 0xFFFFFFFF] if rep is not None and rep >> 48 & 0xFF == _TOKEN else None

    def _triangles(self) -> int:
        """Of all meshes: a face of n corners makes n - 2."""
        place = self._sections["PATHS"] + 16
        order, place = self._integers(self._count("PATHS"), place)
        elements, _ = self._integers(self._count("PATHS"), place)
        named = {int(path): self._tokens[abs(int(token))] for path, token in zip(order, elements, strict=True)}
        count = self._count("SPECS")
        paths, place = self._integers(count, self._sections["SPECS"] + 8)
        starts, _ = self._integers(count, place)
        sets, _ = self._integers(self._count("FIELDSETS"), self._sections["FIELDSETS"] + 8)
        corners = {"faceVertexIndices": 0, "faceVertexCounts": 0}
        for path, start in zip(paths, starts, strict=True):
            name = named.get(int(path), "")
            if name in corners:
                corners[name] += self._length(sets, int(start))
        return corners["faceVertexIndices"] - 2 * corners["faceVertexCounts"]

    def _length(self, sets: Ints, start: int) -> int:
        """How many whole numbers the attribute's default has, whose fields begin at ``start``."""
        while sets[start] >= 0:
            field = int(sets[start])
            rep = self._values[field]
            if self._names[field] == "default" and rep & _ARRAY and rep >> 48 & 0xFF == _INT:
                place = rep & (1 << 48) - 1
                return int(struct.unpack_from("<Q", self._data, place)[0]) if place else 0
            start += 1
        return 0

    def _count(self, section: str) -> int:
        count = int(struct.unpack_from("<Q", self._data, self._sections[section])[0])
        if count > _MAX_SECTION // 8:
            raise ValueError("its layer is too large")
        return count

    def _read_tokens(self) -> list[str]:
        place = self._sections["TOKENS"]
        _, size, packed = struct.unpack_from("<QQQ", self._data, place)
        text = _unpack(self._data[place + 24 : place + 24 + packed], size)
        return text.decode("utf-8", "replace").split("\0")

    def _read_fields(self) -> tuple[list[str], Sequence[int]]:
        count = self._count("FIELDS")
        tokens, place = self._integers(count, self._sections["FIELDS"] + 8)
        (packed,) = struct.unpack_from("<Q", self._data, place)
        raw = _unpack(self._data[place + 8 : place + 8 + packed], 8 * count)
        return [self._tokens[int(token)] for token in tokens], struct.unpack(f"<{count}Q", raw)

    def _integers(self, count: int, place: int) -> tuple[Ints, int]:
        """``count`` packed 32-bit integers (specification, "Integer Compression"), and where the next thing begins."""
        (packed,) = struct.unpack_from("<Q", self._data, place)
        end = place + 8 + packed
        raw = _unpack(self._data[place + 8 : end], 4 + (count + 3) // 4 + 4 * count)
        common = struct.unpack_from("<i", raw)[0]
        head = np.frombuffer(raw, np.uint8, (count + 3) // 4, 4)
        codes = (head[:, None] >> np.array([0, 2, 4, 6]) & 3).ravel()[:count]
        sizes = np.array([0, 1, 2, 4])[codes]
        places = 4 + len(head) + np.cumsum(sizes) - sizes
        steps = np.full(count, common, np.int64)
        for code, kind in ((1, "<i1"), (2, "<i2"), (3, "<i4")):
            width = np.dtype(kind).itemsize
            chosen = np.flatnonzero(codes == code)
            taken = np.frombuffer(raw, np.uint8)[places[chosen][:, None] + np.arange(width)]
            steps[chosen] = np.ascontiguousarray(taken).view(kind).ravel()
        return np.cumsum(steps).astype(np.int32), end


def _unpack(data: bytes, most: int) -> bytes:
    """LZ4 blocks behind a byte that counts further chunks. At most ``most`` bytes come out."""
    if most > _MAX_SECTION:
        raise ValueError("its layer is too large")
    if data[0] == 0:
        return _lz4(data[1:], most)
    found, place = bytearray(), 1
    for _ in range(data[0] + 1):
        (size,) = struct.unpack_from("<i", data, place)
        found += _lz4(data[place + 4 : place + 4 + size], most - len(found))
        place += 4 + size
    return bytes(found)


def _lz4(data: bytes, most: int) -> bytes:
    """One LZ4 block (LZ4 block format description, Collet)."""
    found, place = bytearray(), 0
    while place < len(data):
        token = data[place]
        length, place = _run(data, place + 1, token >> 4)
        found += data[place : place + length]
        place += length
        if place >= len(data):
            break
        (back,) = struct.unpack_from("<H", data, place)
        length, place = _run(data, place + 2, token & 15)
        if not 0 < back <= len(found) or len(found) + length > most:
            raise ValueError("its layer is damaged")
        _repeat(found, back, length + 4)
    if len(found) > most:
        raise ValueError("its layer is damaged")
    return bytes(found)


def _run(data: bytes, place: int, length: int) -> tuple[int, int]:
    if length == 15:
        while True:
            length += data[place]
            place += 1
            if data[place - 1] != 255:
                break
    return length, place


def _repeat(found: bytearray, back: int, length: int) -> None:
    piece = found[len(found) - back :]
    while length > 0:
        found += piece[:length]
        length -= len(piece)
