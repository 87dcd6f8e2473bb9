"""The cameras behind carve's photos: fitted to photos of a solid in the hand, left alone where photos are exact."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.measure import marching_cubes

from maquette.domain.assets import View
from maquette.engines.carve.cameras import Camera
from maquette.engines.carve.field import Evidence, gather, rounded
from maquette.engines.carve.fit import fit_cameras
from maquette.engines.carve.sights import Sight, Stage, align, load_sight
from maquette.media.meshes import camera as rendering
from maquette.media.meshes.mesh import Floats, Mesh
from maquette.media.meshes.render import render_solid

AZIMUTHS = {View.FRONT: 0.0, View.LEFT: 90.0, View.BACK: 180.0, View.RIGHT: 270.0}
HELD = {View.FRONT: (5.0, 8.0), View.LEFT: (-3.0, 12.0), View.BACK: (2.0, 6.0), View.RIGHT: (-4.0, 10.0)}
"""How a hand turned and raised the camera for each view, in degrees."""
FOV = 45.0
TRUTH = np.array([[-0.3, 0.3], [-0.45, 0.45], [-0.3, 0.3]])
"""The box of the throne."""


def throne(p: Floats) -> Floats:
    """A seat on four legs with a back and one arm: nothing about it is symmetric from front to back."""
    seat = np.min([0.3 - abs(p[:, 0]), 0.06 - abs(p[:, 1]), 0.3 - abs(p[:, 2])], axis=0)
    legs = np.min([0.05 - abs(abs(p[:, 0]) - 0.24), 0.05 - abs(abs(p[:, 2]) - 0.24), 0.2 - abs(p[:, 1] + 0.25)], axis=0)
    back = np.min([0.3 - abs(p[:, 0]), 0.25 - abs(p[:, 1] - 0.2), 0.05 - abs(p[:, 2] + 0.25)], axis=0)
    arm = np.min([0.05 - abs(p[:, 0] - 0.25), 0.12 - abs(p[:, 1] - 0.1), 0.2 - abs(p[:, 2])], axis=0)
    return np.max([seat, legs, back, arm], axis=0)


def grey(points: Floats, _normals: Floats) -> Floats:
    return np.full(points.shape, 0.5)


def surface(field: Callable[[Floats], Floats]) -> Mesh:
    axis = np.linspace(-0.55, 0.55, 111)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    vertices, faces, _, _ = marching_cubes(field(points).reshape(111, 111, 111), 0.0)
    return Mesh(vertices / 100 - 0.55, faces[:, ::-1].astype(np.int64))


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return surface(throne)


def photograph(mesh: Mesh, folder: Path, views: dict[View, tuple[float, float]], fov: float) -> Stage:
    """The stage of photos of 320 pixels; ``views`` says how each camera was turned and raised."""
    folder.mkdir(exist_ok=True)
    sights: list[Sight] = []
    for view, (yaw, elevation) in views.items():
        camera = rendering.Camera(AZIMUTHS[view] + yaw, elevation, (0, 0, 0), 1.5, fov)
        path = folder / f"{view}.png"
        Image.fromarray(render_solid(mesh, grey, camera, 320)).save(path)
        sights.append(load_sight(view, path, 1024))
    return align(tuple(sights))


@pytest.fixture(scope="module")
def exact(mesh: Mesh, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return photograph(mesh, tmp_path_factory.mktemp("exact"), dict.fromkeys(AZIMUTHS, (0.0, 0.0)), fov=0.0)


@pytest.fixture(scope="module")
def held(mesh: Mesh, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return photograph(mesh, tmp_path_factory.mktemp("held"), HELD, FOV)


@pytest.fixture(scope="module")
def fitted(held: Stage) -> Stage:
    return fit_cameras(held)


def overlap(stage: Stage, of: Callable[[Evidence], Floats]) -> float:
    """The IoU of a solid and the truth, each in its own box."""
    evidence = gather(stage, 80)
    inside = of(evidence) > 0
    axes = (evidence.grid.y, evidence.grid.x, evidence.grid.z)
    y, x, z = np.meshgrid(*axes, indexing="ij")
    spans = np.array([[part[inside].min(), part[inside].max()] for part in (x, y, z)])
    scale = np.ptp(TRUTH, axis=1) / np.ptp(spans, axis=1)
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    solid = throne((points - spans[:, 0]) * scale + TRUTH[:, 0]).reshape(inside.shape) > 0
    return float((inside & solid).sum() / (inside | solid).sum())


def boxy(evidence: Evidence) -> Floats:
    return rounded(evidence, 50)


def test_a_pixel_and_its_place_belong_together() -> None:
    camera = Camera(30, 12, -4, 0.5, 300, 160, 140, (0.1, 0.4, -0.2), 1.1)
    columns, rows, depth = np.array([20.0, 160, 250]), np.array([200.0, 140, 10]), np.array([-0.3, 0, 0.4])
    points = camera.place(columns, rows, depth)
    assert points[1] == pytest.approx([0.1, 0.4, -0.2])
    column, row, scale = camera.project(*points.T)
    assert (column, row) == (pytest.approx(columns), pytest.approx(rows))
    # what is nearer appears larger
    assert scale[2] > scale[1] > scale[0]


def test_rays_run_through_the_pinhole() -> None:
    camera = Camera(30, 12, 5, 0.5, 300, 160, 140, (0.1, 0.4, -0.2))
    columns, rows = np.array([0.0, 300, 80]), np.array([0.0, 10, 300])
    near, far = camera.before(columns, rows), camera.before(columns, rows, beyond=True)
    along = (near - far) / np.linalg.norm(near - far, axis=1, keepdims=True)
    assert along == pytest.approx(camera.toward(far), abs=1e-9)
    assert np.linalg.norm(near - [0.1, 0.4, -0.2], axis=1).min() > 1


def test_a_new_frame_changes_no_picture() -> None:
    camera = Camera(-20, 9, 2, 0.4, 250, 100, 90, (0.0, 0.5, 0.0))
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (20, 3))
    moved = camera.reframe(np.array([0.1, -0.05, 0.2]), 1.3)
    before, after = camera.project(*points.T), moved.project(*((points - [0.1, -0.05, 0.2]) / 1.3).T)
    assert np.array(after[:2]) == pytest.approx(np.array(before[:2]))
    assert moved.field_of_view(480) == pytest.approx(camera.field_of_view(480))


def test_exact_photos_keep_their_nominal_cameras(exact: Stage) -> None:
    stage = fit_cameras(exact)
    assert not stage.fitted
    assert stage is exact


def test_the_fit_finds_how_the_cameras_were_held(fitted: Stage) -> None:
    assert fitted.fitted
    found = {sight.view: sight.camera for sight in fitted.sights}
    yaws = np.array([found[view].azimuth - AZIMUTHS[view] for view in AZIMUTHS])
    # only turns against each other can be told: how the object itself stands is free
    turned = np.array([HELD[view][0] for view in AZIMUTHS])
    assert yaws - yaws.mean() == pytest.approx(turned - turned.mean(), abs=4.5)
    raised = np.array([found[view].elevation for view in AZIMUTHS])
    assert raised == pytest.approx([HELD[view][1] for view in AZIMUTHS], abs=5)
    assert [round(found[view].field_of_view(320)) for view in AZIMUTHS] == pytest.approx([FOV] * 4, abs=9)
    assert [abs(found[view].roll) for view in AZIMUTHS] == pytest.approx([0] * 4, abs=2)


def test_fitted_cameras_carve_nearly_as_well_as_exact_photos(exact: Stage, held: Stage, fitted: Stage) -> None:
    assert overlap(fitted, boxy) > overlap(exact, boxy) - 0.12
    assert overlap(fitted, boxy) > overlap(held, boxy) + 0.04


def test_the_frame_is_filled_and_upright(fitted: Stage) -> None:
    assert max(fitted.extent) == pytest.approx(1)
    grid = gather(fitted, 64).grid
    solid = gather(fitted, 64).hull > 0
    heights = grid.y[solid.any(axis=(1, 2))]
    assert (heights.min(), heights.max()) == (pytest.approx(0, abs=0.03), pytest.approx(fitted.extent[1], abs=0.03))
    across = grid.x[solid.any(axis=(0, 2))]
    assert across.min() == pytest.approx(-across.max(), abs=0.03)


def test_one_photo_has_nothing_to_be_fitted_to(held: Stage) -> None:
    alone = align(held.sights[:1])
    assert fit_cameras(alone) is alone


def test_photos_of_two_things_strain_the_fit(held: Stage, fitted: Stage) -> None:
    turned = [sight.mask[::-1] if sight.view == View.LEFT else sight.mask for sight in held.sights]
    mixed = align(tuple(replace(sight, mask=mask) for sight, mask in zip(held.sights, turned, strict=True)))
    found = fit_cameras(mixed)
    assert found.strain > 5 > fitted.strain or not found.fitted


def stool(p: Floats) -> Floats:
    """A seat on four legs, as deep as it is wide from either side."""
    seat = np.min([0.35 - abs(p[:, 0]), 0.05 - abs(p[:, 1] - 0.4), 0.3 - abs(p[:, 2])], axis=0)
    legs = np.min([0.04 - abs(abs(p[:, 0]) - 0.3), 0.04 - abs(abs(p[:, 2]) - 0.25), 0.45 - abs(p[:, 1])], axis=0)
    return np.maximum(seat, legs)


def test_legs_seen_from_near_are_not_taken_for_thicker_ones_seen_from_afar(tmp_path: Path) -> None:
    shape, views = surface(stool), dict.fromkeys(AZIMUTHS, (0.0, 0.0))
    near, far = tmp_path / "near", tmp_path / "far"
    assert fit_cameras(photograph(shape, near, views, fov=35.0)).fitted
    assert not fit_cameras(photograph(shape, far, views, fov=0.0)).fitted
