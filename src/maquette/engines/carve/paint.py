"""The texture, from the photos: each texel takes its detail from the view that sees it best, its tone from all."""

from dataclasses import dataclass

import numpy as np

from maquette.engines.carve.exposure import gains
from maquette.engines.carve.fill import spread
from maquette.engines.carve.sights import Stage
from maquette.engines.carve.throw import Lamp, bands, lamps, seen
from maquette.media.meshes.mesh import Floats, Ints, Mesh, Pixels, edges_of, unit, vertex_normals, weld
from maquette.media.meshes.pixels import fetch
from maquette.media.meshes.rays import Caster
from maquette.media.meshes.unwrap import Texels, lay, texels_of

_POWER = 6
"""Exponent of the cosine between surface and view in the weight of a photo."""
_WIDE, _SHARP = 0.4, 5.0
"""Exponents on these weights for the low frequencies, which all views share, and the high ones (Burt and Adelson,
A multiresolution spline, 1983)."""
_GRAZING = 0.2, 0.35
"""Cosines below which a photo shows smears, and above which it shows the surface."""
_GUESSED = 1e-3
"""Weight of a photo on a side that it does not show."""
_CARRIED = 3
"""The most texels on a side of the texture for each pixel along the object: an atlas holds several of its sides."""
_COMPARED = 200_000
"""Texels on which photos are compared."""
_CALM = 20
"""Rounds of smoothing of the normals that choose between views: single bumps do not."""


@dataclass(frozen=True, slots=True)
class _Cast:
    """What one lamp brings to the ``texels`` (k,) that it reaches.

    ``weights`` (k,) choose between lamps, ``cosines`` (k,) say how well each texel is shown, 0..1; ``bands`` are the
    colours' low and high frequencies, (k, 3) of sRGB 0..255. ``toward`` (3,) points to the camera.
    """

    texels: Ints
    weights: Floats
    cosines: Floats
    bands: tuple[Floats, Floats]
    toward: Floats
    guessed: bool


def texture_size(stage: Stage, largest: int) -> int:
    """The power of two from 256 to ``largest`` that the photos carry.

    At most twice the resolution of the largest photo, and no more than the object in it has to show.
    """
    photo = max(max(sight.tall, *sight.mask.shape) for sight in stage.sights)
    shown = max(max(sight.box[2:]) for sight in stage.sights)
    carried = min(largest, 2 * photo, _CARRIED * shown)
    return max(256, 1 << int(np.log2(carried)))


def paint(mesh: Mesh, stage: Stage, size: int) -> Pixels:
    """The base colour of an unwrapped ``mesh``, (size, size, 3) uint8 sRGB.

    Texels that no photo shows get the smooth continuation of their surroundings on the surface.
    """
    texels = texels_of(mesh, size)
    points = texels.mix(mesh, mesh.positions.astype(np.float32))
    normals = unit(texels.mix(mesh, _calm(mesh).astype(np.float32))).astype(np.float32)
    caster = Caster(mesh)
    casts = [_cast(lamp, caster, points, normals) for lamp in lamps(stage)]
    mixed, sure = _blend(casts, len(points))
    return lay(texels, _complete(mesh, texels, mixed, sure))


def _calm(mesh: Mesh) -> Floats:
    """Normals (n, 3) of the vertices, smoothed over the surface."""
    welded, number = weld(mesh)
    normals = vertex_normals(welded).astype(np.float64)
    a, b = edges_of(welded).T
    for _ in range(_CALM):
        sums = [np.bincount(a, normals[b, axis], len(normals)) for axis in range(3)]
        normals = unit(normals + unit(np.stack(sums, axis=1).astype(np.float64)))
    return normals[number]


def _cast(lamp: Lamp, caster: Caster, points: Floats, normals: Floats) -> _Cast:
    """Throws one photo at the texels."""
    cosine = np.einsum("ij,ij->i", normals, lamp.toward(points).astype(np.float32))
    texels = np.flatnonzero(cosine > 0.03)
    points, cosine = points[texels], cosine[texels]
    shown = seen(lamp, caster, points, np.sqrt(1 - np.minimum(cosine, 1) ** 2) / cosine)
    keep = shown > 0
    texels, points, cosine, shown = texels[keep], points[keep], cosine[keep], shown[keep]
    weights = shown * cosine**_POWER * (_GUESSED if lamp.through else 1)
    whole, low = bands(lamp.sight)
    column, row = lamp.pixels(points)
    colours = fetch(whole, column, row)
    soft = fetch(low, (column + 0.5) / 4 - 0.5, (row + 0.5) / 4 - 0.5)
    return _Cast(texels, weights, cosine * shown, (soft, colours - soft), lamp.axis(), lamp.through)


def _blend(casts: list[_Cast], count: int) -> tuple[Floats, Floats]:
    """Colours (n, 3) of all texels, sRGB 0..255, and how sure they are, 0..1 (n,)."""
    best = np.zeros(count, np.float32)
    sure = np.zeros(count, np.float32)
    for cast in casts:
        best[cast.texels] = np.maximum(best[cast.texels], cast.weights)
        sure[cast.texels] = np.maximum(sure[cast.texels], cast.cosines)
    mixed = np.zeros((count, 3), np.float32)
    factors = _exposures(casts, count)
    for part, power in enumerate((_WIDE, _SHARP)):
        total = np.zeros(count, np.float32)
        band = np.zeros((count, 3), np.float32)
        for cast, gain in zip(casts, factors, strict=True):
            share = (cast.weights / np.maximum(best[cast.texels], 1e-12)) ** power
            total[cast.texels] += share
            band[cast.texels] += (share * gain)[:, None] * cast.bands[part]
        mixed += band / np.maximum(total, 1e-6)[:, None]
    sure = np.clip((sure - _GRAZING[0]) / (_GRAZING[1] - _GRAZING[0]), 0, 1)
    return np.clip(mixed, 0, 255), sure


def _exposures(casts: list[_Cast], count: int) -> Floats:
    """A factor for each cast, from a part of the texels."""
    shown: list[tuple[Floats, Floats]] = []
    step = 1 + count // _COMPARED
    for cast in casts:
        colours, well = np.zeros((count // step + 1, 3), np.float32), np.zeros(count // step + 1, np.float32)
        picked = np.flatnonzero(cast.texels % step == 0)
        at = cast.texels[picked] // step
        colours[at] = cast.bands[0][picked]
        well[at] = 0 if cast.guessed else cast.cosines[picked]
        shown.append((colours, well))
    return gains(shown, [cast.toward for cast in casts])


def _complete(mesh: Mesh, texels: Texels, colours: Floats, sure: Floats) -> Floats:
    """Mixes in the surroundings' colour where the photos are unsure."""
    if sure.min() >= 1:
        return colours
    around = texels.mix(mesh, spread(mesh, texels, colours, sure))
    return colours * sure[:, None] + around * (1 - sure[:, None])
