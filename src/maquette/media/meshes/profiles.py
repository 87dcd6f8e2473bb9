"""What shops, viewers and guidelines ask of a model, as data: one profile each, with where its figures come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from maquette.media.meshes.levels import LEVELS, Level

MB = 1_000_000
TOLERANCE = 0.03
"""How far a model may be from each given dimension, as a share of it."""
ORIGIN = 0.001
"""How far the origin may be from the bottom's centre, as a share of the longest side."""


class Test(StrEnum):
    """How a measured value is held against its limit."""

    __test__ = False

    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    EQUALS = "equals"
    WITHIN = "within"
    """From the limit's first number to its second."""
    ONLY = "only"
    """Nothing but what the limit lists."""
    TRUE_SIZE = "true_size"
    """Each given dimension is met within the limit, a share of it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``measure`` names the measured value; what is only ``advised`` warns and refuses nothing."""

    name: str
    measure: str
    test: Test
    limit: Any
    advised: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """One place that models go to.

    ``files`` are its rules by file: ``lod0`` to ``lod2``, ``usdz``, or ``any`` for the first level that keeps them all.
    ``source`` says where the figures are from.
    """

    name: str
    title: str
    source: str
    files: Mapping[str, tuple[Rule, ...]]

    @property
    def wants_usdz(self) -> bool:
        """Whether it is about the USDZ and not the GLB."""
        return "usdz" in self.files


ANY = "any"
_GLTF = "glTF 2.0 specification, 3.4 (metres, +Y up, front +Z)"


def _at_most(measure: str, limit: float, *, advised: bool = False) -> Rule:
    return Rule(measure, measure, Test.AT_MOST, limit, advised)


def _is(measure: str, value: Any) -> Rule:
    return Rule(measure, measure, Test.EQUALS, value)


TRUE_SIZE = Rule("true_size", "size_m", Test.TRUE_SIZE, TOLERANCE)


def _store(level: Level, largest: int, *more: Rule) -> tuple[Rule, ...]:
    return (
        _at_most("bytes", level.bytes),
        _at_most("triangles", level.triangles),
        _is("meshes", 1),
        _is("draws", 1),
        _is("materials", 1),
        _is("identity_root", True),
        _is("extensions_required", []),
        _is("textures", 1),
        Rule("texture_formats", "texture_formats", Test.ONLY, ["image/jpeg"]),
        _is("texture_square", True),
        _is("texture_power_of_two", True),
        _at_most("texture_size", largest),
        *more,
        _is("workflow", "metallic-roughness"),
        _is("uv_sets", 1),
        Rule("uv_range", "uv_range", Test.WITHIN, [0, 1]),
        _is("uv_inverted", 0),
        _is("normals_inverted", 0),
        _is("watertight", True),
        _is("faces_outwards", True),
        _at_most("origin_offset", ORIGIN),
        TRUE_SIZE,
    )


# small photos carry no more than a small texture: enlarging it would only make the file larger
_SHARP = Rule("texture_size_advised", "texture_size", Test.AT_LEAST, 1024, advised=True)

_ALL = (
    Profile(
        "store",
        "Shop-ready model",
        "Maquette's own: the strictest of the others, and what every viewer loads quickly",
        {
            "lod0": _store(LEVELS[0], 2048, _SHARP),
            "lod1": _store(LEVELS[1], 1024),
            "lod2": _store(LEVELS[2], 512),
        },
    ),
    Profile(
        "khronos_mobile_web",
        "Khronos 3D Commerce, mobile and web",
        "Khronos 3D Commerce Asset Creation Guidelines, publishing targets",
        {
            ANY: (
                _at_most("bytes", 3 * MB),
                _at_most("triangles", 150_000),
                _at_most("texture_size", 2048),
                _at_most("draws", 19),
            )
        },
    ),
    Profile(
        "khronos_planner",
        "Khronos 3D Commerce, room planners",
        "Khronos 3D Commerce Asset Creation Guidelines, publishing targets",
        {
            ANY: (
                _at_most("bytes", MB),
                _at_most("triangles", 40_000),
                _at_most("texture_size", 1024),
                _at_most("draws", 4),
            )
        },
    ),
    Profile(
        "shopify",
        "Shopify product media",
        "Shopify help centre, 3D models: 500 MB are accepted, 15 MB or less are aimed at",
        {
            ANY: (
                _at_most("bytes", 500 * MB),
                Rule("bytes_advised", "bytes", Test.AT_MOST, 15 * MB, advised=True),
                Rule("texture_formats", "texture_formats", Test.ONLY, ["image/jpeg"], advised=True),
                _at_most("materials", 1, advised=True),
            )
        },
    ),
    Profile(
        "google_merchant",
        "Google Merchant Center, 3D model link",
        "Google Merchant Center help, virtual_model_link: 15 MB at most, 10 MB and 2K textures advised, 4K refused",
        {
            ANY: (
                _at_most("bytes", 15 * MB),
                Rule("bytes_advised", "bytes", Test.AT_MOST, 10 * MB, advised=True),
                _at_most("texture_size", 4095),
                Rule("texture_size_advised", "texture_size", Test.AT_MOST, 2048, advised=True),
            )
        },
    ),
    Profile(
        "google_swirl",
        "Google Swirl, 3D display ads",
        f"Google Web Designer help, Swirl asset requirements; {_GLTF}",
        {
            ANY: (
                _at_most("bytes", 3 * MB),
                _at_most("vertices", 30_000),
                _at_most("texture_size", 2048),
                _at_most("draws", 15),
                TRUE_SIZE,
            )
        },
    ),
    Profile(
        "quick_look",
        "Apple AR Quick Look",
        "Apple developer documentation, AR Quick Look; USDZ File Format Specification 1.3, Pixar (layout of the zip)",
        {
            "usdz": (
                _at_most("bytes", 10 * MB),
                _at_most("triangles", 100_000),
                _at_most("textures", 1),
                _at_most("texture_size", 2048),
                _is("meters_per_unit", 1.0),
                _is("up_axis", "Y"),
                _is("stored", True),
                _is("alignment", 64),
            )
        },
    ),
    Profile(
        "amazon",
        "Amazon product 3D models",
        "Second-hand figures: the original guide is open to sellers only",
        {
            ANY: (
                _at_most("triangles", 150_000),
                Rule("texture_size", "texture_size", Test.WITHIN, [2048, 4096]),
                TRUE_SIZE,
            )
        },
    ),
)
PROFILES: Mapping[str, Profile] = MappingProxyType({profile.name: profile for profile in _ALL})


def budget(triangles: int | None, bytes_: int | None) -> Profile | None:
    """What a job itself asked for, as a profile; None if it asked for nothing."""
    asked = {"triangles": triangles, "bytes": bytes_}
    rules = tuple(_at_most(measure, limit) for measure, limit in asked.items() if limit is not None)
    return Profile("budget", "The budget of this job", "The job's settings", {"lod0": rules}) if rules else None
