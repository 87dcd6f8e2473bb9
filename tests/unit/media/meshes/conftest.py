"""Small models to work on."""

import numpy as np
import pytest

from maquette.media.meshes.glb_write import write_glb
from maquette.media.meshes.mesh import Mesh, Model
from maquette.media.meshes.unwrap import lay, texels_of, unwrap

CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
BOX = np.array(
    [
        *[(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5)],
        *[(0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6)],
        *[(0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)],
    ]
)


def make_ball(rings: int = 48, around: int = 64) -> Mesh:
    """A closed ball of radius 1 around the origin."""
    angle, turn = np.pi * np.arange(1, rings) / rings, 2 * np.pi * np.arange(around) / around
    y, radius = np.repeat(np.cos(angle), around), np.repeat(np.sin(angle), around)
    middle = np.column_stack([radius * np.tile(np.sin(turn), rings - 1), y, radius * np.tile(np.cos(turn), rings - 1)])
    points = np.concatenate([middle, [[0, 1, 0], [0, -1, 0]]]).astype(np.float32)
    i, j = (a.ravel() for a in np.meshgrid(np.arange(rings - 2), np.arange(around), indexing="ij"))
    a, b = i * around + j, i * around + (j + 1) % around
    j = np.arange(around)
    k, top, bottom, last = (j + 1) % around, len(middle), len(middle) + 1, (rings - 2) * around
    faces = [
        np.column_stack([a, a + around, b + around]),
        np.column_stack([a, b + around, b]),
        np.column_stack([j, k, np.full(around, top)]),
        np.column_stack([last + k, last + j, np.full(around, bottom)]),
    ]
    return Mesh(points, np.concatenate(faces))


def dress(mesh: Mesh, size: int = 256) -> Model:
    """Paints a mesh: red in front (+Z), green on its left (+X), and bluer towards the top."""
    unwrapped = unwrap(mesh, size)
    texels = texels_of(unwrapped, size)
    points = texels.mix(unwrapped, unwrapped.positions)
    colours = np.column_stack([points[:, 2] > 0, points[:, 0] > 0, (points[:, 1] + 1) / 2]) * 200.0 + 20
    return Model(unwrapped, lay(texels, colours))


@pytest.fixture
def box() -> Mesh:
    return Mesh(CORNERS, BOX)


@pytest.fixture(scope="session")
def ball() -> Mesh:
    return make_ball()


@pytest.fixture(scope="session")
def coarse_ball() -> Mesh:
    return make_ball(16, 20)


@pytest.fixture(scope="session")
def painted(ball: Mesh) -> Model:
    return dress(ball)


@pytest.fixture(scope="session")
def glb(painted: Model) -> bytes:
    return write_glb(painted)
