"""The plain recipe that the engine is measured against: what outlines give without any judgement.

Nominal cameras, every horizontal slice a super-ellipse of exponent 2 inside the run of the front's row by the run of
the side's row, bounded by the outlines; no limbs of their own, no ghosts taken out, no flat ends. The mesher, the
unfolding and the texture are the engine's.
"""

import numpy as np

from maquette.engines.carve.engine import EFFORTS
from maquette.engines.carve.field import ellipses, gather
from maquette.engines.carve.paint import paint, texture_size
from maquette.engines.carve.rows import read_rows
from maquette.engines.carve.sights import Stage, align, load_sight
from maquette.engines.carve.surface import extract
from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.mesh import Mesh, Model, is_watertight
from maquette.media.meshes.place import stand
from maquette.media.meshes.simplify import simplify
from maquette.media.meshes.unwrap import unwrap
from maquette.ports.engines import MeshRequest

POWER = 2.0


def make_plain(request: MeshRequest) -> dict[str, object]:
    """``model.glb`` in ``request.into``, and its figures."""
    effort = EFFORTS[request.quality]
    images = sorted(request.images, key=lambda image: image.view)
    stage = align(tuple(load_sight(image.view, image.cutout, effort.photo) for image in images))
    size = texture_size(stage, effort.texture)
    unwrapped = unwrap(_surface(stage, effort.grid, effort.triangles), size)
    model = Model(stand(unwrapped), paint(unwrapped, stage, size))
    (request.into / "model.glb").write_bytes(write_glb(model))
    return {"triangles": len(model.mesh.faces), "watertight": is_watertight(model.mesh)}


def _surface(stage: Stage, resolution: int, triangles: int) -> Mesh:
    evidence = gather(stage, resolution)
    grid = evidence.grid
    front = read_rows(evidence.outlines.front, grid.x)
    side = read_rows(evidence.outlines.side, grid.z)
    solid = np.minimum(ellipses(front.body, side.body, grid.x, grid.z, POWER), evidence.hull)
    mesh = extract(solid, grid)
    if mesh is None:
        raise SystemExit("the outlines enclose nothing")
    return simplify(mesh, triangles)
