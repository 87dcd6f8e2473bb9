"""Finds the cameras that took the photos, by the coherence of the outlines.

Every ray through an outline touches the object, so somewhere on its way it must lie inside all other outlines. How
far it stays outside is the error that a Levenberg-Marquardt search makes small, in seven numbers per photo, held
near plausible cameras. After Hernandez, Schmitt and Cipolla, "Silhouette coherence for camera calibration under
circular motion" (PAMI 2007), for few and widely spaced views.
"""

from dataclasses import dataclass, replace

import numpy as np

from maquette.engines.carve.cameras import Camera
from maquette.engines.carve.coherence import Coherence, Contour, read_contour
from maquette.engines.carve.field import Grid, carve_hull
from maquette.engines.carve.sights import Stage
from maquette.media.meshes.mesh import Floats

_UNITS = np.array([10.0, 10.0, 10.0, 1.0, 1.0, 1.0, 1.0])
"""What 1 means in a vector of parameters: azimuth, elevation and roll in 10 degrees, nearness, the logarithm of the
scale, and the shift across and up in units of the object."""
_STEPS = np.array([0.05, 0.05, 0.05, 0.02, 0.005, 0.005, 0.005])
"""Steps of the numerical derivatives."""
_SPREAD = np.array([0.5, 0.8, 0.2, 0.15, 0.1, 0.1, 0.1])
"""Standard deviations of cameras in the hand around the expected one."""
_NOISE = 0.004
"""Standard deviation of one independent error, in object lengths."""
_INDEPENDENT = 100
"""How many independent errors a set of outlines is worth: neighbours on an outline err alike."""
_ROBUST = 0.01
"""Errors above this count linearly (Huber): a wrong bit of a mask must not turn a camera."""
_ROUNDS = 15
_ENOUGH = 3e-3
"""The relative gain below which the search stops."""
_EXPECTED = ((0.0, 0.0), (0.45, 0.0), (0.45, 9.0))
"""Nearness and elevation of the cameras that are expected: far and level, near and level, or in the hand."""
_CLEAR = 1.0
"""How much smaller the error must become for the nominal cameras to be given up."""
_ROOM = 0.65
"""Half the size of the cube around the middle in which the object is looked for."""
_COARSE = 64
"""Voxels along the longest side of the hull that finds the new frame."""


@dataclass(frozen=True, slots=True)
class _Guess:
    """Parameters (views, 7) with the outlines' disagreement and, with the prior on top, the cost."""

    x: Floats
    errors: Floats
    disagreement: float
    cost: float


def fit_cameras(stage: Stage) -> Stage:
    """The stage with the cameras under which its outlines agree; the nominal ones where that gains nothing clear."""
    if len(stage.sights) < 2:
        return stage
    contours = tuple(read_contour(sight) for sight in stage.sights)
    searches = [_Search(contours, nearness, elevation) for nearness, elevation in _EXPECTED]
    nominal = searches[0].weigh(np.zeros((len(contours), len(_UNITS))), searches[0].coherence())
    if nominal.disagreement < _CLEAR:
        return stage
    found = [search.run() for search in searches]
    best = min(range(len(found)), key=lambda index: found[index].cost)
    if found[best].cost > nominal.disagreement - _CLEAR:
        return stage
    strained = replace(stage, strain=found[best].cost / len(contours))
    return _reframe(strained, searches[best].cameras(found[best].x))


class _Search:
    """One search from, and with a prior around, cameras of one ``nearness`` and ``elevation``."""

    def __init__(self, contours: tuple[Contour, ...], nearness: float, elevation: float) -> None:
        self._contours = contours
        count = sum(len(contour.columns) for contour in contours)
        self._weight = np.sqrt(_INDEPENDENT / count) / _NOISE
        self._start = [replace(c.camera, nearness=nearness, elevation=elevation, stretch=1.0) for c in contours]

    def cameras(self, x: Floats) -> tuple[Camera, ...]:
        """The cameras of parameters (views, 7)."""
        return tuple(_moved(camera, row) for camera, row in zip(self._start, x, strict=True))

    def coherence(self, x: Floats | None = None) -> Coherence:
        """The errors of parameters; of the start by default."""
        zeros = np.zeros((len(self._start), len(_UNITS)))
        return Coherence(self._contours, self.cameras(zeros if x is None else x))

    def weigh(self, x: Floats, coherence: Coherence) -> _Guess:
        """The cost of parameters."""
        errors = coherence.errors()
        size = np.abs(errors)
        huber = np.where(size < _ROBUST, size**2, 2 * _ROBUST * size - _ROBUST**2)
        disagreement = float(huber.sum() * self._weight**2)
        return _Guess(x, errors, disagreement, disagreement + float(((x / _SPREAD) ** 2).sum()))

    def run(self) -> _Guess:
        """Levenberg-Marquardt from the start."""
        coherence = self.coherence()
        now = self.weigh(np.zeros((len(self._start), len(_UNITS))), coherence)
        damping = 1e-2
        for _ in range(_ROUNDS):
            matrix, slope = self._normal_equations(now, coherence)
            for _ in range(4):
                step = np.linalg.solve(matrix + damping * np.diag(np.diag(matrix)), slope).reshape(now.x.shape)
                tried = self.coherence(now.x - step)
                then = self.weigh(now.x - step, tried)
                if then.cost < now.cost:
                    break
                damping *= 8
            else:
                return now
            gain, now, coherence, damping = now.cost - then.cost, then, tried, damping / 4
            if gain < _ENOUGH * (now.cost + gain):
                break
        return now

    def _normal_equations(self, now: _Guess, coherence: Coherence) -> tuple[Floats, Floats]:
        columns: list[Floats] = []
        for view in range(len(now.x)):
            for parameter, step in enumerate(_STEPS):
                row = now.x[view].copy()
                row[parameter] += step
                errors = coherence.errors_if(view, _moved(self._start[view], row))
                columns.append((errors - now.errors) / step)
        jacobian = np.stack(columns, axis=1)
        robust = np.minimum(1, _ROBUST / np.maximum(np.abs(now.errors), 1e-12)) * self._weight**2
        precision = np.tile(1 / _SPREAD**2, len(now.x))
        matrix = jacobian.T @ (jacobian * robust[:, None]) + np.diag(precision)
        return matrix, jacobian.T @ (now.errors * robust) + precision * now.x.ravel()


def _moved(start: Camera, row: Floats) -> Camera:
    azimuth, elevation, roll, nearness, size, across, up = (float(value) for value in row * _UNITS)
    scale = start.scale * np.exp(size)
    return replace(
        start,
        azimuth=start.azimuth + azimuth,
        elevation=start.elevation + elevation,
        roll=start.roll + roll,
        nearness=max(start.nearness + nearness, 0.0),
        scale=float(scale),
        column=float(start.column + across * scale),
        row=float(start.row - up * scale),
    )


def _reframe(stage: Stage, cameras: tuple[Camera, ...]) -> Stage:
    """The stage in the frame that the hull of these cameras fills; as it was when they leave nothing."""
    sights = tuple(replace(sight, camera=camera) for sight, camera in zip(stage.sights, cameras, strict=True))
    axis = np.linspace(-_ROOM, _ROOM, _COARSE)
    grid = Grid(axis, axis + stage.extent[1] / 2, axis, float(axis[1] - axis[0]))
    solid = carve_hull(sights, grid)
    if not (solid > 0).any():
        return stage
    spans = np.array(
        [_span(solid.max(axis=others), at) for others, at in (((0, 2), grid.x), ((1, 2), grid.y), ((0, 1), grid.z))]
    )
    low, size = spans[:, 0], spans[:, 1] - spans[:, 0]
    unit = float(size.max())
    origin = low + size * [0.5, 0, 0.5]
    placed = tuple(replace(sight, camera=sight.camera.reframe(origin, unit)) for sight in sights)
    wide, tall, deep = (size / unit).tolist()
    return replace(stage, sights=placed, extent=(wide, tall, deep), fitted=True)


def _span(profile: Floats, at: Floats) -> tuple[float, float]:
    """Where a profile is positive, from its first to its last crossing of zero."""
    inside = np.flatnonzero(profile > 0)
    ends: list[float] = []
    for index, outer in ((int(inside[0]), -1), (int(inside[-1]), 1)):
        beside = min(max(index + outer, 0), len(at) - 1)
        drop = max(float(profile[index] - profile[beside]), 1e-9)
        ends.append(float(at[index] + (at[beside] - at[index]) * min(profile[index] / drop, 1)))
    return ends[0], ends[1]
