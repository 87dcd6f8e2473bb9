"""Posters, turntables and thumbnails."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maquette.media.meshes.camera import Camera
from maquette.media.meshes.mesh import Floats, Mesh, Model
from maquette.media.meshes.pictures import poster, shoot, thumbnail, turntable
from maquette.media.meshes.place import stand
from maquette.media.meshes.studio import Studio, set_up


@pytest.fixture(scope="module")
def model(painted: Model) -> Model:
    return Model(stand(painted.mesh), painted.texture)


@pytest.fixture(scope="module")
def studio(model: Model) -> Studio:
    return set_up(model)


def pixels(path: Path) -> Floats:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), float)


def test_a_poster_shows_the_model_on_white_with_its_shadow_below(studio: Studio, tmp_path: Path) -> None:
    poster(studio, tmp_path / "poster.png", 200)
    picture = pixels(tmp_path / "poster.png")
    assert picture.shape == (200, 200, 3)
    assert picture[0].min() == 255
    # the ball's colours are strong; a shadow is grey
    grey = np.ptp(picture, axis=2) < 3
    shadow = grey & (picture[..., 0] < 235)
    rows, columns = np.nonzero(shadow)
    assert len(rows) > 200
    assert rows.mean() > 130
    assert abs(columns.mean() - 100) < 12
    covered = ~grey
    assert 150 < np.flatnonzero(covered.any(axis=1)).max() - np.flatnonzero(covered.any(axis=1)).min() < 190


def test_the_suffix_names_the_format_of_a_poster(studio: Studio, tmp_path: Path) -> None:
    for suffix, kind in (("jpg", "JPEG"), ("webp", "WEBP")):
        poster(studio, tmp_path / f"p.{suffix}", 64)
        with Image.open(tmp_path / f"p.{suffix}") as picture:
            assert (picture.format, picture.size) == (kind, (64, 64))


def test_a_turntable_turns_once_round_and_loops(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "turn.webp"
    turntable(studio, path, frames=8, size=96, seconds=2)
    with Image.open(path) as film:
        assert (film.format, film.n_frames, film.size, film.info["loop"]) == ("WEBP", 8, (96, 96), 0)
        frames = []
        for number in range(8):
            film.seek(number)
            film.load()
            assert film.info["duration"] == 250
            frames.append(np.asarray(film.convert("RGB"), float)[20:70, 30:66].mean(axis=(0, 1)))
    # green is the object's left: the camera comes to that side after a quarter
    green = [frame[1] - frame[2] for frame in frames]
    assert min(green[1:4]) > 30
    assert max(green[5:8]) < -30


def test_light_is_baked_darker_below_than_above(studio: Studio) -> None:
    normals, sky = studio.surface[:, 3], studio.surface[:, 5]
    assert sky[normals > 0.9].mean() == pytest.approx(0.95, abs=0.05)
    assert sky[normals < -0.9].mean() < 0.5
    assert sky.min() >= 0


def test_the_floor_is_darkest_under_the_model(studio: Studio) -> None:
    middle = studio.floor.points(np.array([[71.5, 71.5]]))
    assert middle[0] == pytest.approx([0, 0, 0], abs=1e-5)
    under, far = studio.floor.at(middle)[0], studio.floor.at(middle + np.array([1.9, 0, 0]))[0]
    assert under > 0.6
    assert far < 0.2
    assert studio.floor.shade[0].max() == 0


def test_edges_are_smooth_and_what_is_inside_covers_all(studio: Studio) -> None:
    film = shoot(studio, Camera(0, 0, (0, 1, 0), 2.4), 64)
    coverage = film[..., 3]
    assert coverage[32, 32] == 1
    assert coverage[0, 0] == 0
    # the share of the picture that a disc of radius 1 takes of a square of 2.4
    assert coverage.mean() == pytest.approx(np.pi / 2.4**2, abs=0.004)


def test_a_thumbnail_has_no_background(model: Model, tmp_path: Path) -> None:
    thumbnail(model, tmp_path / "t.png", 128)
    with Image.open(tmp_path / "t.png") as picture:
        assert (picture.size, picture.mode) == ((128, 128), "RGBA")
        alpha = np.asarray(picture)[..., 3]
    assert (alpha[0, 0], alpha[64, 64]) == (0, 255)


def test_a_model_without_texture_coordinates_has_no_picture(ball: Mesh) -> None:
    with pytest.raises(ValueError, match="texture coordinates"):
        set_up(Model(ball, np.zeros((4, 4, 3), np.uint8)))
