"""GLB files that mean harm, or met it, made in code. Each case names what the reader has to say about it."""

import copy
import io
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from maquette.media.meshes.container import split
from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.mesh import Mesh, Model

Document = dict[str, Any]
Make = Callable[[], bytes]


@dataclass(frozen=True)
class Case:
    """``says`` is part of the refusal; empty where the file must be read after all."""

    make: Make
    says: str = ""


CASES: dict[str, Case] = {}


def case(says: str = "", name: str = "") -> Callable[[Make], Make]:
    def note(make: Make) -> Make:
        CASES[name or make.__name__.replace("_", " ")] = Case(make, says)
        return make

    return note


@cache
def small() -> bytes:
    """A tetrahedron with a texture of 8 x 8."""
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    mesh = Mesh(corners, faces, np.ones((4, 3)), corners[:, :2])
    return write_glb(Model(mesh, np.full((8, 8, 3), 90, np.uint8)))


def base() -> tuple[Document, bytes]:
    document, body = split(small())
    return copy.deepcopy(document), bytes(body)


def chunk(kind: bytes, data: bytes, filler: bytes = b" ") -> bytes:
    data += filler * (-len(data) % 4)
    return struct.pack("<I4s", len(data), kind) + data


def frame(chunks: bytes) -> bytes:
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def pack(document: Document | bytes, body: bytes) -> bytes:
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    return frame(chunk(b"JSON", text) + chunk(b"BIN\0", body, b"\0"))


def changed(change: Callable[[Document], object]) -> bytes:
    """The small model with its JSON changed."""
    document, body = base()
    change(document)
    return pack(document, body)


def with_view(data: bytes, change: Callable[[Document, int], object]) -> bytes:
    """The small model with ``data`` as a further buffer view, whose number ``change`` gets."""
    document, body = base()
    body += b"\0" * (-len(body) % 4)
    document["bufferViews"].append({"buffer": 0, "byteOffset": len(body), "byteLength": len(data)})
    document["buffers"][0]["byteLength"] = len(body) + len(data)
    change(document, len(document["bufferViews"]) - 1)
    return pack(document, body + data)


def with_picture(data: bytes, mime: str = "image/png") -> bytes:
    return with_view(data, lambda d, n: d.update(images=[{"bufferView": n, "mimeType": mime}]))


def positions(values: list[float]) -> bytes:
    """The small model with other corners."""
    document, body = base()
    data = struct.pack(f"<{len(values)}f", *values)
    start = document["bufferViews"][0]["byteOffset"]
    return pack(document, body[:start] + data + body[start + len(data) :])


def extra(values: bytes) -> bytes:
    """The small model with a list of these values, a comma behind each, where applications may keep their own."""
    document, body = base()
    text = json.dumps(document).encode()
    return pack(b'{"extras":[' + values + b"0]," + text[1:], body)


# -- the shell

CASES |= {
    "empty": Case(lambda: b"", "size"),
    "twelve bytes": Case(lambda: small()[:12], "size"),
    "wrong magic": Case(lambda: b"GLTF" + small()[4:], "begin"),
    "version 1": Case(lambda: small()[:4] + struct.pack("<I", 1) + small()[8:], "begin"),
    "says it is shorter": Case(lambda: small()[:8] + struct.pack("<I", 100) + small()[12:], "shorter or longer"),
    "says it is 4 GB": Case(lambda: small()[:8] + struct.pack("<I", 2**32 - 1) + small()[12:], "shorter or longer"),
    "bytes behind the end": Case(lambda: small() + b"\0\0\0\0", "shorter or longer"),
    "first part of 4 GB": Case(lambda: small()[:12] + struct.pack("<I", 2**32 - 1) + small()[16:], "longer than"),
    "first part is binary": Case(lambda: frame(chunk(b"BIN\0", b"1234") + chunk(b"JSON", b"{}")), "not JSON"),
    "a part cut off": Case(lambda: frame(chunk(b"JSON", b"{}") + b"\0\0\0\0"), "cut off"),
    "no binary part": Case(lambda: frame(chunk(b"JSON", json.dumps(base()[0]).encode())), "length"),
    "an unknown part": Case(lambda: frame(small()[12:] + chunk(b"XTRA", b"anything"))),
    "millions of empty parts": Case(lambda: frame(small()[12:] + chunk(b"XTRA", b"") * 2_000_000), "too many parts"),
    "JSON of 100 MB": Case(lambda: frame(chunk(b"JSON", b" " * (100 << 20))), "not JSON"),
    "JSON in Latin-1": Case(lambda: pack(b'{"asset": "\xe4"}', b""), "JSON cannot be read"),
    "JSON with a byte order mark": Case(lambda: pack(b"\xef\xbb\xbf{}", b""), "JSON cannot be read"),
    "lists in lists": Case(lambda: pack(b"[" * 100_000 + b"]" * 100_000, b""), "JSON cannot be read"),
    "objects in objects": Case(lambda: pack(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b""), "JSON cannot be read"),
    "millions of objects": Case(lambda: extra(b'{"":0},' * 2_300_000), "holds too much"),
    "millions of lists": Case(lambda: extra(b"[0]," * 4_000_000), "holds too much"),
    "millions of numbers": Case(lambda: extra(b"1.5," * 4_000_000), "holds too much"),
    "half a million objects": Case(lambda: extra(b'{"":0},' * 490_000)),
    "two million numbers": Case(lambda: extra(b"1.5," * 1_990_000)),
    "a text of 15 MB": Case(lambda: extra(b'"' + "ä".encode() * 7_500_000 + b'",')),
    "a number of a million digits": Case(lambda: pack(b'{"a":' + b"9" * 1_000_000 + b"}", b""), "JSON cannot be read"),
    "not a number": Case(lambda: pack(b'{"scene":NaN,' + json.dumps(base()[0]).encode()[1:], base()[1]), "JSON cannot"),
    "a key twice": Case(lambda: pack(b'{"scene":0,' + json.dumps(base()[0]).encode()[1:], base()[1]), "JSON cannot"),
}


# -- nodes and what they show


def shown(count: int, primitives: list[Document] | None = None) -> bytes:
    """Many nodes that show one mesh."""
    document, body = base()
    document["nodes"] = [{"mesh": 0}] * count
    document["scenes"] = [{"nodes": list(range(count))}]
    if primitives is not None:
        document["meshes"] = [{"primitives": primitives}]
    return pack(document, body)


def tower(height: int) -> bytes:
    document, body = base()
    document["nodes"] = [*({"children": [k + 1]} for k in range(height)), {"mesh": 0}]
    return pack(document, body)


def strip_of(count: int, indices: bytes = b"") -> bytes:
    document, body = base()
    document["meshes"][0]["primitives"][0]["mode"] = 5
    document["accessors"][3]["count"] = count
    start = document["bufferViews"][3]["byteOffset"]
    return pack(document, body[:start] + indices + body[start + len(indices) :])


CASES |= {
    "its own child": Case(lambda: changed(lambda d: d["nodes"][0].update(children=[0])), "tree"),
    "a ring of nodes": Case(
        lambda: changed(lambda d: d.update(nodes=[{"children": [1]}, {"children": [2]}, {"mesh": 0, "children": [0]}])),
        "tree",
    ),
    "one node twice": Case(lambda: changed(lambda d: d["scenes"][0].update(nodes=[0, 0])), "tree"),
    "a tower of 30 nodes": Case(lambda: tower(30)),
    "a tower of 9,000 nodes": Case(lambda: tower(9_000), "tree"),
    "millions of children": Case(lambda: changed(lambda d: d["nodes"][0].update(children=[0] * 1_900_000)), "nodes"),
    "millions of roots": Case(lambda: changed(lambda d: d["scenes"][0].update(nodes=[0] * 1_900_000)), "nodes"),
    "100,000 nodes show one mesh": Case(lambda: shown(100_000), "10,000 nodes"),
    "9,000 nodes show one mesh": Case(lambda: shown(9_000)),
    "lines without end": Case(
        lambda: shown(9_000, [{"mode": 1, "attributes": {"POSITION": 0}}] * 100_000), "10,000 parts"
    ),
    "points that are no triangles": Case(
        lambda: shown(1, [{"mode": 0, "attributes": {"POSITION": 0}}]), "no triangles"
    ),
    "a mode that is none": Case(lambda: changed(lambda d: d["meshes"][0]["primitives"][0].update(mode=7)), "mode"),
    "a mode of text": Case(lambda: changed(lambda d: d["meshes"][0]["primitives"][0].update(mode="4")), "mode"),
    "a strip": Case(lambda: changed(lambda d: d["meshes"][0]["primitives"][0].update(mode=5))),
    "a fan": Case(lambda: changed(lambda d: d["meshes"][0]["primitives"][0].update(mode=6))),
    "a strip of two": Case(lambda: strip_of(2), "no triangles"),
    "a strip on the spot": Case(lambda: strip_of(12, bytes(24)), "no area"),
    "no scene": Case(lambda: changed(lambda d: d.pop("scenes")), "scenes"),
    "an empty scene": Case(lambda: changed(lambda d: d["scenes"][0].update(nodes=[])), "no mesh"),
    "an empty mesh": Case(lambda: changed(lambda d: d["meshes"][0].update(primitives=[])), "no triangles"),
    "a matrix without end": Case(
        lambda: changed(lambda d: d.update(nodes=[{"scale": [1e29] * 3, "children": [1]}, {"mesh": 0}])), "nowhere"
    ),
    "matrices that multiply to infinity": Case(
        lambda: changed(
            lambda d: d.update(nodes=[*({"scale": [1e29] * 3, "children": [k]} for k in range(1, 20)), {"mesh": 0}])
        ),
        "leave the world",
    ),
    "a scale of nothing": Case(lambda: changed(lambda d: d["nodes"][0].update(scale=[0, 0, 0])), "no area"),
}


# -- accessors and buffer views


def accessor(number: int, **values: Any) -> bytes:
    return changed(lambda d: d["accessors"][number].update(values))


def view(number: int, **values: Any) -> bytes:
    return changed(lambda d: d["bufferViews"][number].update(values))


SPARSE = {"count": 1, "indices": {"bufferView": 3, "componentType": 5123}, "values": {"bufferView": 0}}
for number in (0, 2, 3):
    CASES |= {
        f"accessor {number} {key} {value!r}": Case(lambda n=number, k=key, v=value: accessor(n, **{k: v}), " ")
        for key, value in [
            ("bufferView", -1), ("bufferView", 99), ("bufferView", 1e300), ("byteOffset", -4), ("byteOffset", 2**31),
            ("count", -1), ("count", 0), ("count", 2**31), ("count", 10**30), ("count", 3.5), ("count", None),
            ("count", "3"), ("count", True), ("componentType", 5124), ("componentType", 5130), ("componentType", []),
            ("type", "MAT4"), ("type", "VEC9"), ("type", {}), ("sparse", SPARSE),
        ]
    }  # fmt: skip
    CASES |= {
        f"view {number} {key} {value!r}": Case(lambda n=number, k=key, v=value: view(n, **{k: v}), " ")
        for key, value in [
            ("buffer", 1), ("buffer", -1), ("byteOffset", -4), ("byteOffset", 2**31), ("byteLength", -1),
            ("byteLength", 0), ("byteLength", 2**40), ("byteStride", 1), ("byteStride", -4), ("byteStride", 2**31),
        ]
    }  # fmt: skip


def one_view_for_many(megabytes: int, count: int) -> bytes:
    """Many primitives in one large view."""

    def change(document: Document, number: int) -> None:
        document["accessors"][0] |= {"bufferView": number, "count": 3, "byteOffset": 0}
        primitive = {"attributes": {"POSITION": 0}}
        document["meshes"] = [{"primitives": [primitive] * count}]

    corners = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
    return with_view(corners + bytes(megabytes << 20), change)


def one_large_accessor(vertices: int, nodes: int) -> bytes:
    def change(document: Document, number: int) -> None:
        document["accessors"][0] |= {"bufferView": number, "count": vertices}
        document["nodes"] = [{"mesh": 0}] * nodes
        document["scenes"] = [{"nodes": list(range(nodes))}]
        document["meshes"] = [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 3}]}]

    return with_view(bytes(12 * vertices), change)


def triangles(count: int) -> bytes:
    def change(document: Document, number: int) -> None:
        document["accessors"][3] |= {"bufferView": number, "count": 3 * count}

    return with_view(bytes(6 * count), change)


@case()
def unaligned_positions() -> bytes:
    def change(document: Document, number: int) -> None:
        document["accessors"][0] |= {"bufferView": number, "byteOffset": 1}

    return with_view(b"\0" + struct.pack("<12f", 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1), change)


@case()
def normals_of_other_length() -> bytes:
    return changed(lambda d: d["accessors"][1].update(count=2))


def soup(count: int) -> bytes:
    """Triangles without indices, each vertex with a normal and texture coordinates."""
    document, body = base()
    rows, start = 3 * count, len(body) + -len(body) % 4
    points = np.arange(3 * rows, dtype=np.float32) % 1013
    parts = [points.tobytes(), np.full((rows, 3), 0.5, np.float32).tobytes(), bytes(8 * rows)]
    for number, part in enumerate(parts):
        document["bufferViews"][number] |= {"byteOffset": start, "byteLength": len(part)}
        document["accessors"][number]["count"] = rows
        start += len(part)
    del document["meshes"][0]["primitives"][0]["indices"]
    document["buffers"][0]["byteLength"] = start
    return pack(document, body + b"\0" * (-len(body) % 4) + b"".join(parts))


CASES |= {
    "200,000 loose triangles": Case(lambda: soup(200_000)),
    "10 million triangles": Case(lambda: triangles(10_000_000), "2,000,000 triangles"),
    "100 MB seen 10,000 times": Case(lambda: one_view_for_many(100, 10_000)),
    "6 million vertices drawn 100 times": Case(lambda: one_large_accessor(1_000_000, 100), "2,000,000 triangles"),
    "an index beyond the vertices": Case(lambda: accessor(0, count=2), "beyond the vertices"),
    "a corner that is no number": Case(lambda: positions([float("nan")]), "nowhere"),
    "a corner without end": Case(lambda: positions([float("inf")]), "nowhere"),
    "a corner beyond the moon": Case(lambda: positions([3e38]), "nowhere"),
    "all corners in one place": Case(lambda: positions([1.0] * 12), "no area"),
    "all corners on one line": Case(lambda: positions([0.0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0]), "no area"),
    "Draco": Case(lambda: changed(lambda d: d.update(extensionsRequired=["KHR_draco_mesh_compression"])), "draco"),
    "meshopt": Case(lambda: changed(lambda d: d.update(extensionsRequired=["EXT_meshopt_compression"])), "meshopt"),
    "KTX2 required": Case(lambda: changed(lambda d: d.update(extensionsRequired=["KHR_texture_basisu"])), "basisu"),
    "an extension named by a surrogate": Case(
        lambda: changed(lambda d: d.update(extensionsRequired=["\ud800"])), "something"
    ),
    "an extension with a name of 1 MB": Case(
        lambda: changed(lambda d: d.update(extensionsRequired=["x" * 1_000_000])), "something"
    ),
    "an extension that is a list": Case(lambda: changed(lambda d: d.update(extensionsRequired=[[["x"]]])), "something"),
}


def transformed(**values: Any) -> bytes:
    """The small model with its texture turned, scaled and shifted."""
    link = {"index": 0, "extensions": {"KHR_texture_transform": values}}
    return changed(lambda d: d["materials"][0]["pbrMetallicRoughness"].update(baseColorTexture=link))


CASES |= {
    "a texture transform": Case(lambda: transformed(rotation=1, offset=[3, 4], scale=[-1, 2])),
    "a texture scaled to infinity": Case(lambda: transformed(scale=[1e29, 1]), "coordinates"),
    "a texture turned by text": Case(lambda: transformed(rotation="1"), "rotation"),
    "a texture shifted by a list": Case(lambda: transformed(offset=[[1], 2]), "offset"),
    "texture coordinates beyond the set": Case(lambda: transformed(texCoord=10**9), "set of"),
}


# -- other files

CASES |= {
    f"buffer at {uri[:12]}": Case(lambda u=uri: changed(lambda d: d["buffers"][0].update(uri=u)), "outside itself")
    for uri in (
        "file:///etc/passwd",
        "http://127.0.0.1:1/a.bin",
        "../../secret",
        "data:;base64,AAAA",
        "",
        "\\\\host\\x",
    )
}
CASES |= {
    f"picture at {uri[:12]}": Case(lambda u=uri: changed(lambda d: d["images"][0].update(uri=u)), "outside of its own")
    for uri in ("file:///etc/passwd", "http://127.0.0.1:1/a.png", "../../x.png", "data:image/png;base64,AAAA", "")
}


# -- pictures


def png(width: int, height: int, data: bytes, *extra: bytes) -> bytes:
    """A grey PNG whose data may be anything."""

    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + part(b"IDAT", data) + part(b"IEND", b"")


@cache
def bomb(side: int) -> bytes:
    """A PNG of grey without end."""
    maker = zlib.compressobj(9)
    row = bytes(side + 1)
    return png(side, side, b"".join(maker.compress(row) for _ in range(side)) + maker.flush())


def saved(form: str, size: tuple[int, int] = (8, 8), mode: str = "RGB", **options: Any) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, 90).save(target, form, **options)
    return target.getvalue()


def scans(count: int) -> bytes:
    """A progressive JPEG that says the same again and again."""
    data = saved("JPEG", (64, 64), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + (data[last:-2]) * count + b"\xff\xd9"


def pictures(count: int, data: bytes, used: bool) -> bytes:
    def change(document: Document, number: int) -> None:
        start = document["bufferViews"][number]["byteOffset"]
        views = [{"buffer": 0, "byteOffset": start + len(data) * k, "byteLength": len(data)} for k in range(count)]
        document["bufferViews"] += views
        document["images"] = [{"bufferView": number + 1 + k} for k in range(count)]
        if used:
            document["textures"] = [{"source": k} for k in range(count)]
            looks = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": k}}} for k in range(count)]
            document["materials"] = looks
            primitive = document["meshes"][0]["primitives"][0]
            document["meshes"][0]["primitives"] = [primitive | {"material": k} for k in range(count)]

    return with_view(data * count, change)


CASES |= {
    "a PNG of 50,000 x 50,000": Case(lambda: with_picture(png(50_000, 50_000, b"")), "too large"),
    "a PNG of 10,000 x 10,000": Case(lambda: with_picture(png(10_000, 10_000, b"")), "too large"),
    "a PNG of 8,192 x 8,192": Case(lambda: with_picture(bomb(8192))),
    "a PNG of 8,192 x 8,192 and more": Case(lambda: pictures(2, bomb(8192), True), "too many pixels"),
    "unused pictures without end": Case(lambda: pictures(20, bomb(8192), False), "too many pixels"),
    "100,000 pictures": Case(lambda: pictures(100_000, b"\x89PNG", False), "256 pictures"),
    "200 pictures in one place": Case(
        lambda: with_view(saved("PNG"), lambda d, n: d.update(images=[{"bufferView": n}] * 200)), "overlap"
    ),
    "a PNG cut off": Case(lambda: with_picture(bomb(256)[:-40]), "cannot be read"),
    "a PNG of noise": Case(lambda: with_picture(png(64, 64, b"\x55" * 500)), "cannot be read"),
    "a PNG whose comment is a bomb": Case(
        lambda: with_picture(
            saved("PNG")[:33] + png(8, 8, b"", _text(200 << 20))[33:-12] + saved("PNG")[33:]
        ),
        "cannot be read",
    ),
    "a JPEG of 1,000 scans": Case(lambda: with_picture(scans(1000), "image/jpeg"), "scans"),
    "a progressive JPEG": Case(lambda: with_picture(saved("JPEG", (64, 64), progressive=True), "image/jpeg")),
    "a JPEG in CMYK": Case(lambda: with_picture(saved("JPEG", mode="CMYK"), "image/jpeg")),
    "a WebP": Case(lambda: with_picture(saved("WEBP"), "image/webp")),
    "a GIF": Case(lambda: with_picture(saved("GIF", mode="L"), "image/png"), "cannot be read"),
    "KTX2": Case(lambda: with_picture(b"\xabKTX 20\xbb\r\n\x1a\n" + bytes(80), "image/ktx2"), "cannot be read"),
    "a picture with no bytes": Case(lambda: changed(lambda d: d["images"][0].pop("bufferView")), "bufferViews"),
    "a picture of geometry": Case(lambda: changed(lambda d: d["images"][0].update(bufferView=0)), "cannot be read"),
}  # fmt: skip


def _text(size: int) -> bytes:
    maker = zlib.compressobj(9)
    data = b"k\0\0" + b"".join(maker.compress(bytes(1 << 20)) for _ in range(size >> 20)) + maker.flush()
    return struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
