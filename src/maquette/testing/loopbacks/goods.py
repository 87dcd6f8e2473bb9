"""What loopbacks deliver: a small box in a chequered coat that says what it is. No provider made it."""

import functools
import io
import json
import struct
from typing import Any

SIZE = (0.6, 0.8, 0.4)
"""Width, height and depth of the box, in metres."""
NOTE = "Test: made by a Maquette loopback, not by a provider."
_SIDES = (
    ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
    ((0, 0, -1), (-1, 0, 0), (0, 1, 0)),
    ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    ((-1, 0, 0), (0, 0, 1), (0, 1, 0)),
    ((0, 1, 0), (1, 0, 0), (0, 0, -1)),
    ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
)
"""Of each side: where it looks, and where its picture's right and its picture's top point."""


@functools.cache
def picture(width: int = 128, height: int = 128) -> bytes:
    """A chequered sRGB picture with the word TEST on it, as PNG."""
    from PIL import Image, ImageDraw

    drawn = Image.new("RGB", (width, height), (196, 168, 120))
    pen = ImageDraw.Draw(drawn)
    step = max(4, min(width, height) // 6)
    for row in range(0, height, step):
        for column in range(0, width, step):
            if (row // step + column // step) % 2:
                pen.rectangle((column, row, column + step - 1, row + step - 1), fill=(92, 122, 158))
    pen.text((width // 4, height // 3), "TEST", fill=(20, 20, 20))
    stream = io.BytesIO()
    drawn.save(stream, "PNG")
    return stream.getvalue()


@functools.cache
def box() -> bytes:
    """A GLB (glTF 2.0): the box with normals, texture coordinates and its picture inside; closed, front towards +Z."""
    positions, normals, places, corners = _surface()
    chunks = [
        struct.pack(f"<{len(positions)}f", *positions),
        struct.pack(f"<{len(normals)}f", *normals),
        struct.pack(f"<{len(places)}f", *places),
        struct.pack(f"<{len(corners)}H", *corners),
        picture(),
    ]
    body = bytearray()
    views: list[dict[str, Any]] = []
    for chunk in chunks:
        views.append({"buffer": 0, "byteOffset": len(body), "byteLength": len(chunk)})
        body += chunk + b"\0" * (-len(chunk) % 4)
    return _packed(_document(views, len(positions) // 3, len(corners), len(body)), bytes(body))


def _surface() -> tuple[list[float], list[float], list[float], list[int]]:
    positions: list[float] = []
    normals: list[float] = []
    places: list[float] = []
    corners: list[int] = []
    for number, (out, right, up) in enumerate(_SIDES):
        for u, v in ((0, 0), (1, 0), (1, 1), (0, 1)):
            along = [out[axis] + (2 * u - 1) * right[axis] + (1 - 2 * v) * up[axis] for axis in range(3)]
            positions += [along[axis] * SIZE[axis] / 2 for axis in range(3)]
            normals += out
            places += [float(u), float(v)]
        first = 4 * number
        corners += [first, first + 3, first + 2, first, first + 2, first + 1]
    return positions, normals, places, corners


def _document(views: list[dict[str, Any]], vertices: int, corners: int, length: int) -> dict[str, Any]:
    half = [side / 2 for side in SIZE]
    attributes = {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2}
    vectors = {"componentType": 5126, "count": vertices}
    return {
        "asset": {"version": "2.0", "generator": "Maquette loopback", "copyright": NOTE, "extras": {"is_test": True}},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "test box"}],
        "meshes": [{"primitives": [{"attributes": attributes, "indices": 3, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0.0}}],
        "textures": [{"source": 0}],
        "images": [{"bufferView": 4, "mimeType": "image/png"}],
        "accessors": [
            {"bufferView": 0, "type": "VEC3", **vectors, "min": [-side for side in half], "max": half},
            {"bufferView": 1, "type": "VEC3", **vectors},
            {"bufferView": 2, "type": "VEC2", **vectors},
            {"bufferView": 3, "type": "SCALAR", "componentType": 5123, "count": corners},
        ],
        "bufferViews": views,
        "buffers": [{"byteLength": length}],
    }


def _packed(document: dict[str, Any], body: bytes) -> bytes:
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(body), b"BIN\0") + body
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
