"""The outer shell of a GLB, read without trusting a single number in it."""

import json
import struct
from typing import Any, NoReturn, cast

from maquette.domain.errors import Permanent

Document = dict[str, Any]

MAX_BYTES = 256 << 20
MAX_JSON = 16 << 20
MAX_VALUES = 2_000_000
"""Of the JSON, counted by its commas: a value of two bytes takes up to a hundred in memory."""
MAX_GROUPS = 500_000
"""Objects and lists of the JSON, counted by their opening brackets."""
MAX_CHUNKS = 64
"""The format has two; readers must skip others (glTF 2.0, 4.4.3), so an empty one costs next to nothing to repeat."""
SELF_CONTAINED = "Export it as one GLB that holds everything itself."
_JSON, _BIN = 0x4E4F534A, 0x004E4942


def refuse(reason: str, hint: str = "") -> NoReturn:
    """Raises ``Permanent("model_invalid")``."""
    raise Permanent("model_invalid", f"The model is not a valid GLB: {reason}.", hint)


def whole(value: object, what: str, low: int = 0, high: int = 1 << 31) -> int:
    """``value`` as an integer within bounds; bools and floats are refused."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        refuse(f"{what} is not a number that it can be")
    return value


def table(value: object, what: str) -> Document:
    """``value`` as a JSON object."""
    if not isinstance(value, dict):
        refuse(f"{what} is not an object")
    return cast(Document, value)


def rows(document: Document, name: str) -> list[Any]:
    """The array ``name`` of a JSON object; empty when it is missing."""
    value = document.get(name, [])
    if not isinstance(value, list):
        refuse(f"{name} is not a list")
    return cast(list[Any], value)


def entry(document: Document, name: str, index: object) -> Document:
    """The object at ``index`` of the array ``name``."""
    items = rows(document, name)
    return table(items[whole(index, f"an index into {name}", 0, len(items) - 1)], f"an entry of {name}")


def split(data: bytes) -> tuple[Document, memoryview]:
    """The JSON and the binary chunk, of which nothing is copied.

    Refuses wrong lengths, other versions, and anything that lies outside the file.
    """
    if not 20 <= len(data) <= MAX_BYTES:
        refuse("its size is not possible")
    magic, version, length = struct.unpack_from("<4sII", data)
    if magic != b"glTF" or version != 2:
        refuse("it does not begin like one")
    if length != len(data):
        refuse("it is shorter or longer than it says")
    chunks = _chunks(memoryview(data))
    if not chunks or chunks[0][0] != _JSON or len(chunks[0][1]) > MAX_JSON:
        refuse("its first part is not JSON")
    body = chunks[1][1] if len(chunks) > 1 and chunks[1][0] == _BIN else memoryview(b"")
    document = _parse(chunks[0][1].tobytes())
    _check_buffer(document, body)
    return document, body


def _chunks(data: memoryview) -> list[tuple[int, memoryview]]:
    found: list[tuple[int, memoryview]] = []
    place = 12
    while place < len(data):
        if place + 8 > len(data):
            refuse("a part is cut off")
        size, kind = struct.unpack_from("<II", data, place)
        place += 8
        if size > len(data) - place:
            refuse("a part is longer than the file")
        if len(found) >= MAX_CHUNKS:
            refuse("it has too many parts")
        found.append((kind, data[place : place + size]))
        place += size
    return found


def _parse(text: bytes) -> Document:
    # brackets and commas within texts count too: nobody has as many
    if text.count(b",") > MAX_VALUES or text.count(b"{") + text.count(b"[") > MAX_GROUPS:
        refuse("its JSON holds too much")
    try:
        document = json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Permanent("model_invalid", "The model is not a valid GLB: its JSON cannot be read.") from error
    document = table(document, "the document")
    version = table(document.get("asset"), "asset").get("version")
    if not isinstance(version, str) or not version.startswith("2."):
        refuse("it is not glTF 2")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> Document:
    """An object, if no key is there twice: readers would disagree on which one counts (glTF 2.0, 2.7.1)."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _check_buffer(document: Document, body: memoryview) -> None:
    buffers = rows(document, "buffers")
    if len(buffers) > 1:
        refuse("it has more than one buffer")
    for item in buffers:
        buffer = table(item, "a buffer")
        if "uri" in buffer:
            refuse("it refers to a file outside itself", SELF_CONTAINED)
        whole(buffer.get("byteLength"), "a buffer's length", 1, len(body))


def view_bytes(document: Document, body: memoryview, index: object) -> tuple[memoryview, int]:
    """The bytes of a buffer view and its stride, 0 when packed."""
    view = entry(document, "bufferViews", index)
    whole(view.get("buffer"), "a buffer view's buffer", 0, 0)
    start = whole(view.get("byteOffset", 0), "a buffer view's offset", 0, len(body))
    length = whole(view.get("byteLength"), "a buffer view's length", 1, len(body) - start)
    stride = whole(view.get("byteStride", 0), "a stride", 0, 252)
    return body[start : start + length], stride
