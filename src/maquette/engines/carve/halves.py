"""Half solids: half a fruit, a mask, a shell. One face is flat, and the body is widest there, not in its middle.

From the side such a thing has one straight edge and one curved one. What is flat on both sides is a slab and what is
curved on both is round; but where only one edge is straight while the width from the front changes from row to row,
and the depth behind the edge changes exactly as the width does, each slice is half a disc. What stands out of the flat
face (a stone, a knob) is a round bump.
"""

from dataclasses import dataclass

import numpy as np

from maquette.media.meshes.mesh import Flags, Floats

_TILTS = np.linspace(-0.14, 0.14, 15)
"""How far the flat face may lean, as a slope: cameras are a few degrees off."""
_NEAR = 1.3
"""A row's edge is on the line within this many voxels."""
_STRAIGHT = 0.45
"""The share of the rows whose edge must be on the line."""
_CURVED = 0.6
"""Of the other edge's rows at most this share of as many are on one: the belly of an egg is a line for a while."""
_ALONE = 0.8
"""The share of the rows that must be one run: a half solid has no legs."""
_SPAN = 0.85
"""From the first to the last of these rows it is this share of the height: bumps stand between, not at the ends."""
_VARIES = 0.5
"""By what share the width and the depth on the line must change: those of an upright half cylinder do not."""
_ALIKE = 0.93
"""The correlation of depth and width on the line."""
_BUMP = 1.5
"""What stands out by more than this many voxels is a bump."""


@dataclass(frozen=True, slots=True)
class Half:
    """A flat face: its place ``at`` (rows,) along the depth, and ``sign``, 1 if it looks along the axis, else -1."""

    at: Floats
    sign: float


def find_half(wide: Floats, deep: Floats, along: Floats, depth: Floats) -> Half | None:
    """The flat face that looks along ``depth``, from two outlines' signed distances (rows, along) and (rows, depth)."""
    if min(_single(wide), _single(deep)) < _ALONE:
        return None
    across, edges = _ends(wide, along), _ends(deep, depth)
    width = across[1] - across[0]
    lines = [_straightest(edge, depth[1] - depth[0]) for edge in edges]
    for face, sign in ((0, -1.0), (1, 1.0)):
        (line, on), (_, beyond) = lines[face], lines[1 - face]
        if beyond.sum() < _CURVED * on.sum() and _is_half(width, (line - edges[1 - face]) * sign, on):
            return Half(line, sign)
    return None


def _single(outline: Floats) -> float:
    """The share of the filled rows that are one run."""
    inside = np.pad(outline > 0, ((0, 0), (1, 0)))
    runs = (inside[:, 1:] & ~inside[:, :-1]).sum(axis=1)
    return float((runs == 1).sum() / max((runs > 0).sum(), 1))


def _ends(outline: Floats, along: Floats) -> tuple[Floats, Floats]:
    """Where each row begins and ends, (rows,) each; NaN in empty rows."""
    inside = outline > 0
    filled = inside.any(axis=1)
    first, last = inside.argmax(axis=1), inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
    half = (along[1] - along[0]) / 2
    return np.where(filled, along[first] - half, np.nan), np.where(filled, along[last] + half, np.nan)


def _straightest(edge: Floats, step: float) -> tuple[Floats, Flags]:
    """The nearly upright line (rows,) that most rows of an edge lie on, and which rows these are."""
    rows = np.arange(len(edge)) * step
    best = np.zeros_like(edge), np.zeros(len(edge), np.bool_)
    for tilt in _TILTS[np.argsort(np.abs(_TILTS), kind="stable")]:
        upright = edge - tilt * rows
        known = upright[np.isfinite(upright)]
        at = known[np.argmax((np.abs(known[:, None] - known) <= _NEAR * step).sum(axis=1))]
        on = np.abs(upright - at) <= _NEAR * step
        if on.sum() > 1.1 * best[1].sum():
            best = at + tilt * rows, on
    return best


def _is_half(width: Floats, depth: Floats, on: Flags) -> bool:
    """Whether, in the rows ``on`` a straight edge, the depth behind the edge goes as the width."""
    rows, filled = np.flatnonzero(on), np.flatnonzero(np.isfinite(width))
    if len(rows) < _STRAIGHT * len(filled) or rows[-1] - rows[0] < _SPAN * len(filled):
        return False
    varies = [1 - np.percentile(values[rows], 10) / values[rows].max() for values in (width, depth)]
    return min(varies) > _VARIES and float(np.corrcoef(width[rows], depth[rows])[0, 1]) > _ALIKE


def halved(half: Half, wide: Floats, deep: Floats, along: Floats, depth: Floats, power: float) -> Floats:
    """The half solid (rows, along, depth), positive inside: half super-ellipses behind the face, bumps before it."""
    (left, right), (back, front) = _ends(wide, along), _ends(deep, depth)
    step = depth[1] - depth[0]
    before = half.sign * (depth - half.at[:, None])
    behind, out = (half.at - back, front - half.at) if half.sign > 0 else (front - half.at, half.at - back)
    across = np.abs(along - ((left + right) / 2)[:, None])
    solid = np.minimum(_slices(across, -before, (right - left) / 2, behind, power), -before[:, None, :])
    risen = np.nan_to_num(out) > _BUMP * step
    if risen.any():
        # as round as it is tall
        radius = np.where(risen, risen.sum() * step / 2 * out / np.nanmax(out), 0)
        bump = _slices(across, before, radius, np.where(risen, out, 0), 2.0)
        solid = np.maximum(solid, np.minimum(bump, before[:, None, :] + 2 * step))
    return np.nan_to_num(solid, nan=-1.0)


def _slices(across: Floats, beyond: Floats, half: Floats, reach: Floats, power: float) -> Floats:
    """Half super-ellipses (rows, along, depth), ``half`` wide and reaching ``reach`` beyond the face, (rows,) each."""
    scale = np.minimum(half, reach)[:, None, None]
    u = (across / np.maximum(half, 1e-9)[:, None])[:, :, None]
    w = (np.maximum(beyond, 0) / np.maximum(reach, 1e-9)[:, None])[:, None, :]
    length = np.maximum(u, w) * (1 + (np.minimum(u, w) / np.maximum(np.maximum(u, w), 1e-9)) ** power) ** (1 / power)
    return np.where(scale > 0, (1 - length) * scale, -1.0)
