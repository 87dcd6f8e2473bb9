"""A triangle mesh as plain arrays, and the questions that every step asks of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]
Flags = NDArray[np.bool_]
Pixels = NDArray[np.uint8]
"""A picture: (height, width, channels) uint8, sRGB; row 0 is the top."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles in glTF axes (+Y up, front +Z), counter-clockwise seen from outside.

    ``positions`` (n, 3) float, ``faces`` (m, 3) int. ``normals`` (n, 3) are unit vectors; ``uv`` (n, 2) has its
    origin at the texture's upper left, as glTF has it. Vertices are doubled along the seams of the texture.
    """

    positions: Floats
    faces: Ints
    normals: Floats | None = None
    uv: Floats | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A mesh with ``uv`` and ``normals``, and the one base-colour picture that it wears, (h, w, 3) uint8 sRGB."""

    mesh: Mesh
    texture: Pixels


def bounds(mesh: Mesh) -> tuple[Floats, Floats]:
    """The lowest and the highest corner, (3,) each."""
    return mesh.positions.min(axis=0), mesh.positions.max(axis=0)


def unit(vectors: Floats) -> Floats:
    """Rows (n, 3) scaled to length 1. Rows without a length point up: a ray must have a direction."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.where(lengths > 1e-20, vectors / np.maximum(lengths, 1e-20), np.array([0.0, 1.0, 0.0]))


def cross(a: Floats, b: Floats) -> Floats:
    """The cross products of rows (n, 3), of floats. numpy's own does the same, at six times the cost for small ones."""
    product = np.empty_like(a)
    for axis in range(3):
        i, j = (axis + 1) % 3, (axis + 2) % 3
        product[:, axis] = a[:, i] * b[:, j] - a[:, j] * b[:, i]
    return product


def face_vectors(mesh: Mesh) -> Floats:
    """Outward normals of the faces, (m, 3), twice as long as the face's area."""
    corners = mesh.positions[mesh.faces]
    return cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def weld(mesh: Mesh) -> tuple[Mesh, Ints]:
    """Merges vertices that stand at the very same place, and drops the faces that this folds up.

    Returns the bare mesh and, for each old vertex, the number of its new one.
    """
    # adding 0 turns -0.0 into 0.0, which are the same place but not the same bytes
    key = mesh.positions.astype(np.float32) + np.float32(0)
    # a third of the time of np.unique, which compares rows one by one
    order = np.lexsort(key.T[::-1])
    sorted_ = key[order]
    new = np.ones(len(key), np.bool_)
    new[1:] = (sorted_[1:] != sorted_[:-1]).any(axis=1)
    number = np.empty(len(key), np.int64)
    number[order] = np.cumsum(new) - 1
    faces = number[mesh.faces]
    a, b, c = faces.T
    return Mesh(mesh.positions[order[new]], faces[(a != b) & (b != c) & (a != c)]), number


def vertex_normals(mesh: Mesh) -> Floats:
    """Smooth unit normals, (n, 3), weighted by area and continuous across the seams of the texture."""
    welded, number = weld(mesh)
    sums = np.zeros((len(welded.positions), 3))
    vectors = face_vectors(welded)
    for corner in range(3):
        for axis in range(3):
            sums[:, axis] += np.bincount(welded.faces[:, corner], vectors[:, axis], len(sums))
    return unit(sums)[number].astype(np.float32)


def edges_of(mesh: Mesh) -> Ints:
    """The directed edges, (3 m, 2)."""
    return np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])


def is_watertight(mesh: Mesh) -> bool:
    """Whether the welded mesh is closed and consistently wound: each directed edge once, and once the other way."""
    welded, _ = weld(mesh)
    if not len(welded.faces):
        return False
    count = np.int64(len(welded.positions))
    edges = edges_of(welded).astype(np.int64)
    there = np.sort(edges[:, 0] * count + edges[:, 1])
    back = np.sort(edges[:, 1] * count + edges[:, 0])
    return bool((np.diff(there) > 0).all() and np.array_equal(there, back))


def volume(mesh: Mesh) -> float:
    """The enclosed volume by the divergence theorem; positive when the faces look outwards."""
    corners = mesh.positions[mesh.faces].astype(np.float64)
    return float(np.einsum("ij,ij->", corners[:, 0], cross(corners[:, 1], corners[:, 2])) / 6)


def drop_unused(mesh: Mesh) -> Mesh:
    """The bare mesh without the vertices that no face uses."""
    used, faces = np.unique(mesh.faces, return_inverse=True)
    return Mesh(mesh.positions[used], faces.reshape(-1, 3))
