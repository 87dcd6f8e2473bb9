"""Closing a surface that an edge collapse has torn or folded."""

import numpy as np

from maquette.media.meshes.mesh import Ints, Mesh, drop_unused, edges_of, is_watertight, weld

_ROUNDS = 8


def mend(mesh: Mesh) -> Mesh:
    """The welded mesh without folded faces and, where edges still do not pair up, with the faces there cut out and
    the hole closed by a fan. The result may still be open when the damage is too wide: check it.
    """
    bare = _without_doubles(mesh)
    for _ in range(_ROUNDS):
        if is_watertight(bare):
            return bare
        bare = _without_doubles(_fill(_cut(bare)))
    return bare


def _without_doubles(mesh: Mesh) -> Mesh:
    """Drops faces that lie back to back: a fold without a volume."""
    bare, _ = weld(mesh)
    _, inverse, count = np.unique(np.sort(bare.faces, axis=1), axis=0, return_inverse=True, return_counts=True)
    return drop_unused(Mesh(bare.positions, bare.faces[count[inverse.reshape(-1)] == 1]))


def _keys(edges: Ints, count: int) -> Ints:
    return edges[:, 0].astype(np.int64) * count + edges[:, 1]


def _unpaired(mesh: Mesh) -> Ints:
    """The directed edges (k, 2) that do not run exactly once each way."""
    edges = edges_of(mesh)
    n = len(mesh.positions)
    there, back = _keys(edges, n), _keys(edges[:, ::-1], n)
    _, inverse, count = np.unique(there, return_inverse=True, return_counts=True)
    return edges[(count[inverse] != 1) | ~np.isin(back, there)]


def _cut(mesh: Mesh) -> Mesh:
    """Takes out the faces around edges that do not pair, until each rim vertex starts one rim edge only."""
    bad = np.unique(_unpaired(mesh))
    for _ in range(_ROUNDS):
        keep = ~np.isin(mesh.faces, bad).any(axis=1)
        mesh = Mesh(mesh.positions, mesh.faces[keep])
        rim = _rim(mesh)
        starts, count = np.unique(rim[:, 0], return_counts=True)
        bad = starts[count > 1]
        if not len(bad):
            break
    return mesh


def _rim(mesh: Mesh) -> Ints:
    """The edges of holes, (k, 2), in the direction that a face closing the hole must have."""
    edges = edges_of(mesh)
    n = len(mesh.positions)
    return edges[~np.isin(_keys(edges[:, ::-1], n), _keys(edges, n))][:, ::-1]


def _fill(mesh: Mesh) -> Mesh:
    """Closes each hole with a fan around the middle of its rim."""
    following = {int(a): int(b) for a, b in _rim(mesh)}
    points = [mesh.positions]
    faces = [mesh.faces]
    count = len(mesh.positions)
    while following:
        loop = _loop(following)
        if len(loop) == 3:
            faces.append(np.array([loop]))
        elif len(loop) > 3:
            points.append(mesh.positions[loop].mean(axis=0, keepdims=True))
            faces.append(np.array([(a, b, count) for a, b in zip(loop, loop[1:] + loop[:1], strict=True)]))
            count += 1
    return Mesh(np.concatenate(points), np.concatenate(faces))


def _loop(following: dict[int, int]) -> list[int]:
    """Takes one closed loop out of ``following``; empty when the chain does not return to its start."""
    start, vertex = following.popitem()
    loop = [start]
    while vertex != start:
        loop.append(vertex)
        if vertex not in following:
            return []
        vertex = following.pop(vertex)
    return loop
