"""Which parts of the hull are only ghosts: crossings of a limb in one outline with a limb of its own in the other.

Where a row has several runs from the front and several from the side, their product holds more limbs than there are:
four leaves make sixteen crossings. Two runs can be one limb only if they began together: the tip of a leaf is at the
same height in both outlines. So the rows are followed upwards and downwards; what begins or suddenly widens goes with
what begins or widens at the same height in the other outline, not with a limb that merely passes there. A crossing
must be possible both ways, but no place of an outline is left without any.
"""

from dataclasses import dataclass

import numpy as np

from maquette.media.meshes.mesh import Flags, Ints

_SUDDEN = 2
"""A run that widens by more places a row than this has met something new."""
_TOGETHER = 0.026
"""Beginnings within this share of the longest side are at the same height."""
_PASSING = 0.035
"""A limb passes a height if it is as wide this share of the longest side below and above."""
_WIDE = 0.5
"""What begins unseen in the other outline does so behind a run of at least this share of the widest one's width."""
_OLD = 1_000_000


@dataclass(frozen=True, slots=True)
class Traced:
    """An outline (rows, places), followed row by row.

    ``runs`` numbers each row's runs from 1; ``origin`` is the place of the row before, in the same run, that a place
    grew from, -1 for none; ``young`` marks what has just begun or widened, ``passing`` the runs that keep their width.
    """

    runs: Ints
    origin: Ints
    young: Flags
    passing: Flags


def find_ghosts(front: Flags, side: Flags) -> Flags:
    """The places (y, x, z) of the hull of two outlines (y, x) and (y, z) that no limb can fill."""
    crossing = front[:, :, None] & side[:, None, :]
    if not ((_number(front).max(axis=1) > 1) | (_number(side).max(axis=1) > 1)).any():
        return np.zeros_like(crossing)
    upwards, downwards = _sweep(front, side), _sweep(front[::-1], side[::-1])[::-1]
    possible: Flags = np.logical_and(upwards, downwards, dtype=np.bool_)
    either: Flags = np.logical_or(upwards, downwards, dtype=np.bool_)
    np.logical_or(possible, either & ~np.any(possible, axis=2, keepdims=True), out=possible)
    np.logical_or(possible, either & ~np.any(possible, axis=1, keepdims=True), out=possible)
    return crossing & ~possible


def _sweep(front: Flags, side: Flags) -> Flags:
    """The possible places (y, x, z), followed from the first row to the last."""
    size = max(front.shape[0], front.shape[1], side.shape[1])
    wide, deep = _trace(front, size), _trace(side, size)
    possible = np.zeros((len(front), front.shape[1], side.shape[1]), np.bool_)
    for row in range(len(front)):
        if front[row].any() and side[row].any():
            possible[row] = _step(possible[row - 1], _Row.of(wide, row), _Row.of(deep, row))
    return possible


def _trace(inside: Flags, size: int) -> Traced:
    runs = _number(inside)
    origin = np.full(inside.shape, -1)
    young = np.zeros(inside.shape, np.bool_)
    age = np.full(inside.shape[1], _OLD)
    for row in range(len(inside)):
        before = inside[row - 1] if row else np.zeros_like(inside[0])
        origin[row] = _origins(runs[row], inside[row] & before)
        age = np.where(origin[row] >= 0, age[origin[row]] + 1, _OLD)
        sudden = np.unique(runs[row][inside[row] & ~_spread(before, _SUDDEN)])
        age[np.isin(runs[row], sudden) & inside[row] & ~before] = 0
        young[row] = inside[row] & (age <= round(_TOGETHER * size))
    return Traced(runs, origin, young, _passing(runs, round(_PASSING * size)))


def _number(inside: Flags) -> Ints:
    """Each row's runs, numbered from 1; 0 outside."""
    starts = inside & ~np.pad(inside, ((0, 0), (1, 0)))[:, :-1]
    return np.where(inside, np.cumsum(starts, axis=1), 0)


def _origins(runs: Ints, kept: Flags) -> Ints:
    """For each place of a row the nearest kept place of its run, -1 where the run has none."""
    found = np.full(len(runs), -1)
    for run in range(1, int(runs.max()) + 1):
        here, old = np.flatnonzero(runs == run), np.flatnonzero((runs == run) & kept)
        if len(old):
            found[here] = old[np.abs(here[:, None] - old).argmin(axis=1)]
    return found


def _spread(row: Flags, reach: int) -> Flags:
    spread = np.convolve(row, np.ones(2 * reach + 1, np.int64), mode="same")
    return spread > 0


def _passing(runs: Ints, reach: int) -> Flags:
    """The runs that are about as wide ``reach`` rows before and after."""
    widths = np.zeros(runs.shape, np.int64)
    for row, numbers in enumerate(runs):
        widths[row] = np.bincount(numbers)[numbers] * (numbers > 0)
    around = np.pad(widths, ((reach, reach), (0, 0)))
    wider = np.maximum(around[: -2 * reach], around[2 * reach :]) > 1.3 * widths + 2
    passing = runs > 0
    for row, numbers in enumerate(runs):
        passing[row] &= ~np.isin(numbers, numbers[wider[row]])
    return passing


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a traced outline."""

    runs: Ints
    origin: Ints
    young: Flags
    passing: Flags

    @classmethod
    def of(cls, traced: Traced, row: int) -> "_Row":
        return cls(traced.runs[row], traced.origin[row], traced.young[row], traced.passing[row])

    @property
    def inside(self) -> Flags:
        return self.runs > 0

    def wide(self) -> Flags:
        """The places of the runs that something could begin behind."""
        widths = np.bincount(self.runs)
        widths[0] = 0
        return self.inside & (widths[self.runs] >= _WIDE * widths.max())


def _step(before: Flags, wide: _Row, deep: _Row) -> Flags:
    """The possible places (x, z) of a row, from those of the row before."""
    if wide.runs.max() == 1 and deep.runs.max() == 1:
        return wide.inside[:, None] & deep.inside
    grown = np.ix_(wide.origin, deep.origin)
    possible = before[grown] & (wide.origin >= 0)[:, None] & (deep.origin >= 0)
    if wide.young.any() and deep.young.any():
        _match(possible, wide, deep)
    possible[np.ix_(wide.inside & ~possible.any(axis=1), deep.wide())] = True
    possible[np.ix_(wide.wide(), deep.inside & ~possible.any(axis=0))] = True
    return possible


def _match(possible: Flags, wide: _Row, deep: _Row) -> None:
    """Lets what is young in both outlines cross, and takes it from the limbs that only pass."""
    for i in range(1, int(wide.runs.max()) + 1):
        own = wide.runs == i
        for j in range(1, int(deep.runs.max()) + 1):
            other = deep.runs == j
            new, also = own & wide.young, other & deep.young
            if new.any() and also.any():
                possible[np.ix_(own, also)] = True
                possible[np.ix_(new, other)] = True
            elif new.any() and (deep.passing & other).any():
                possible[np.ix_(new, other)] = False
            elif also.any() and (wide.passing & own).any():
                possible[np.ix_(own, also)] = False
