"""The levels of detail, as data: what each aims at and what it must not exceed."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Level:
    """``target`` triangles and a square texture of at most ``texture`` pixels are aimed at; ``triangles`` and ``bytes``
    must not be exceeded.
    """

    name: str
    target: int
    texture: int
    triangles: int
    bytes: int


LEVELS = (
    Level("lod0", 15_000, 1024, 100_000, 3_000_000),
    Level("lod1", 7_500, 1024, 30_000, 1_000_000),
    Level("lod2", 3_000, 512, 12_000, 500_000),
)
FULL = Level("lod0", 40_000, 2048, 100_000, 3_000_000)
"""The first level at quality ``full``."""


def levels_for(quality: str, triangles: int | None = None, bytes_: int | None = None) -> tuple[Level, ...]:
    """The three levels; the first one must not exceed ``triangles`` and ``bytes_``, where they are given.

    The others have no more than half and a fifth of its triangles, and no more bytes.
    """
    first = FULL if quality == "full" else LEVELS[0]
    first = replace(first, bytes=bytes_ or first.bytes)
    first = replace(first, target=triangles, triangles=triangles) if triangles else first
    others = [
        replace(level, target=min(level.target, first.target // part), bytes=min(level.bytes, first.bytes))
        for level, part in zip(LEVELS[1:], (2, 5), strict=True)
    ]
    return first, *others
