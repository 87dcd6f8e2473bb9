"""Finds the cameras that took the photos, by the coherence of the outlines.

Every ray through an outline touches the object, so somewhere on its way it must lie inside all other outlines. How
far it stays outside is the error that a Levenberg-Marquardt search makes small, in seven numbers per photo, held
near plausible cameras. After Hernandez, Schmitt and Cipolla, "Silhouette coherence for camera calibration under
circular motion" (PAMI 2007), for few and widely spaced views.
"""

from dataclasses import dataclass, replace

import numpy as np

from maquette.engines.carve.cameras import Camera
from maquette.engines.carve.coherence import Coherence, Contours, meet, read_contour
from maquette.engines.carve.field import Grid, carve_hull, make_grid
from maquette.engines.carve.sights import Stage
from maquette.media.meshes.mesh import Floats

_UNITS = np.array([10.0, 10.0, 10.0, 1.0, 1.0, 1.0, 1.0])
"""What 1 means in a vector of parameters: azimuth, elevation and roll in 10 degrees, nearness, the logarithm of the
scale, and the shift across and up in units of the object."""
_STEPS = np.array([0.05, 0.05, 0.05, 0.02, 0.005, 0.005, 0.005])
"""Steps of the numerical derivatives."""
_SPREAD = np.array([0.5, 0.8, 0.2, 0.15, 0.1, 0.1, 0.1])
"""Standard deviations of cameras in the hand around the expected one."""
_STRANGE = 3.5
"""Cameras further than this from what is expected, in standard deviations, are not believed."""
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
_HOPS = 8
"""How often the search starts again beside the best cameras found."""
_HOP = np.array([0.5, 0.2, 0, 0, 0, 0, 0])
"""Standard deviations of these starts."""
_GOOD = 2.0
"""The cost per photo of cameras that need no second look: what is left is the masks' noise."""
_LEAN = 0.7
"""The share of the nominal hull that is far less: round and boxy things keep three quarters and more."""
_FAIR = 3.0
"""The cost per photo up to which a leaner hull is believed."""
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
    """The stage with the cameras under which its outlines agree; the nominal ones where that gains nothing clear.

    Sights from above and below keep theirs: they are placed anew in the frame that is found.
    """
    return _fit(replace(stage, sights=stage.level)).overlooked(stage.plans) if stage.plans else _fit(stage)


def _fit(stage: Stage) -> Stage:
    if not (stage.seen(0) and stage.seen(2)):
        return stage
    contours = tuple(read_contour(sight) for sight in stage.sights)
    searches = [_Search(contours, nearness, elevation) for nearness, elevation in _EXPECTED]
    nominal = searches[0].start().disagreement
    if nominal < _CLEAR:
        return _leaner(stage, searches[1:])
    best, search = _best(searches)
    best = search.wander(best)
    if best.cost > nominal - _CLEAR or np.abs(best.x / _SPREAD).max() > _STRANGE:
        return stage
    return _reframe(replace(stage, strain=best.cost / len(contours)), search.cameras(best.x))


def _best(searches: list["_Search"]) -> tuple["_Guess", "_Search"]:
    found = [search.run(search.start()) for search in searches]
    index = int(np.argmin([guess.cost for guess in found]))
    return found[index], searches[index]


def _leaner(stage: Stage, near: list["_Search"]) -> Stage:
    """The nominal cameras agree; near ones that nearly do stand in for them where these leave far less.

    Seen from near, the hind legs of a table stand inside the front ones. From afar that would be a second row of
    legs, which the outlines then cross with each other. Without opposite views any near camera leaves less.
    """
    if len(stage.sights) < 4:
        return stage
    best, search = _best(near)
    found = _reframe(replace(stage, strain=best.cost / len(stage.sights)), search.cameras(best.x))
    return found if found.strain < _FAIR and _bulk(found) < _LEAN * _bulk(stage) else stage


def _bulk(stage: Stage) -> float:
    """The volume of the hull in cubes of its height."""
    grid = make_grid(stage.extent, _COARSE)
    return float((carve_hull(stage.sights, grid) > 0).sum()) * (grid.step / stage.extent[1]) ** 3


class _Search:
    """One search from, and with a prior around, cameras of one ``nearness`` and ``elevation``."""

    def __init__(self, contours: Contours, nearness: float, elevation: float) -> None:
        self._contours = contours
        count = sum(len(contour.columns) for contour in contours)
        self._weight = np.sqrt(_INDEPENDENT / count) / _NOISE
        self._start = [replace(c.camera, nearness=nearness, elevation=elevation, stretch=1.0) for c in contours]

    def cameras(self, x: Floats) -> tuple[Camera, ...]:
        """The cameras of parameters (views, 7)."""
        return tuple(_moved(camera, row) for camera, row in zip(self._start, x, strict=True))

    def coherence(self, x: Floats) -> Coherence:
        """The outlines under the cameras of parameters."""
        return meet(self._contours, self.cameras(x))

    def weigh(self, x: Floats, coherence: Coherence) -> _Guess:
        """The cost of parameters."""
        errors = coherence.errors()
        size = np.abs(errors)
        huber = np.where(size < _ROBUST, size**2, 2 * _ROBUST * size - _ROBUST**2)
        disagreement = float(huber.sum() * self._weight**2)
        return _Guess(x, errors, disagreement, disagreement + float(((x / _SPREAD) ** 2).sum()))

    def start(self) -> _Guess:
        """The expected cameras themselves."""
        zeros = np.zeros((len(self._start), len(_UNITS)))
        return self.weigh(zeros, self.coherence(zeros))

    def wander(self, best: _Guess) -> _Guess:
        """The best that is found from around ``best``: thin parts make the cost bumpy. Stops when it is good enough."""
        rng = np.random.default_rng(0)
        for _ in range(_HOPS):
            if best.cost < _GOOD * len(self._start):
                break
            x = best.x + rng.normal(0, _HOP, best.x.shape)
            best = min(best, self.run(self.weigh(x, self.coherence(x))), key=lambda guess: guess.cost)
        return best

    def run(self, now: _Guess) -> _Guess:
        """Levenberg-Marquardt from a guess."""
        coherence = self.coherence(now.x)
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
