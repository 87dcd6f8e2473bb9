"""GLB files taken apart and put together again."""

import json
import struct
from typing import Any


def pack(document: dict[str, Any], body: bytes) -> bytes:
    """A GLB of this JSON and this binary chunk."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(body), b"BIN\0") + body
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
