"""The shape of an object from its outlines, with what is left when the better way fails."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from maquette.domain.errors import Permanent
from maquette.engines.carve.facades import lay
from maquette.engines.carve.field import Evidence, Grid, gather, inflated, make_grid, outline, rounded
from maquette.engines.carve.joints import join
from maquette.engines.carve.section import BOXY, ROUND, SHARP, exponent, read_cues
from maquette.engines.carve.sights import Stage
from maquette.engines.carve.surface import extract
from maquette.media.meshes.mesh import Flags, Floats, Mesh, is_watertight
from maquette.media.meshes.simplify import simplify

_RELIEF_DEPTH = 0.45
"""The depth of the box that a relief may fill, as a share of the longest side, to each side of the middle."""

_POWERS = (ROUND, 2.5, 3.0, 4.0, 6.0, BOXY, SHARP)
"""The exponents that are compared with an outline from above."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A closed mesh and the ``method`` that made it: ``rounded``, ``hull`` or ``relief``."""

    mesh: Mesh
    method: str


def make_shape(stage: Stage, resolution: int, triangles: int, wanted: str = "auto") -> Shape:
    """The best shape that comes out closed; ``wanted`` is the cross-section, see ``MeshRequest.shape``.

    Raises ``Permanent("no_subject")`` if no outline encloses anything."""
    for size in (resolution, resolution * 2 // 3):
        for method, solid, grid in _candidates(stage, size, wanted):
            mesh = extract(solid, grid)
            if mesh is None:
                continue
            mesh = simplify(mesh, triangles)
            if is_watertight(mesh):
                return Shape(mesh, method)
    raise Permanent("no_subject", "The outlines do not enclose a solid.")


def _candidates(stage: Stage, resolution: int, wanted: str) -> Iterator[tuple[str, Floats, Grid]]:
    """Fields from the best to the safest, made only when asked for."""
    if stage.extent[0] and stage.extent[2]:
        evidence = gather(stage, resolution)
        if wanted != "hull":
            power = _power(stage, evidence, wanted)
            yield "rounded", join(evidence, power) if wanted == "auto" else rounded(evidence, power), evidence.grid
        yield "hull", evidence.bounds(), evidence.grid
    yield "relief", *_relief(stage, resolution)


def _power(stage: Stage, evidence: Evidence, wanted: str) -> float:
    """The exponent of the cross-sections: the wanted one, or what the photos say."""
    if wanted != "auto":
        return {"round": ROUND, "boxy": BOXY}[wanted]
    if evidence.plan is not None:
        return _power_of_plan(evidence, evidence.plan > 0)
    axes = (evidence.grid.x, evidence.grid.y, evidence.grid.z)
    return exponent(read_cues(lay(stage, axes, evidence.outlines.front, evidence.outlines.side)))


def _power_of_plan(evidence: Evidence, plan: Flags) -> float:
    """The exponent whose solid covers most exactly what the photo from above does."""
    unbounded = replace(evidence, plan=None)

    def overlap(power: float) -> float:
        covered = (rounded(unbounded, power) > 0).any(axis=0)
        return float((covered & plan).sum() / max((covered | plan).sum(), 1))

    return max(_POWERS, key=overlap)


def _relief(stage: Stage, resolution: int) -> tuple[Floats, Grid]:
    """One pair of outlines, inflated along the axis that no photo shows."""
    axis = 0 if stage.seen(0) else 2
    extent = [stage.extent[0], stage.extent[1], stage.extent[2]]
    extent[2 - axis] = 2 * _RELIEF_DEPTH * max(extent)
    grid = make_grid((extent[0], extent[1], extent[2]), resolution)
    along, depth = (grid.x, grid.z) if axis == 0 else (grid.z, grid.x)
    y, zero = grid.y[:, None], np.zeros(1)
    seen = outline(stage.seen(axis), (along, y, zero) if axis == 0 else (zero, y, along))
    solid = inflated(seen, depth, grid.step)
    return (solid if axis == 0 else solid.transpose(0, 2, 1)), grid
