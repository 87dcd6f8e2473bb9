"""The texture, from the photos: each texel takes its colour from the views that see it best."""

from dataclasses import dataclass

import numpy as np

from maquette.engines.carve.fill import spread
from maquette.engines.carve.sights import Sight, Stage
from maquette.media.meshes.mesh import Flags, Floats, Mesh, Pixels
from maquette.media.meshes.pixels import fetch, nearest_source
from maquette.media.meshes.rays import Caster
from maquette.media.meshes.unwrap import Texels, lay, texels_of

_POWER = 6
"""Exponent of the cosine between surface and view: high enough that a grazing view never beats a frontal one."""
_GRAZING = 0.15
"""Below this cosine a photo shows smears rather than the surface."""
_GUESSED = 1e-3
"""Weight of a photo on the far side of the object, which has no photo of its own: it is taken to be alike."""
_LIFT = 0.004
"""How far above the surface a ray starts, so that it does not hit the surface itself; in object lengths."""
_FEATHER = 0.02
"""Width of the soft border along edges that hide something, in object lengths."""
_RASTER = 384
_FAR = 4.0
"""The depth of a ray that meets nothing."""
_LUMA = np.array([0.2126, 0.7152, 0.0722])
_GAIN_LIMIT = 0.3
"""The largest correction of a photo's exposure, in natural logarithms."""


@dataclass(frozen=True, slots=True)
class _Lamp:
    """A photo thrown onto the object at a relative ``weight``: along its rays, or ``through`` it, onto the far side."""

    sight: Sight
    through: bool
    weight: float

    def toward(self, points: Floats) -> Floats:
        """Unit vectors from ``points`` (n, 3) to where the photo is thrown from, (n, 3)."""
        toward = self.sight.camera.toward(points)
        return -toward if self.through else toward


@dataclass(frozen=True, slots=True)
class _Cast:
    """What one lamp brings to every texel: ``colours`` (k, 3) sRGB 0..255 and ``weights`` (k,)."""

    colours: Floats
    weights: Floats
    real: bool


def texture_size(stage: Stage, largest: int) -> int:
    """The power of two up to ``largest`` that the photos can fill: at most twice their resolution, at least 256."""
    longest = max(max(sight.box[2:]) for sight in stage.sights)
    size = 256
    while size * 2 <= min(largest, 2 * longest):
        size *= 2
    return size


def paint(mesh: Mesh, stage: Stage, size: int) -> Pixels:
    """The base colour of an unwrapped ``mesh``, (size, size, 3) uint8 sRGB.

    Texels that no photo shows get the smooth continuation of their surroundings on the surface.
    """
    if mesh.normals is None:
        raise ValueError("the mesh has no normals")
    texels = texels_of(mesh, size)
    points, normals = texels.mix(mesh, mesh.positions), texels.mix(mesh, mesh.normals)
    caster = Caster(mesh)
    casts = [_cast(lamp, stage, caster, points, normals) for lamp in _lamps(stage)]
    gains = _gains(casts)
    total = np.sum([cast.weights for cast in casts], axis=0)
    mixed = np.zeros((len(points), 3), np.float32)
    for cast, gain in zip(casts, gains, strict=True):
        mixed += (cast.weights / np.maximum(total, 1e-12))[:, None] * cast.colours * np.float32(gain)
    sure = np.clip(total / _GRAZING**_POWER, 0, 1)
    return lay(texels, _complete(mesh, texels, mixed, sure))


def _lamps(stage: Stage) -> list[_Lamp]:
    lamps = [_Lamp(sight, False, 1.0) for sight in stage.sights]
    alone = [sight for axis in (0, 2) for sight in stage.seen(axis) if len(stage.seen(axis)) == 1]
    return lamps + [_Lamp(sight, True, _GUESSED) for sight in alone]


def _cast(lamp: _Lamp, stage: Stage, caster: Caster, points: Floats, normals: Floats) -> _Cast:
    """Throws one photo at the texels: where it is seen, how well, and which colour it has there."""
    toward = lamp.toward(points)
    cosine = (normals * toward).sum(axis=1)
    facing = np.flatnonzero(cosine > 0.02)
    open_sky = ~caster.blocked(points[facing] + normals[facing] * _LIFT, toward[facing])
    seen = facing[open_sky]
    weights = np.zeros(len(points), np.float32)
    soft = _softness(lamp, stage, caster, points[seen])
    weights[seen] = lamp.weight * cosine[seen] ** _POWER * soft
    colours = np.zeros((len(points), 3), np.float32)
    column, row = stage.pixel(lamp.sight, points[seen])
    colours[seen] = fetch(_extended(lamp.sight), column, row)
    return _Cast(colours, weights, lamp.weight == 1.0)


def _extended(sight: Sight) -> Pixels:
    """The photo with its colours drawn outwards from safely inside the outline, over the mixed pixels at its edge."""
    import cv2

    reach = max(1.5, 0.004 * max(sight.box[2:]))
    inside = cv2.distanceTransform(sight.mask.astype(np.uint8), cv2.DIST_L2, 5)
    core: Flags = inside > reach
    # what is too thin to have an inside keeps its own middle
    around = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, 5)
    core |= sight.mask & (around > 2 * reach + 2) & (inside > 1)
    if not core.any():
        core = sight.mask
    return sight.colours.reshape(-1, 3)[nearest_source(core)]


def _softness(lamp: _Lamp, stage: Stage, caster: Caster, points: Floats) -> Floats:
    """A factor (n,) that falls towards edges behind which something is hidden, so that no colour leaks over them."""
    import cv2

    column, row = stage.pixel(lamp.sight, points)
    if not len(points):
        return column
    step = max(float(np.ptp(column)), float(np.ptp(row)), 1.0) / _RASTER
    left, top = column.min() - 4 * step, row.min() - 4 * step
    columns, rows = (int(float(np.ptp(part)) / step) + 9 for part in (column, row))
    depth = _depths(lamp, caster, left + np.arange(columns) * step, top + np.arange(rows) * step)
    window = np.ones((3, 3), np.uint8)
    jump = cv2.dilate(depth, window) - cv2.erode(depth, window) > 0.04
    away = cv2.distanceTransform((~jump).astype(np.uint8), cv2.DIST_L2, 5) * step / lamp.sight.camera.scale
    found = fetch(away[:, :, None], (column - left) / step, (row - top) / step)[:, 0]
    return np.clip(found / _FEATHER, 0.02, 1)


def _depths(lamp: _Lamp, caster: Caster, columns: Floats, rows: Floats) -> Floats:
    """How far the surface is along the rays of a raster, (rows, columns) float32; far where there is none."""
    x, y = np.meshgrid(columns, rows)
    origins = lamp.sight.camera.before(x.ravel(), y.ravel(), lamp.through)
    distance = caster.first(origins, -lamp.toward(origins)).distance.reshape(x.shape)
    return np.where(np.isfinite(distance), distance, _FAR).astype(np.float32)


def _gains(casts: list[_Cast]) -> Floats:
    """One factor per photo that brings the brightness of what two photos share together; never a tint."""
    n = len(casts)
    equations, values = [np.ones(n)], [0.0]
    logs = [np.log(cast.colours @ _LUMA + 8) for cast in casts]
    for i in range(n):
        for j in range(i + 1, n):
            both = np.minimum(casts[i].weights, casts[j].weights) > 0.3**_POWER
            if casts[i].real and casts[j].real and both.sum() > 200:
                row = np.zeros(n)
                row[i], row[j] = 1, -1
                equations.append(row)
                values.append(float(np.median(logs[j][both] - logs[i][both])))
    solved = np.linalg.lstsq(np.array(equations), np.array(values), rcond=None)[0]
    return np.exp(np.clip(solved, -_GAIN_LIMIT, _GAIN_LIMIT))


def _complete(mesh: Mesh, texels: Texels, colours: Floats, sure: Floats) -> Floats:
    """Mixes in the surroundings' colour where the photos are unsure."""
    if sure.min() >= 1:
        return colours
    around = texels.mix(mesh, spread(mesh, texels, colours, sure))
    return colours * sure[:, None] + around * (1 - sure[:, None])
