"""Shooting rays at a mesh with Embree: what is seen, what hides what, and which triangle covers a texel."""

from dataclasses import dataclass

import numpy as np

from maquette.media.meshes.mesh import Flags, Floats, Ints, Mesh

_AT_ONCE = 1 << 19
"""Rays per call: bounds the memory that the answers need."""


@dataclass(frozen=True, slots=True)
class Hits:
    """For each ray: ``face`` (n,) or -1, the ``weights`` (n, 3) of its corners, ``distance`` (n,) or infinity."""

    face: Ints
    weights: Floats
    distance: Floats

    @property
    def struck(self) -> Flags:
        """Which rays hit anything, (n,)."""
        return self.face >= 0

    def mix(self, mesh: Mesh, values: Floats) -> Floats:
        """Vertex ``values`` (n, k) at the points that were hit, one row for each ray that struck."""
        corners = values[mesh.faces[self.face[self.struck]]]
        return np.einsum("ij,ijk->ik", self.weights[self.struck], corners)


class Caster:
    """One mesh, ready to be shot at."""

    def __init__(self, mesh: Mesh) -> None:
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        self._scene = EmbreeScene()
        positions = np.ascontiguousarray(mesh.positions, np.float32)
        # the scene does not own the triangles: keep them alive as long as it lives
        self._triangles = TriangleMesh(self._scene, positions, np.ascontiguousarray(mesh.faces, np.int32))

    def first(self, origins: Floats, directions: Floats) -> Hits:
        """What each ray meets first. ``origins`` and unit ``directions`` are (n, 3), or (3,) for all rays alike."""
        n = max(origins.shape[0] if origins.ndim == 2 else 1, directions.shape[0] if directions.ndim == 2 else 1)
        origins, directions = np.broadcast_to(origins, (n, 3)), np.broadcast_to(directions, (n, 3))
        face = np.empty(n, np.int32)
        weights = np.empty((n, 3), np.float32)
        distance = np.empty(n, np.float32)
        for start in range(0, n, _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            hit = self._shoot(origins[part], directions[part])
            face[part] = hit["primID"]
            weights[part] = np.stack([1 - hit["u"] - hit["v"], hit["u"], hit["v"]], axis=1)
            distance[part] = np.where(hit["primID"] >= 0, hit["tfar"], np.inf)
        return Hits(face, weights, distance)

    def blocked(self, origins: Floats, directions: Floats) -> Flags:
        """Whether anything stands in the way of each ray, (n,) bool."""
        return self.first(origins, directions).struck

    def _shoot(self, origins: Floats, directions: Floats) -> dict[str, Floats]:
        return self._scene.run(
            np.ascontiguousarray(origins, np.float32), np.ascontiguousarray(directions, np.float32), output=True
        )
