"""What is said of photos beside each other."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from drawn_photos import Picture, backdrop, thing
from maquette.domain.assets import View
from maquette.media.images.likeness import measure
from maquette.media.images.sets import Finding, Shot, compare, ranks

BOX = (220, 120, 200, 240)


def shot(folder: Path, seed: int, view: View | None, picture: Picture | None = None) -> Shot:
    path = folder / f"{seed}-{view}.png"
    Image.fromarray(thing(backdrop(seed=seed), BOX, seed=seed) if picture is None else picture).save(path)
    return Shot(f"IMG_{seed}.jpg", view, measure(path))


def test_a_good_set_has_nothing_to_say(tmp_path: Path) -> None:
    views = (View.FRONT, View.LEFT, View.RIGHT, View.BACK)
    assert compare([shot(tmp_path, number, view) for number, view in enumerate(views, 20)]) == ()


def test_the_same_view_twice_is_named_by_its_sides_or_files(tmp_path: Path) -> None:
    twins = [shot(tmp_path, 20, View.FRONT), shot(tmp_path, 20, View.LEFT), shot(tmp_path, 21, View.BACK)]
    assert compare(twins) == (Finding("same_view:Front and Left", (0, 1)),)
    alike = [shot(tmp_path, 20, None), shot(tmp_path, 21, None), shot(tmp_path, 20, None)]
    assert compare(alike) == (Finding("same_view:IMG_20.jpg and IMG_20.jpg", (0, 2)),)


def test_missing_sides_are_told_of_sets_with_named_sides_only(tmp_path: Path) -> None:
    assert compare([shot(tmp_path, 20, View.FRONT), shot(tmp_path, 21, View.BACK)]) == (Finding("side_missing"),)
    assert compare([shot(tmp_path, 20, View.LEFT)]) == (Finding("front_missing"),)
    assert compare([shot(tmp_path, 20, View.FRONT), shot(tmp_path, 21, None)]) == ()


def test_sharpness_is_a_rank_and_a_remark_where_one_is_far_softer(tmp_path: Path) -> None:
    views = (View.FRONT, View.LEFT, View.BACK)
    soft = cv2.GaussianBlur(thing(backdrop(seed=22), BOX, seed=22), (0, 0), 3).astype(np.uint8)
    shots = [shot(tmp_path, 20, views[0]), shot(tmp_path, 22, views[1], soft), shot(tmp_path, 21, views[2])]
    assert compare(shots) == (Finding("soft_in_set:Left", (1,)),)
    assert ranks(shots)[1] == 3
    assert sorted(ranks(shots)) == [1, 2, 3]
