"""Writing USD's binary layers (``.usdc``, "crate" files): as much of the format as one still scene needs.

Written after the USDC file format specification 0.9.0 (Pixar, 2022). The version is 0.8.0: what USD itself writes by
default, and the oldest that it reads without a complaint. Structural sections must be LZ4 blocks; ours hold literals
only, which is valid LZ4 and needs no compressor: the sections are a kilobyte, and arrays of integers are packed before.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32] | NDArray[np.int32]

_VERSION = bytes((0, 8, 0, 0, 0, 0, 0, 0))
_HEAD = 88
_ARRAY, _INLINED, _COMPRESSED = 1 << 63, 1 << 62, 1 << 61
_MIN_COMPRESSED = 16
"""Shorter arrays of integers are never compressed (specification, "Compressed Integer Arrays")."""


class Kind(IntEnum):
    """What a spec describes (``SdfSpecType``)."""

    ATTRIBUTE = 1
    PRIM = 6
    ROOT = 7
    RELATIONSHIP = 8


class _Type(IntEnum):
    BOOL, INT, FLOAT, DOUBLE, STRING, TOKEN, ASSET = 1, 3, 8, 9, 10, 11, 12
    VEC2F, VEC3F = 20, 24
    TOKEN_LIST_OP, PATH_LIST_OP, TOKEN_VECTOR = 32, 34, 41
    SPECIFIER, VARIABILITY = 42, 44


class Token(str):
    """A word of USD's, as against a text."""

    __slots__ = ()


class Asset(str):
    """The path of another file of the package."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Double:
    """A number with 64 bits; it is written with 32, so it must have no more."""

    value: float


class Specifier(IntEnum):
    """Whether a prim defines something."""

    DEF = 0


class Variability(IntEnum):
    """Whether an attribute may change over time."""

    UNIFORM = 1


@dataclass(frozen=True, slots=True)
class Names:
    """An ordered list of tokens."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """API schemas that a prim takes on."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Targets:
    """Paths that a relationship or a connection points at; each must be the path of a spec."""

    paths: tuple[str, ...]


Value = bool | float | str | Double | Specifier | Variability | Names | Applied | Targets | Array
"""A float is 32 bits; a ``str`` is a USD string; arrays are float32 (n, 2) or (n, 3), or int32 (n,)."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One entry of a layer: a path such as ``/model/mesh.points``, and its fields."""

    path: str
    kind: Kind
    fields: Mapping[str, Value]


def write_crate(specs: Sequence[Spec]) -> bytes:
    """The layer as bytes. ``specs`` begin with the root ``/`` and go depth first, a prim's properties and children
    right behind it. Raises ``ValueError`` for a value that the format's narrow part written here cannot hold.
    """
    crate = _Crate([spec.path for spec in specs])
    sets: list[int] = []
    starts: list[int] = []
    for spec in specs:
        starts.append(len(sets))
        sets += [crate.field(name, value) for name, value in spec.fields.items()]
        sets.append(-1)
    return crate.finish(sets, starts, [int(spec.kind) for spec in specs])


class _Crate:
    """The tables of a file while it is written."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = {path: number for number, path in enumerate(paths)}
        self._body = bytearray(_HEAD)
        # the first token must never be a property's: its number is written with a minus
        self._tokens: dict[str, int] = {";-)": 0}
        self._strings: dict[int, int] = {}
        self._fields: dict[tuple[int, int], int] = {}

    def field(self, name: str, value: Value) -> int:
        return _number(self._fields, (self._token(name), self._represent(value)))

    def finish(self, sets: Sequence[int], starts: Sequence[int], kinds: Sequence[int]) -> bytes:
        count = len(starts)
        names = [name for name, _ in self._fields]
        reps = struct.pack(f"<{len(names)}Q", *(rep for _, rep in self._fields))
        tree = [_sized(pack_integers(column)) for column in (range(count), *self._tree())]
        specs = [_sized(pack_integers(column)) for column in (range(count), starts, kinds)]
        text = b"".join(token.encode() + b"\0" for token in self._tokens)
        sections = {
            # after the paths, which add tokens of their own
            "TOKENS": struct.pack("<QQ", len(self._tokens), len(text)) + _sized(_block(text)),
            "STRINGS": struct.pack(f"<Q{len(self._strings)}I", len(self._strings), *self._strings),
            "FIELDS": struct.pack("<Q", len(names)) + _sized(pack_integers(names)) + _sized(_block(reps)),
            "FIELDSETS": struct.pack("<Q", len(sets)) + _sized(pack_integers(sets)),
            "PATHS": struct.pack("<QQ", count, count) + b"".join(tree),
            "SPECS": struct.pack("<Q", count) + b"".join(specs),
        }
        return self._close(sections)

    def _close(self, sections: Mapping[str, bytes]) -> bytes:
        contents = struct.pack("<Q", len(sections))
        for name, data in sections.items():
            contents += struct.pack("<16sqq", name.encode(), self._put(data), len(data))
        self._body[:_HEAD] = struct.pack("<8s8sq64x", b"PXR-USDC", _VERSION, self._put(contents))
        return bytes(self._body)

    def _put(self, data: bytes) -> int:
        """Appends at a multiple of 8 bytes, so that readers can map arrays where they lie; returns the place."""
        self._body += b"\0" * (-len(self._body) % 8)
        place = len(self._body)
        self._body += data
        return place

    def _token(self, text: str) -> int:
        return _number(self._tokens, text)

    def _tree(self) -> tuple[list[int], list[int]]:
        """For each path the token of its last part (negative for a property) and the way on through the tree."""
        paths = list(self._paths)
        parents = [_split(path)[0] for path in paths]
        elements, jumps = [0], [-1 if len(paths) > 1 else -2]
        for number, path in enumerate(paths[1:], 1):
            _, element, is_property = _split(path)
            elements.append(-self._token(element) if is_property else self._token(element))
            child = number + 1 < len(paths) and parents[number + 1] == path
            later = [k for k in range(number + 1, len(paths)) if parents[k] == parents[number]]
            jumps.append((later[0] - number if child else 0) if later else (-1 if child else -2))
        return elements, jumps

    def _represent(self, value: Value) -> int:
        """The 64 bits that stand for a value: its type, and itself or its place."""
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, Names):
            numbers = [self._token(token) for token in value.tokens]
            return _rep(_Type.TOKEN_VECTOR, self._put(_indices(numbers)))
        if isinstance(value, Applied):
            numbers = [self._token(token) for token in value.tokens]
            return _rep(_Type.TOKEN_LIST_OP, self._put(b"\x20" + _indices(numbers)))
        if isinstance(value, Targets):
            numbers = [self._paths[path] for path in value.paths]
            return _rep(_Type.PATH_LIST_OP, self._put(b"\x03" + _indices(numbers)))
        return self._inline(value)

    def _inline(self, value: bool | float | str | Double | Specifier | Variability) -> int:
        if isinstance(value, Token):
            return _rep(_Type.TOKEN, self._token(value), _INLINED)
        if isinstance(value, Asset):
            return _rep(_Type.ASSET, self._token(value), _INLINED)
        if isinstance(value, str):
            return _rep(_Type.STRING, _number(self._strings, self._token(value)), _INLINED)
        return _number_rep(value)

    def _array(self, values: Array) -> int:
        if values.dtype == np.int32 and values.ndim == 1:
            kind, flags = _Type.INT, _COMPRESSED if len(values) >= _MIN_COMPRESSED else 0
        elif values.dtype == np.float32 and values.ndim == 2 and values.shape[1] in (2, 3):
            kind, flags = (_Type.VEC2F if values.shape[1] == 2 else _Type.VEC3F), 0
        else:
            raise ValueError("an array must be float32 (n, 2) or (n, 3), or int32 (n,)")
        data = _sized(pack_integers(values)) if flags else values.astype(values.dtype.newbyteorder("<")).tobytes()
        return _rep(kind, self._put(struct.pack("<Q", len(values)) + data), _ARRAY | flags)


def _number_rep(value: bool | float | Double | Specifier | Variability) -> int:
    if isinstance(value, bool):
        return _rep(_Type.BOOL, int(value), _INLINED)
    if isinstance(value, Specifier | Variability):
        kind = _Type.SPECIFIER if isinstance(value, Specifier) else _Type.VARIABILITY
        return _rep(kind, int(value), _INLINED)
    kind, number = (_Type.DOUBLE, value.value) if isinstance(value, Double) else (_Type.FLOAT, value)
    if isinstance(value, Double) and struct.unpack("<f", struct.pack("<f", number))[0] != number:
        raise ValueError(f"{number} does not fit 32 bits")
    return _rep(kind, struct.unpack("<I", struct.pack("<f", number))[0], _INLINED)


def _rep(kind: _Type, payload: int, flags: int = 0) -> int:
    return flags | int(kind) << 48 | payload


def _number(table: dict[Any, int], key: Any) -> int:
    """The number of ``key`` in a table, which grows by it when it is new."""
    return table.setdefault(key, len(table))


def _split(path: str) -> tuple[str, str, bool]:
    """The parent's path, the last part, and whether that is a property."""
    parent, dot, name = path.partition(".")
    if dot:
        return parent, name, True
    parent, _, name = path.rpartition("/")
    return parent or ("/" if name else ""), name, False


def _indices(numbers: Iterable[int]) -> bytes:
    found = list(numbers)
    return struct.pack(f"<Q{len(found)}I", len(found), *found)


def _sized(data: bytes) -> bytes:
    return struct.pack("<Q", len(data)) + data


def _block(data: bytes) -> bytes:
    """One chunk (the first byte counts further ones) with an LZ4 block of literals."""
    if len(data) < 15:
        return b"\0" + bytes([len(data) << 4]) + data
    rest = len(data) - 15
    return b"\0\xf0" + b"\xff" * (rest // 255) + bytes([rest % 255]) + data


def pack_integers(values: Iterable[int] | NDArray[np.int32]) -> bytes:
    """32-bit integers as crate files hold them: differences, each 0, 1, 2 or 4 bytes (specification, "Integer
    Compression"). The most frequent difference takes no byte.
    """
    array = values if isinstance(values, np.ndarray) else np.array(list(values))
    numbers = array.astype(np.int64)
    # differences wrap around at 32 bits, as the readers' sums do
    steps = np.diff(numbers, prepend=0).astype(np.int32)
    found, counts = np.unique(steps, return_counts=True)
    common = found[counts.argmax()]
    small, medium = (np.abs(steps.astype(np.int64) * 2 + 1) < 1 << bits for bits in (8, 16))
    codes = np.where(steps == common, 0, np.where(small, 1, np.where(medium, 2, 3)))
    quads = np.pad(codes, (0, -len(codes) % 4)).reshape(-1, 4)
    head = (quads << np.array([0, 2, 4, 6])).sum(axis=1).astype(np.uint8)
    sizes = np.array([0, 1, 2, 4])[codes]
    places = np.cumsum(sizes) - sizes
    tail = np.zeros(int(sizes.sum()), np.uint8)
    for byte in range(4):
        chosen = sizes > byte
        tail[places[chosen] + byte] = steps[chosen] >> (8 * byte) & 255
    return _block(struct.pack("<i", common) + head.tobytes() + tail.tobytes())
