"""Half solids and limbs, on outlines drawn as signed distances: rows run upwards."""

import cv2
import numpy as np
import pytest

from maquette.engines.carve.field import Evidence, Grid, Outlines, rounded
from maquette.engines.carve.halves import find_half, halved
from maquette.engines.carve.joints import join
from maquette.engines.carve.rows import read_rows
from maquette.engines.carve.section import BOXY
from maquette.engines.carve.surface import extract
from maquette.media.meshes.mesh import Flags, Floats

AXIS = np.linspace(-0.6, 0.6, 121)
STEP = float(AXIS[1] - AXIS[0])
ROWS, PLACES = AXIS[:, None], AXIS[None, :]


def signed(inside: Flags) -> Floats:
    """The distance to the border of a drawn outline, positive inside."""
    within = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)
    without = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    return np.where(inside, within - 0.5, 0.5 - without) * STEP


EGG = signed(np.hypot(ROWS / 0.5, PLACES / 0.35) < 1)


def half(lean: float = 0.0) -> Floats:
    """Half an egg from the side: flat towards +, on a face that leans by so much."""
    out = lean * ROWS - PLACES
    return signed((np.hypot(ROWS / 0.5, out / 0.35) < 1) & (out > 0))


@pytest.mark.parametrize("lean", [0.0, 0.08])
def test_half_an_egg_has_its_flat_face_found(lean: float) -> None:
    found = find_half(EGG, half(lean), AXIS, AXIS)
    assert found is not None
    assert found.sign == 1
    assert np.abs(found.at - lean * AXIS)[15:-15].max() < 3 * STEP


def test_it_may_look_the_other_way() -> None:
    found = find_half(EGG, half()[:, ::-1], AXIS, AXIS)
    assert found is not None
    assert found.sign == -1


SLAB = signed((np.abs(ROWS) < 0.5) & (np.abs(PLACES) < 0.15))
BENT = signed(np.hypot(ROWS / 0.5, (PLACES - 0.5 * ROWS**2) / 0.2) < 1)


@pytest.mark.parametrize("side", [EGG, SLAB, BENT], ids=["round", "flat on both sides", "bent"])
def test_what_is_no_half_is_not_taken_for_one(side: Floats) -> None:
    assert find_half(EGG, side, AXIS, AXIS) is None


def test_an_upright_half_pillar_is_left_to_the_other_cues() -> None:
    assert find_half(SLAB, SLAB, AXIS, AXIS) is None


def test_the_half_solid_is_widest_at_its_face() -> None:
    found = find_half(EGG, half(), AXIS, AXIS)
    assert found is not None
    inside = halved(found, EGG, half(), AXIS, AXIS, 2.0) > 0
    volume = inside.sum() * STEP**3
    assert volume == pytest.approx(0.5 * 4 / 3 * np.pi * 0.5 * 0.35 * 0.35, rel=0.05)
    wide = inside.sum(axis=1)[60]
    assert wide[np.flatnonzero(wide)[-1]] == wide.max()


def test_a_stone_in_the_face_is_a_bump() -> None:
    side = np.maximum(half(), signed(np.hypot(ROWS, PLACES) < 0.15))
    found = find_half(EGG, side, AXIS, AXIS)
    assert found is not None
    inside = halved(found, EGG, side, AXIS, AXIS, 2.0) > 0
    before = inside[:, :, AXIS > 2 * STEP]
    assert before.any(axis=1).any(axis=1).sum() * STEP == pytest.approx(0.3, abs=0.05)
    assert before.any(axis=0).any(axis=1).sum() * STEP == pytest.approx(0.3, abs=0.05)


BODY = (np.abs(ROWS) < 0.5) & (np.abs(PLACES) < 0.2)
FIN = (np.abs(ROWS) < 0.04) & (np.abs(PLACES) < 0.5)


def test_a_fin_that_one_outline_shows_is_as_deep_as_it_is_thick() -> None:
    limbs = read_rows(signed(BODY | FIN), AXIS, signed(BODY)).limbs
    assert limbs is not None
    assert limbs.cap[60][np.abs(AXIS) > 0.4].max() < 0.06


def test_a_hoop_that_both_outlines_show_is_no_limb() -> None:
    hoop = signed(BODY | FIN)
    assert read_rows(hoop, AXIS, hoop).limbs is None
    assert read_rows(hoop, AXIS).limbs is None


def test_legs_at_the_corners_make_the_top_square() -> None:
    top = (np.abs(ROWS - 0.3) < 0.05) & (np.abs(PLACES) < 0.4)
    legs = (ROWS > -0.5) & (ROWS < 0.3) & (np.abs(np.abs(PLACES) - 0.36) < 0.04)
    outline = signed(top | legs)
    hull = np.minimum(outline[:, :, None], outline[:, None, :])
    evidence = Evidence(Grid(AXIS, AXIS, AXIS, STEP), hull, Outlines(outline, outline), Outlines(outline, outline))
    table, boxy = rounded(evidence, 2.0), rounded(evidence, BOXY)
    assert (table > 0).sum() < 0.85 * (boxy > 0).sum()
    assert np.array_equal(join(evidence, 2.0), boxy)
    assert np.array_equal(join(evidence, BOXY), boxy)


def test_the_surface_ends_where_the_outlines_end() -> None:
    outline = 0.4 - np.maximum(np.abs(ROWS), np.abs(PLACES))
    hull = np.minimum(outline[:, :, None], outline[:, None, :])
    grid = Grid(AXIS, AXIS + 0.007, AXIS, STEP)
    solid = rounded(Evidence(grid, hull, Outlines(outline, outline), Outlines(outline, outline)), 2.0)
    mesh = extract(solid, grid)
    assert mesh is not None
    low, high = mesh.positions[:, 1].min(), mesh.positions[:, 1].max()
    assert (low, high) == pytest.approx((-0.393, 0.407), abs=0.2 * STEP)
