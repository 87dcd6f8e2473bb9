"""Levels of detail, and pictures of models."""

from pathlib import Path

import numpy as np
import pytest

from maquette.media.meshes.camera import Camera
from maquette.media.meshes.fit import Lod, fit, make_lods
from maquette.media.meshes.glb_read import inspect_glb
from maquette.media.meshes.levels import Level, levels_for
from maquette.media.meshes.lods import reduce
from maquette.media.meshes.mesh import Mesh, Model, bounds, is_watertight
from maquette.media.meshes.normalise import normalise
from maquette.media.meshes.render import render, render_solid


@pytest.fixture(scope="module")
def folder(glb: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lods")
    (folder / "model.glb").write_bytes(glb)
    return folder


@pytest.fixture(scope="module")
def lods(folder: Path) -> list[Lod]:
    return make_lods(normalise((folder / "model.glb").read_bytes()), folder, levels_for("medium"))


def test_three_levels_are_closed_and_get_smaller(lods: list[Lod]) -> None:
    assert [lod.name for lod in lods] == ["lod0", "lod1", "lod2"]
    assert all(lod.stats["watertight"] for lod in lods)
    assert lods[2].stats["triangles"] <= 3000 < lods[0].stats["triangles"]


def test_levels_look_alike(lods: list[Lod]) -> None:
    first, *others = [render(normalise(lod.path.read_bytes()), 40, 20, 96).astype(int) for lod in lods]
    for other in others:
        both = (first[..., 3] == 255) & (other[..., 3] == 255)
        assert both.sum() > 0.95 * (first[..., 3] == 255).sum()
        assert np.abs(first - other)[both].mean() < 8


def test_reducing_carries_the_colours_over(painted: Model) -> None:
    small = reduce(painted, 400, 128)
    assert len(small.mesh.faces) <= 400
    assert small.texture.shape == (128, 128, 3)
    picture = render(small, 0, 0, 64)
    red, green, _ = picture[32, 44, :3].astype(int)
    assert (red > 120, green > 120) == (True, True)
    red, green, _ = picture[32, 20, :3].astype(int)
    assert (red > 120, green < 90) == (True, True)


def test_a_coarse_level_is_as_large_as_the_model(painted: Model) -> None:
    small = reduce(painted, 100, 64)
    mine, its = (np.ptp(bounds(mesh), axis=0) for mesh in (small.mesh, painted.mesh))
    assert mine == pytest.approx(its, rel=1e-5)


def test_detail_that_is_too_fine_for_a_level_is_averaged(painted: Model) -> None:
    board = (np.indices((256, 256)).sum(axis=0) % 2 * 200).astype(np.uint8)
    small = reduce(Model(painted.mesh, np.repeat(board[..., None], 3, axis=2)), 400, 128)
    assert small.texture.mean() == pytest.approx(100, abs=2)
    assert small.texture.std() < 5


def test_a_budget_of_triangles_moves_all_levels() -> None:
    assert [level.target for level in levels_for("medium")] == [15_000, 7_500, 3_000]
    assert [level.target for level in levels_for("full")] == [40_000, 7_500, 3_000]
    assert [level.target for level in levels_for("full", 5_000)] == [5_000, 2_500, 1_000]
    assert [level.bytes for level in levels_for("medium", None, 700_000)] == [700_000, 700_000, 500_000]


@pytest.mark.parametrize("most", [90_000, 40_000, 20_000])
def test_a_budget_of_bytes_is_kept_and_the_surface_stays_closed(painted: Model, most: int) -> None:
    small, data = fit(painted, Level("lod0", 15_000, 1024, 100_000, most))
    assert len(data) <= most
    assert is_watertight(small.mesh)
    assert inspect_glb(data).triangles == len(small.mesh.faces)


def test_what_cannot_be_small_enough_is_as_small_as_it_can_be(painted: Model) -> None:
    small, data = fit(painted, Level("lod0", 15_000, 1024, 100_000, 1_000))
    assert len(data) > 1_000
    assert (len(small.mesh.faces), small.texture.shape[0]) == (500, 64)


@pytest.mark.parametrize(("azimuth", "side"), [(0, (0, 0, 1)), (90, (1, 0, 0)), (180, (0, 0, -1)), (270, (-1, 0, 0))])
@pytest.mark.parametrize("fov", [0.0, 40.0])
def test_cameras_stand_where_they_say(ball: Mesh, azimuth: float, side: tuple[int, int, int], fov: float) -> None:
    def facing(_points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        return np.repeat((normals @ np.array(side) > 0.8)[:, None], 3, axis=1) * 1.0

    picture = render_solid(ball, facing, Camera(azimuth, 0, (0, 0, 0), 2.2, fov), 64)
    assert picture[32, 32, 0] > 150
    assert picture[32, 4:8, 0].max() < 60


def test_up_is_up_and_the_light_comes_from_above(ball: Mesh) -> None:
    picture = render_solid(ball, lambda p, _n: np.full((len(p), 3), 0.5), Camera(0, 0, (0, 0, 0), 2.2), 64)
    assert picture[12, 32, 0] > picture[52, 32, 0] + 15
