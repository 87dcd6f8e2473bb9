"""What loopbacks deliver, and how they read what was sent: made up, but well formed."""

import base64
import io
import json
import struct
import zlib
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP
from typing import cast

from maquette.testing.loopbacks.base import Call


@dataclass(frozen=True, slots=True)
class Sent:
    """One part of a form that came."""

    name: str
    content: bytes
    media_type: str = ""
    filename: str = ""

    @property
    def text(self) -> str:
        return self.content.decode()


def sent_form(call: Call) -> list[Sent]:
    """The parts of a multipart form, in their order; names may repeat."""
    head = b"Content-Type: " + call.headers.get("content-type", "").encode() + b"\r\n\r\n"
    message = message_from_bytes(head + call.body, policy=HTTP)
    return [_sent(part) for part in message.iter_parts()] if message.is_multipart() else []


def _sent(part: Message) -> Sent:
    name = part.get_param("name", header="content-disposition")
    content = cast("bytes", part.get_payload(decode=True) or b"")
    return Sent(str(name), content, part.get_content_type(), part.get_filename() or "")


def picture(width: int = 64, height: int = 48, colour: tuple[int, ...] = (200, 80, 40)) -> bytes:
    """A PNG of one colour: three channels, or four with alpha."""
    kind = {3: 2, 4: 6}[len(colour)]
    rows = (b"\x00" + bytes(colour) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    body = b"".join(_chunk(*chunk) for chunk in ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")))
    return b"\x89PNG\r\n\x1a\n" + body


def cut_out(photo: bytes) -> bytes:
    """The photo as RGBA PNG with an ellipse for an object: the work of a made-up cutter."""
    from PIL import Image, ImageDraw

    with Image.open(io.BytesIO(photo)) as opened:
        image = opened.convert("RGB")
    alpha = Image.new("L", image.size)
    box = (image.width * 0.15, image.height * 0.15, image.width * 0.85, image.height * 0.85)
    ImageDraw.Draw(alpha).ellipse(box, fill=255)
    image.putalpha(alpha)
    return _png(image)


def edited(photo: bytes) -> bytes:
    """The photo with its colours turned over, as PNG of the same size: the work of a made-up editor."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(photo)) as opened:
        return _png(ImageOps.invert(opened.convert("RGB")))


def model() -> bytes:
    """A GLB: a unit cube with a material."""
    corners = [(x, y, z) for x in (-0.5, 0.5) for y in (0.0, 1.0) for z in (-0.5, 0.5)]
    faces = [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1)]
    faces += [(2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)]
    places = b"".join(struct.pack("<3f", *corner) for corner in corners)
    data = places + b"".join(struct.pack("<3H", *face) for face in faces)
    bounds = {"min": [-0.5, 0.0, -0.5], "max": [0.5, 1.0, 0.5]}
    document = {
        "asset": {"version": "2.0", "generator": "Maquette loopback"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": [0.8, 0.3, 0.2, 1.0], "metallicFactor": 0.0}}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": len(corners), "type": "VEC3", **bounds},
            {"bufferView": 1, "componentType": 5123, "count": 3 * len(faces), "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(places), "target": 34962},
            {"buffer": 0, "byteOffset": len(places), "byteLength": len(data) - len(places), "target": 34963},
        ],
        "buffers": [{"byteLength": len(data)}],
    }
    text = json.dumps(document).encode()
    chunks = _glb_chunk(b"JSON", text, b" ") + _glb_chunk(b"BIN\0", data, b"\0")
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def of_data_uri(text: str) -> bytes:
    """The bytes of a data URI, empty for anything else."""
    head, comma, payload = text.partition(",")
    return base64.b64decode(payload) if comma and head.startswith("data:") else b""


def _png(image: "object") -> bytes:
    from PIL.Image import Image

    assert isinstance(image, Image)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _glb_chunk(kind: bytes, data: bytes, filler: bytes) -> bytes:
    padded = data + filler * (-len(data) % 4)
    return struct.pack("<I", len(padded)) + kind + padded
