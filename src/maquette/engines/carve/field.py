"""The implicit solid: a field on a voxel grid that is positive inside the object.

Each horizontal slice is a super-ellipse inside the rectangle that the outlines leave to it: the run of
the front's row by the run of the side's row. The hull of all outlines bounds the whole. A limb (a handle, an arm)
that stands beside the body in one outline has no outline of its own in the other: it becomes as deep as it is wide.
"""

from dataclasses import dataclass, replace

import numpy as np

from maquette.engines.carve.ends import find_ends
from maquette.engines.carve.halves import find_half, halved
from maquette.engines.carve.limbs import find_ghosts
from maquette.engines.carve.prism import bulge, straight_outlines
from maquette.engines.carve.rows import Runs, read_rows
from maquette.engines.carve.sights import Sight, Stage
from maquette.media.meshes.mesh import Flags, Floats, Ints
from maquette.media.meshes.pixels import fetch

_FAR = 1e3
_DOUBT = 0.01
"""How much is taken off what only one of two opposite views shows, in object lengths."""
_LENIENT = 0.004
"""How far the solid may stand out of the outline from above, whose camera nobody has fitted, in object lengths."""
_MARGIN = 3
"""Empty voxels around the object, so that the surface closes."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Voxel centres along each axis, ``step`` apart."""

    x: Floats
    y: Floats
    z: Floats
    step: float


@dataclass(frozen=True, slots=True)
class Outlines:
    """The signed distances (rows are heights) that the views leave: ``front`` (y, x) and ``side`` (y, z)."""

    front: Floats
    side: Floats


def make_grid(extent: tuple[float, float, float], resolution: int) -> Grid:
    """A grid of ``resolution`` voxels along the longest side of the box, whatever stands in it."""
    step = max(extent) / resolution

    def centred(size: float) -> Floats:
        half = int(np.ceil(size / 2 / step)) + _MARGIN
        return np.arange(-half, half + 1) * step

    rows = int(np.ceil(extent[1] / step)) + 2 * _MARGIN
    return Grid(centred(extent[0]), (np.arange(rows) - _MARGIN + 0.5) * step, centred(extent[2]), step)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the photos leave: the visual ``hull`` as a field (y, x, z), and its ``outlines`` from front and side.

    ``straight`` are the outlines if the object is made of upright boxes: narrower where perspective makes hulls bulge.
    ``plan`` (x, z) is the outline from above and below, where a photo shows it; the ``hull`` is that of the others.
    """

    grid: Grid
    hull: Floats
    outlines: Outlines
    straight: Outlines
    plan: Floats | None = None

    def bounds(self) -> Floats:
        """All that the photos allow, a field (y, x, z)."""
        return self.hull if self.plan is None else np.minimum(self.hull, self.plan + _LENIENT)

    def outlines_of(self, power: float) -> Outlines:
        """The outlines of an object whose cross-sections are super-ellipses of exponent ``power``."""
        share = bulge(power)
        pairs = ((self.outlines.front, self.straight.front), (self.outlines.side, self.straight.side))
        front, side = (wide + share * (narrow - wide) for wide, narrow in pairs)
        return Outlines(front, side)


def gather(stage: Stage, resolution: int) -> Evidence:
    """The evidence of views along both axes, or of one of these and a plan.

    The outlines are parallel projections, whatever the cameras were. From nominal cameras they are the photos' own;
    else those of the hull, which the true cameras have freed from perspective.
    """
    grid = make_grid(stage.extent, resolution)
    found = _gather_fitted(stage, grid) if stage.fitted else _gather_nominal(stage, grid)
    if not stage.plans:
        return found
    plan = outline(stage.plans, (grid.x[:, None], np.zeros(1), grid.z))
    return replace(found, plan=plan)


def _gather_fitted(stage: Stage, grid: Grid) -> Evidence:
    front, side = (carve_hull(stage.seen(axis), grid) for axis in (0, 2))
    low, high = find_ends(stage.level, np.minimum(front, side), (grid.x, grid.y, grid.z))
    between = np.minimum(grid.y - low, high - grid.y)[:, None, None] + grid.step / 2
    front, side = np.minimum(front, between), np.minimum(side, between)
    solid = np.minimum(front, side)
    straight = Outlines(*straight_outlines(front, side, grid.step))
    return Evidence(grid, solid, Outlines(solid.max(axis=2), solid.max(axis=1)), straight)


def _gather_nominal(stage: Stage, grid: Grid) -> Evidence:
    y, zero = grid.y[:, None], np.zeros(1)
    front = outline(stage.seen(0), (grid.x, y, zero)) if stage.seen(0) else _box(grid.x, y, stage.extent[0])
    side = outline(stage.seen(2), (zero, y, grid.z)) if stage.seen(2) else _box(grid.z, y, stage.extent[2])
    outlines = Outlines(front, side)
    return Evidence(grid, np.minimum(front[:, :, None], side[:, None, :]), outlines, outlines)


def _box(along: Floats, heights: Floats, wide: float) -> Floats:
    """The outline (heights, along) that only a plan bounds."""
    return np.broadcast_to(wide / 2 - np.abs(along), (len(heights), len(along)))


def carve_hull(sights: tuple[Sight, ...], grid: Grid) -> Floats:
    """The visual hull of the cameras as they are: the least of all signed distances, a field (y, x, z) float32."""
    x, y, z = (axis.astype(np.float32) for axis in (grid.x, grid.y, grid.z))
    solid = np.full((len(y), len(x), len(z)), _FAR, np.float32)
    for sight in sights:
        np.minimum(solid, distances(sight, x[:, None], y[:, None, None], z), out=solid)
    return solid


def distances(sight: Sight, x: Floats, y: Floats, z: Floats) -> Floats:
    """Signed distance to a photo's outline, positive inside, at points whose coordinates broadcast to 2 or 3 axes."""
    column, row, scale = np.broadcast_arrays(*sight.camera.project(x, y, z))
    return look_up(sight.signed(), column, row) / scale.astype(np.float32)


def look_up(signed: Floats, columns: Floats, rows: Floats) -> Floats:
    """Values of a picture (h, w) at places of any shape, bilinear, float32; outside its edge goes on."""
    found = fetch(signed[..., None], columns.reshape(-1), rows.reshape(-1))
    return found[:, 0].reshape(columns.shape)


def outline(sights: tuple[Sight, ...], places: tuple[Floats, Floats, Floats]) -> Floats:
    """The signed distance that nominal views along one axis agree on, at x, y and z that broadcast; one can be enough.

    It is their mean, so that small differences of the cameras even out, except where one view shows something that
    the mean would lose: a thin leg, seen in two places, stays in both.
    """
    views = [distances(sight, *places) for sight in sights]
    return np.maximum(np.mean(views, axis=0), np.max(views, axis=0) - _DOUBT)


def rounded(evidence: Evidence, power: float) -> Floats:
    """The solid of super-ellipses of exponent ``power`` within the hull, as a field (y, x, z)."""
    outlines, grid = evidence.outlines_of(power), evidence.grid
    front = read_rows(outlines.front, grid.x, outlines.side)
    side = read_rows(outlines.side, grid.z, outlines.front)
    solid = ellipses(front.body, side.body, grid.x, grid.z, power)
    if front.limbs is not None:
        solid = np.maximum(solid, ellipses(front.limbs, side.body, grid.x, grid.z, power))
    if side.limbs is not None:
        turned = ellipses(side.limbs, front.body, grid.z, grid.x, power)
        solid = np.maximum(solid, turned.transpose(0, 2, 1))
    solid = np.minimum(_halves(outlines, grid, power, solid), evidence.bounds())
    # beyond its ends the solid is as far away as the outlines say, else the surface would stop short of them
    ends = ~((outlines.front > 0).any(axis=1) & (outlines.side > 0).any(axis=1))
    beyond = np.minimum(outlines.front[ends, :, None], outlines.side[ends, None, :])
    solid[ends] = np.minimum(evidence.bounds()[ends], beyond)
    ghosts = find_ghosts(outlines.front > 0, outlines.side > 0)
    return _without(solid, ghosts, grid.step) if ghosts.any() else solid


def _halves(outlines: Outlines, grid: Grid, power: float, solid: Floats) -> Floats:
    """The half solid that the outlines show, else ``solid``."""
    if half := find_half(outlines.front, outlines.side, grid.x, grid.z):
        return halved(half, outlines.front, outlines.side, grid.x, grid.z, power)
    if half := find_half(outlines.side, outlines.front, grid.z, grid.x):
        return halved(half, outlines.side, outlines.front, grid.z, grid.x, power).transpose(0, 2, 1)
    return solid


def _without(solid: Floats, ghosts: Flags, step: float) -> Floats:
    """The solid less some places; their border is softened, so that no voxel's edge shows."""
    from scipy.ndimage import gaussian_filter

    share = np.asarray(gaussian_filter(ghosts.astype(np.float32), 1.0, truncate=2), np.float32)
    return np.where(share > 0.02, np.minimum(solid, (0.5 - share) * 2 * step), solid)


def ellipses(wide: Runs, deep: Runs, along: Floats, depth: Floats, power: float) -> Floats:
    """Every run of ``wide`` rounded with every run of ``deep`` in the same row: (rows, along, depth).

    A cap on ``wide`` bounds how deep its ellipse may be. The value approximates a distance; it is far outside in
    rows where either has no run.
    """
    half = np.minimum(deep.half[:, None, :], wide.cap[:, :, None])
    u = wide.reach(along)[:, :, None]
    w = np.abs(depth - deep.middle)[:, None, :] / np.maximum(half, 1e-9)
    scale = np.minimum(half, wide.half[:, :, None])
    return np.where(scale > 0, (1 - _length(u, w, power)) * scale, -_FAR)


def _length(u: Floats, w: Floats, power: float) -> Floats:
    """(u^p + w^p)^(1/p) for non-negative values that broadcast; the larger one is taken out, so nothing overflows."""
    if power == 2:
        return np.sqrt(u * u + w * w)
    long = np.maximum(u, w)
    return long * (1 + (np.minimum(u, w) / np.maximum(long, 1e-9)) ** power) ** (1 / power)


def inflated(outline: Floats, depth: Floats, step: float) -> Floats:
    """A relief of one outline (y, a), thick where the outline is far (Poisson's equation): a field (y, a, depth)."""
    height = _inflate(outline > 0, step)
    solid = np.where(outline > 0, height, -_FAR)[:, :, None] - np.abs(depth)
    return np.minimum(solid, outline[:, :, None])


def _inflate(inside: Flags, step: float) -> Floats:
    """Half the thickness (y, a) of a relief on the cells ``inside``; a disc becomes a ball."""
    from scipy import sparse
    from scipy.sparse.linalg import spsolve

    count = int(inside.sum())
    if not count:
        return np.zeros(inside.shape)
    number = np.full(inside.shape, -1)
    number[inside] = np.arange(count)
    pairs = [_neighbours(number, axis) for axis in (0, 1)]
    i, j = np.concatenate(pairs, axis=1)
    links = sparse.csc_matrix((np.ones(len(i)), (i, j)), shape=(count, count))
    system = 4 * sparse.identity(count, format="csc") - links - links.T
    height = np.zeros(inside.shape)
    # on a disc of radius r the solution is r^2 - d^2, and its root the ball
    squared: Floats = np.asarray(spsolve(system.tocsc(), np.full(count, 4.0 * step * step)), np.float64)
    height[inside] = np.sqrt(np.maximum(squared, 0))
    return height


def _neighbours(number: Ints, axis: int) -> Ints:
    """The pairs of numbered cells that touch along ``axis``, (2, k)."""
    here, there = (number[:-1], number[1:]) if axis == 0 else (number[:, :-1], number[:, 1:])
    both = (here >= 0) & (there >= 0)
    return np.stack([here[both], there[both]])
