"""Writing a model as GLB (glTF 2.0 binary)."""

import json
import struct
from typing import Any

import numpy as np

from maquette.media.meshes.mesh import Floats, Model, Pixels, unit

FLOAT, UINT16, UINT32 = 5126, 5123, 5125
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
ROUGHNESS = 0.9


def jpeg(picture: Pixels, quality: int) -> bytes:
    """``picture`` (h, w, 3) sRGB as JPEG."""
    import cv2

    done, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("the picture cannot be written as JPEG")
    return data.tobytes()


def write_glb(model: Model, *, name: str = "model", jpeg_quality: int = 90) -> bytes:
    """One node without a transform, one mesh, one opaque metallic-roughness material, the texture as JPEG inside.

    Positions, normals and texture coordinates are 32-bit floats; indices are as narrow as the count allows.
    """
    mesh = model.mesh
    if mesh.normals is None or mesh.uv is None:
        raise ValueError("a model needs normals and texture coordinates")
    narrow = len(mesh.positions) <= 65535
    positions = mesh.positions.astype("<f4")
    normals = unit(mesh.normals.astype(np.float64)).astype("<f4")
    uv = np.clip(mesh.uv, 0, 1).astype("<f4")
    indices = mesh.faces.astype("<u2" if narrow else "<u4").ravel()
    chunks = [positions.tobytes(), normals.tobytes(), uv.tobytes(), indices.tobytes()]
    chunks.append(jpeg(model.texture, jpeg_quality))
    views, body = _pack(chunks)
    for view in views[:3]:
        view["target"] = ARRAY_BUFFER
    views[3]["target"] = ELEMENT_ARRAY_BUFFER
    accessors = [
        _accessor(0, FLOAT, "VEC3", positions) | {"min": _row(positions.min(0)), "max": _row(positions.max(0))},
        _accessor(1, FLOAT, "VEC3", normals),
        _accessor(2, FLOAT, "VEC2", uv),
        _accessor(3, UINT16 if narrow else UINT32, "SCALAR", indices),
    ]
    return _container(_document(name) | {"bufferViews": views, "accessors": accessors}, body)


def _document(name: str) -> dict[str, Any]:
    attributes = {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2}
    surface = {"baseColorTexture": {"index": 0}, "metallicFactor": 0.0, "roughnessFactor": ROUGHNESS}
    return {
        "asset": {"version": "2.0", "generator": "Maquette"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": name}],
        "meshes": [{"name": name, "primitives": [{"attributes": attributes, "indices": 3, "material": 0}]}],
        "materials": [{"name": name, "pbrMetallicRoughness": surface}],
        "textures": [{"source": 0, "sampler": 0}],
        # linear with mipmaps; clamped, as nothing tiles
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
        "images": [{"bufferView": 4, "mimeType": "image/jpeg"}],
    }


def _row(values: Floats) -> list[float]:
    return [float(value) for value in values]


def _accessor(view: int, component: int, kind: str, array: Any) -> dict[str, Any]:
    return {"bufferView": view, "componentType": component, "count": len(array), "type": kind}


def _pack(chunks: list[bytes]) -> tuple[list[dict[str, Any]], bytes]:
    """The chunks behind each other, each at a multiple of 4 bytes."""
    views: list[dict[str, Any]] = []
    body = bytearray()
    for chunk in chunks:
        views.append({"buffer": 0, "byteOffset": len(body), "byteLength": len(chunk)})
        body += chunk + b"\0" * (-len(chunk) % 4)
    return views, bytes(body)


def _container(document: dict[str, Any], body: bytes) -> bytes:
    text = json.dumps(document | {"buffers": [{"byteLength": len(body)}]}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(body)
    head = struct.pack("<4sII", b"glTF", 2, total)
    return head + struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(body), b"BIN\0") + body
