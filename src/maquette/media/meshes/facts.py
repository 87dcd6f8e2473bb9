"""What is told of a model everywhere: its kind, and a few of its measured values. Needs nothing but Python."""

from collections.abc import Mapping
from typing import Any

GLB = "model/gltf-binary"
USDZ = "model/vnd.usdz+zip"
HEAD_BYTES = 4

_NAMES: Mapping[str, str] = {
    "triangles": "triangles",
    "vertices": "vertices",
    "materials": "materials",
    "bounds_m": "size_m",
}


def is_glb(head: bytes) -> bool:
    """Whether a file that begins with ``HEAD_BYTES`` such bytes claims to be a GLB."""
    return head.startswith(b"glTF")


def is_usdz(head: bytes) -> bool:
    """Whether a file that begins so claims to be a zip, as a USDZ is."""
    return head.startswith(b"PK\3\4")


def facts(measures: Mapping[str, Any]) -> dict[str, Any]:
    """The ``stats`` of an asset, from what ``measure`` measured of it. ``bounds_m`` is along X, Y and Z."""
    return {name: measures[measure] for name, measure in _NAMES.items() if measures.get(measure) is not None}
