"""Unfolding a mesh into one square atlas, and finding what lies under each texel of it."""

from dataclasses import dataclass, replace

import numpy as np

from maquette.media.meshes.mesh import Floats, Ints, Mesh, Pixels, face_vectors, unit, vertex_normals
from maquette.media.meshes.pixels import nearest_source
from maquette.media.meshes.rays import Caster

_PADDING = 3
"""Texels between charts: enough for bilinear filtering and one level of mipmaps."""

_LONGEST = 4
"""A chart that is longer, in widths of the atlas, is drawn at a smaller scale than the others."""

_MANY = 20_000
_LARGEST = 1 / 24
"""The share of the surface that one chart may take of a mesh with many triangles: flattening costs more than in
proportion (measured: half the time at 40,000 triangles, a tenth of the atlas more left empty)."""


@dataclass(frozen=True, slots=True)
class Texels:
    """The covered texels of a square atlas of ``size`` texels.

    ``index`` (k,) numbers them row by row; ``face`` (k,) and ``weights`` (k, 3) say what lies there.
    """

    size: int
    index: Ints
    face: Ints
    weights: Floats

    def mix(self, mesh: Mesh, values: Floats) -> Floats:
        """Vertex ``values`` (n, c) at the texels, (k, c)."""
        return np.einsum("ij,ijk->ik", self.weights, values[mesh.faces[self.face]])

    def directions(self, mesh: Mesh) -> Floats:
        """The unit normals at the texels, (k, 3)."""
        return unit(self.mix(mesh, vertex_normals(mesh) if mesh.normals is None else mesh.normals))


def unwrap(mesh: Mesh, texture_size: int) -> Mesh:
    """The same triangles in the same order with ``uv`` inside 0..1 (xatlas), and their own ``normals`` or smooth ones.

    Vertices are doubled along chart borders; welding gives back the given mesh.
    """
    import xatlas

    charts = xatlas.ChartOptions()
    charts.max_iterations = 1
    charts.fix_winding = True
    if len(mesh.faces) > _MANY:
        charts.max_chart_area = _LARGEST * float(np.linalg.norm(face_vectors(mesh), axis=1).sum()) / 2
    pack = xatlas.PackOptions()
    pack.resolution = texture_size
    pack.padding = _PADDING
    pack.bilinear = True
    # of a wire a million times as long as it is thick xatlas would draw a chart of a million texels
    pack.max_chart_size = _LONGEST * texture_size
    pack.rotate_charts = False  # xatlas turns a chart by swapping its axes, which mirrors it
    atlas = xatlas.Atlas()
    atlas.add_mesh(mesh.positions.astype(np.float32), mesh.faces.astype(np.uint32))
    atlas.generate(charts, pack)
    origin, faces, uv = atlas[0]
    # triangles too thin for 32 bits get no place
    uv = np.clip(np.nan_to_num(uv), 0, 1).astype(np.float32)
    uv[:, 1] = 1 - uv[:, 1]  # xatlas counts upwards, glTF downwards: without this all charts would be mirrored
    whole = Mesh(mesh.positions[origin], faces.astype(np.int64), uv=uv)
    return replace(whole, normals=vertex_normals(whole) if mesh.normals is None else mesh.normals[origin])


def texels_of(mesh: Mesh, size: int) -> Texels:
    """Which triangle lies under the centre of each texel: the flat atlas is shot at from above."""
    if mesh.uv is None:
        raise ValueError("the mesh has no texture coordinates")
    flat = Mesh(np.column_stack([mesh.uv, np.zeros(len(mesh.uv))]), mesh.faces)
    centre = (np.arange(size) + 0.5) / size
    origins = np.stack([np.tile(centre, size), np.repeat(centre, size), np.ones(size * size)], axis=1)
    hits = Caster(flat).first(origins, np.array([0.0, 0.0, -1.0]))
    struck = np.flatnonzero(hits.struck)
    return Texels(size, struck, hits.face[struck], hits.weights[struck])


def lay(texels: Texels, colours: Floats) -> Pixels:
    """A picture from the texels' ``colours`` (k, 3), sRGB 0..255; what lies between charts gets the nearest colour."""
    picture = np.zeros((texels.size * texels.size, 3), np.uint8)
    if not len(texels.index):
        return picture.reshape(texels.size, texels.size, 3)
    picture[texels.index] = np.clip(np.rint(colours), 0, 255)
    covered = np.zeros((texels.size, texels.size), np.bool_)
    covered.reshape(-1)[texels.index] = True
    return picture[nearest_source(covered)]
