"""Welding, normals, closedness, simplifying, mending and placing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.domain.dimensions import Dimensions
from maquette.media.meshes.mend import mend
from maquette.media.meshes.mesh import Mesh, is_watertight, vertex_normals, volume, weld
from maquette.media.meshes.place import scale_to, scale_to_unit, stand
from maquette.media.meshes.simplify import simplify
from maquette.media.meshes.unwrap import texels_of, unwrap


def test_a_box_is_closed_and_has_its_volume(box: Mesh) -> None:
    assert is_watertight(box)
    assert volume(box) == pytest.approx(8)


@pytest.mark.parametrize(
    "spoil", [lambda f: f[1:], lambda f: np.concatenate([f, f[:1]]), lambda f: np.concatenate([f[:1, ::-1], f[1:]])]
)
def test_a_hole_a_double_or_a_turned_face_is_not_closed(box: Mesh, spoil) -> None:
    assert not is_watertight(Mesh(box.positions, spoil(box.faces)))


def test_welding_undoes_doubled_vertices_and_negative_zero(box: Mesh) -> None:
    loose = Mesh(box.positions[box.faces.ravel()] * np.float32(1), np.arange(36).reshape(-1, 3))
    welded, number = weld(loose)
    assert len(welded.positions) == 8
    assert np.array_equal(welded.positions[number], loose.positions)
    pair = Mesh(np.array([[0.0, 1, 2], [-0.0, 1, 2]], np.float32), np.zeros((0, 3), int))
    assert len(weld(pair)[0].positions) == 1


def test_normals_look_outwards_and_do_not_see_seams(ball: Mesh) -> None:
    loose = Mesh(ball.positions[ball.faces.ravel()], np.arange(ball.faces.size).reshape(-1, 3))
    assert np.abs(vertex_normals(loose) - loose.positions).max() < 0.1


@pytest.mark.parametrize("target", [2000, 300, 40])
def test_simplifying_keeps_a_ball_closed_and_round(ball: Mesh, target: int) -> None:
    less = simplify(ball, target)
    assert len(less.faces) <= target
    assert is_watertight(less)
    assert volume(less) > 0.8 * volume(ball)


@given(seed=st.integers(0, 5000), holes=st.integers(1, 12))
@settings(max_examples=20, deadline=None)
def test_mending_closes_small_holes(coarse_ball: Mesh, seed: int, holes: int) -> None:
    whole = coarse_ball
    keep = np.ones(len(whole.faces), bool)
    keep[np.random.default_rng(seed).integers(0, len(keep), holes)] = False
    assert is_watertight(mend(Mesh(whole.positions, whole.faces[keep])))


def test_unwrapping_keeps_the_surface_and_mirrors_nothing(ball: Mesh) -> None:
    flat = unwrap(ball, 256)
    assert is_watertight(flat)
    assert flat.uv is not None
    assert flat.normals is not None
    assert flat.uv.min() >= 0
    assert flat.uv.max() <= 1
    edge = flat.uv[flat.faces[:, 1:]] - flat.uv[flat.faces[:, :1]]
    # v runs downwards: a triangle that is not mirrored turns clockwise
    assert (np.linalg.det(edge.astype(float)) < 1e-9).all()
    covered = texels_of(flat, 256)
    assert len(covered.index) > 0.4 * 256 * 256
    assert np.linalg.norm(covered.mix(flat, flat.positions), axis=1) == pytest.approx(1, abs=0.02)


def test_standing_puts_the_origin_under_the_middle(box: Mesh) -> None:
    low = stand(Mesh(box.positions + np.array([5, 7, 9]), box.faces)).positions
    assert low.min(0) == pytest.approx([-1, 0, -1])


@pytest.mark.parametrize(
    ("wanted", "size"),
    [
        (Dimensions(height=0.5), (0.5, 0.5, 0.5)),
        (Dimensions(width=1.0, height=1.1), (1.0, 1.1, (1.0 * 1.1) ** 0.5)),
        # two that agree do not outvote a third: the scale lies in the middle of the furthest
        (Dimensions(1.0, 1.0, 1.2), (1.0, 1.0, 1.2)),
        # too far apart to be met: each axis goes a tenth of the way from the uniform scale
        (Dimensions(width=1.0, height=4.0), (1.8, 2.2, 2.0)),
        (Dimensions(), (2, 2, 2)),
    ],
)
def test_true_size_is_one_scale_and_a_little_stretch(box: Mesh, wanted: Dimensions, size: tuple[float, ...]) -> None:
    assert np.ptp(scale_to(stand(box), wanted).positions, axis=0) == pytest.approx(size, rel=1e-3)


def test_a_flat_side_cannot_be_scaled(box: Mesh) -> None:
    flat = Mesh(box.positions * [1, 1, 0], box.faces)
    assert np.ptp(scale_to(flat, Dimensions(width=1, depth=5)).positions, axis=0) == pytest.approx([1, 1, 0])
    assert np.ptp(scale_to(flat, Dimensions(depth=5)).positions, axis=0) == pytest.approx([2, 2, 0])


def test_normals_stay_upright_on_what_is_stretched(ball: Mesh) -> None:
    scaled = scale_to(Mesh(ball.positions, ball.faces, vertex_normals(ball)), Dimensions(width=2.0, height=2.3))
    assert scaled.normals is not None
    assert np.abs(scaled.normals - vertex_normals(scaled)).max() < 0.05


def test_without_a_size_the_longest_side_is_a_metre(box: Mesh) -> None:
    long = Mesh(box.positions * [1, 3, 2], box.faces)
    assert np.ptp(scale_to_unit(long).positions, axis=0) == pytest.approx([1 / 3, 1, 2 / 3])
