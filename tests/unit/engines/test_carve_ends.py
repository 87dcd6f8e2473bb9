"""What perspective adds to a hull above a top and below a base goes; tips stay."""

import cv2
import numpy as np
import pytest

from maquette.domain.assets import View
from maquette.engines.carve.cameras import Camera
from maquette.engines.carve.ends import find_ends
from maquette.engines.carve.field import Grid, carve_hull
from maquette.engines.carve.sights import SIDES, Sight
from maquette.media.meshes.mesh import Floats

SIZE = 400
STEP = 0.02
GRID = Grid(np.arange(-30, 31) * STEP, np.arange(-20, 71) * STEP, np.arange(-30, 31) * STEP, STEP)


def circle(radius: float, height: float) -> Floats:
    turn = np.linspace(0, 2 * np.pi, 200)
    return np.column_stack([radius * np.cos(turn), np.full(200, height), radius * np.sin(turn)])


DRUM = np.vstack([circle(0.4, 0.0), circle(0.4, 1.0)])
CONE = np.vstack([circle(0.4, 0.0), circle(0.0, 1.0)])


def photographed(points: Floats) -> tuple[Sight, ...]:
    """The outlines of a convex thing from four near cameras that look down on it."""
    sights: list[Sight] = []
    for view in (View.FRONT, View.LEFT, View.BACK, View.RIGHT):
        camera = Camera(SIDES[view].azimuth, 25, 0, 0.5, 180, SIZE / 2, SIZE / 2, (0, 0.5, 0))
        column, row, _ = camera.project(*points.T)
        mask = np.zeros((SIZE, SIZE), np.uint8)
        outline = cv2.convexHull(np.rint(np.column_stack([column, row])).astype(np.int32))
        cv2.fillConvexPoly(mask, outline, 1)
        box = cv2.boundingRect(mask)
        colours = np.zeros((SIZE, SIZE, 3), np.uint8)
        sights.append(Sight(view, colours, mask > 0, (box[0], box[1], box[2], box[3]), False, SIZE, camera))
    return tuple(sights)


def ends_of(solid: Floats) -> tuple[float, float]:
    rows = np.flatnonzero((solid > 0).any(axis=(1, 2)))
    return float(GRID.y[rows[0]]), float(GRID.y[rows[-1]])


@pytest.mark.parametrize(("points", "top_is_flat"), [(DRUM, True), (CONE, False)])
def test_flat_ends_are_found_where_they_are(points: Floats, top_is_flat: bool) -> None:
    sights = photographed(points)
    solid = carve_hull(sights, GRID)
    keel, hat = ends_of(solid)
    assert keel < -3 * STEP
    assert (hat > 1 + 2 * STEP) is top_is_flat
    low, high = find_ends(sights, solid, (GRID.x, GRID.y, GRID.z))
    assert low == pytest.approx(0, abs=2.1 * STEP)
    assert high == pytest.approx(1, abs=2.1 * STEP)
