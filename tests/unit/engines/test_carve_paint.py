"""The texture: which photo colours what, and how bright."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from PIL import Image

from maquette.domain.assets import View
from maquette.engines.carve.exposure import gains
from maquette.engines.carve.fill import spread
from maquette.engines.carve.paint import paint, texture_size
from maquette.engines.carve.sights import Stage, align, load_sight
from maquette.engines.carve.throw import bands, extended, lamps, seen
from maquette.media.meshes.mesh import Floats, Mesh, Pixels
from maquette.media.meshes.rays import Caster
from maquette.media.meshes.unwrap import texels_of, unwrap

FRONT, LEFT = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
BACK, RIGHT = -FRONT, -LEFT


def shown(factors: list[float], hue: tuple[float, float, float] = (1, 1, 1)) -> list[tuple[Floats, Floats]]:
    """A ring of surfaces, each seen by one photo and its quarters by two; photo k is ``factors[k]`` too bright."""
    rng = np.random.default_rng(0)
    albedo = rng.uniform(60, 140, (4000, 1)) * np.array(hue)
    quarter = np.arange(4000) // 1000
    found = []
    for k, factor in enumerate(factors):
        well = np.where((quarter == k) | (quarter == (k + 1) % 4), 0.7, 0)
        found.append((albedo * factor, well))
    return found


def test_an_exposure_that_differs_is_evened_out_and_never_tinted() -> None:
    found = gains(shown([1, 1, 1.2, 1]), [FRONT, LEFT, BACK, RIGHT])
    assert found.shape == (4,)
    assert found[2] < 0.95 * found[[0, 1, 3]].min()
    assert np.ptp(found[[0, 1, 3]]) < 0.03


def test_equal_exposures_are_left_alone() -> None:
    assert gains(shown([1, 1, 1, 1]), [FRONT, LEFT, BACK, RIGHT]) == pytest.approx(np.ones(4))


def test_sides_of_different_colours_are_left_alone() -> None:
    photos = shown([1, 1, 1, 1])
    photos[0] = (photos[0][0] * np.array([1.4, 1.0, 0.5]), photos[0][1])
    photos[2] = (photos[2][0] * np.array([1.4, 1.0, 0.5]), photos[2][1])
    assert gains(photos, [FRONT, LEFT, BACK, RIGHT]) == pytest.approx(np.ones(4))


def test_a_lamp_at_each_cameras_left_is_no_fault_of_the_exposure() -> None:
    photos = shown([1, 1, 1, 1])
    quarter = np.arange(4000) // 1000
    # what a photo shares with its right neighbour lies at its picture's right: darker there, brighter in the other
    for k, (colours, _) in enumerate(photos):
        colours[quarter == (k + 1) % 4] *= 0.85
        colours[quarter == k] *= 1.1
    alike = gains(photos[:3], [FRONT, LEFT, BACK])
    assert alike == pytest.approx(np.ones(3), abs=0.03)


@pytest.fixture(scope="module")
def block() -> Mesh:
    """A block 0.8 wide, 1 high, 0.8 deep, that stands on the ground."""
    box = trimesh.creation.box((0.8, 1.0, 0.8))
    for _ in range(4):
        box = box.subdivide()
    return unwrap(Mesh(np.asarray(box.vertices) + np.array([0, 0.5, 0]), np.asarray(box.faces)), 256)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Its photos: red in front, green on its left, blue behind, on magenta; a white bar crosses the front."""
    colours = {View.FRONT: (160, 30, 30), View.LEFT: (30, 160, 30), View.BACK: (30, 30, 160)}
    sights = []
    for view, colour in colours.items():
        picture = np.zeros((300, 260, 4), np.uint8)
        picture[..., :3] = (255, 0, 255)
        picture[30:270, 34:226] = (*colour, 255)
        if view == View.FRONT:
            picture[140:150, 34:226, :3] = 255
        path = tmp_path_factory.mktemp("photos") / f"{view}.png"
        Image.fromarray(picture).save(path)
        sights.append(load_sight(view, path, 512))
    return align(tuple(sights))


@pytest.fixture(scope="module")
def painted(block: Mesh, stage: Stage) -> Pixels:
    return paint(block, stage, 256)


def colour_at(mesh: Mesh, texture: Pixels, place: tuple[float, float, float]) -> Floats:
    """The texture's colour at the surface point nearest to a place."""
    texels = texels_of(mesh, len(texture))
    points = texels.mix(mesh, mesh.positions)
    nearest = np.argmin(np.linalg.norm(points - np.array(place), axis=1))
    return texture.reshape(-1, 3)[texels.index[nearest]].astype(float)


@pytest.mark.parametrize(
    ("place", "channel"),
    [((0, 0.3, 0.4), 0), ((0.4, 0.3, 0), 1), ((0, 0.3, -0.4), 2), ((-0.4, 0.3, 0), 1), ((0.2, 0.7, 0.4), 0)],
)
def test_each_side_has_its_photos_colour_and_the_fourth_is_guessed(
    block: Mesh, painted: Pixels, place: tuple[float, float, float], channel: int
) -> None:
    found = colour_at(block, painted, place)
    assert found[channel] > 140
    assert np.delete(found, channel).max() < 50


def test_detail_stays_sharp_and_where_it_was(block: Mesh, painted: Pixels) -> None:
    # rows 140 to 150 of 30 to 270 are the heights 0.5 to 0.542
    assert colour_at(block, painted, (0, 0.52, 0.4)).min() > 225
    assert colour_at(block, painted, (0, 0.575, 0.4))[1] < 60
    assert colour_at(block, painted, (0, 0.465, 0.4))[1] < 60


def test_nothing_of_the_background_comes_along(painted: Pixels) -> None:
    red, green, blue = painted.astype(int).reshape(-1, 3).T
    assert not ((red > 120) & (blue > 120) & (green < 60)).any()


def test_what_no_photo_shows_continues_its_surroundings(block: Mesh, painted: Pixels) -> None:
    near_front, near_back = (colour_at(block, painted, (0, 1, z)) for z in (0.3, -0.3))
    assert near_front[0] > near_front[2] + 30
    assert near_back[2] > near_back[0] + 30


def test_a_photo_shows_what_faces_it_and_not_what_is_behind_or_hidden(block: Mesh, stage: Stage) -> None:
    front = lamps(stage)[0]
    points = np.array([[0, 0.5, 0.4], [0, 0.5, -0.4], [0, 0.5, 0.2]])
    found = seen(front, Caster(block), points, np.zeros(3))
    assert found == pytest.approx([1, 0, 0])


def test_a_side_without_a_photo_is_lit_through_by_the_opposite_one(stage: Stage) -> None:
    thrown = [(lamp.sight.view, lamp.through) for lamp in lamps(stage)]
    assert thrown == [(View.FRONT, False), (View.LEFT, False), (View.BACK, False), (View.LEFT, True)]
    assert lamps(stage)[-1].axis() == pytest.approx([-1, 0, 0], abs=1e-12)


def test_low_frequencies_are_the_objects_alone(stage: Stage) -> None:
    sight = stage.sights[1]
    whole, low = bands(sight)
    assert np.abs(extended(sight).astype(int) - (30, 160, 30)).max() <= 1
    assert whole.shape[0] == pytest.approx(4 * low.shape[0], abs=3)
    middle = low[low.shape[0] // 2, low.shape[1] // 2]
    assert middle == pytest.approx([30, 160, 30], abs=1)


@pytest.mark.parametrize(
    ("photo", "shown", "largest", "size"),
    [
        (1024, 900, 2048, 2048),
        (1024, 900, 1024, 1024),
        (1000, 900, 2048, 1024),
        (2000, 300, 2048, 512),
        (90, 80, 1024, 256),
    ],
)
def test_the_texture_is_as_large_as_the_photos_carry(
    stage: Stage, photo: int, shown: int, largest: int, size: int
) -> None:
    sight = replace(
        stage.sights[0], tall=photo, box=(0, 0, shown // 2, shown), mask=np.ones((shown, shown // 2), np.bool_)
    )
    assert texture_size(replace(stage, sights=(sight,)), largest) == size


def test_two_materials_that_meet_unseen_do_not_turn_to_mush(block: Mesh) -> None:
    texels = texels_of(block, 128)
    height = texels.mix(block, block.positions)[:, 1]
    red, blue = np.array([200.0, 20, 20]), np.array([20.0, 20, 200])
    colours = np.where((height < 0.5)[:, None], red, blue)
    found = spread(block, texels, colours, ((height < 0.25) | (height > 0.75)) * 1.0)
    heights = block.positions[:, 1]
    lower, upper = (np.abs(heights - y) < 0.05 for y in (0.38, 0.62))
    assert np.abs(found[lower] - red).max() < 20
    assert np.abs(found[upper] - blue).max() < 20


def test_a_texture_that_no_photo_holds_is_still_a_colour(block: Mesh) -> None:
    texels = texels_of(block, 64)
    colours = np.full((len(texels.index), 3), 90.0)
    assert np.isfinite(spread(block, texels, colours, np.zeros(len(colours)))).all()
    one = (np.arange(len(colours)) == 0) * 1.0
    assert spread(block, texels, colours, one) == pytest.approx(np.full((len(block.positions), 3), 90), abs=0.1)
