"""Writing a model as USDZ, for Apple's AR Quick Look.

The layer is binary (``.usdc``), by our own writer: Quick Look took nothing else at first, USD's ARKit rule asks for it
(``ARKitRootLayerChecker`` of usdchecker: "must be a usdc file"), and text, which may not be compressed in a package,
is more than twice as long. Pixar's ``usd-core`` would write the file too, for 150 MB of installation; the tests read
with it.
"""

import io
import re
import struct
import zipfile
from collections.abc import Mapping

import numpy as np

from maquette.media.meshes.glb_write import ROUGHNESS, jpeg
from maquette.media.meshes.mesh import Floats, Mesh, Model, bounds, unit
from maquette.media.meshes.usd_crate import (
    Applied,
    Asset,
    Double,
    Kind,
    Names,
    Spec,
    Specifier,
    Targets,
    Token,
    Value,
    Variability,
    write_crate,
)

MEDIA_TYPE = "model/vnd.usdz+zip"
MAX_BYTES = 10_000_000
"""The most that a delivered package may have."""
TEXTURE = "base_color.jpg"
_ALIGNMENT = 64
"""Where each file's data begins in the package (USDZ specification 1.3, "Layout")."""
_QUALITIES = (90, 80, 70, 55, 40)

_Properties = dict[str, tuple[Kind, Mapping[str, Value]]]


def write_usdz(model: Model, *, name: str = "model", jpeg_quality: int = 90) -> bytes:
    """One mesh in metres, +Y up, with one ``UsdPreviewSurface`` and its texture as JPEG, in a stored zip.

    The texture gets at most ``jpeg_quality``, and less where the package would exceed ``MAX_BYTES``. What cannot be
    made small enough comes back as small as it can be. Raises ``ValueError`` for a model without normals or texture
    coordinates.
    """
    layer = write_crate(list(_scene(model.mesh, identifier(name))))
    data = b""
    for quality in sorted({jpeg_quality, *(q for q in _QUALITIES if q < jpeg_quality)}, reverse=True):
        data = package({"model.usdc": layer, TEXTURE: jpeg(model.texture, quality)})
        if len(data) <= MAX_BYTES:
            break
    return data


def identifier(name: str) -> str:
    """``name`` as the name of a prim: ASCII letters, digits and underscores, no digit first."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"


def package(files: Mapping[str, bytes]) -> bytes:
    """A stored zip in which each file's data begins at a multiple of 64 bytes; the first file is the layer."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            begins = target.tell() + 30 + len(name.encode()) + 4
            padding = -begins % _ALIGNMENT
            # the header id that USD itself uses for its padding
            entry.extra = struct.pack("<HH", 0x1986, padding) + bytes(padding)
            archive.writestr(entry, data)
    return target.getvalue()


def _scene(mesh: Mesh, name: str) -> list[Spec]:
    """The whole layer, depth first."""
    root = f"/{name}"
    stage: dict[str, Value] = {
        "defaultPrim": Token(name),
        "metersPerUnit": Double(1.0),
        "upAxis": Token("Y"),
        "primChildren": Names((name,)),
    }
    return [
        Spec("/", Kind.ROOT, stage),
        *_prim(root, "Xform", {}, ("mesh", "material"), kind=Token("component")),
        *_mesh(f"{root}/mesh", mesh, f"{root}/material"),
        *_material(f"{root}/material"),
    ]


def _prim(
    path: str, kind_of: str, properties: _Properties, children: tuple[str, ...] = (), **fields: Value
) -> list[Spec]:
    about: dict[str, Value] = {"specifier": Specifier.DEF, "typeName": Token(kind_of), **fields}
    if properties:
        about["properties"] = Names(tuple(properties))
    if children:
        about["primChildren"] = Names(children)
    found = [Spec(path, Kind.PRIM, about)]
    return found + [Spec(f"{path}.{name}", kind, values) for name, (kind, values) in properties.items()]


def _attribute(kind_of: str, value: Value | None = None, **fields: Value) -> tuple[Kind, Mapping[str, Value]]:
    about: dict[str, Value] = {"typeName": Token(kind_of), **fields}
    return Kind.ATTRIBUTE, about if value is None else about | {"default": value}


def _uniform(kind_of: str, value: Value) -> tuple[Kind, Mapping[str, Value]]:
    return _attribute(kind_of, value, variability=Variability.UNIFORM)


def _connected(kind_of: str, target: str) -> tuple[Kind, Mapping[str, Value]]:
    return _attribute(kind_of, connectionPaths=Targets((target,)))


def _mesh(path: str, mesh: Mesh, material: str) -> list[Spec]:
    if mesh.normals is None or mesh.uv is None:
        raise ValueError("a model needs normals and texture coordinates")
    uv = np.clip(mesh.uv, 0, 1).astype(np.float32)
    # USD's origin is the lower left of the picture, glTF's the upper left
    st = np.column_stack([uv[:, 0], 1 - uv[:, 1]])
    vertex = Token("vertex")
    properties: _Properties = {
        "extent": _attribute("float3[]", _floats(np.array(bounds(mesh)))),
        "faceVertexCounts": _attribute("int[]", np.full(len(mesh.faces), 3, np.int32)),
        "faceVertexIndices": _attribute("int[]", mesh.faces.astype(np.int32).ravel()),
        "material:binding": (
            Kind.RELATIONSHIP,
            {"variability": Variability.UNIFORM, "targetPaths": Targets((material,))},
        ),
        "normals": _attribute("normal3f[]", _floats(unit(mesh.normals.astype(np.float64))), interpolation=vertex),
        "points": _attribute("point3f[]", _floats(mesh.positions)),
        "primvars:st": _attribute("texCoord2f[]", _floats(st), interpolation=vertex),
        "subdivisionScheme": _uniform("token", Token("none")),
    }
    return _prim(path, "Mesh", properties, apiSchemas=Applied(("MaterialBindingAPI",)))


def _floats(values: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.ascontiguousarray(values, np.float32)


def _material(path: str) -> list[Spec]:
    surface: _Properties = {
        "info:id": _uniform("token", Token("UsdPreviewSurface")),
        "inputs:diffuseColor": _connected("color3f", f"{path}/texture.outputs:rgb"),
        "inputs:metallic": _attribute("float", 0.0),
        "inputs:roughness": _attribute("float", ROUGHNESS),
        "outputs:surface": _attribute("token"),
    }
    texture: _Properties = {
        "info:id": _uniform("token", Token("UsdUVTexture")),
        "inputs:file": _attribute("asset", Asset(f"./{TEXTURE}")),
        "inputs:sourceColorSpace": _attribute("token", Token("sRGB")),
        "inputs:st": _connected("float2", f"{path}/reader.outputs:result"),
        "inputs:wrapS": _attribute("token", Token("clamp")),
        "inputs:wrapT": _attribute("token", Token("clamp")),
        "outputs:rgb": _attribute("float3"),
    }
    reader: _Properties = {
        "info:id": _uniform("token", Token("UsdPrimvarReader_float2")),
        "inputs:varname": _attribute("string", "st"),
        "outputs:result": _attribute("float2"),
    }
    outlet: _Properties = {"outputs:surface": _connected("token", f"{path}/surface.outputs:surface")}
    return [
        *_prim(path, "Material", outlet, ("surface", "texture", "reader")),
        *_prim(f"{path}/surface", "Shader", surface),
        *_prim(f"{path}/texture", "Shader", texture),
        *_prim(f"{path}/reader", "Shader", reader),
    ]
