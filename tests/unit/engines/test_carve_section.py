"""How round a section is, told from photos of solids whose outlines are the same."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.measure import marching_cubes

from maquette.domain.assets import View
from maquette.engines.carve.facades import corners, lay, take
from maquette.engines.carve.field import gather
from maquette.engines.carve.section import ROUND, SHARP, Cues, exponent, read_cues
from maquette.engines.carve.sights import align, load_sight
from maquette.media.meshes.camera import Camera
from maquette.media.meshes.mesh import Floats, Mesh
from maquette.media.meshes.render import Albedo, render_solid

AZIMUTHS = {View.FRONT: 0, View.LEFT: 90, View.BACK: 180, View.RIGHT: 270}


def pillar(power: float) -> Callable[[Floats], Floats]:
    """An upright prism, 0.6 wide and deep and 1 high, whose section is a super-ellipse."""

    def field(p: Floats) -> Floats:
        section = (abs(p[:, 0] / 0.3) ** power + abs(p[:, 2] / 0.3) ** power) ** (1 / power)
        return np.minimum(0.3 * (1 - section), 0.5 - abs(p[:, 1]))

    return field


def grey(points: Floats, _normals: Floats) -> Floats:
    return np.full_like(points, 0.6)


def marbled(points: Floats, _normals: Floats) -> Floats:
    waves = np.sin(points * [14, 9, 11] + 2 * np.sin(points[:, ::-1] * [8, 17, 13]))
    return 0.5 + 0.35 * waves


def cues(folder: Path, power: float, albedo: Albedo, views: tuple[View, ...] = tuple(AZIMUTHS)) -> Cues:
    axis = np.linspace(-0.6, 0.6, 81)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    vertices, faces, _, _ = marching_cubes(pillar(power)(points).reshape(81, 81, 81), 0.0)
    mesh = Mesh(vertices * (axis[1] - axis[0]) - 0.6, faces[:, ::-1].astype(np.int64))
    sights = []
    for view in views:
        path = folder / f"{view}.png"
        Image.fromarray(render_solid(mesh, albedo, Camera(AZIMUTHS[view], 0, (0, 0, 0), 1.3), 200)).save(path)
        sights.append(load_sight(view, path, 1024))
    stage = align(tuple(sights))
    evidence = gather(stage, 96)
    axes = (evidence.grid.x, evidence.grid.y, evidence.grid.z)
    return read_cues(lay(stage, axes, evidence.outlines.front, evidence.outlines.side))


def test_shading_tells_a_plain_pillar_from_a_plain_post(tmp_path: Path) -> None:
    round_one, square = cues(tmp_path, 2, grey), cues(tmp_path, 40, grey)
    assert round_one.shading < -0.1 < -0.05 < square.shading
    assert exponent(round_one) < 2.5 < 5 < exponent(square)


@pytest.mark.parametrize("views", [tuple(AZIMUTHS), (View.FRONT, View.RIGHT)])
def test_neighbouring_photos_agree_on_the_true_surface(tmp_path: Path, views: tuple[View, ...]) -> None:
    assert cues(tmp_path, 2, marbled, views).agreement > 0.15
    assert cues(tmp_path, 40, marbled, views).agreement < -0.08


def test_the_exponent_runs_from_round_to_sharp() -> None:
    assert exponent(Cues(0.6, -0.25, -1, -1)) == pytest.approx(ROUND, abs=0.05)
    assert exponent(Cues(-0.6, 0.05, 1, 1)) == pytest.approx(SHARP, rel=0.2)
    assert exponent(Cues(-0.6, -0.1, 0, -1)) == exponent(Cues(0, -0.1, 0, -1))
    # the same photos speak for a box more where the proportions rule out a cylinder
    assert exponent(Cues(0, -0.1, 1, 1)) > 1.5 * exponent(Cues(0, -0.1, -1, 1))


def test_photos_meet_at_the_corners_they_share(tmp_path: Path) -> None:
    """A pillar with a colour for each quarter: both photos of a corner show that colour there."""

    def quarters(points: Floats, _normals: Floats) -> Floats:
        return np.column_stack([points[:, 0] > 0, points[:, 2] > 0, np.full(len(points), 0.5)]) * 0.6 + 0.2

    axis = np.linspace(-0.6, 0.6, 61)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    vertices, faces, _, _ = marching_cubes(pillar(2)(points).reshape(61, 61, 61), 0.0)
    mesh = Mesh(vertices * (axis[1] - axis[0]) - 0.6, faces[:, ::-1].astype(np.int64))
    sights = []
    for view, azimuth in AZIMUTHS.items():
        path = tmp_path / f"{view}.png"
        Image.fromarray(render_solid(mesh, quarters, Camera(azimuth, 0, (0, 0, 0), 1.3), 96)).save(path)
        sights.append(load_sight(view, path, 1024))
    stage = align(tuple(sights))
    evidence = gather(stage, 64)
    facades = lay(
        stage, (evidence.grid.x, evidence.grid.y, evidence.grid.z), evidence.outlines.front, evidence.outlines.side
    )
    pairs = list(corners(facades))
    assert len(pairs) == 4
    rows = np.arange(20, 50)
    for front, x, side, z in pairs:
        for facade, sign in ((front, x), (side, z)):
            colour = take(facade, rows, np.array([0.7 * sign])).mean(axis=(0, 1))
            # red says right of the middle, green says in front of it
            assert (colour[0] > colour[2] - 0.5) == (x > 0)
            assert (colour[1] > colour[2] - 0.5) == (z > 0)
