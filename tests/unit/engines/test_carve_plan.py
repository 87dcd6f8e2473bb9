"""Photos from above and below, on solids that the four sides alone cannot tell from others."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from skimage.measure import marching_cubes

from maquette.domain.assets import View
from maquette.engines.carve import Carve
from maquette.engines.carve.sights import align, load_sight
from maquette.media.meshes.camera import Camera
from maquette.media.meshes.mesh import Floats, Mesh
from maquette.media.meshes.normalise import normalise
from maquette.media.meshes.render import render, render_solid
from maquette.ports.engines import MeshedModel, MeshRequest, ViewImage

PLACES = {
    View.FRONT: (0, 0),
    View.LEFT: (90, 0),
    View.BACK: (180, 0),
    View.RIGHT: (270, 0),
    View.TOP: (0, 90),
    View.BOTTOM: (0, -90),
}
SIDES = [View.FRONT, View.LEFT, View.BACK, View.RIGHT]
Field = Callable[[Floats], Floats]


def corner(p: Floats) -> Floats:
    """An upright L: a corner sofa without its legs. The gap is at the front (+Z) on its left (+X)."""
    outer = np.max([abs(p[:, 0]) - 0.5, abs(p[:, 2]) - 0.4], axis=0)
    gap = np.min([p[:, 0] + 0.1, p[:, 2] + 0.1], axis=0)
    return np.minimum(-np.maximum(outer, gap), 0.3 - abs(p[:, 1]))


def pillar(p: Floats) -> Floats:
    return np.minimum(0.3 - np.hypot(p[:, 0], p[:, 2]), 0.5 - abs(p[:, 1]))


def by_height(points: Floats, normals: Floats) -> Floats:
    """Green above, red below, grey around."""
    colours = np.full(points.shape, 0.5)
    colours[normals[:, 1] > 0.7] = (0.1, 0.7, 0.1)
    colours[normals[:, 1] < -0.7] = (0.7, 0.1, 0.1)
    return colours


def photos(folder: Path, field: Field, views: list[View]) -> tuple[ViewImage, ...]:
    axis = np.linspace(-0.6, 0.6, 97)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    points, faces, _, _ = marching_cubes(field(grid).reshape(97, 97, 97), 0.0)
    mesh = Mesh(points / 80 - 0.6, faces[:, ::-1].astype(np.int64))
    for view in views:
        camera = Camera(*PLACES[view], (0, 0, 0), 1.3)
        Image.fromarray(render_solid(mesh, by_height, camera, 256)).save(folder / f"{view}.png")
    return tuple(ViewImage(view, folder / f"{view}.png") for view in views)


def carve(folder: Path, field: Field, views: list[View]) -> MeshedModel:
    return Carve().mesh(MeshRequest(photos(folder, field, views), folder, "fast"), lambda _done: None)


def overlap(result: MeshedModel, field: Field, size: tuple[float, float, float]) -> float:
    """The IoU with the truth, whose box has this ``size``."""
    mesh = normalise(result.model.read_bytes()).mesh
    low, high = mesh.positions.min(axis=0), mesh.positions.max(axis=0)
    found = trimesh.Trimesh((mesh.positions - (low + high) / 2) / (high - low) * size, mesh.faces)
    points = np.random.default_rng(1).uniform(-0.5, 0.5, (6000, 3)) * size
    inside, covered = field(points) > 0, found.contains(points)
    return float((inside & covered).sum() / (inside | covered).sum())


@pytest.mark.parametrize("views", [[*SIDES, View.TOP], [View.FRONT, View.LEFT, View.BOTTOM], [View.FRONT, View.TOP]])
def test_a_view_from_above_or_below_shows_what_the_sides_hide(tmp_path: Path, views: list[View]) -> None:
    result = carve(tmp_path, corner, views)
    assert overlap(result, corner, (1, 0.6, 0.8)) > 0.93
    assert result.stats["watertight"]


def test_the_sides_alone_fill_the_gap(tmp_path: Path) -> None:
    assert overlap(carve(tmp_path, corner, SIDES), corner, (1, 0.6, 0.8)) < 0.8


def test_a_round_outline_from_above_makes_a_round_thing(tmp_path: Path) -> None:
    assert overlap(carve(tmp_path, pillar, [View.FRONT, View.TOP]), pillar, (0.6, 1, 0.6)) > 0.93


def test_the_top_and_the_bottom_wear_their_photos(tmp_path: Path) -> None:
    model = normalise(carve(tmp_path, pillar, [*SIDES, View.TOP, View.BOTTOM]).model.read_bytes())
    for elevation, channel in ((90, 1), (-90, 0)):
        middle = render(model, 0, elevation, 96)[40:56, 40:56, :3].reshape(-1, 3).mean(axis=0)
        assert middle.argmax() == channel
        assert middle[channel] > 1.5 * np.delete(middle, channel).max()


def test_the_front_is_at_the_lower_edge_of_a_top_and_the_upper_of_a_bottom(tmp_path: Path) -> None:
    given = photos(tmp_path, pillar, [View.FRONT, View.TOP, View.BOTTOM])
    stage = align(tuple(load_sight(image.view, image.cutout, 256) for image in given))
    front = np.array([[0.0, 0.5, 0.3]])
    rows = {plan.view: float(stage.pixel(plan, front)[1][0] - plan.mask.shape[0] / 2) for plan in stage.plans}
    assert rows[View.TOP] > 40
    assert rows[View.BOTTOM] < -40
